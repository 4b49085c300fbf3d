"""Rankers: a table of features to a score per candidate. What they were trained with is not needed to run them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from tonggan.encode.onnx_file import require_harmless
from tonggan.encode.runtime import ERRORS_ONLY
from tonggan.errors import NotReadyError
from tonggan.index import Scores
from tonggan.rank.features import FeatureTable
from tonggan.rank.shap import Contributions, TreeExplainer, linear_contributions
from tonggan.rank.trees import Trees, trees_of_arrays

Modalities: TypeAlias = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""By space: the query's vector float32 [dim], and a row per candidate float32 [rows, dim], zeros where it has none."""

WEIGHTS, MODEL = "weights.safetensors", "model.onnx"
"""The files of a ranker's folder."""

RELEARN = "Learn the ranker again: tonggan learn rank."


class Ranker(Protocol):
    """Scores candidates by their features, in the order of `feature_names`; only the order of scores counts.

    `spaces` are those whose vectors it reads beside the table; a ranker without any ignores `modalities`.
    """

    @property
    def kind(self) -> str: ...
    @property
    def feature_names(self) -> tuple[str, ...]: ...
    @property
    def spaces(self) -> tuple[str, ...]: ...

    def score(self, table: FeatureTable, modalities: Modalities | None = None) -> Scores: ...


@dataclass(frozen=True, eq=False)
class LinearRanker:
    """A weighted sum of features, each as its distance from the mean of training; not known is the mean."""

    feature_names: tuple[str, ...]
    weights: npt.NDArray[np.float64]
    means: npt.NDArray[np.float64]
    kind: str = "linear"
    spaces: tuple[str, ...] = ()

    def score(self, table: FeatureTable, modalities: Modalities | None = None) -> Scores:
        return (np.nan_to_num(table - self.means) @ self.weights).astype(np.float32)

    def explain(self, table: FeatureTable) -> Contributions:
        """Return how much each feature moved each score."""
        return linear_contributions(table, self.weights, self.means)


@dataclass(frozen=True, eq=False)
class TreeRanker:
    """Trees, run by ONNX Runtime where a `session` is given, else walked in numpy."""

    feature_names: tuple[str, ...]
    trees: Trees
    session: Any = None
    kind: str = "lambdamart"
    spaces: tuple[str, ...] = ()
    _explainers: list[TreeExplainer] = field(default_factory=list)

    def score(self, table: FeatureTable, modalities: Modalities | None = None) -> Scores:
        if self.session is None or not len(table):
            return self.trees.score(table)
        corrected = self.session.run(None, {"table": np.ascontiguousarray(table)})[0][:, 0]
        return (corrected + self.trees.started(table)).astype(np.float32)

    def explain(self, table: FeatureTable) -> Contributions:
        """Return how much each feature moved each score."""
        if not self._explainers:
            self._explainers.append(TreeExplainer(self.trees, features=len(self.feature_names)))
        return self._explainers[0].explain(table)


@dataclass(frozen=True, eq=False)
class NetworkRanker:
    """A network, run by ONNX Runtime: the table, and for each space the query's vector and those of the candidates."""

    feature_names: tuple[str, ...]
    session: Any
    kind: str = "network"
    spaces: tuple[str, ...] = ()
    dims: Mapping[str, int] = field(default_factory=dict)

    def score(self, table: FeatureTable, modalities: Modalities | None = None) -> Scores:
        if not len(table):
            return np.zeros(0, np.float32)
        inputs = {"table": np.ascontiguousarray(table)}
        for space in self.spaces:
            query, products = (modalities or {}).get(space) or self._nothing(space, len(table))
            inputs[f"query_{space}"], inputs[f"products_{space}"] = query, products
        return self.session.run(None, inputs)[0][:, 0].astype(np.float32)

    def _nothing(self, space: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
        dim = self.dims[space]
        return np.zeros(dim, np.float32), np.zeros((rows, dim), np.float32)


def open_ranker(folder: Path, *, kind: str, feature_names: Sequence[str], parameters: Mapping[str, Any]) -> Ranker:
    """Return the ranker of a version's folder; NotReadyError where its files are lost, damaged or of no known kind."""
    if kind not in _OPENERS:
        raise NotReadyError(f"{folder}: no ranker of kind '{kind}' is known.", remedy=RELEARN)
    return _OPENERS[kind](folder, tuple(feature_names), parameters)


def session_of(content: bytes, *, name: str) -> Any:
    """Return an ONNX Runtime session of one thread on a model: 200 rows are too few to share out."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's refusals share no class of their own.
        raise NotReadyError(f"{name}: ONNX Runtime cannot open it ({error}).", remedy=RELEARN) from error


def _open_session(path: Path) -> Any:
    content = _content(path)
    require_harmless(content, path)
    return session_of(content, name=str(path))


def _open_linear(folder: Path, names: tuple[str, ...], parameters: Mapping[str, Any]) -> Ranker:
    arrays = _arrays(folder)
    weights, means = arrays.get("weights"), arrays.get("means")
    if weights is None or means is None or len(weights) != len(names) or len(means) != len(names):
        raise NotReadyError(f"{folder}: the linear weights are not those of {len(names)} features.", remedy=RELEARN)
    return LinearRanker(names, weights.astype(np.float64), means.astype(np.float64))


def _open_trees(folder: Path, names: tuple[str, ...], parameters: Mapping[str, Any], *, kind: str) -> Ranker:
    trees = trees_of_arrays(_arrays(folder), parameters, features=len(names))
    return TreeRanker(names, trees, _open_session(folder / MODEL), kind=kind)


def _open_network(folder: Path, names: tuple[str, ...], parameters: Mapping[str, Any]) -> Ranker:
    return NetworkRanker(names, _open_session(folder / MODEL))


def _open_attention(folder: Path, names: tuple[str, ...], parameters: Mapping[str, Any]) -> Ranker:
    dims = {str(space): int(dim) for space, dim in dict(parameters.get("dims", {})).items()}
    return NetworkRanker(names, _open_session(folder / MODEL), kind="attention", spaces=tuple(dims), dims=dims)


def _arrays(folder: Path) -> Mapping[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(_content(folder / WEIGHTS))
    except SafetensorError as error:
        raise NotReadyError(f"{folder / WEIGHTS} is damaged: {error}.", remedy=RELEARN) from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotReadyError(f"{path} cannot be read: {error.strerror or error}.", remedy=RELEARN) from error


_OPENERS = {
    "linear": _open_linear,
    "lambdamart": partial(_open_trees, kind="lambdamart"),
    "lambdamart-on-convex": partial(_open_trees, kind="lambdamart-on-convex"),
    "network": _open_network,
    "attention": _open_attention,
}

RANKER_KINDS: tuple[str, ...] = tuple(_OPENERS)
"""Every kind of ranker that can be served."""
