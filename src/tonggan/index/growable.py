"""Arrays that only grow at the end, so that a reader who knows a count may read while a writer appends."""

from __future__ import annotations

import numpy as np

GROWTH = 1.5
"""A full buffer is replaced by one this much larger: appends cost a constant on average, a third stays spare."""

ROWS_AT_LEAST = 64
"""The smallest buffer; below it, thousands of sparse fields would reallocate with every product."""


class Growable:
    """An array whose first `n` items never change once written; one writer, any number of readers.

    A reader asks for `first(n)` with an n that the writer published; the buffer behind it may be replaced by a larger
    one at any time, and both hold the same first n.
    """

    __slots__ = ("_buffer", "_count")

    def __init__(self, values: np.ndarray) -> None:
        self._buffer = values
        self._count = len(values)

    def __len__(self) -> int:
        return self._count

    def first(self, count: int) -> np.ndarray:
        """A view of the first `count` items."""
        return self._buffer[:count]

    def all(self) -> np.ndarray:
        """A view of every item there is now."""
        count = self._count
        return self._buffer[:count]

    def append(self, values: np.ndarray) -> None:
        """Add items at the end; the count grows only after they are in place."""
        end = self._count + len(values)
        if end > len(self._buffer) or not self._buffer.flags.writeable:
            self._grow(end)
        self._buffer[self._count : end] = values
        self._count = end

    def _grow(self, count: int) -> None:
        capacity = max(int(count * GROWTH), ROWS_AT_LEAST)
        buffer = np.empty((capacity, *self._buffer.shape[1:]), dtype=self._buffer.dtype)
        buffer[: self._count] = self._buffer[: self._count]
        self._buffer = buffer
