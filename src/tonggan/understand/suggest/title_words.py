"""Products by the words that their titles hold: which words, and the best products of each.

Products are numbered by how many rated them, then by the length of their titles, so that the best of any set are its
smallest numbers. The products of neighbouring words stand side by side: a beginning of a word is one stretch of them.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from typing import Self

import numpy as np
import numpy.typing as npt

from tonggan.encode.words import normalize
from tonggan.index import View
from tonggan.understand.suggest.typed import HAN, cut, has_han, romanized

WORDS_INDEXED = 24
"""Words of a title by which a product is found while one types; the rest of a longer title is its small print."""

CHUNK_LETTERS = 16
"""Longer texts without a space are whole Chinese titles, and do not come again."""

STRETCHES_KEPT = 2_000
"""Beginnings whose best products are remembered: one letter stands for a fifth of all words of a catalogue."""

SCANNED = 4_000
"""Words whose pinyin begins so, of which products are taken; `s` alone begins that of most Han words."""

WORD = re.compile(rf"[{HAN}]+|[^\W{HAN}]+(?:[-'’.&+][^\W{HAN}]+)*\+?")
_PART = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class TitleWords:
    """`words` in code point order; the products of word i are `products[starts[i]:starts[i + 1]]`, best first.

    `rows[p]` is the row of product p in its view. `spelt` is pinyin, in order, of the words `meant`.
    """

    words: Sequence[str]
    starts: npt.NDArray[np.int32]
    products: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    spelt: Sequence[str]
    meant: npt.NDArray[np.int32]
    best_of_stretch: Callable[[int, int, int], tuple[int, ...]] = field(init=False)

    def __post_init__(self) -> None:
        products = self.products
        remembered = lru_cache(maxsize=STRETCHES_KEPT)(lambda *stretch: _best(products, *stretch))
        object.__setattr__(self, "best_of_stretch", remembered)

    @classmethod
    def of(cls, titles: Sequence[str], popularity: npt.NDArray[np.float64], rows: npt.NDArray[np.int32]) -> Self:
        """Index normalized titles; `popularity` and `rows` are parallel to them."""
        lengths = np.fromiter(map(len, titles), dtype=np.int32, count=len(titles))
        order = np.lexsort((lengths, -popularity))
        numbers: dict[str, int] = {}
        owners, held = _held_words(titles, order, numbers)
        words = sorted(numbers)
        rank = np.empty(len(words), dtype=np.int32)
        rank[np.fromiter((numbers[word] for word in words), dtype=np.int32, count=len(words))] = np.arange(len(words))
        pairs = np.sort(rank[held].astype(np.int64) * max(len(titles), 1) + owners)
        pairs = pairs[np.diff(pairs, prepend=-1) > 0]
        by_word, products = np.divmod(pairs, max(len(titles), 1))
        starts = np.searchsorted(by_word, np.arange(len(words) + 1)).astype(np.int32)
        products = products.astype(np.int32)
        spelt = sorted((pinyin, at) for at, word in enumerate(words) if has_han(word) for pinyin in romanized(word))
        return cls(
            words=words,
            starts=starts,
            products=products,
            rows=rows[order].astype(np.int32),
            spelt=[pinyin for pinyin, _ in spelt],
            meant=np.array([at for _, at in spelt], dtype=np.int32),
        )

    def at_rows(self, view: View, ids: Sequence[str]) -> Self:
        """Return the same words with the products, named by their ids in order, where they stand in another view.

        Products that are not in it are left out; words of no other product stay, and find nothing.
        """
        live = view.select()
        row_of_id = dict(zip(view.ids(live), live.tolist(), strict=True))
        rows = np.fromiter((row_of_id.get(each, -1) for each in ids), dtype=np.int32, count=len(ids))
        is_there = rows >= 0
        numbers = (np.cumsum(is_there) - 1).astype(np.int32)
        is_held = is_there[self.products]
        starts = np.concatenate([[0], np.cumsum(is_held)]).astype(np.int32)[self.starts]
        return replace(self, starts=starts, products=numbers[self.products[is_held]], rows=rows[is_there])

    def holding(self, typed: str, *, most: int) -> list[int]:
        """Return rows of up to `most` products whose titles hold the typed words, the last unfinished, best first."""
        parts = typed_words(typed)
        if not parts:
            return []
        first, last = self._stretch(parts[-1])
        if len(parts) == 1 and first < last:
            best = self.best_of_stretch(int(self.starts[first]), int(self.starts[last]), most)
        else:
            best = self._holding_all(parts[:-1], self._begun(parts[-1]), most)
        return self.rows[list(best)].tolist()

    def with_word(self, word: str) -> npt.NDArray[np.int32]:
        """Return rows of the products whose titles hold this very word."""
        return self.rows[self._holders(word)]

    def _holding_all(self, whole: Sequence[str], found: npt.NDArray[np.int32], most: int) -> tuple[int, ...]:
        for word in sorted(whole, key=lambda word: len(self._holders(word))):
            is_holder = np.zeros(len(self.rows), dtype=bool)
            is_holder[self._holders(word)] = True
            found = found[is_holder[found]]
        return _best(found, 0, len(found), most)

    def _begun(self, word: str) -> npt.NDArray[np.int32]:
        """Products with a word that begins so, or whose pinyin does."""
        first, last = self._stretch(word)
        if first < last:
            return self.products[self.starts[first] : self.starts[last]]
        begin = bisect_left(self.spelt, word)
        end = min(bisect_left(self.spelt, word + _LAST, lo=begin), begin + SCANNED)
        meant = np.unique(self.meant[begin:end]).tolist()
        return np.concatenate(
            [self.products[:0], *(self.products[self.starts[at] : self.starts[at + 1]] for at in meant)]
        )

    def _holders(self, word: str) -> npt.NDArray[np.int32]:
        at = bisect_left(self.words, word)
        if at == len(self.words) or self.words[at] != word:
            return self.products[:0]
        return self.products[self.starts[at] : self.starts[at + 1]]

    def _stretch(self, beginning: str) -> tuple[int, int]:
        first = bisect_left(self.words, beginning)
        return first, bisect_left(self.words, beginning + _LAST, lo=first)


def typed_words(text: str) -> list[str]:
    """Return the words of a normalized text by which products are found, in order."""
    return [word for part in _PART.findall(text) for word in (cut(part) if has_han(part) else (part,))]


def normalized_titles(titles: Sequence[str]) -> list[str]:
    """Return titles normalized, all in one go: a call for each costs more than the work."""
    others = [title.replace("\n", " ") for title in titles if not title.isascii()]
    joined = normalize("\n".join(others)).split("\n")
    normalized = iter(joined if len(joined) == len(others) else map(normalize, others))
    return [title.lower() if title.isascii() else next(normalized) for title in titles]


def _held_words(
    titles: Sequence[str], order: npt.NDArray[np.int64], numbers: dict[str, int]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Pairs of product and word; fills `numbers`, the number of each word."""
    held, counts = array("i"), array("i")
    words_of = _Chunks(numbers).__getitem__
    for title in map(titles.__getitem__, order.tolist()):
        before = len(held)
        held.extend(chain.from_iterable(map(words_of, str(title).split(maxsplit=WORDS_INDEXED)[:WORDS_INDEXED])))
        counts.append(len(held) - before)
    owners = np.repeat(np.arange(len(order), dtype=np.int32), np.array(counts, dtype=np.int32))
    return owners, np.array(held, dtype=np.int32)


class _Chunks(dict[str, list[int]]):
    """Numbers of the words of a text without spaces; a short one is remembered, since titles repeat each other."""

    def __init__(self, numbers: dict[str, int]) -> None:
        super().__init__()
        self._numbers = numbers

    def __missing__(self, chunk: str) -> list[int]:
        numbers = [self._numbers.setdefault(word, len(self._numbers)) for word in typed_words(chunk)]
        if len(chunk) <= CHUNK_LETTERS:
            self[chunk] = numbers
        return numbers


def _best(products: npt.NDArray[np.int32], first: int, last: int, most: int) -> tuple[int, ...]:
    """The smallest numbers of a stretch, each once."""
    stretch = products[first:last]
    if len(stretch) > most * WORDS_INDEXED:  # A product stands in it once for each of its words.
        stretch = np.partition(stretch, most * WORDS_INDEXED)[: most * WORDS_INDEXED]
    return tuple(np.unique(stretch)[:most].tolist())
