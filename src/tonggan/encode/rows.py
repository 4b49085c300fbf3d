"""Rows of norm 1, the form in which every vector travels."""

from __future__ import annotations

import numpy as np

from tonggan.records import Vectors

NOTHING = 1e-9
"""A row shorter than this says nothing and becomes zero."""

QUIET_PRODUCT = 370_000
"""Multiplications up to which BLAS stays on the calling thread. For one picture its threads wait on each other: twice
the time on idle cores, fifteen times on busy ones."""


def unit_rows(rows: np.ndarray) -> Vectors:
    """Return the rows scaled to norm 1, float32; rows of (nearly) no length become zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled = np.divide(
        rows, lengths, out=np.zeros(rows.shape, np.float32), where=lengths > NOTHING, casting="same_kind"
    )
    return np.ascontiguousarray(scaled, dtype=np.float32)


def sliced_product(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return `rows @ matrix`, computed in slices on this thread alone."""
    count, inner = rows.shape
    height = max(1, QUIET_PRODUCT // max(1, matrix.size))
    whole = count - count % height
    sliced = np.matmul(rows[:whole].reshape(-1, height, inner), matrix).reshape(whole, matrix.shape[1])
    return np.concatenate([sliced, rows[whole:] @ matrix])
