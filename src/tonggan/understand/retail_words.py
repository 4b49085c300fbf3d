"""The bilingual lexicon as understanding uses it: found by Chinese word and by English meaning, read once."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tonggan.encode.lexicon import LexiconRow, parse_lexicon

STEMS_KEPT = 1 << 16
"""Stemmed phrases that are remembered; shoppers use the same words again and again."""

NOT_NAMED = frozenset({"misspelling"})
"""Kinds of rows that say how a word ought to be written, not what it means."""

_local = threading.local()


@dataclass(frozen=True, slots=True)
class RetailWord:
    """A row of the lexicon: the normalized `word`, its English `meanings`, the commonest first, and its kind."""

    word: str
    meanings: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class RetailWords:
    """All rows by their normalized Chinese word and by each English meaning, as written and stemmed."""

    by_word: Mapping[str, RetailWord]
    by_meaning: Mapping[str, Sequence[RetailWord]]
    by_stems: Mapping[str, Sequence[RetailWord]]

    @classmethod
    def of(cls, rows: Sequence[LexiconRow]) -> RetailWords:
        """Return the rows, ready to be looked up; corrections of spelling stay out."""
        words = (RetailWord(row.normalized, row.meanings, row.kind) for row in rows if row.kind not in NOT_NAMED)
        by_word = {row.word: row for row in words}
        by_meaning: dict[str, list[RetailWord]] = defaultdict(list)
        for row in by_word.values():
            for meaning in row.meanings:
                by_meaning[meaning].append(row)
        by_stems: dict[str, list[RetailWord]] = defaultdict(list)
        for stems, found in zip(_stemmed(list(by_meaning)), by_meaning.values(), strict=True):
            by_stems[stems] += found
        return cls(by_word, dict(by_meaning), dict(by_stems))

    def rows(self, text: str) -> Sequence[RetailWord]:
        """Return the rows of a normalized word or phrase of either language, by its stems where it is not written so.

        >>> retail_words().rows("耳机")[0].meanings
        ('headphones', 'earphones', 'earbuds')
        """
        row = self.by_word.get(text)
        if row is not None:
            return (row,)
        return self.by_meaning.get(text) or self.by_stems.get(stems_of(text), ())


@lru_cache(maxsize=1)
def retail_words() -> RetailWords:
    """Return the lexicon that ships with the default pack."""
    return RetailWords.of(lexicon_rows())


@lru_cache(maxsize=1)
def lexicon_rows() -> tuple[LexiconRow, ...]:
    """Return the rows of the lexicon that ships with the default pack."""
    text = files("tonggan.packs").joinpath("default", "lexicon.tsv").read_text(encoding="utf-8")
    return tuple(parse_lexicon(text))


@lru_cache(maxsize=STEMS_KEPT)
def stems_of(text: str) -> str:
    """Return the text with each of its words stemmed as English; Chinese stays as it is.

    >>> stems_of("running shoes")
    'run shoe'
    """
    return " ".join(_stemmer().stemWords(text.split(" ")))


def _stemmed(texts: Sequence[str]) -> list[str]:
    words = list({word for text in texts for word in text.split(" ")})
    stems = dict(zip(words, _stemmer().stemWords(words), strict=True))
    return [" ".join([stems[word] for word in text.split(" ")]) for text in texts]


def _stemmer() -> Any:
    if not hasattr(_local, "stemmer"):
        import Stemmer

        _local.stemmer = Stemmer.Stemmer("english")
    return _local.stemmer
