"""Values of products by field, held as columns of pairs (row, value), so that memory follows the number of values.

Pairs stand in row order and are only appended; a view that knows n rows reads the pairs of rows below n. Text values
that fold to the same form are one value, spelt as it was seen first.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tonggan.index import Entry
from tonggan.index.growable import Growable
from tonggan.index.values import containing, fold

SMALL_SHARE = 16
"""Row sets under 1/16 of a column's pairs are looked up by bisection; larger ones need a table or a mask over all."""

DENSE_SHARE = 4
"""Columns that a quarter of the rows have keep a table of where each row stands: facets take a tenth of the time."""

_Gathered: TypeAlias = "tuple[Pairs, list[int], list[float]]"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the pairs of each row stand: those of row r at `starts[r]:starts[r + 1]`."""

    starts: npt.NDArray[np.int32]
    is_single: bool

    def of(self, rows: np.ndarray) -> np.ndarray:
        """Places of all pairs of the rows."""
        starts, counts = self.starts[rows], self.starts[rows + 1] - self.starts[rows]
        if self.is_single:
            return starts[counts > 0]
        ends = np.cumsum(counts)
        return np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)


@dataclass(slots=True)
class Pairs:
    """Rows, ascending, and what each of them holds."""

    rows: Growable
    values: Growable
    _places: Places | None = None

    def below(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows and values of the pairs whose row is below `count`."""
        rows = self.rows.all()
        if len(rows) and rows[-1] >= count:
            rows = rows[: np.searchsorted(rows, count)]
        return rows, self.values.first(len(rows))

    def of(self, wanted: np.ndarray, count: int) -> np.ndarray:
        """Values of the wanted rows, in any order."""
        rows, values = self.below(count)
        if len(wanted) == count:
            return values
        if len(wanted) * SMALL_SHARE < len(rows):
            return values[self.spans(wanted, rows)[0]]
        if len(rows) * DENSE_SHARE > count:
            return values[self._places_below(count).of(wanted)]
        mask = np.zeros(count, dtype=bool)
        mask[wanted] = True
        return values[np.flatnonzero(mask[rows])]

    def _places_below(self, count: int) -> Places:
        places = self._places
        if places is None or len(places.starts) != count + 1:
            totals = np.bincount(self.below(count)[0], minlength=count)
            starts = np.concatenate([[0], np.cumsum(totals)]).astype(np.int32)
            self._places = places = Places(starts, is_single=bool(totals.max(initial=0) <= 1))
        return places

    @staticmethod
    def spans(wanted: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places in `rows` of each wanted row, one after the other, and how many each has."""
        starts = np.searchsorted(rows, wanted)
        counts = np.searchsorted(rows, wanted, side="right") - starts
        offsets = np.cumsum(counts) - counts
        return np.repeat(starts - offsets, counts) + np.arange(int(counts.sum())), counts

    def mask(self, count: int, holds: Callable[[np.ndarray], np.ndarray]) -> npt.NDArray[np.bool_]:
        """Which of the rows below `count` have a value that holds."""
        rows, values = self.below(count)
        mask = np.zeros(count, dtype=bool)
        mask[rows[holds(values)]] = True
        return mask


def new_pairs(dtype: type) -> Pairs:
    """A column without any pair."""
    return Pairs(Growable(np.zeros(0, dtype=np.int32)), Growable(np.zeros(0, dtype=dtype)))


@dataclass(slots=True)
class TextColumn:
    """A text field: pairs of rows and value codes; `spellings[code]` and `folded[code]` are the value."""

    pairs: Pairs = field(default_factory=lambda: new_pairs(np.int32))
    spellings: list[str] = field(default_factory=list)
    folded: list[str] = field(default_factory=list)
    _codes: dict[str, int] = field(default_factory=dict)

    def code_of(self, folded: str) -> int | None:
        """The code of a folded value, if any product ever had it."""
        if len(self._codes) < len(self.folded):
            self._codes = {value: code for code, value in enumerate(self.folded)}
        return self._codes.get(folded)

    def codes_for(self, values: Sequence[str]) -> list[int]:
        """Codes of the values, each once, new ones added."""
        codes = []
        for value in values:
            folded = fold(value)
            code = self.code_of(folded)
            codes.append(self._add(value, folded) if code is None else code)
        return codes if len(codes) < 2 else list(dict.fromkeys(codes))

    def equal(self, values: Sequence[str], count: int) -> npt.NDArray[np.bool_]:
        """Rows with any of the values."""
        codes = {code for value in values if (code := self.code_of(fold(value))) is not None}
        if len(codes) == 1:
            code = codes.pop()
            return self.pairs.mask(count, lambda held: held == code)
        return self._with_codes(codes, count)

    def containing(self, values: Sequence[str], count: int) -> npt.NDArray[np.bool_]:
        """Rows with a value in which all words of any of the values occur."""
        known = self.folded[:]
        return self._with_codes({code for value in values for code in containing(known, fold(value))}, count)

    def counts(self, rows: np.ndarray, count: int, *, limit: int) -> dict[str, int]:
        """How many of the rows hold each value, most frequent first (ties: by value)."""
        totals = np.bincount(self.pairs.of(rows, count), minlength=1)
        return most_frequent(np.flatnonzero(totals), totals, self.spellings, limit=limit)

    def values(self, rows: np.ndarray, count: int) -> list[tuple[str, ...]]:
        """The values of each row, in the order the product gave them."""
        held, codes = self.pairs.below(count)
        places, counts = Pairs.spans(rows, held)
        spelt = [self.spellings[code] for code in codes[places].tolist()]
        if (counts == 1).all():
            return [(value,) for value in spelt]
        ends = np.cumsum(counts).tolist()
        return [tuple(spelt[start:end]) for start, end in zip([0, *ends[:-1]], ends, strict=True)] if ends else []

    def sort_key(self, rows: np.ndarray, count: int) -> npt.NDArray[np.float64]:
        """Rank of each row's first value among them, in code point order of folded values; NaN where it has none."""
        held, codes = self.pairs.below(count)
        places = np.searchsorted(held, rows)
        has = np.zeros(len(rows), dtype=bool)
        inside = places < len(held)
        has[inside] = held[places[inside]] == rows[inside]
        key = np.full(len(rows), np.nan)
        distinct, inverse = np.unique(codes[places[has]], return_inverse=True)
        ranks = np.empty(len(distinct))
        ranks[sorted(range(len(distinct)), key=lambda place: self.folded[distinct[place]])] = np.arange(len(distinct))
        key[has] = ranks[inverse]
        return key

    def _add(self, value: str, folded: str) -> int:
        code = len(self.folded)
        self.spellings.append(value)
        self._codes[folded] = code
        self.folded.append(folded)
        return code

    def _with_codes(self, codes: set[int], count: int) -> npt.NDArray[np.bool_]:
        wanted = np.zeros(len(self.spellings) + 1, dtype=bool)
        wanted[list(codes)] = True
        return self.pairs.mask(count, lambda held: wanted[held])


@dataclass(slots=True)
class NumberColumn:
    """A number field: pairs of rows and float64; a row has at most one."""

    pairs: Pairs = field(default_factory=lambda: new_pairs(np.float64))
    _spread: npt.NDArray[np.float64] | None = None

    def values(self, rows: np.ndarray, count: int) -> npt.NDArray[np.float64]:
        """The number of each row, NaN where it has none; the rows may stand in any order."""
        held, numbers = self.pairs.below(count)
        if len(rows) * SMALL_SHARE < len(held):
            places = np.minimum(np.searchsorted(held, rows), max(len(held) - 1, 0))
            return np.where(held[places] == rows, numbers[places], np.nan)
        return self._spread_below(count)[rows]

    def _spread_below(self, count: int) -> npt.NDArray[np.float64]:
        spread = self._spread
        if spread is None or len(spread) != count:
            held, numbers = self.pairs.below(count)
            spread = np.full(count, np.nan)
            spread[held] = numbers
            self._spread = spread if len(held) * DENSE_SHARE > count else None
        return spread


@dataclass(slots=True)
class Columns:
    """All fields by name; a field stays known once it was seen."""

    texts: dict[str, TextColumn] = field(default_factory=dict)
    numbers: dict[str, NumberColumn] = field(default_factory=dict)

    def add(self, entries: Sequence[Entry], first_row: int) -> None:
        """Append the values of entries that take the rows from `first_row` on."""
        gathered: dict[int, _Gathered] = {}
        for row, entry in enumerate(entries, start=first_row):
            self._gather_texts(entry, row, gathered)
            self._gather_numbers(entry, row, gathered)
        for pairs, rows, values in gathered.values():
            pairs.values.append(np.array(values))
            pairs.rows.append(np.array(rows))

    def _gather_texts(self, entry: Entry, row: int, gathered: dict[int, _Gathered]) -> None:
        for name, values in entry.texts.items():
            if values:
                column = self.texts.get(name) or self.texts.setdefault(name, TextColumn())
                _, rows, held = gathered.get(id(column.pairs)) or _start(gathered, column.pairs)
                codes = column.codes_for(values)
                rows += [row] * len(codes)
                held += codes

    def _gather_numbers(self, entry: Entry, row: int, gathered: dict[int, _Gathered]) -> None:
        for name, number in entry.numbers.items():
            if number == number:
                column = self.numbers.get(name) or self.numbers.setdefault(name, NumberColumn())
                _, rows, held = gathered.get(id(column.pairs)) or _start(gathered, column.pairs)
                rows.append(row)
                held.append(number)


def _start(gathered: dict[int, _Gathered], pairs: Pairs) -> _Gathered:
    gathered[id(pairs)] = started = (pairs, [], [])
    return started


def most_frequent(present: np.ndarray, totals: np.ndarray, names: list[str], *, limit: int) -> dict[str, int]:
    """The `limit` most frequent of the present codes, ties by name; only names that can win are compared."""
    if limit <= 0:
        return {}
    held = totals[present]
    if len(present) > limit:
        least = np.partition(held, len(held) - limit)[len(held) - limit]
        certain = present[held > least]
        tied = heapq.nsmallest(limit - len(certain), present[held == least].tolist(), key=names.__getitem__)
        present = np.concatenate([certain, np.array(tied, dtype=certain.dtype)])
    codes = sorted(present.tolist(), key=lambda code: (-int(totals[code]), names[code]))
    return {names[code]: int(totals[code]) for code in codes}
