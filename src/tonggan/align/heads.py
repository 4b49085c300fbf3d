"""The map of one modality into a space: its mean taken off, then nothing, a linear map, or that and a residual.

Every kind of bridge is two heads of one kind, and a pack's own measure of pictures is one head alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tonggan.encode.rows import unit_rows
from tonggan.records import Vectors

Weights = npt.NDArray[np.float32]

IDENTITY, LINEAR, RIDGE_CCA, RESIDUAL = "centred-identity", "linear", "ridge-cca", "residual"

ARRAYS: Mapping[str, tuple[str, ...]] = {
    IDENTITY: ("mean",),
    LINEAR: ("mean", "map"),
    RIDGE_CCA: ("mean", "map"),
    RESIDUAL: ("mean", "map", "inner", "outer"),
}
"""The arrays of a head under each implementation that a part of a pack may name."""


@dataclass(frozen=True, slots=True)
class Head:
    """`h(x) = (x - mean) map + gelu((x - mean) inner) outer`, of norm 1; what is None is left out.

    Shapes: `mean` [from], `map` [from, dim], `inner` [from, hidden], `outer` [hidden, dim].
    """

    mean: Weights
    map: Weights | None = None
    inner: Weights | None = None
    outer: Weights | None = None

    @property
    def dim(self) -> int:
        return len(self.mean) if self.map is None else self.map.shape[1]

    @property
    def implementation(self) -> str:
        """Return the most general name under which a part may keep this head."""
        if self.map is None:
            return IDENTITY
        return LINEAR if self.inner is None else RESIDUAL

    @classmethod
    def restore(cls, weights: Mapping[str, np.ndarray]) -> Head:
        """Return the head whose `weights` these are; ValueError where they do not fit each other."""
        head = cls(weights["mean"], weights.get("map"), weights.get("inner"), weights.get("outer"))
        shapes = {name: array.shape for name, array in weights.items()}
        if shapes != head._shapes():
            raise ValueError(f"arrays are {shapes}, which do not fit each other")
        return head

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return the arrays that there are, by name."""
        arrays = {"mean": self.mean, "map": self.map, "inner": self.inner, "outer": self.outer}
        return {name: array for name, array in arrays.items() if array is not None}

    def centred_on(self, vectors: Vectors) -> Head:
        """Return the head with the mean of these vectors in place of its own; zero rows do not count."""
        return replace(self, mean=mean_row(vectors))

    def project(self, vectors: Vectors) -> Vectors:
        """Return the vectors in the space of the head; zero rows stay zero."""
        said = vectors.any(axis=1, keepdims=True)
        return unit_rows(np.where(said, self._mapped(vectors - self.mean), 0.0))

    def _mapped(self, centred: Vectors) -> np.ndarray:
        start = centred if self.map is None else centred @ self.map
        if self.inner is None or self.outer is None:
            return start
        return start + gelu(centred @ self.inner) @ self.outer

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes that the arrays must have, by the mean and the outermost of them."""
        origin, hidden = len(self.mean), 0 if self.inner is None else self.inner.shape[-1]
        shapes = {"mean": (origin,), "map": (origin, self.dim), "inner": (origin, hidden), "outer": (hidden, self.dim)}
        return {name: shapes[name] for name in ARRAYS[self.implementation]}


def mean_row(vectors: Vectors) -> Weights:
    """Return the mean of the rows that say something; zeros where none does."""
    said = vectors[vectors.any(axis=1)]
    return said.mean(axis=0) if len(said) else np.zeros(vectors.shape[1], np.float32)


def gelu(numbers: np.ndarray) -> np.ndarray:
    """Return x times the chance that a normal number is below it, by the usual tanh [Hendrycks 2016]."""
    return 0.5 * numbers * (1 + np.tanh(np.sqrt(2 / np.pi) * (numbers + 0.044715 * numbers**3)))
