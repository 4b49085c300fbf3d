"""Which words are near a typed one: words with letters left out, as hashes in one sorted array.

Two words within n edits of each other meet where up to n letters of each are left out (as in SymSpell). An entry is 40
bits of hash and 24 of word, so that 200,000 words take some 20 MB where Python's own tables would take 300.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

WORD_BITS = 24
"""Bits of an entry that hold the word; the others hold the hash, which two words share once in 2^40."""

MOST_WORDS = 1 << WORD_BITS

_POWER = 0x9E3779B97F4A7C15
"""Base of the polynomial hash: odd, so that it has an inverse and a letter can be taken out of the middle."""

_MIX = np.uint64(0xD6E8FEB86659FD93)
"""Odd; carries the low bits of a hash, which are poor, into the high ones, which are kept."""


@dataclass(frozen=True, slots=True)
class DeletionIndex:
    """Finds words that may be within `deletions` edits; they share a form, which the caller checks letter by letter.

    With a `prefix`, only so many letters of each word count, which keeps the index small [SymSpell, Garbe].
    """

    entries: npt.NDArray[np.uint64]
    deletions: int
    prefix: int

    @classmethod
    def build(cls, words: Sequence[str], ids: npt.NDArray[np.uint64], *, deletions: int, prefix: int) -> DeletionIndex:
        """Return the index of these words, each known by its id below 2^24."""
        heads = [word[:prefix] for word in words]
        lengths = np.fromiter(map(len, heads), dtype=np.int64, count=len(heads))
        letters = _letters("".join(heads))
        starts = np.cumsum(lengths) - lengths
        parts = [np.zeros(0, dtype=np.uint64)]
        for length in np.unique(lengths).tolist():
            rows = np.flatnonzero(lengths == length)
            table = letters[starts[rows][:, None] + np.arange(length)]
            parts.append((_forms(table, deletions) << np.uint64(WORD_BITS) | ids[rows][:, None]).ravel())
        entries = np.concatenate(parts)
        entries.sort()
        return cls(entries, deletions, prefix)

    def find(self, word: str) -> npt.NDArray[np.int64]:
        """Return the ids of the words that share a form with this one, each once."""
        head = word[: self.prefix]
        forms = _forms(_letters(head)[None, :], self.deletions)[0] << np.uint64(WORD_BITS)
        first = self.entries.searchsorted(forms)
        last = self.entries.searchsorted(forms | np.uint64(MOST_WORDS - 1), side="right")
        found = [self.entries[first[at] : last[at]] for at in np.flatnonzero(last > first).tolist()]
        if not found:
            return np.zeros(0, dtype=np.int64)
        return np.unique(np.concatenate(found) & np.uint64(MOST_WORDS - 1)).astype(np.int64)


def _letters(text: str) -> npt.NDArray[np.uint64]:
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)


def _forms(letters: npt.NDArray[np.uint64], deletions: int) -> npt.NDArray[np.uint64]:
    """Return 40-bit hashes of words of one length, uint64 [words, forms]: whole, and with letters left out.

    A hash is the sum of each letter times a power of its place; what stands behind a letter left out moves one place
    forward, that is, it is divided by the base.
    """
    length = letters.shape[1]
    powers, inverse = _powers(length)
    sums = np.zeros((len(letters), length + 1), dtype=np.uint64)
    np.cumsum(letters * powers, axis=1, out=sums[:, 1:])
    whole = sums[:, -1:]
    forms = [whole]
    if deletions >= 1:
        forms.append(sums[:, :-1] + (whole - sums[:, 1:]) * inverse)
    if deletions >= 2:
        one, two = _pairs(length)
        between = (sums[:, two] - sums[:, one + 1]) * inverse
        forms.append(sums[:, one] + between + (whole - sums[:, two + 1]) * inverse * inverse)
    return (np.concatenate(forms, axis=1) * _MIX) >> np.uint64(WORD_BITS)


@lru_cache(maxsize=64)
def _powers(length: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Powers of the base, one a place, and its inverse modulo 2^64."""
    powers = [pow(_POWER, place, 1 << 64) for place in range(length)]
    return np.array(powers, dtype=np.uint64), np.array([pow(_POWER, -1, 1 << 64)], dtype=np.uint64)


@lru_cache(maxsize=64)
def _pairs(length: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    one, two = np.triu_indices(length, 1)
    return one, two
