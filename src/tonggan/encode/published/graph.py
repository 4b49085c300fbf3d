"""Builds ONNX graphs from arrays: the few operators that transformers need, without the library that trained them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tonggan.encode.published.weights import Dense, Tower
from tonggan.errors import MissingExtraError, NotReadyError, unknown_name

if TYPE_CHECKING:
    import onnx

OPSET = 20
"""The first with `Gelu`; every ONNX Runtime since 1.17 knows it."""

IR_VERSION = 10
"""The file format of that opset's time, so that an older runtime reads it too."""

FAR_BELOW = -1e9
"""Added to the score of what must not be attended to; its share of attention is then exactly zero."""

LARGEST_MODEL_BYTES = 2**31 - 1
"""An ONNX file cannot be longer (protobuf)."""

ACTIVATIONS: Final[Mapping[str, str]] = {
    "gelu": "gelu",
    "gelu_python": "gelu",
    "gelu_new": "tanh_gelu",
    "gelu_pytorch_tanh": "tanh_gelu",
    "gelu_tanh": "tanh_gelu",
    "quick_gelu": "quick_gelu",
}
"""What configurations call them, and which of three they are."""

QUICK_GELU_SLOPE = 1.702
"""x * sigmoid(1.702 x) is near to GELU; CLIP was trained with it."""

QUERY_KEY_VALUE = ("query", "key", "value")


@dataclass(frozen=True, slots=True)
class Blocks:
    """A stack of transformer blocks; `is_pre_norm` where each norm comes before what it serves, after it otherwise."""

    count: int
    heads: int
    activation: str
    epsilon: float
    is_pre_norm: bool = True

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise NotReadyError(
                unknown_name("activation", self.activation, ACTIVATIONS), remedy="This model cannot be converted."
            )


class Graph:
    """An ONNX graph in the making; each method adds what it needs and returns the name of its result."""

    def __init__(self) -> None:
        self._helper = _onnx().helper
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, array: np.ndarray) -> str:
        """Add an array."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(_onnx().numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def integers(self, *values: int) -> str:
        """Add a list of whole numbers, as shapes and axes are given."""
        return self.constant(np.array(values, np.int64))

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator."""
        return self.split(operator, *inputs, results=1, **attributes)[0]

    def split(self, operator: str, *inputs: str, results: int, **attributes: Any) -> list[str]:
        """Add an operator of several results."""
        names = [f"{operator.lower()}_{len(self._nodes)}_{number}" for number in range(results)]
        self._nodes.append(self._helper.make_node(operator, list(inputs), names, **attributes))
        return names

    def linear(self, given: str, dense: Dense) -> str:
        """Multiply the last axis with a matrix [out, in] and add the bias."""
        product = self.add("MatMul", given, self.constant(dense.weight.T))
        return product if dense.bias is None else self.add("Add", product, self.constant(dense.bias))

    def normalised(self, given: str, norm: Dense, *, epsilon: float) -> str:
        """Normalise the last axis to mean 0 and variance 1, then scale and shift."""
        bias = np.zeros_like(norm.weight) if norm.bias is None else norm.bias
        inputs = given, self.constant(norm.weight), self.constant(bias)
        return self.add("LayerNormalization", *inputs, axis=-1, epsilon=epsilon)

    def activated(self, given: str, activation: str) -> str:
        """Apply an activation by the name of a configuration."""
        kind = ACTIVATIONS[activation]
        if kind == "quick_gelu":
            slope = self.constant(np.array(QUICK_GELU_SLOPE, np.float32))
            return self.add("Mul", given, self.add("Sigmoid", self.add("Mul", given, slope)))
        return self.add("Gelu", given, approximate="tanh" if kind == "tanh_gelu" else "none")

    def in_heads(self, given: str, *, heads: int, width: int, order: tuple[int, ...] = (0, 2, 1, 3)) -> str:
        """Return [batch, tokens, width] as [batch, heads, tokens, width of a head], or in another order."""
        shaped = self.add("Reshape", given, self.integers(0, 0, heads, width // heads))
        return self.add("Transpose", shaped, perm=order)

    def attended(self, query: str, key: str, value: str, *, width: int, mask: str = "") -> str:
        """Return [batch, tokens, width] of what queries find; the queries are scaled, keys lie [.., head, tokens]."""
        scores = self.add("MatMul", query, key)
        scores = self.add("Add", scores, mask) if mask else scores
        found = self.add("MatMul", self.add("Softmax", scores, axis=-1), value)
        return self.add("Reshape", self.add("Transpose", found, perm=(0, 2, 1, 3)), self.integers(0, 0, width))

    def model(self, inputs: Mapping[str, tuple[int, list[int | str]]], output: str, *, dim: int) -> onnx.ModelProto:
        """Return the finished model; inputs are element type and shape by name, the output is [rows, dim]."""
        self._nodes.append(self._helper.make_node("Identity", [output], ["rows"]))
        given = [self._helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()]
        result = self._helper.make_tensor_value_info("rows", _onnx().TensorProto.FLOAT, ["batch", dim])
        graph = self._helper.make_graph(self._nodes, "encoder", given, [result], self._constants)
        opset = self._helper.make_opsetid("", OPSET)
        model = self._helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
        if model.ByteSize() > LARGEST_MODEL_BYTES:
            raise NotReadyError(
                f"The model takes {model.ByteSize()} bytes; an ONNX file can hold {LARGEST_MODEL_BYTES}.",
                remedy="Choose a smaller model.",
            )
        return model


def add_blocks(graph: Graph, hidden: str, *, tower: Tower, blocks: Blocks, mask: str = "") -> str:
    """Add a stack of transformer blocks and return its result."""
    for layer in range(blocks.count):
        for step, norm in ((_attention, "attention_norm"), (_feed_forward, "feed_norm")):
            scale = tower.dense(norm, layer)
            given = graph.normalised(hidden, scale, epsilon=blocks.epsilon) if blocks.is_pre_norm else hidden
            hidden = graph.add("Add", hidden, step(graph, given, tower=tower, blocks=blocks, layer=layer, mask=mask))
            hidden = hidden if blocks.is_pre_norm else graph.normalised(hidden, scale, epsilon=blocks.epsilon)
    return hidden


def scaled_queries(dense: Dense, *, heads: int) -> Dense:
    """Return queries [width, in] divided by the root of a head's width, so that scores need no scaling."""
    scale = np.float32((len(dense.weight) // heads) ** -0.5)
    return Dense(dense.weight * scale, None if dense.bias is None else dense.bias * scale)


def parts_of(dense: Dense, count: int) -> list[Dense]:
    """Return what `Tower.joined` has joined, or what the layout itself keeps as one."""
    weights = np.split(dense.weight, count)
    biases = [None] * count if dense.bias is None else np.split(dense.bias, count)
    return [Dense(weight, bias) for weight, bias in zip(weights, biases, strict=True)]


def _attention(graph: Graph, given: str, *, tower: Tower, blocks: Blocks, layer: int, mask: str) -> str:
    is_one = "query_key_value" in tower.names.inner
    joined = tower.dense("query_key_value", layer) if is_one else tower.joined(QUERY_KEY_VALUE, layer)
    query, key, value = parts_of(joined, 3)
    width, heads = len(query.weight), blocks.heads
    stacked = _stacked([scaled_queries(query, heads=heads), key, value])
    rows = graph.split("Split", graph.linear(given, stacked), results=3, axis=-1, num_outputs=3)
    in_heads = [
        graph.in_heads(part, heads=heads, width=width, order=order)
        for part, order in zip(rows, ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)), strict=True)
    ]
    found = graph.attended(*in_heads, width=width, mask=mask)
    return graph.linear(found, tower.dense("output", layer))


def _feed_forward(graph: Graph, given: str, *, tower: Tower, blocks: Blocks, layer: int, mask: str) -> str:
    raised = graph.activated(graph.linear(given, tower.dense("up", layer)), blocks.activation)
    return graph.linear(raised, tower.dense("down", layer))


def _stacked(parts: list[Dense]) -> Dense:
    biases = [part.bias for part in parts if part.bias is not None]
    return Dense(np.concatenate([part.weight for part in parts]), np.concatenate(biases) if biases else None)


def _onnx() -> Any:
    try:
        import onnx.helper
        import onnx.numpy_helper
    except ImportError as error:
        raise MissingExtraError(
            "Converting a published model needs onnx.", remedy="Run `pip install 'tonggan[packs]'`."
        ) from error
    return onnx
