"""Score networks as ONNX files, written operator by operator: the same arithmetic as in training, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tonggan.learn.rank.lightgbm_trees import ONNX_IR, ONNX_OPSET
from tonggan.rank.features import NAMES

Weights = Mapping[str, np.ndarray]

LIMIT = 4.0
"""Deviations from the mean beyond which a feature counts as so far: one freak price must not decide."""

LEAST_NORM = 1e-6
"""Sum of squares under which a vector is none."""


def network_onnx(networks: Sequence[Weights]) -> bytes:
    """Return the mean of several score networks: `table` float32 [rows, features] to `scores` [rows, 1]."""
    graph = _Graph()
    scores = [graph.score(weights, graph.known(weights)) for weights in networks]
    return graph.model(scores, {"table": ["rows", len(NAMES)]})


def attention_onnx(networks: Sequence[Weights], dims: Mapping[str, int]) -> bytes:
    """Return the mean of several attention networks; beside the table, query and products by space are inputs."""
    graph = _Graph()
    scores = []
    for weights in networks:
        known = graph.known(weights)
        fused = graph.fused(weights, dims, known)
        scores.append(graph.score(weights, known, beside=fused))
    inputs: dict[str, list[Any]] = {"table": ["rows", len(NAMES)]}
    for space, dim in dims.items():
        inputs[f"query_{space}"] = [dim]
        inputs[f"products_{space}"] = ["rows", dim]
    return graph.model(scores, inputs)


class _Graph:
    """Nodes and constants as they are added; every method returns the name of its result."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def known(self, weights: Weights) -> str:
        """Features in deviations from the mean, 0 where not known."""
        moved = self._add("Sub", "table", self._constant(weights["means"]))
        scaled = self._add("Div", moved, self._constant(weights["deviations"]))
        filled = self._add("Where", self._add("IsNaN", scaled), self._constant(np.float32(0)), scaled)
        return self._add("Clip", filled, self._constant(np.float32(-LIMIT)), self._constant(np.float32(LIMIT)))

    def score(self, weights: Weights, known: str, *, beside: str = "") -> str:
        """The line and the hidden layer, [rows, 1]."""
        joined = self._add("Concat", known, beside, axis=1) if beside else known
        inner = self._add("Relu", self._linear(joined, weights["inner.weight"], weights["inner.bias"]))
        line = self._linear(known, weights["line.weight"])
        return self._add("Add", line, self._linear(inner, weights["outer.weight"]))

    def fused(self, weights: Weights, dims: Mapping[str, int], known: str) -> str:
        """Tokens of the modalities, [rows, width], each as far as attention looks at it."""
        tokens, logits = [], []
        for at, space in enumerate(dims):
            token, is_there = self._token(weights, space, at=at)
            # What the features say decides which modality is looked at; one that is not there is not.
            asked = self._linear(known, weights["asked.weight"], weights["asked.bias"])
            match = self._add("ReduceSum", self._add("Mul", token, asked), self._constant(np.array([1])), keepdims=1)
            gap = self._add(
                "Mul", self._add("Sub", is_there, self._constant(np.float32(1))), self._constant(np.float32(1e4))
            )
            tokens.append(token)
            logits.append(self._add("Add", match, gap))
        attention = self._add("Softmax", self._add("Concat", *logits, axis=1), axis=1)
        shares = self._split(attention, len(tokens))
        parts = [self._add("Mul", token, share) for token, share in zip(tokens, shares, strict=True)]
        return self._sum(parts)

    def model(self, scores: Sequence[str], inputs: Mapping[str, Sequence[Any]]) -> bytes:
        """The whole graph, whose result is the mean of several scores."""
        import onnx
        from onnx import TensorProto, helper

        share = self._constant(np.float32(1 / len(scores)))
        self._nodes.append(helper.make_node("Mul", [self._sum(scores), share], ["scores"]))
        graph = helper.make_graph(
            self._nodes,
            "ranker",
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
            [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", 1])],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", ONNX_OPSET)], ir_version=ONNX_IR)
        onnx.checker.check_model(model)
        return model.SerializeToString()

    def _token(self, weights: Weights, space: str, *, at: int) -> tuple[str, str]:
        """What one modality says of each product, [rows, width], and whether it says anything, [rows, 1]."""
        product = self._add("Mul", f"products_{space}", f"query_{space}")
        squares = self._add("ReduceSum", self._add("Mul", product, product), self._constant(np.array([1])), keepdims=1)
        is_there = self._add("Cast", self._add("Greater", squares, self._constant(np.float32(LEAST_NORM**2))), to=1)
        cosine = self._add("ReduceSum", product, self._constant(np.array([1])), keepdims=1)
        mixed = self._linear(product, weights[f"tokens.{at}.weight"], weights[f"tokens.{at}.bias"])
        along = self._add("Mul", cosine, self._constant(weights[f"along.{at}"][None, :]))
        token = self._add("Tanh", self._add("Add", mixed, along))
        return self._add("Mul", token, is_there), is_there

    def _linear(self, rows: str, weight: np.ndarray, bias: np.ndarray | None = None) -> str:
        product = self._add("MatMul", rows, self._constant(weight.T))
        return product if bias is None else self._add("Add", product, self._constant(bias))

    def _split(self, name: str, parts: int) -> list[str]:
        places = [self._constant(np.array([place])) for place in range(parts + 1)]
        axis = self._constant(np.array([1]))
        return [self._add("Slice", name, places[at], places[at + 1], axis) for at in range(parts)]

    def _sum(self, names: Sequence[str]) -> str:
        total = names[0]
        for name in names[1:]:
            total = self._add("Add", total, name)
        return total

    def _add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def _constant(self, value: Any) -> str:
        from onnx import numpy_helper

        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name
