"""Words that stand together: whether a title holds neighbouring words of the query as neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tonggan.encode.words import words
from tonggan.index import Scores
from tonggan.index.values import fold

PHRASE_WORDS = 6
"""Words of a query that are looked for together; of longer ones the first, where the thing is named."""

PHRASE_DEPTH = 100
"""Best results by words whose titles are looked at: a phrase lifts no product over a hundred others."""

TITLES_KEPT = 1 << 16
"""Titles whose plain form is remembered: making it takes longer than looking through it."""

SEPARATORS = str.maketrans("-_/", "   ")
"""Marks that join words, so that `t-shirt` and `t shirt` are one phrase."""


def phrase_words(text: str) -> tuple[str, ...]:
    """Return the words that may stand together; none where there is only one."""
    found = tuple(words(text)[:PHRASE_WORDS])
    return found if len(found) > 1 else ()


def phrase_shares(asked: Sequence[str], titles: Sequence[str]) -> Scores:
    """Return for each title the longest run of neighbouring words that it holds, 0 for one word to 1 for all of them.

    A word matches the beginning of one, so that `running shoe` is in `running shoes`; words of Chinese characters have
    no space between them.
    """
    runs = [
        (_joined(asked[at : at + length]), (length - 1) / (len(asked) - 1))
        for length in range(len(asked), 1, -1)
        for at in range(len(asked) - length + 1)
    ]
    return np.array([_longest(_spoken(title), runs) for title in titles], np.float32)


@lru_cache(maxsize=TITLES_KEPT)
def _spoken(title: str) -> str:
    return f" {fold(title).translate(SEPARATORS)}"


def _longest(title: str, runs: Sequence[tuple[str, float]]) -> float:
    return next((share for run, share in runs if run in title), 0.0)


def _joined(words: Sequence[str]) -> str:
    text = ""
    for word in words:
        plain = word.translate(SEPARATORS)
        text += plain if not plain.isascii() else f" {plain}"
    return text
