"""A tree ensemble as plain arrays: what a served ranker keeps, and what Shapley values are computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from tonggan.errors import NotReadyError
from tonggan.index import Scores
from tonggan.rank.features import FeatureTable

ARRAYS: Mapping[str, str] = {
    "features": "int32",
    "thresholds": "float32",
    "lefts": "int32",
    "rights": "int32",
    "missing_left": "bool",
    "covers": "float64",
    "roots": "int32",
    "leaf_values": "float64",
    "leaf_covers": "float64",
}
"""The arrays that make up an ensemble, and their element types."""


@dataclass(frozen=True, eq=False)
class Trees:
    """Binary trees; a row goes left where its feature is at most the threshold, or not known and `missing_left`.

    Children and roots of 0 or more are nodes, those below are leaves: leaf i is -1 - i. `covers` are the training rows
    that came by. The score of a row is the sum of its leaves and, where `start` names a feature, `start_weight` times
    that feature: the trees then correct that feature's order.
    """

    features: npt.NDArray[np.int32]
    thresholds: npt.NDArray[np.float32]
    lefts: npt.NDArray[np.int32]
    rights: npt.NDArray[np.int32]
    missing_left: npt.NDArray[np.bool_]
    covers: npt.NDArray[np.float64]
    roots: npt.NDArray[np.int32]
    leaf_values: npt.NDArray[np.float64]
    leaf_covers: npt.NDArray[np.float64]
    start: int = -1
    start_weight: float = 0.0
    start_mean: float = 0.0

    def score(self, table: FeatureTable) -> Scores:
        """Walk every row down every tree; a runtime for trees does the same faster."""
        at = np.broadcast_to(self.roots, (len(table), len(self.roots))).copy()
        is_inside = at >= 0
        while is_inside.any():
            rows, columns = np.nonzero(is_inside)
            nodes = at[rows, columns]
            is_left = self._goes_left(table[rows, self.features[nodes]], nodes)
            at[rows, columns] = np.where(is_left, self.lefts[nodes], self.rights[nodes])
            is_inside = at >= 0
        return (self.leaf_values[-1 - at].sum(axis=1) + self.started(table)).astype(np.float32)

    def started(self, table: FeatureTable) -> npt.NDArray[np.float64]:
        """What each row's score is before the trees correct it."""
        if self.start < 0:
            return np.zeros(len(table))
        return self.start_weight * np.nan_to_num(table[:, self.start].astype(np.float64))

    def goes_left(self, table: FeatureTable) -> npt.NDArray[np.bool_]:
        """Whether each row would go left at each node, [rows, nodes]."""
        return self._goes_left(table[:, self.features], np.arange(len(self.features)))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by name, as they are kept."""
        return {name: getattr(self, name).astype(kind) for name, kind in ARRAYS.items()}

    @cached_property
    def depth(self) -> int:
        """The most nodes between a root and a leaf."""
        return max((len(path) for path in self.paths), default=0)

    @cached_property
    def paths(self) -> Sequence[tuple[tuple[int, bool], ...]]:
        """For each leaf, the nodes from its root to it with whether it is on their left."""
        found: dict[int, tuple[tuple[int, bool], ...]] = {}
        pending: list[tuple[int, tuple[tuple[int, bool], ...]]] = [(int(root), ()) for root in self.roots]
        while pending:
            at, path = pending.pop()
            if at < 0:
                found[-1 - at] = path
                continue
            pending.append((int(self.lefts[at]), (*path, (at, True))))
            pending.append((int(self.rights[at]), (*path, (at, False))))
        return [found[leaf] for leaf in range(len(self.leaf_values))]

    def _goes_left(self, values: np.ndarray, nodes: np.ndarray) -> npt.NDArray[np.bool_]:
        return np.where(np.isnan(values), self.missing_left[nodes], values <= self.thresholds[nodes])


def trees_of_arrays(arrays: Mapping[str, np.ndarray], parameters: Mapping[str, Any], *, features: int) -> Trees:
    """Return the ensemble that was kept; NotReadyError where arrays do not belong together or to so many features."""
    missing = [name for name in ARRAYS if name not in arrays]
    if missing:
        raise NotReadyError(f"A tree ensemble lacks {', '.join(missing)}.", remedy="Learn the ranker again.")
    trees = Trees(
        **{name: np.asarray(arrays[name], kind) for name, kind in ARRAYS.items()},
        start=int(parameters.get("start", -1)),
        start_weight=float(parameters.get("start_weight", 0.0)),
        start_mean=float(parameters.get("start_mean", 0.0)),
    )
    nodes, leaves = len(trees.features), len(trees.leaf_values)
    children = np.concatenate([trees.lefts, trees.rights, trees.roots])
    is_sound = np.all(children < nodes) and np.all(-1 - children < leaves)
    if not is_sound or np.any(trees.features >= features) or np.any(trees.features < 0):
        raise NotReadyError(
            f"A tree ensemble of {nodes} nodes and {leaves} leaves does not hold together.",
            remedy="Learn the ranker again.",
        )
    return trees
