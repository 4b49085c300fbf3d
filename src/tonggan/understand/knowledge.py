"""What understanding knows of one catalogue: learnt from a view of the index, of no use to another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Self

from tonggan.index import View
from tonggan.understand.facts import Facts, facts_of
from tonggan.understand.names.gazetteer import Gazetteer
from tonggan.understand.retail_words import lexicon_rows, retail_words
from tonggan.understand.spelling.pinyin import PinyinIndex
from tonggan.understand.spelling.vocabulary import Vocabulary
from tonggan.understand.suggest.suggestions import Suggestions

TITLES_AT_ONCE = 2_000
"""Titles read before looking whether to stop: a few milliseconds."""

NAME_FIELDS = ("brand", "model", "mpn", "sku")
"""Fields whose values are names: never mended, though others may be mended to them."""

NAMES_READ = 100_000
"""Names that are kept of each field."""


UNREAD_FIELDS = frozenset({"availability", "currency", "language", "_spaces"})
"""Fields whose values are no names."""

PAIRED_FIELDS = frozenset({"title", "brand", "category"})
"""Fields of which it matters which product has which value; of the others, how many products have it."""

VALUES_TOLD = 1_000
"""Values of another field that are compared, the most frequent."""


class Stopped(Exception):
    """Learning was told to stop: the shop is being closed."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The parts, each of one module; a part that is not learnt yet knows nothing."""

    facts: Facts = field(default_factory=Facts)
    gazetteer: Gazetteer | None = None
    vocabulary: Vocabulary | None = None
    pinyin: PinyinIndex | None = None
    suggestions: Suggestions | None = None

    @classmethod
    def of_fields(cls, view: View) -> Self:
        """Return what costs nothing to know: the fields of a catalogue, by which prices and stars are understood."""
        return cls(facts_of(view))


def words_fingerprint(view: View) -> str:
    """Return a fingerprint of all that is learnt from: two views with the same one are known by the same knowledge.

    Prices, stock and ratings do not count: what is sold changes more often than what it is called.
    """
    rows, digest = view.select(), blake2b(digest_size=16)
    fields = [name for name in view.text_fields if name not in UNREAD_FIELDS]
    for name in fields:
        if name in PAIRED_FIELDS:
            digest.update(repr((name, view.values(name, rows))).encode())
        else:
            digest.update(repr((name, view.facet(name, rows, limit=VALUES_TOLD))).encode())
    return digest.hexdigest()


def learn_knowledge(view: View, *, is_stopped: Callable[[], bool] = lambda: False) -> Knowledge:
    """Learn all there is to know of a view; `Stopped` where the caller wants it to end before it is through."""
    rows = lexicon_rows()
    vocabulary = Vocabulary.learn(_titles(view, is_stopped), names=_names(view), lexicon=rows)
    _check(is_stopped)
    pinyin = PinyinIndex.learn(vocabulary.han())
    _check(is_stopped)
    gazetteer = Gazetteer.learn(view, retail_words())
    _check(is_stopped)
    return Knowledge(facts_of(view), gazetteer, vocabulary, pinyin, Suggestions.learn(view, lexicon=rows))


def _titles(view: View, is_stopped: Callable[[], bool]) -> Iterator[str]:
    rows = view.select() if "title" in view.text_fields else view.select()[:0]
    for at in range(0, len(rows), TITLES_AT_ONCE):
        _check(is_stopped)
        yield from (values[0] for values in view.values("title", rows[at : at + TITLES_AT_ONCE]) if values)


def _names(view: View) -> Sequence[str]:
    fields = [name for name in NAME_FIELDS if name in view.text_fields]
    return [value for name in fields for value in view.facet(name, view.select(), limit=NAMES_READ)]


def _check(is_stopped: Callable[[], bool]) -> None:
    if is_stopped():
        raise Stopped
