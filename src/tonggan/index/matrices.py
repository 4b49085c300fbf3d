"""Vectors of one space, exact: a float32 matrix on a memory map, addressed by slot.

A product takes a slot with its first vector and keeps it while the vector stays the same, so that a changed price moves
neither the matrix nor the neighbour graph. float32 because a scan of 200,000 x 256 takes 3.3 ms, in float16 95 ms.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tonggan.index.array_files import FileRecord, checksum_of, reporting_full_disk
from tonggan.index.growable import Growable
from tonggan.index.scoring import SIMILARITY_DECIMALS

NO_SLOT = -1
"""Stands for 'no vector'; also for 'no row' in the other direction."""

GROWTH_SHARE = 8
"""The file grows by an eighth of its rows at a time; its blocks are reserved, since a full disk under a map kills."""

GROWTH_ROWS = 1024
"""The least number of rows that a file grows by."""

GATHER_COST = 4
"""A gathered vector costs as much as four scanned ones (benchmarks/index.py: 130 ns against 31 at 256 dimensions)."""


@dataclass(frozen=True, slots=True)
class MatrixView:
    """The vectors that a view of `count` rows sees.

    `vectors` float32 [slots, dim] of norm 1; `row_of_slot` and `slot_of_row` int32, NO_SLOT where there is none.
    """

    vectors: npt.NDArray[np.float32]
    row_of_slot: npt.NDArray[np.int32]
    slot_of_row: npt.NDArray[np.int32]

    def slots(self, rows: np.ndarray) -> npt.NDArray[np.int32]:
        """Slots of the rows that have a vector."""
        slots = self.slot_of_row[rows]
        return slots[slots != NO_SLOT]

    def similarity(self, vector: np.ndarray, rows: np.ndarray) -> npt.NDArray[np.float32]:
        """Cosine of each row, NaN where it has no vector."""
        slots = self.slot_of_row[rows]
        has = slots != NO_SLOT
        scores = np.full(len(rows), np.nan, dtype=np.float32)
        scores[has] = self.scores(vector, slots[has])
        return scores

    def scores(self, vector: np.ndarray, slots: np.ndarray) -> npt.NDArray[np.float32]:
        """Cosines of the slots, by whichever is less work: gathering them or scanning all."""
        if len(slots) * GATHER_COST > len(self.vectors):
            return np.round(dot(self.vectors, vector)[slots], SIMILARITY_DECIMALS)
        return np.round(dot(self.vectors[slots], vector), SIMILARITY_DECIMALS)


def dot(vectors: np.ndarray, vector: np.ndarray) -> npt.NDArray[np.float32]:
    """Inner product of each vector with one, without BLAS.

    BLAS shares even small products among threads that wait for each other: beside one busy process 5,000 rows took
    8 ms instead of .2. As fast alone on one core, and the same to the last bit wherever a vector stands.
    """
    return np.einsum("ij,j->i", vectors, vector)


class Matrix:
    """The writer's side of one space."""

    def __init__(self, path: Path, dim: int, *, slots: int = 0) -> None:
        self._path = path
        self.dim = dim
        self._slots = slots
        path.touch()
        self._capacity = path.stat().st_size // (4 * dim)
        self._vectors = self._map()
        self._row_of_slot = Growable(np.zeros(0, dtype=np.int32))
        self._slot_of_row = Growable(np.zeros(0, dtype=np.int32))
        self._verified = (0, 0)

    def restore(self, row_of_slot: np.ndarray, slot_of_row: np.ndarray, record: FileRecord) -> None:
        """Take the maps read from disk; vectors beyond them are left from before a crash and will be overwritten."""
        self._row_of_slot, self._slot_of_row = Growable(row_of_slot), Growable(slot_of_row)
        self._verified = (record.size, record.checksum)

    def renumber(self, row_of_slot: np.ndarray, slot_of_row: np.ndarray) -> None:
        """Take other row numbers for the same slots."""
        self._row_of_slot, self._slot_of_row = Growable(row_of_slot), Growable(slot_of_row)

    def fill(self, vectors: np.ndarray, slots: np.ndarray) -> None:
        """Become a copy of some slots of another matrix, in a file that was empty."""
        self.reserve(len(slots))
        self._vectors[: len(slots)] = vectors[slots]
        self._slots = len(slots)

    def __len__(self) -> int:
        return self._slots

    def reserve(self, slots: int) -> None:
        """Make room for that many more slots; DiskFullError before anything is changed."""
        wanted = self._slots + slots
        if wanted <= self._capacity:
            return
        capacity = max(wanted, self._capacity + max(self._capacity // GROWTH_SHARE, GROWTH_ROWS))
        with reporting_full_disk(self._path), self._path.open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, capacity * self.dim * 4)
        self._capacity = capacity
        self._vectors = self._map()

    def add(self, vectors: list[np.ndarray | None], first_row: int, before: np.ndarray) -> None:
        """Append rows with their vectors; a row whose vector is that of the row `before` it takes over its slot."""
        slots = np.full(len(vectors), NO_SLOT, dtype=np.int32)
        moved: dict[int, int] = {}
        added: list[int] = []
        for place, vector in enumerate(vectors):
            if vector is None:
                continue
            slot = self._same(vector, int(before[place]))
            if slot == NO_SLOT:
                slots[place] = self._put(vector, len(added))
                added.append(first_row + place)
            else:
                slots[place], moved[slot] = slot, first_row + place
        self._slots += len(added)
        self._row_of_slot.append(np.array(added, dtype=np.int32))
        self._move(moved)
        self._slot_of_row.append(slots)

    def view(self) -> MatrixView:
        """What a view made now sees."""
        slots = self._slots
        return MatrixView(self._vectors[:slots], self._row_of_slot.first(slots), self._slot_of_row.all())

    def record(self, slots: int) -> FileRecord:
        """Put the first vectors on disk and return their size and checksum."""
        size = slots * self.dim * 4
        self.flush()
        start, before = self._verified if self._verified[0] <= size else (0, 0)
        checksum = checksum_of(self._path, start, size, before=before)
        self._verified = (size, checksum)
        return FileRecord(size, checksum)

    def flush(self) -> None:
        """Put all vectors on disk."""
        if isinstance(self._mapped, np.memmap):
            self._mapped.flush()

    def _same(self, vector: np.ndarray, row: int) -> int:
        slot = int(self._slot_of_row.all()[row]) if row >= 0 else NO_SLOT
        return slot if slot != NO_SLOT and np.array_equal(self._vectors[slot], vector) else NO_SLOT

    def _put(self, vector: np.ndarray, place: int) -> int:
        self._vectors[self._slots + place] = vector
        return self._slots + place

    def _move(self, moved: dict[int, int]) -> None:
        if moved:
            changed = self._row_of_slot.all().copy()
            changed[list(moved)] = list(moved.values())
            self._row_of_slot = Growable(changed)

    def _map(self) -> npt.NDArray[np.float32]:
        shape = (self._capacity, self.dim)
        self._mapped = (
            np.memmap(self._path, dtype=np.float32, mode="r+", shape=shape) if self._capacity else np.zeros(shape)
        )
        return self._mapped.view(np.ndarray)
