"""Text towers: tokens, transformer blocks, and one row by mean, first, last or end token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tonggan.encode.published.graph import FAR_BELOW, Blocks, Graph, add_blocks
from tonggan.encode.published.weights import Tower
from tonggan.errors import NotReadyError, unknown_name

if TYPE_CHECKING:
    import onnx

POOLINGS = ("mean", "cls", "last", "eos")

_FLOAT, _INTEGER = 1, 7
"""ONNX's numbers for 32-bit floating point and 64-bit whole numbers."""


@dataclass(frozen=True, slots=True)
class TextShape:
    """A text tower. `has_mask` where padding must not be attended to, `is_causal` where a token sees those before it.

    `first_position` is the place of the first token: 2 for RoBERTa, which counts from the padding token's number.
    """

    blocks: Blocks
    pooling: str
    has_mask: bool = False
    is_causal: bool = False
    eos_token: int = -1
    first_position: int = 0

    def __post_init__(self) -> None:
        if self.pooling not in POOLINGS:
            raise NotReadyError(
                unknown_name("pooling", self.pooling, POOLINGS), remedy="This model cannot be converted."
            )


def text_model(tower: Tower, shape: TextShape) -> onnx.ModelProto:
    """Return a model from token numbers, and a mask where it has one, [batch, tokens], to rows [batch, dim]."""
    graph = Graph()
    hidden = _embedded(graph, tower=tower, shape=shape)
    mask = _mask(graph, tower=tower, shape=shape)
    hidden = add_blocks(graph, hidden, tower=tower, blocks=shape.blocks, mask=mask)
    if tower.has("final_norm"):
        hidden = graph.normalised(hidden, tower.dense("final_norm"), epsilon=shape.blocks.epsilon)
    pooled, dim = _pooled(graph, hidden, shape=shape), tower.dense("tokens").weight.shape[1]
    if tower.has("projection"):
        projection = tower.dense("projection")
        pooled, dim = graph.linear(pooled, projection), len(projection.weight)
    names = ["input_ids", "attention_mask"] if _needs_mask(shape) else ["input_ids"]
    return graph.model({name: (_INTEGER, ["batch", "tokens"]) for name in names}, pooled, dim=dim)


def positions(tower: Tower, shape: TextShape) -> int:
    """Return how many tokens the tower has places for."""
    return len(tower.array("position")) - shape.first_position


def _needs_mask(shape: TextShape) -> bool:
    return shape.has_mask or shape.pooling == "mean"


def _embedded(graph: Graph, *, tower: Tower, shape: TextShape) -> str:
    """Return [batch, tokens, width]: the rows of tokens and of their places, and of the one type of text."""
    places = tower.array("position")[shape.first_position :]
    if tower.has("type"):
        places = places + tower.array("type")[0]
    rows = graph.add("Gather", graph.constant(tower.dense("tokens").weight), "input_ids", axis=0)
    cut = graph.add("Slice", graph.constant(places), graph.integers(0), _count(graph), graph.integers(0))
    hidden = graph.add("Add", rows, cut)
    if not tower.has("embedding_norm"):
        return hidden
    return graph.normalised(hidden, tower.dense("embedding_norm"), epsilon=shape.blocks.epsilon)


def _count(graph: Graph) -> str:
    """Return the number of tokens, as a list of one."""
    return graph.add("Shape", "input_ids", start=1, end=2)


def _mask(graph: Graph, *, tower: Tower, shape: TextShape) -> str:
    """Return what is added to the scores, or nothing."""
    if shape.is_causal:
        length = positions(tower, shape)
        above = graph.constant(np.triu(np.full((length, length), FAR_BELOW, np.float32), 1))
        count = _count(graph)
        ends = graph.add("Concat", count, count, axis=0)
        return graph.add("Slice", above, graph.integers(0, 0), ends, graph.integers(0, 1))
    if not shape.has_mask:
        return ""
    is_padding = graph.add("Sub", graph.constant(np.array(1, np.float32)), _as_floats(graph, "attention_mask"))
    scores = graph.add("Mul", is_padding, graph.constant(np.array(FAR_BELOW, np.float32)))
    return graph.add("Unsqueeze", scores, graph.integers(1, 2))


def _pooled(graph: Graph, hidden: str, *, shape: TextShape) -> str:
    """Return [batch, width]."""
    if shape.pooling == "mean":
        mask = graph.add("Unsqueeze", _as_floats(graph, "attention_mask"), graph.integers(2))
        total = graph.add("ReduceSum", graph.add("Mul", hidden, mask), graph.integers(1), keepdims=0)
        return graph.add("Div", total, graph.add("ReduceSum", mask, graph.integers(1), keepdims=0))
    if shape.pooling == "eos":
        is_end = graph.add("Equal", "input_ids", graph.constant(np.array(shape.eos_token, np.int64)))
        place = graph.add("ArgMax", graph.add("Cast", is_end, to=_INTEGER), axis=1, keepdims=1)
        return graph.add("GatherND", hidden, place, batch_dims=1)
    place = {"cls": 0, "last": -1}[shape.pooling]
    return graph.add("Gather", hidden, graph.constant(np.array(place, np.int64)), axis=1)


def _as_floats(graph: Graph, given: str) -> str:
    return graph.add("Cast", given, to=_FLOAT)
