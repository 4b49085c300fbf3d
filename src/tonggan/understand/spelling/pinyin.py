"""How the Chinese words of a catalogue are read: from letters to words, from words to words that sound the same."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import numpy.typing as npt

from tonggan.understand.suggest.typed import ALSO_READ

SHORTEST, LONGEST = 2, 6
"""Characters of a word that is looked up by how it is read: one character sounds like fifty others."""

UNSEEN = 0.5
"""Titles that every word is taken to be in beside those counted, so that words of the lexicon are found too."""

CHARACTERS_KEPT = 1 << 14
"""Characters whose reading is remembered: more than any catalogue uses."""

SYLLABLES_KEPT = 1 << 12
"""Syllables with tones that are remembered: more than Mandarin has."""

READINGS_KEPT = 20_000
"""Words whose readings are remembered: those of the lexicon, which every catalogue needs, and a small shop's own."""

LONGEST_PHRASE = 6
"""Characters of the longest phrase whose reading is looked up."""

_AFTER_ALL = "\U0010ffff"
_BREAK = "'"
_ONSET_N = re.compile(r"n(?=[aeiouv])")
_SOUTHERN = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Words in the order of what is typed for them, those of one key with the commonest first."""

    keys: list[str]
    words: list[str]
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, read: Iterable[tuple[str, str]], counts: Mapping[str, int]) -> Self:
        ordered = sorted(read, key=lambda pair: (pair[0], -counts[pair[1]], pair[1]))
        numbers = np.fromiter((counts[word] for _, word in ordered), dtype=np.int64, count=len(ordered))
        return cls([key for key, _ in ordered], [word for _, word in ordered], numbers)

    def at(self, key: str) -> list[str]:
        """Return the words of this key, the commonest first."""
        first = bisect_left(self.keys, key)
        last = first
        while last < len(self.keys) and self.keys[last] == key:
            last += 1
        return self.words[first:last]

    def starting(self, letters: str, *, limit: int) -> list[tuple[int, str]]:
        """Return the commonest words whose key starts with these letters, with their counts."""
        first, last = bisect_left(self.keys, letters), bisect_left(self.keys, letters + _AFTER_ALL)
        counts = self.counts[first:last]
        best = np.argpartition(-counts, limit)[:limit] if len(counts) > limit else np.arange(len(counts))
        return [(int(counts[at]), self.words[first + at]) for at in best.tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class PinyinIndex:
    """Words of 2 to 6 characters by their pinyin without tones, by its southern form, and by its initials."""

    counts: Mapping[str, int]
    total: float
    full: Readings
    southern: Readings
    initials: Readings

    @classmethod
    def learn(cls, words: Iterable[tuple[str, int]]) -> Self:
        """Return the index of these words, each with how many titles hold it."""
        counts = {word: count for word, count in words if SHORTEST <= len(word) <= LONGEST and word.isalpha()}
        read = [(reading, word) for word in counts for reading in readings(word)]
        full = {("".join(reading), word) for reading, word in read}
        southern = {("".join(map(southern_form, reading)), word) for reading, word in read}
        initials = {("".join(syllable[0] for syllable in reading), word) for reading, word in read}
        total = sum(counts.values()) + UNSEEN * (len(counts) + 1)
        return cls(
            counts,
            total,
            full=Readings.of(full, counts),
            southern=Readings.of(southern, counts),
            initials=Readings.of(initials, counts),
        )

    def share(self, word: str) -> float:
        """Return which share of all words this one is; those that nobody counted have a little."""
        return (self.counts.get(word, 0) + UNSEEN) / self.total

    def sounding(self, syllables: Sequence[str]) -> list[str]:
        """Return the words that are read so, syllable for syllable, the commonest first."""
        wanted = tuple(syllables)
        return [word for word in self.full.at("".join(wanted)) if wanted in readings(word)]

    def spelled(self, pieces: Sequence[str], *, is_southern: bool = False) -> str:
        """Return the commonest word that is typed so, or nothing; each break between pieces is one of syllables."""
        form = southern_form if is_southern else str
        typed = [form(piece) for piece in pieces]
        found = (self.southern if is_southern else self.full).at("".join(typed))
        if len(typed) == 1:
            return found[0] if found else ""
        return next((word for word in found if any(_breaks_at(typed, map(form, r)) for r in readings(word))), "")

    def starting(self, letters: str, limit: int) -> list[str]:
        """Return the commonest words whose pinyin, in full or by its initials, starts with these letters."""
        typed = plain_letters(letters)
        if not typed or limit <= 0:
            return []
        found = {*self.full.starting(typed, limit=limit), *self.initials.starting(typed, limit=limit)}
        return [word for _, word in sorted(found, key=lambda pair: (-pair[0], pair[1]))][:limit]


def plain_letters(letters: str) -> str:
    """Return typed pinyin in the letters that words are kept under.

    >>> plain_letters("Xi'an"), plain_letters("lü cha")
    ('xian', 'lvcha')
    """
    return letters.lower().replace("ü", "v").replace(_BREAK, "").replace(" ", "")


@lru_cache(maxsize=SYLLABLES_KEPT)
def southern_form(syllable: str) -> str:
    """Return a syllable as it sounds where zh and z, ch and c, sh and s, n and l, ng and n are not told apart.

    >>> southern_form("zhang"), southern_form("nan"), southern_form("lan")
    ('zan', 'lan', 'lan')
    """
    for northern, southern in _SOUTHERN:
        syllable = syllable.replace(northern, southern)
    return _ONSET_N.sub("l", syllable)


@lru_cache(maxsize=READINGS_KEPT)
def readings(word: str) -> tuple[tuple[str, ...], ...]:
    """Return how a Chinese word is read, its usual reading first: without tones, ü as v and as u.

    >>> readings("绿茶"), readings("银行")
    ((('lv', 'cha'), ('lu', 'cha')), (('yin', 'hang'), ('yin', 'xing')))
    """
    usual = _syllables(word)
    also = tuple(ALSO_READ.get(character, syllable) for character, syllable in zip(word, usual, strict=True))
    return tuple(dict.fromkeys(each for reading in (usual, also) for each in (reading, *_without_umlaut(reading))))


def _without_umlaut(reading: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if any("v" in syllable for syllable in reading):
        yield tuple(syllable.replace("v", "u") for syllable in reading)


def _syllables(word: str) -> tuple[str, ...]:
    """One syllable a character: as in the longest phrases that pypinyin knows, from left to right, or by itself."""
    phrases = _phrases()
    syllables: list[str] = []
    while len(syllables) < len(word):
        at = len(syllables)
        ends = range(min(at + LONGEST_PHRASE, len(word)), at + 1, -1)
        found = next((phrases[word[at:end]] for end in ends if word[at:end] in phrases), None)
        syllables += map(_toneless, (each[0] for each in found)) if found else [_character(word[at])]
    return tuple(syllables)


def _phrases() -> Mapping[str, Sequence[Sequence[str]]]:
    from pypinyin.constants import PHRASES_DICT

    return PHRASES_DICT


@lru_cache(maxsize=CHARACTERS_KEPT)
def _character(character: str) -> str:
    from pypinyin import lazy_pinyin

    return lazy_pinyin(character)[0]


@lru_cache(maxsize=SYLLABLES_KEPT)
def _toneless(syllable: str) -> str:
    from pypinyin.contrib.tone_convert import to_normal

    return to_normal(syllable)


def _breaks_at(typed: Sequence[str], syllables: Iterable[str]) -> bool:
    """Say whether each piece that was typed ends where a syllable ends."""
    return _ends(typed) <= _ends(syllables)


def _ends(pieces: Iterable[str]) -> set[int]:
    ends, at = set[int](), 0
    for piece in pieces:
        at += len(piece)
        ends.add(at)
    return ends
