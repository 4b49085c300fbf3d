"""Pairs to learn from: rows of two modalities side by side, and what is the same on either side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tonggan.align.bridge import group_pairs
from tonggan.align.heads import Head
from tonggan.records import Vectors

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Row i of `a` belongs to row i of `b`; equal numbers in `same_a` or `same_b` mean the same title or picture."""

    a: Vectors
    b: Vectors
    same_a: Numbers
    same_b: Numbers

    @classmethod
    def of(cls, a: Vectors, b: Vectors, *, labels_a: Sequence[str], labels_b: Sequence[str]) -> Pairs:
        """Return the pairs of which both sides say something, told apart by their labels."""
        present = np.flatnonzero(a.any(axis=1) & b.any(axis=1))
        same_a, same_b = (np.unique(np.array(labels, str), return_inverse=True)[1] for labels in (labels_a, labels_b))
        return cls(a[present], b[present], same_a[present], same_b[present])

    @property
    def groups(self) -> Numbers:
        """Return a group per pair: pairs that are the same on either side, directly or by others."""
        return group_pairs([str(each) for each in self.same_a], [str(each) for each in self.same_b])

    def take(self, positions: Numbers) -> Pairs:
        """Return the pairs at these positions."""
        return Pairs(self.a[positions], self.b[positions], self.same_a[positions], self.same_b[positions])

    def partners(self, positions: Numbers) -> npt.NDArray[np.bool_]:
        """Return whether `b` of the column belongs to `a` of the row, for the pairs at these positions."""
        same_a, same_b = self.same_a[positions], self.same_b[positions]
        return (same_a[:, None] == same_a) | (same_b[:, None] == same_b)


def reciprocal_rank(heads: tuple[Head, Head], part: Pairs) -> float:
    """Return the mean reciprocal rank of the nearest partner, both ways; a tie counts against it."""
    scores = heads[0].project(part.a) @ heads[1].project(part.b).T
    is_partner = part.partners(np.arange(len(part.a)))
    return float(np.mean([_nearest_partner(scores, is_partner), _nearest_partner(scores.T, is_partner.T)]))


def _nearest_partner(scores: np.ndarray, is_partner: npt.NDArray[np.bool_]) -> float:
    best = np.where(is_partner, scores, -np.inf).max(axis=1, keepdims=True)
    strangers = (scores >= best) & ~is_partner
    return float(np.mean(1 / (1 + strangers.sum(axis=1))))
