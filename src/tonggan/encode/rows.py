"""Rows of norm 1, the form in which every vector travels."""

from __future__ import annotations

import numpy as np

from tonggan.records import Vectors

NOTHING = 1e-9
"""A row shorter than this says nothing and becomes zero."""


def unit_rows(rows: np.ndarray) -> Vectors:
    """Return the rows scaled to norm 1, float32; rows of (nearly) no length become zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled = np.divide(
        rows, lengths, out=np.zeros(rows.shape, np.float32), where=lengths > NOTHING, casting="same_kind"
    )
    return np.ascontiguousarray(scaled, dtype=np.float32)
