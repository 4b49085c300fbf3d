"""Orders of rows: by keys, then by score, then by product id."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tonggan.index import Rows

TEXT_MATCH = "_text_match"
"""The name under which a sort key means the merged score."""


def by_score(rows: Rows, scores: np.ndarray, ranks: np.ndarray, by_rank: np.ndarray) -> Rows:
    """Best score first, ties by rank: one sort of integers that hold both, several times as fast as a lexsort."""
    if len(rows) and scores.min() == scores.max():
        wanted = np.zeros(len(ranks), dtype=bool)
        wanted[rows] = True
        return by_rank[wanted[by_rank]]
    packed = (_descending(scores).astype(np.uint64) << np.uint64(32)) | ranks[rows].astype(np.uint64)
    packed.sort()
    return by_rank[(packed & np.uint64(0xFFFFFFFF)).astype(np.int64)]


def by_keys(rows: Rows, keys: Sequence[tuple[np.ndarray, bool]], scores: np.ndarray, ranks: np.ndarray) -> Rows:
    """Order by (values, is descending) keys, NaN last either way; ties by score, then by rank."""
    columns: list[np.ndarray] = [ranks[rows], -scores]
    for values, descending in reversed(keys):
        columns.append(-values if descending else values)
    return rows[np.lexsort(columns)]


def _descending(scores: np.ndarray) -> npt.NDArray[np.uint32]:
    """Integers whose ascending order is the descending order of float32 scores; NaN comes last."""
    clean = np.where(np.isnan(scores), -np.inf, scores).astype(np.float32) + np.float32(0)
    bits = clean.view(np.uint32)
    ascending = np.where(bits >> 31, ~bits, bits | np.uint32(0x80000000))
    return ~ascending
