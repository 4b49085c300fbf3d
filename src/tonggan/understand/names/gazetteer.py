"""Names and what they mean in one catalogue: learnt from its fields, its titles, and the lexicon.

The titles teach how far a name can be trusted: of those that hold it, the share whose product has the value. Where
there are enough of them they also teach names by their surroundings (`name_tagger.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np

from tonggan.index import View
from tonggan.understand.names.catalogue_names import FIELDS, NamedValue, named_values, values_by_row
from tonggan.understand.names.name_tagger import NameTagger, Study
from tonggan.understand.names.name_units import (
    LEXICON_PRECISION,
    LONGEST_NAME,
    Match,
    Meaning,
    Unit,
    head_and_length,
    is_han,
    is_name,
    key_of,
    units_of,
)
from tonggan.understand.retail_words import RetailWord, RetailWords, stems_of
from tonggan.understand.segmentation import segment
from tonggan.understand.suggest.title_words import normalized_titles

TITLES_READ = 4_000
"""Titles that teach, spread evenly over the catalogue: what bounds the time that learning takes."""

LEXICON_KINDS: Mapping[str, str] = MappingProxyType({"product": "category", "accessory": "category"})
"""What words of the lexicon are called here; other kinds keep their names."""

PRIOR_PRECISION = 0.6
"""Precision of a catalogue's name before any title was seen to hold it."""

PART_PRECISION = 0.3
"""Precision of one part of a value (`Lighting` of `Lamps & Lighting`) before any title was seen."""

PRIOR_TITLES = 2.0
"""Titles that the precision before any title counts for."""

STEM = "~"
"""Marks keys that are stemmed, so that `lamp` finds `Lamps`; brands are not, `apples` are no Apple."""

UNSTEMMED = frozenset({"brand", "model", "size", "colour"})
"""Kinds whose names are only found as they are spelt: oranges are no colour."""

COMPANY_LIMIT = 400
"""Names in the company of one brand that are remembered."""

_Names: TypeAlias = "dict[str, dict[tuple[str, str, str], Meaning]]"


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names by key with their meanings; `company` are the categories, and words for them, that a brand occurs with."""

    names: Mapping[str, tuple[Meaning, ...]]
    reach: Mapping[str, int]
    company: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tagger: NameTagger | None = None

    @classmethod
    def learn(cls, view: View, lexicon: RetailWords, *, titles: int = TITLES_READ) -> Gazetteer:
        """Return the names of a catalogue; `titles` bounds how many of its titles are read."""
        rows = view.select()
        sample = rows[np.arange(min(len(rows), titles)) * len(rows) // max(1, min(len(rows), titles))]
        own = _own_names(list(named_values(view, sample)), lexicon)
        bare = _joined(own, lexicon)
        if "title" not in view.text_fields:
            return bare
        texts = normalized_titles([values[0] if values else "" for values in view.values("title", sample)])
        return _taught(bare, own, texts=texts, owned=values_by_row(view, sample))

    @classmethod
    def of(cls, values: Sequence[NamedValue], lexicon: RetailWords) -> Gazetteer:
        """Return the names of these values and of the lexicon, before any title was read."""
        return _joined(_own_names(values, lexicon), lexicon)

    def lookup(self, key: str) -> tuple[Meaning, ...]:
        """Return the meanings of a key, the surest first; those found by its stems after those spelt so."""
        found = self.names.get(key, ())
        if not key.isascii() or not key[-1:].isalpha():
            return found
        stemmed = self.names.get(STEM + stems_of(key), ())
        if not found or not stemmed:
            return found or stemmed
        added = tuple(meaning for meaning in stemmed if not _is_among(meaning, found))
        return _best_first(found + added) if added else found

    def matches(self, text: str, units: Sequence[Unit]) -> list[Match]:
        """Return every name in the text, by first unit and then the longest first."""
        return list(self._matches(text, units))

    def _matches(self, text: str, units: Sequence[Unit]) -> Iterator[Match]:
        count = len(units)
        for first, unit in enumerate(units):
            longest = self._longest(unit.text)
            for last in range(min(count, first + longest), first, -1):
                key = key_of(text[unit.start : units[last - 1].end])
                meanings = self.lookup(key)
                if meanings:
                    yield Match(first, last, key, meanings)

    def _longest(self, unit: str) -> int:
        if is_han(unit):
            return self.reach.get(unit, 0)
        head = unit.split("-", 1)[0]
        return max(self.reach.get(head, 0), self.reach.get(STEM + stems_of(head), 0))


def _joined(own: Mapping[str, tuple[Meaning, ...]], lexicon: RetailWords) -> Gazetteer:
    """The lexicon's names with a catalogue's own, which stand in their place; those without meaning are gone."""
    known = _lexicon_names(lexicon)
    names, reach = {**known.names, **own}, dict(known.reach)
    for key, meanings in own.items():
        if not meanings:
            del names[key]
    for head, length in _reach(own).items():
        reach[head] = max(length, reach.get(head, 0))
    return Gazetteer(names, reach)


class _LexiconNames(NamedTuple):
    """What the lexicon alone names: the same for every catalogue. `keys` of each row, and the rows by their keys."""

    names: Mapping[str, tuple[Meaning, ...]]
    reach: Mapping[str, int]
    rows: Sequence[RetailWord]
    keys: Sequence[Sequence[str]]
    rows_of_key: Mapping[str, Sequence[int]]


@lru_cache(maxsize=1)
def _lexicon_names(lexicon: RetailWords) -> _LexiconNames:
    rows = list(lexicon.by_word.values())
    keys = [_keys_of(row, lexicon) for row in rows]
    names: _Names = defaultdict(dict)
    rows_of_key: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        _add_word(names, {}, row, keys[at])
        for key in keys[at]:
            for form in _forms(key):
                rows_of_key[form].append(at)
    frozen = {key: _best_first(meanings.values()) for key, meanings in names.items()}
    return _LexiconNames(frozen, _reach(frozen), rows, keys, rows_of_key)


def _own_names(values: Sequence[NamedValue], lexicon: RetailWords) -> dict[str, tuple[Meaning, ...]]:
    """Names of a catalogue's values, and of the rows that they are in: few beside the lexicon.

    A stem of a row that means a value now is no name; it has no meanings here.
    """
    names: _Names = defaultdict(dict)
    for named in values:
        for at, key in enumerate(named.keys):
            precision = PART_PRECISION if at and named.kind == "category" else PRIOR_PRECISION
            _add(names, key, Meaning(named.kind, named.field, named.value, named.count, precision))
    held = {key: tuple(meanings.values()) for key, meanings in names.items()}
    known = _lexicon_names(lexicon)
    touched = {at for key in held for at in known.rows_of_key.get(key, ())}
    changed = held.keys() | {form for at in touched for key in known.keys[at] for form in _forms(key)}
    for at in sorted({at for key in changed for at in known.rows_of_key.get(key, ())}):
        _add_word(names, held, known.rows[at], known.keys[at])
    return {key: _best_first(names[key].values()) if key in names else () for key in changed}


def _forms(key: str) -> tuple[str, ...]:
    """Under what a key may be found: as it is, and by its stems."""
    return (key, STEM + stems_of(key)) if key.isascii() and key[-1].isalpha() else (key,)


def _add(names: _Names, key: str, meaning: Meaning) -> None:
    identity = _identity(meaning)
    names[key].setdefault(identity, meaning)
    if meaning.kind not in UNSTEMMED and key.isascii() and key[-1].isalpha():
        names[STEM + stems_of(key)].setdefault(identity, meaning)


def _add_word(names: _Names, held: Mapping[str, tuple[Meaning, ...]], row: RetailWord, keys: Sequence[str]) -> None:
    """Join a row of the lexicon: its words mean the catalogue's values where another word of the row does."""
    kind = LEXICON_KINDS.get(row.kind, row.kind)
    values = [meaning for key in keys for meaning in _of_kind(held, key, kind)] if held else ()
    for key in keys:
        if values:
            for meaning in values[:2]:
                _mark_word(names, key, meaning)
        else:
            _add(names, key, Meaning(kind, is_word=True))
    if row.kind == "brand" and held:
        _add_namesakes(names, held, keys)


def _add_namesakes(names: _Names, held: Mapping[str, tuple[Meaning, ...]], keys: Sequence[str]) -> None:
    """A brand called as a thing is may mean the thing: 苹果 is Apple, and apples where a shop sells them."""
    for meaning in (meaning for key in keys[1:] for meaning in _of_kind(held, key, "category")):
        _mark_word(names, keys[0], replace(meaning, precision=PART_PRECISION))


def _mark_word(names: _Names, key: str, meaning: Meaning) -> None:
    known = names[key].get(_identity(meaning)) or replace(meaning, precision=min(meaning.precision, LEXICON_PRECISION))
    names[key][_identity(meaning)] = replace(known, is_word=True)


def _of_kind(held: Mapping[str, tuple[Meaning, ...]], key: str, kind: str) -> list[Meaning]:
    exact = [meaning for meaning in held.get(key, ()) if meaning.kind == kind]
    if exact or kind in UNSTEMMED:
        return exact
    return [meaning for meaning in held.get(STEM + stems_of(key), ()) if meaning.kind == kind]


def _keys_of(row: RetailWord, lexicon: RetailWords) -> list[str]:
    """A brand is only called by a meaning that no other kind of word has: Millet is a cereal before it is Xiaomi."""
    meanings = [
        meaning
        for at, meaning in enumerate(row.meanings)
        if row.kind != "brand" or at == 0 or all(other.kind == "brand" for other in lexicon.by_meaning[meaning])
    ]
    keys = [key_of(row.word), *(key_of(meaning) for meaning in meanings)]
    return [key for key in keys if is_name(key) and key not in FIELDS]


def _reach(names: Mapping[str, object]) -> dict[str, int]:
    reach: dict[str, int] = {}
    for key in names:
        mark, bare = (STEM, key[1:]) if key.startswith(STEM) else ("", key)
        head, length = head_and_length(bare)
        if length <= LONGEST_NAME:
            reach[mark + head] = max(length, reach.get(mark + head, 0))
    return reach


def _best_first(meanings: Iterable[Meaning]) -> tuple[Meaning, ...]:
    return tuple(sorted(meanings, key=lambda meaning: (-meaning.precision, meaning.count, meaning.kind, meaning.value)))


def _is_among(meaning: Meaning, others: Sequence[Meaning]) -> bool:
    return any(_identity(meaning) == _identity(other) for other in others)


def _taught(
    bare: Gazetteer,
    own_names: Mapping[str, tuple[Meaning, ...]],
    *,
    texts: Sequence[str],
    owned: Sequence[frozenset[tuple[str, str]]],
) -> Gazetteer:
    """The same names with the precision, the company and the surroundings that the titles show."""
    held: Counter[str] = Counter()
    meant: Counter[tuple[str, str, str, str]] = Counter()
    company: dict[str, set[str]] = defaultdict(set)
    studies: list[Study] = []
    for text, own in zip(texts, owned, strict=True):
        units = units_of(text)
        matches = bare.matches(text, units)
        for key, meanings in _spellings(matches).items():
            held[key] += 1
            meant.update((key, *_identity(meaning)) for meaning in meanings if (meaning.field, meaning.value) in own)
        _note_company(company, matches, own)
        studies.append(Study(text, units, segment(text), matches, own))
    names = {key: _with_precision(key, bare.names[key], held, meant) for key in held if key in bare.names}
    kept = _company_of_ambiguous(bare, own_names, company)
    return Gazetteer({**bare.names, **names}, bare.reach, kept, NameTagger.learn(studies))


def _spellings(matches: Sequence[Match]) -> dict[str, tuple[Meaning, ...]]:
    """The names of a title as they are written, and by their stems: one lamp and many say the same."""
    written = {match.key: match.meanings for match in matches}
    return written | {STEM + stems_of(key): found for key, found in written.items() if key.isascii()}


def _identity(meaning: Meaning) -> tuple[str, str, str]:
    return meaning.kind, meaning.field, meaning.value


def _with_precision(
    key: str, meanings: tuple[Meaning, ...], held: Counter[str], meant: Counter[tuple[str, str, str, str]]
) -> tuple[Meaning, ...]:
    seen = held[key]
    return _best_first(
        replace(
            meaning,
            precision=(meant[(key, *_identity(meaning))] + PRIOR_TITLES * meaning.precision) / (seen + PRIOR_TITLES),
        )
        if meaning.field
        else meaning
        for meaning in meanings
    )


def _note_company(company: dict[str, set[str]], matches: Sequence[Match], own: frozenset[tuple[str, str]]) -> None:
    brands = [value for name, value in own if name.endswith("brand")]
    if not brands:
        return
    words = {match.key for match in matches if match.meanings[0].kind == "category"}
    words |= {value for name, value in own if name == "category"}
    for brand in brands:
        if len(company[brand]) < COMPANY_LIMIT:
            company[brand] |= words


def _company_of_ambiguous(
    bare: Gazetteer, own_names: Mapping[str, tuple[Meaning, ...]], company: Mapping[str, set[str]]
) -> dict[str, frozenset[str]]:
    """Only of brands whose name means something else too: nobody asks about the others."""
    asked = {
        meaning.value
        for key, own in own_names.items()
        if any(meaning.kind == "brand" and meaning.field for meaning in own)
        and len({meaning.kind for meaning in bare.lookup(key)}) > 1
        for meaning in own
        if meaning.kind == "brand"
    }
    return {brand: frozenset(company[brand]) for brand in sorted(asked) if brand in company}
