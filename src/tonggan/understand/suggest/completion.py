"""Texts by what they, or one of their later words, begin with: sorted keys, found by bisection.

A key knows which text it belongs to and the place of that text among all keys in order of worth, so that the best of
any stretch of keys are a partition of integers, however long the stretch is.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from tonggan.understand.suggest.typed import HAN, cut, has_han, key_of, romanized, syllables

LONGEST_KEY = 48
"""Characters of a key: enough to tell texts apart, and they are kept in memory."""

LATER_WORDS = 4
"""Later words of a text by which it is found: names of things are short."""

CANDIDATES = 1_500
"""Keys compared with a misspelt beginning: the best of those that share its first letter. 1,500 take about 1 ms."""

_LATER_WORD = re.compile(r"(?<=[ \-/&(])[^\W_]")
_HAN_RUN = re.compile(rf"[{HAN}]+")
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Completions:
    """Keys in code point order; `texts[i]` is what key i belongs to, `places[i]` its place in order of worth."""

    keys: Sequence[str]
    texts: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]

    @classmethod
    def of(cls, texts: Sequence[str], worth: npt.NDArray[np.float64]) -> Self:
        """Make the keys of texts; a text comes first for its own beginning, then the worthier, then the shorter one."""
        found = [
            (key[:LONGEST_KEY], number, is_later)
            for number, text in enumerate(texts)
            for key, is_later in _keys(key_of(text))
        ]
        found.sort()
        numbers = np.array([number for _, number, _ in found], dtype=np.int32)
        later = np.array([is_later for _, _, is_later in found], dtype=bool)
        lengths = np.array([len(text) for text in texts], dtype=np.int32)
        order = np.lexsort((lengths[numbers], -worth[numbers], later)) if found else numbers
        places = np.empty(len(found), dtype=np.int32)
        places[order] = np.arange(len(found), dtype=np.int32)
        return cls([key for key, _, _ in found], numbers, places)

    def beginning(self, typed: str, *, most: int) -> list[int]:
        """Return up to `most` keys that begin with what was typed, best first; several may belong to one text."""
        first, last = self._stretch(typed)
        return self._best(first, last, most)

    def exact(self, typed: str) -> list[int]:
        """Return the keys that are what was typed."""
        return list(range(bisect_left(self.keys, typed), bisect_right(self.keys, typed)))

    def near(self, typed: str) -> str:
        """Return a beginning of the best key that begins one edit away from what was typed; empty where none does.

        A letter changed or two swapped come before one too many or too few; the first letter is taken to be right.
        """
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cdist

        keys = [self.keys[at] for at in self._best(*self._stretch(typed[:1]), CANDIDATES)]
        lengths = (len(typed), len(typed) - 1, len(typed) + 1)
        begun = [[key[:length] for key in keys] for length in lengths]
        edits = [cdist([typed], each, scorer=OSA.distance, score_cutoff=1)[0] for each in begun] if keys else []
        is_near = np.array(edits) <= 1
        if not is_near.any():
            return ""
        key = int(is_near.any(axis=0).argmax())
        return begun[int(is_near[:, key].argmax())][key]

    def _stretch(self, typed: str) -> tuple[int, int]:
        first = bisect_left(self.keys, typed)
        return first, bisect_left(self.keys, typed + _LAST, lo=first)

    def _best(self, first: int, last: int, most: int) -> list[int]:
        places = self.places[first:last]
        chosen = np.argpartition(places, most)[:most] if len(places) > most else np.arange(len(places))
        return (first + chosen[np.argsort(places[chosen])]).tolist()


def _keys(key: str) -> Iterator[tuple[str, bool]]:
    """By what a text is found, and whether that is a later word of it."""
    if not key:
        return
    yield key, False
    spelt = syllables(key) if has_han(key) else None
    if spelt:
        yield from ((pinyin, False) for pinyin in romanized(key))
    for start in _later_words(key):
        yield key[start:], True
        if spelt:
            yield "".join(spelt[start:]), True


def _later_words(key: str) -> list[int]:
    starts = {match.start() for match in _LATER_WORD.finditer(key)}
    for run in _HAN_RUN.finditer(key):
        at = run.start()
        for word in cut(run.group()):
            starts.add(at)
            at += len(word)
        starts.add(at)
    return sorted(start for start in starts if 0 < start < len(key))[:LATER_WORDS]
