"""The lexicon's misspellings: what somebody writes, and the words that are meant by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz.distance import Indel

from tonggan.encode.lexicon import LexiconRow
from tonggan.encode.words import normalize

MISSPELLING, REGIONAL = "misspelling", "regional"

LEAST_ALIKE = 0.3
"""Share of characters that a Chinese misspelling has in common with the word it stands for: 郭 for 锅 alone is none."""


def misspellings(lexicon: Sequence[LexiconRow]) -> Mapping[str, tuple[str, ...]]:
    """Return what each misspelling means, best first, under its normalized spelling.

    A Chinese one is given in English; it stands for the Chinese words of that meaning that look most like it.
    """
    written: dict[str, list[str]] = defaultdict(list)
    for row in lexicon:
        if row.kind not in (MISSPELLING, REGIONAL) and not row.normalized.isascii():
            for meaning in row.meanings:
                written[meaning].append(row.normalized)
    found = {row.normalized: _meant(row, written) for row in lexicon if row.kind == MISSPELLING}
    return {key: meant for key, meant in found.items() if meant}


def _meant(row: LexiconRow, written: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    if row.normalized.isascii():
        return tuple(normalize(meaning) for meaning in row.meanings)
    words = dict.fromkeys(word for meaning in row.meanings for word in written.get(meaning, ()))
    return _most_alike(row.normalized, words)


def _most_alike(word: str, others: Iterable[str]) -> tuple[str, ...]:
    likeness = {other: Indel.normalized_similarity(word, other) for other in others if len(other) == len(word)}
    best = max(LEAST_ALIKE, *likeness.values(), 0.0)
    return tuple(other for other in likeness if likeness[other] == best)
