"""Text to the units that word vectors know: words, phrases, words of a Chinese run, pieces of unknown words.

A run of Han characters is covered by the longest known words, with single characters as the fall-back. A Latin word
that is not known is cut into known pieces; what holds a digit and is not known (a model number, a SKU) is no unit at
all, so that it does not become noise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from tonggan.encode.words import normalize

PIECE = "##"
"""Marks a piece that continues a word, as in WordPiece vocabularies."""

CHARACTER = "#"
"""Marks a single Han character that stands for itself alone, outside any known word."""

LONGEST_WORD = 10
"""Characters of the longest Chinese word that is looked for."""

LONGEST_PHRASE = 3
"""Latin words of the longest phrase that is looked for."""

LONGEST_PIECED = 64
"""Letters of the longest unknown word that is cut into pieces; longer ones are no words."""

SHORTEST_PIECE = 3
"""Letters of the first piece of an unknown word at least; shorter ones say nothing of it."""

CHUNKS_KEPT = 1 << 16
"""Analysed chunks that are remembered: catalogues repeat themselves."""

LONGEST_KEPT = 64
"""Characters of the longest chunk that is remembered; longer ones are seldom seen again and would fill memory."""

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_WORD = rf"(?:(?![{_HAN}])[^\W_])+(?:['’](?:(?![{_HAN}])[^\W_])+)*"
_LATIN_WORD = re.compile(_WORD)
_MIXED = re.compile(rf"(?=.*[{_HAN}])(?=.*[a-z0-9])\S+")
_DIGIT = re.compile(r"\d")


class UnitReader:
    """Cuts texts into the keys of one vocabulary; keys with a space in them are phrases.

    >>> reader = UnitReader(["red", "power bank", "bank", "耳机", "蓝牙", "#黑", "t恤", "run", "##ning"])
    >>> list(reader.units("Red power bank running 蓝牙耳机黑 T恤 WH-1000XM4"))
    ['red', 'power bank', 'run', '##ning', '蓝牙', '耳机', '#黑', 't恤']
    """

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._known = frozenset(vocabulary)
        self._starts = frozenset(key.split(" ", 1)[0] for key in self._known if " " in key)
        self._unit = _unit_pattern(sorted(filter(_MIXED.fullmatch, self._known), key=lambda key: (-len(key), key)))
        self._chunk = lru_cache(maxsize=CHUNKS_KEPT)(self._read_chunk)

    def units(self, text: str) -> Iterator[str]:
        """Yield the keys of a text, in order, with repetitions."""
        pending: list[str] = []
        for chunk in normalize(text).split():
            for word, is_latin in (self._chunk if len(chunk) <= LONGEST_KEPT else self._read_chunk)(chunk):
                if is_latin:
                    pending.append(word)
                    continue
                yield from self._latin(pending)
                pending.clear()
                yield word
        yield from self._latin(pending)

    def _read_chunk(self, chunk: str) -> tuple[tuple[str, bool], ...]:
        """Latin words as they stand, and the keys of Han runs, of a text without spaces."""
        found: list[tuple[str, bool]] = []
        for match in self._unit.finditer(chunk):
            if match.lastgroup == "whole":
                found.append((match.group(), False))
            elif match.lastgroup == "han":
                found += ((key, False) for key in self._han(match.group()))
            else:
                found.append((_bare(match.group()), True))
        return tuple(found)

    def _latin(self, words: Sequence[str]) -> Iterator[str]:
        at = 0
        while at < len(words):
            length = self._phrase_length(words, at) if words[at] in self._starts else 0
            if length:
                yield " ".join(words[at : at + length])
                at += length
            else:
                yield from self._word(words[at])
                at += 1

    def _phrase_length(self, words: Sequence[str], at: int) -> int:
        for length in range(min(LONGEST_PHRASE, len(words) - at), 1, -1):
            if " ".join(words[at : at + length]) in self._known:
                return length
        return 0

    def _word(self, word: str) -> tuple[str, ...]:
        if word in self._known:
            return (word,)
        is_name = _DIGIT.search(word) or len(word) > LONGEST_PIECED
        return () if is_name else _pieces(word, self._known)

    def _han(self, run: str) -> list[str]:
        return _cover(run, self._known)


def spoken_key(text: str) -> str:
    """Return the key under which a word or phrase is looked up; a text of Chinese characters is its own key.

    >>> spoken_key("Men's T-shirt"), spoken_key("T恤"), spoken_key("耳機")
    ('men t shirt', 't恤', '耳机')
    """
    folded = normalize(text)
    return folded if re.search(rf"[{_HAN}]", folded) else " ".join(map(_bare, _LATIN_WORD.findall(folded)))


def _bare(word: str) -> str:
    return word.replace("’", "'").removesuffix("'s")


def _unit_pattern(mixed: Sequence[str]) -> re.Pattern[str]:
    """Runs of one script, and before them keys of two scripts, wherever in a run they start."""
    if not mixed:
        return re.compile(f"(?P<han>[{_HAN}]+)|(?P<word>{_WORD})")
    whole = "|".join(re.escape(key) + ("(?![a-z0-9])" if key[-1].isascii() else "") for key in mixed)
    return re.compile(f"(?P<whole>{whole})|(?P<han>(?:(?!{whole})[{_HAN}])+)|(?P<word>{_WORD})")


def _pieces(word: str, known: frozenset[str]) -> tuple[str, ...]:
    """Known pieces from left to right, longest first; none where a rest is not known."""
    pieces: list[str] = []
    at = 0
    while at < len(word):
        mark = PIECE if at else ""
        shortest = 1 if at else SHORTEST_PIECE
        end = next((end for end in range(len(word), at + shortest - 1, -1) if mark + word[at:end] in known), 0)
        if not end:
            return ()
        pieces.append(mark + word[at:end])
        at = end
    return tuple(pieces)


def _cover(run: str, known: frozenset[str]) -> list[str]:
    """Cover a run with known words so that the fewest characters stay outside, then with the fewest words."""
    costs: list[tuple[int, int, int]] = [(0, 0, 0)]
    for end in range(1, len(run) + 1):
        options = [(costs[end - 1][0] + 1, costs[end - 1][1] + 1, end - 1)]
        for start in range(max(0, end - LONGEST_WORD), end):
            if run[start:end] in known:
                options.append((costs[start][0], costs[start][1] + 1, start))
        costs.append(min(options))
    keys: list[str] = []
    end = len(run)
    while end:
        start = costs[end][2]
        word = run[start:end]
        keys += [word] if word in known else [CHARACTER + word] if CHARACTER + word in known else []
        end = start
    return keys[::-1]


def weights_of(units: Iterable[str], *, opening: int, half_life: float) -> Mapping[str, float]:
    """Return how much each distinct unit counts: all alike in the opening, less and less after it, repetitions little.

    >>> dict(weights_of(["a", "b", "c", "a"], opening=1, half_life=1.0))
    {'a': 1.1, 'b': 1.0, 'c': 0.5}
    """
    weights: dict[str, float] = {}
    for place, unit in enumerate(units):
        gain = half_life / (half_life + max(0, place - opening))
        held = weights.get(unit)
        weights[unit] = gain if held is None else held + REPEATED * gain
    return weights


REPEATED = 0.3
"""Part of its weight that a repetition of a unit adds."""
