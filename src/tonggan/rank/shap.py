"""How much each feature moved a score: exact Shapley values of trees and of linear models.

A leaf pays out only when every condition on its path holds: a product of one factor per feature, o where the feature is
known (0 or 1) and z, the share of training rows that pass, where it is not [TreeSHAP, Lundberg 2020, path-dependent].
The Shapley value of feature j in such a game is

    value * (o_j - z_j) * integral over t in 0..1 of  product over i != j of (z_i (1 - t) + o_i t)

a polynomial in t, which Gauss-Legendre quadrature integrates exactly. Features off the path change nothing (o = z = 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tonggan.rank.features import FeatureTable
from tonggan.rank.trees import Trees


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """`values` [rows, features] and `base`, the mean score: a row's values and the base add up to its score."""

    values: npt.NDArray[np.float64]
    base: float


class TreeExplainer:
    """Shapley values of one ensemble; what depends on the trees alone is computed once."""

    def __init__(self, trees: Trees, *, features: int) -> None:
        self._trees = trees
        self._features = features
        every = [_merge_path(trees, path) for path in trees.paths]
        width = max((len(slots) for slots in every), default=0)
        self._shares = np.ones((len(every), width))
        self._columns = np.zeros((len(every), width), np.int64)
        conditions: list[tuple[int, int, int, bool]] = []
        for leaf, slots in enumerate(every):
            for at, (feature, (share, nodes)) in enumerate(slots.items()):
                self._shares[leaf, at], self._columns[leaf, at] = share, feature
                conditions += [(leaf, at, node, is_left) for node, is_left in nodes]
        self._conditions = np.array(conditions, np.int64).reshape(-1, 4).T
        roots = np.array([trees.covers[path[0][0]] if path else 1.0 for path in trees.paths])
        weights = np.where(roots > 0, trees.leaf_covers / np.maximum(roots, 1e-300), 1.0)
        alone = np.array([not path for path in trees.paths], bool)
        self.base = float(trees.leaf_values @ np.where(alone, 1.0, weights)) + trees.start_weight * trees.start_mean

    def explain(self, table: FeatureTable) -> Contributions:
        """Return the Shapley values of every row."""
        values = np.stack([self._of_row(goes_left) for goes_left in self._trees.goes_left(table)])
        if self._trees.start >= 0:
            moved = self._trees.started(table) - self._trees.start_weight * self._trees.start_mean
            values[:, self._trees.start] += moved
        return Contributions(values, self.base)

    def _of_row(self, goes_left: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        followed = self._followed(goes_left)
        factors = self._integrals(followed)
        values = self._trees.leaf_values[:, None] * (followed - self._shares) * factors
        return np.bincount(self._columns.ravel(), values.ravel(), minlength=self._features).astype(np.float64)

    def _followed(self, goes_left: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        """1 where the row meets all conditions on a feature of a leaf's path, else 0, [leaves, slots]."""
        leaves, slots, nodes, is_left = self._conditions
        failed = goes_left[nodes] != is_left.astype(bool)
        followed = np.ones(self._shares.shape)
        followed[leaves[failed], slots[failed]] = 0.0
        return followed

    def _integrals(self, followed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        width = self._shares.shape[1]
        total = np.zeros(self._shares.shape)
        for place, weight in zip(*_quadrature(max(1, (width + 1) // 2)), strict=True):
            factors = self._shares * (1 - place) + followed * place
            before = np.cumprod(np.hstack([np.ones((len(factors), 1)), factors[:, :-1]]), axis=1)
            after = np.cumprod(np.hstack([np.ones((len(factors), 1)), factors[:, :0:-1]]), axis=1)[:, ::-1]
            total += weight * before * after
        return total


def linear_contributions(
    table: FeatureTable, weights: npt.NDArray[np.float64], means: npt.NDArray[np.float64]
) -> Contributions:
    """Return the exact Shapley values of weights times distances from the mean; unknown is the mean, whose score is 0.

    >>> linear_contributions(np.array([[3.0, 1.0]]), np.array([2.0, 0.5]), np.array([1.0, 1.0])).values.tolist()
    [[4.0, 0.0]]
    """
    return Contributions(np.nan_to_num((table - means) * weights), 0.0)


def _merge_path(
    trees: Trees, path: tuple[tuple[int, bool], ...]
) -> dict[int, tuple[float, tuple[tuple[int, bool], ...]]]:
    """The features on a path, each with the share of training rows that pass all its conditions, and these."""
    slots: dict[int, tuple[float, tuple[tuple[int, bool], ...]]] = {}
    for node, is_left in path:
        child = int(trees.lefts[node] if is_left else trees.rights[node])
        cover = trees.covers[child] if child >= 0 else trees.leaf_covers[-1 - child]
        feature = int(trees.features[node])
        share, conditions = slots.get(feature, (1.0, ()))
        slots[feature] = (share * float(cover) / float(trees.covers[node]), (*conditions, (node, is_left)))
    return slots


@lru_cache(maxsize=64)
def _quadrature(nodes: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Places and weights on 0..1 that integrate polynomials of degree up to 2 nodes - 1 exactly."""
    places, weights = np.polynomial.legendre.leggauss(nodes)
    return tuple((places + 1) / 2), tuple(weights / 2)
