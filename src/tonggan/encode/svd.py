"""Truncated singular value decomposition of sparse counts, in blocks, by random projection [Halko 2011]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BLOCK_ENTRIES = 1 << 15
"""Stored entries multiplied at once: their product with 160 columns is 20 MB, which stays near the processor."""

OVERSAMPLING = 16
"""Extra random directions, dropped at the end [Halko 2011, section 4.2, recommends 5 to 20]."""

POWER_STEPS = 2
"""Passes that sharpen the spectrum; 1 instead of 2 lost .006 of nDCG@10 on Icecat, 3 gained nothing."""


@dataclass(frozen=True, slots=True)
class SparseRows:
    """A matrix of `shape` in compressed rows: row i holds `values[starts[i]:starts[i + 1]]` at `columns[...]`."""

    starts: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]
    shape: tuple[int, int]

    @classmethod
    def of(cls, rows: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]], *, width: int) -> SparseRows:
        """Build the matrix from the columns and values of each row."""
        lengths = np.array([len(columns) for columns, _ in rows], np.int64)
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        columns = np.concatenate([np.zeros(0, np.int64), *(columns for columns, _ in rows)])
        values = np.concatenate([np.zeros(0, np.float32), *(values for _, values in rows)])
        return cls(starts, columns, values, (len(rows), width))

    def transposed(self) -> SparseRows:
        """Return the same matrix with rows and columns exchanged."""
        order = np.argsort(self.columns, kind="stable")
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.starts))
        counts = np.bincount(self.columns, minlength=self.shape[1])
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        return SparseRows(starts, rows[order], self.values[order], (self.shape[1], self.shape[0]))

    def times(self, dense: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the product with a dense matrix [columns, k], float32."""
        product = np.zeros((self.shape[0], dense.shape[1]), np.float32)
        filled = np.flatnonzero(np.diff(self.starts))
        begin = 0
        while begin < len(filled):
            first = self.starts[filled[begin]]
            limit = np.searchsorted(self.starts[filled], first + BLOCK_ENTRIES)
            block = filled[begin : max(int(limit), begin + 1)]
            last = self.starts[block[-1] + 1]
            entries = dense[self.columns[first:last]] * self.values[first:last, None]
            product[block] = np.add.reduceat(entries, self.starts[block] - first, axis=0)
            begin += len(block)
        return product


def truncated_svd(
    matrix: SparseRows, rank: int, *, seed: int = 0
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the largest singular values, descending, and the right singular vectors [columns, rank].

    The rank is lowered to that of the matrix. The sign of each vector makes its largest entry positive.
    """
    transposed = matrix.transposed()
    width = min(rank + OVERSAMPLING, *matrix.shape)
    basis = np.random.default_rng(seed).standard_normal((matrix.shape[1], width)).astype(np.float32)
    for _ in range(POWER_STEPS):
        basis = _orthonormal(transposed.times(matrix.times(basis)))
    projected = matrix.times(basis)
    gram = projected.T.astype(np.float64) @ projected
    squares, rotation = np.linalg.eigh(gram)
    singular = np.sqrt(np.maximum(squares[::-1], 0.0))
    kept = int(np.sum(singular[:rank] > singular[:1] * 1e-5))
    vectors = basis @ rotation[:, ::-1][:, :kept].astype(np.float32)
    return singular[:kept].astype(np.float32), vectors * _signs(vectors)


def _orthonormal(matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.linalg.qr(matrix)[0]


def _signs(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if vectors.size == 0:
        return np.ones(vectors.shape[1], np.float32)
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return np.where(largest < 0, -1.0, 1.0).astype(np.float32)
