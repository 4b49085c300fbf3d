"""Product ids and rows. An update gives a product a new row; each row knows the row it replaced."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from tonggan.index.growable import Growable

NO_ROW = -1
"""Stands for 'replaced nothing'."""

PLACED_SINGLY = 200
"""Up to this many new ids are placed into the sorted ids (under 10 ms); more are sorted anew (150 ms at 200,000)."""


class Identities:
    """Ids by row, the newest row by id, and the order of ids."""

    def __init__(self, ids: list[str], previous: np.ndarray) -> None:
        self.ids = ids
        self.previous = Growable(previous)
        self._newest: dict[str, int] = {product_id: row for row, product_id in enumerate(ids)}
        self._order = IdOrder(ids)

    def add(self, product_ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Give each id the next row; returns the rows that they had before, NO_ROW where none."""
        before = np.array([self._newest.get(product_id, NO_ROW) for product_id in product_ids], dtype=np.int64)
        start = len(self.ids)
        self.previous.append(before)
        self.ids.extend(product_ids)
        self._newest.update(zip(product_ids, range(start, len(self.ids)), strict=True))
        return before

    def newest(self, product_ids: Iterable[str]) -> npt.NDArray[np.int64]:
        """The newest rows of the ids that are known, live or not."""
        rows = (self._newest.get(product_id, NO_ROW) for product_id in product_ids)
        return np.array([row for row in rows if row != NO_ROW], dtype=np.int64)

    def rows(self, product_ids: Iterable[str], count: int) -> npt.NDArray[np.int64]:
        """The rows, ascending and live or not, that the ids had when there were `count` rows."""
        found = {row for product_id in product_ids if (row := self._row_below(product_id, count)) != NO_ROW}
        return np.array(sorted(found), dtype=np.int64)

    def ranks(self, count: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Rank of each row's id in code point order, and the row at each rank; over at least `count` rows."""
        return self._order.upto(count)

    def _row_below(self, product_id: str, count: int) -> int:
        row = self._newest.get(product_id, NO_ROW)
        while row >= count:
            row = int(self.previous.all()[row])
        return row


class IdOrder:
    """Rows in order of their ids, brought up to date when somebody asks."""

    def __init__(self, ids: list[str]) -> None:
        self._ids = ids
        self._lock = threading.Lock()
        self._sorted: list[str] = []
        self._ranks = np.zeros(0, dtype=np.int32)
        self._rows = np.zeros(0, dtype=np.int32)

    def upto(self, count: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Ranks by row and rows by rank, over at least `count` rows."""
        with self._lock:
            if len(self._ranks) < count:
                self._extend(count)
            return self._ranks, self._rows

    def _extend(self, count: int) -> None:
        known = len(self._ranks)
        if count - known > PLACED_SINGLY:
            ids = self._ids[:count]
            self._rows = np.array(sorted(range(count), key=ids.__getitem__), dtype=np.int32)
            self._sorted = [ids[row] for row in self._rows.tolist()]
        else:
            self._place(sorted(range(known, count), key=self._ids.__getitem__))
        ranks = np.empty(count, dtype=np.int32)
        ranks[self._rows] = np.arange(count, dtype=np.int32)
        self._ranks = ranks

    def _place(self, rows: list[int]) -> None:
        places = [bisect_left(self._sorted, self._ids[row]) for row in rows]
        self._rows = np.insert(self._rows, places, rows)
        for place, row in zip(reversed(places), reversed(rows), strict=True):
            self._sorted.insert(place, self._ids[row])
