"""Picture towers: patches, transformer blocks, and one row by the class token or by an attending probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tonggan.encode.published.graph import Blocks, Graph, add_blocks, parts_of, scaled_queries
from tonggan.encode.published.weights import Dense, Tower

if TYPE_CHECKING:
    import onnx

_FLOAT = 1
"""ONNX's number for 32-bit floating point."""


@dataclass(frozen=True, slots=True)
class VisionShape:
    """A picture tower; it pools by its probe where it has one (SigLIP), else by its class token (CLIP)."""

    blocks: Blocks
    side: int
    patch: int


def vision_model(tower: Tower, shape: VisionShape) -> onnx.ModelProto:
    """Return a model from prepared pictures [batch, 3, side, side] to rows [batch, dim]."""
    graph = Graph()
    hidden = _patches(graph, "pixels", tower=tower, shape=shape)
    if tower.has("pre_norm"):
        hidden = graph.normalised(hidden, tower.dense("pre_norm"), epsilon=shape.blocks.epsilon)
    hidden = add_blocks(graph, hidden, tower=tower, blocks=shape.blocks)
    by_probe = tower.has("probe")
    hidden = hidden if by_probe else graph.add("Gather", hidden, graph.constant(np.array(0, np.int64)), axis=1)
    hidden = graph.normalised(hidden, tower.dense("post_norm"), epsilon=shape.blocks.epsilon)
    pooled = _probed(graph, hidden, tower=tower, blocks=shape.blocks) if by_probe else hidden
    dim = len(tower.dense("post_norm").weight)
    if tower.has("projection"):
        projection = tower.dense("projection")
        pooled, dim = graph.linear(pooled, projection), len(projection.weight)
    side = shape.side
    return graph.model({"pixels": (_FLOAT, ["batch", 3, side, side])}, pooled, dim=dim)


def _patches(graph: Graph, pixels: str, *, tower: Tower, shape: VisionShape) -> str:
    """Return [batch, tokens, width] of patches, a class token before them where there is one, and their places."""
    dense = tower.dense("patch")
    inputs = [graph.constant(array) for array in (dense.weight, dense.bias) if array is not None]
    width = len(dense.weight)
    squares = graph.add("Conv", pixels, *inputs, kernel_shape=[shape.patch] * 2, strides=[shape.patch] * 2)
    hidden = graph.add("Transpose", graph.add("Reshape", squares, graph.integers(0, width, -1)), perm=(0, 2, 1))
    if tower.has("class_token"):
        rows = graph.add("Shape", pixels, start=0, end=1)
        size = graph.add("Concat", rows, graph.integers(1, width), axis=0)
        first = graph.constant(tower.array("class_token").reshape(1, 1, width))
        hidden = graph.add("Concat", graph.add("Expand", first, size), hidden, axis=1)
    return graph.add("Add", hidden, graph.constant(tower.array("position").reshape(1, -1, width)))


def _probed(graph: Graph, hidden: str, *, tower: Tower, blocks: Blocks) -> str:
    """Return [batch, width]: what one learned query finds, and a feed-forward step on it."""
    query, key, value = _probe_parts(tower)
    width, heads = len(query.weight), blocks.heads
    scaled = scaled_queries(query, heads=heads)
    asked = tower.array("probe").reshape(1, width) @ scaled.weight.T + (0 if scaled.bias is None else scaled.bias)
    keys = graph.in_heads(graph.linear(hidden, key), heads=heads, width=width, order=(0, 2, 3, 1))
    values = graph.in_heads(graph.linear(hidden, value), heads=heads, width=width)
    probe = graph.constant(asked.reshape(1, heads, 1, width // heads).astype(np.float32))
    found = graph.linear(graph.attended(probe, keys, values, width=width), tower.dense("pool_output"))
    normalised = graph.normalised(found, tower.dense("pool_norm"), epsilon=blocks.epsilon)
    raised = graph.activated(graph.linear(normalised, tower.dense("pool_up")), blocks.activation)
    both = graph.add("Add", found, graph.linear(raised, tower.dense("pool_down")))
    return graph.add("Squeeze", both, graph.integers(1))


def _probe_parts(tower: Tower) -> list[Dense]:
    if "pool_query" in tower.names.outer:
        return [tower.dense("pool_query"), *parts_of(tower.dense("pool_key_value"), 2)]
    return parts_of(tower.dense("pool_query_key_value"), 3)
