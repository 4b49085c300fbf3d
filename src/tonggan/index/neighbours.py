"""The nearest products by the cheapest exact-enough way: the graph, a gather of few rows, or a scan of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tonggan.index import Rows, Scores
from tonggan.index.graph import SEARCH_BREADTH, SEARCH_LIMIT, Graph
from tonggan.index.matrices import GATHER_COST, MatrixView, dot
from tonggan.index.scoring import SIMILARITY_DECIMALS

GRAPH_COST = 60
"""One candidate of the graph costs as much as scanning 60 vectors (benchmarks/index.py: 1.9 us against 31 ns)."""

GRAPH_START_COST = 4_000
"""What a call of the graph costs before the first candidate, in scanned vectors: .12 ms."""

OVERSAMPLE = 1.3
"""Asked of the graph beyond what a filter lets through on average, since filters follow the neighbourhoods."""

GRAPH_MARGIN = 16
"""Candidates beyond k: the graph ranks by 8-bit vectors, and the exact order may differ by a few places."""

ROUNDING = 2 * 10.0**-SIMILARITY_DECIMALS
"""Cosines this close may change places when rounded."""

MASK_FROM = 2000
"""Sets larger than this are intersected by a mask over all rows, smaller ones by bisection."""


@dataclass(frozen=True, slots=True)
class Eligible:
    """Rows that may be answers: the live ones, and if `within` is given only those."""

    live: npt.NDArray[np.bool_]
    within: Rows | None

    def mask(self, rows: np.ndarray) -> npt.NDArray[np.bool_]:
        """Which of the rows are eligible; NO_SLOT's -1 never is."""
        if self.within is None:
            return self.live[rows] & (rows >= 0)
        if len(rows) > MASK_FROM:
            allowed = np.zeros(len(self.live), dtype=bool)
            allowed[self.within] = True
            return allowed[rows] & (rows >= 0)
        if not len(self.within):
            return np.zeros(len(rows), dtype=bool)
        places = np.minimum(np.searchsorted(self.within, rows), len(self.within) - 1)
        return self.within[places] == rows


def nearest(
    matrix: MatrixView, graph: Graph, vector: np.ndarray, *, k: int, eligible: Eligible, count: int
) -> tuple[Rows, Scores]:
    """Up to k eligible rows of greatest cosine, best first, ties by row; `count` of the slots are live."""
    slots = None if eligible.within is None else matrix.slots(eligible.within)
    available = count if slots is None else len(slots)
    wanted = _wanted(k, available, len(matrix.vectors))
    if available and _is_graph_cheaper(matrix, graph, wanted=wanted, available=available):
        rows, scores = _by_graph(matrix, graph, vector, k=k, wanted=wanted, eligible=eligible)
        if len(rows) >= min(k, available):
            return rows, scores
    return _exact(matrix, vector, k=k, slots=slots, eligible=eligible)


def _wanted(k: int, available: int, slots: int) -> int:
    return int(k * slots / max(available, 1) * (OVERSAMPLE if available < slots else 1)) + GRAPH_MARGIN


def _is_graph_cheaper(matrix: MatrixView, graph: Graph, *, wanted: int, available: int) -> bool:
    if not graph.covered or wanted > SEARCH_LIMIT:
        return False
    slots = len(matrix.vectors)
    tail = slots - graph.covered
    exact = min(slots, available * GATHER_COST)
    return GRAPH_START_COST + GRAPH_COST * max(wanted, SEARCH_BREADTH) + tail < exact


def _by_graph(
    matrix: MatrixView, graph: Graph, vector: np.ndarray, *, k: int, wanted: int, eligible: Eligible
) -> tuple[Rows, Scores]:
    covered = min(graph.covered, len(matrix.vectors))
    found = graph.search(vector, k=wanted)
    found = found[found < covered]
    found = found[eligible.mask(matrix.row_of_slot[found])]
    scores = dot(matrix.vectors[found], vector)
    if covered < len(matrix.vectors):
        tail = dot(matrix.vectors[covered:], vector)
        keep = np.flatnonzero(eligible.mask(matrix.row_of_slot[covered:]))
        found, scores = np.concatenate([found, keep + covered]), np.concatenate([scores, tail[keep]])
    return _best(matrix.row_of_slot[found], scores, k)


def _exact(
    matrix: MatrixView, vector: np.ndarray, *, k: int, slots: np.ndarray | None, eligible: Eligible
) -> tuple[Rows, Scores]:
    if slots is not None:
        return _best(matrix.row_of_slot[slots], matrix.scores(vector, slots), k)
    scores = dot(matrix.vectors, vector)
    rows = matrix.row_of_slot
    keep = eligible.mask(rows)
    return _best(rows, scores, k) if keep.all() else _best(rows[keep], scores[keep], k)


def _best(rows: np.ndarray, scores: np.ndarray, k: int) -> tuple[Rows, Scores]:
    if k <= 0:
        rows, scores = rows[:0], scores[:0]
    elif len(rows) > k:
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        keep = np.flatnonzero(scores >= least - ROUNDING)
        rows, scores = rows[keep], scores[keep]
    scores = np.round(scores, SIMILARITY_DECIMALS)
    order = np.lexsort((rows, -scores))[:k]
    return rows[order].astype(np.int32), scores[order].astype(np.float32)
