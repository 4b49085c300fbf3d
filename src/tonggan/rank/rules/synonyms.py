"""The merchant's synonyms: words that mean each other, or one that means others too; in Typesense's JSON.

A synonym of Typesense loses nothing here; `symbols_to_index` is refused, since signs are read as in any text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tonggan.encode.words import normalize
from tonggan.errors import InputError
from tonggan.rank.rules.fields import LONGEST_ID, Fields
from tonggan.rank.rules.folding import fold, stretches
from tonggan.rank.rules.matching import is_locale
from tonggan.rank.rules.reading import LONGEST_LOCALE, LONGEST_QUERY, owner_of, read_each
from tonggan.records import Expansion

SYNONYM_WEIGHT = 1.0
"""The merchant says that both mean the same, and knows the shop's words."""

MOST_EXPANSIONS = 20
"""Texts beside one query; more of them drown what was asked."""

LONGEST_TEXT = 2_000
"""Characters of a query in which synonyms are looked for."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Synonym:
    """Words that mean each other; with a `root`, only the root means the others too."""

    id: str
    synonyms: tuple[str, ...]
    root: str = ""
    locale: str = ""


def synonyms_from_json(document: Any) -> list[Synonym]:
    """Read `{"synonyms": [...]}`, Typesense's `{"items": [...]}`, or the list alone."""
    return read_each(document, names=("synonyms", "items"), kind="synonyms", read=synonym_from_json)


def synonyms_as_json(synonyms: Sequence[Synonym]) -> Record:
    """Write synonyms so that `synonyms_from_json` and Typesense read the same."""
    return {"synonyms": [synonym_as_json(synonym) for synonym in synonyms]}


def synonym_from_json(record: Any) -> Synonym:
    """Read one synonym."""
    fields = Fields(record, owner_of("Synonym", record))
    symbols = fields.items("symbols_to_index")
    if symbols:
        raise fields.wrong("symbols_to_index", symbols, "supported: signs are read as in any text; leave it out")
    synonym = Synonym(
        id=fields.text("id", most=LONGEST_ID, is_needed=True),
        synonyms=fields.texts("synonyms", most=LONGEST_QUERY),
        root=fields.text("root", most=LONGEST_QUERY),
        locale=fields.text("locale", most=LONGEST_LOCALE),
    )
    fields.finish()
    return _checked(synonym, fields)


def synonym_as_json(synonym: Synonym) -> Record:
    """Write one synonym."""
    record = {
        "id": synonym.id,
        "synonyms": list(synonym.synonyms),
        "root": synonym.root,
        "locale": synonym.locale,
    }
    return {name: value for name, value in record.items() if value}


class SynonymIndex:
    """Synonyms, found by the words of a query."""

    def __init__(self, synonyms: Sequence[Synonym]) -> None:
        self.synonyms = tuple(synonyms)
        self._by_first: dict[str, list[tuple[str, Synonym]]] = defaultdict(list)
        for synonym in self.synonyms:
            for word in [synonym.root] if synonym.root else synonym.synonyms:
                folded = fold(word)
                self._by_first[folded.split()[0]].append((folded, synonym))

    def expansions(self, words: str, *, locale: str = "") -> list[Expansion]:
        """The synonyms of what stands in the words of a query, each with the stretch that it stands for.

        The longest stretches come first.
        """
        text = normalize(words[:LONGEST_TEXT])
        folded = fold(text)
        entries = {id(entry): entry for word in set(folded.split()) for entry in self._by_first.get(word, ())}
        found: dict[Expansion, None] = {}
        for own, synonym in sorted(entries.values(), key=lambda entry: -len(entry[0])):
            if own in folded and is_locale(synonym.locale, locale):
                start, end = next(stretches(text, own))
                others = (other for other in synonym.synonyms if fold(other) != own)
                found |= {Expansion(other, text[start:end], SYNONYM_WEIGHT): None for other in others}
        return list(found)[:MOST_EXPANSIONS]


def _checked(synonym: Synonym, fields: Fields) -> Synonym:
    for word in (*synonym.synonyms, *([synonym.root] if synonym.root else [])):
        if not fold(word):
            raise fields.wrong("synonyms", word, "a text with a word in it")
    if len(synonym.synonyms) < (1 if synonym.root else 2):
        least = "one synonym of its root" if synonym.root else "two words that mean each other"
        raise InputError(f"{fields.owner} needs {least}.", remedy="Add one, or give it a root.")
    return synonym
