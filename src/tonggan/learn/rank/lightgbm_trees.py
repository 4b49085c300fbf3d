"""What LightGBM has learnt, as plain arrays and as an ONNX file: the two forms in which a ranker is served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tonggan.errors import InputError
from tonggan.rank.trees import Trees

ONNX_OPSET, ONNX_ML_OPSET, ONNX_IR = 17, 3, 8
"""Old enough for every ONNX Runtime that this project accepts."""


def trees_of_boosters(
    boosters: Sequence[Any], *, start: int = -1, start_weight: float = 0.0, start_mean: float = 0.0
) -> Trees:
    """Return the mean of several boosters as one ensemble."""
    gathered = _Gathered(share=1 / len(boosters))
    for booster in boosters:
        for tree in booster.dump_model()["tree_info"]:
            gathered.roots.append(gathered.add(tree["tree_structure"]))
    return gathered.trees(start=start, start_weight=start_weight, start_mean=start_mean)


def onnx_of_trees(trees: Trees, *, features: int) -> bytes:
    """Return the ensemble, without its start, as an ONNX file: `table` float32 [rows, features], `scores` [rows, 1]."""
    import onnx
    from onnx import TensorProto, helper

    node = helper.make_node("TreeEnsembleRegressor", ["table"], ["scores"], domain="ai.onnx.ml", **_attributes(trees))
    graph = helper.make_graph(
        [node],
        "ranker",
        [helper.make_tensor_value_info("table", TensorProto.FLOAT, ["rows", features])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", 1])],
    )
    opsets = [helper.make_opsetid("", ONNX_OPSET), helper.make_opsetid("ai.onnx.ml", ONNX_ML_OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=ONNX_IR)
    onnx.checker.check_model(model)
    return model.SerializeToString()


class _Gathered:
    """Nodes and leaves of all trees, one after the other."""

    def __init__(self, *, share: float) -> None:
        self.share = share
        self.roots: list[int] = []
        self.nodes: list[tuple[int, float, bool, float]] = []
        self.children: list[tuple[int, int]] = []
        self.leaves: list[tuple[float, float]] = []

    def add(self, node: Mapping[str, Any]) -> int:
        """Add a subtree and return its number: a node from 0, a leaf below."""
        if "leaf_value" in node:
            self.leaves.append((node["leaf_value"] * self.share, float(node.get("leaf_count", 0))))
            return -len(self.leaves)
        at = len(self.nodes)
        threshold = _float32_below(float(node["threshold"]))
        self.nodes.append((node["split_feature"], threshold, _missing_left(node), float(node["internal_count"])))
        self.children.append((0, 0))
        self.children[at] = (self.add(node["left_child"]), self.add(node["right_child"]))
        return at

    def trees(self, *, start: int, start_weight: float, start_mean: float) -> Trees:
        nodes = list(zip(*self.nodes, strict=True)) or [(), (), (), ()]
        children = np.array(self.children, np.int32).reshape(-1, 2)
        leaves = np.array(self.leaves, np.float64).reshape(-1, 2)
        return Trees(
            features=np.array(nodes[0], np.int32),
            thresholds=np.array(nodes[1], np.float32),
            lefts=children[:, 0],
            rights=children[:, 1],
            missing_left=np.array(nodes[2], bool),
            covers=np.array(nodes[3], np.float64),
            roots=np.array(self.roots, np.int32),
            leaf_values=leaves[:, 0],
            leaf_covers=leaves[:, 1],
            start=start,
            start_weight=start_weight,
            start_mean=start_mean,
        )


def _missing_left(node: Mapping[str, Any]) -> bool:
    """Where an unknown value goes: LightGBM takes it for 0 where training met none."""
    if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
        raise InputError("Only trees that compare numbers can be served.", remedy="Train without categories.")
    return bool(node["default_left"]) if node["missing_type"] == "NaN" else float(node["threshold"]) >= 0.0


def _float32_below(threshold: float) -> float:
    """The greatest float32 that is not above: float32 features then go the same way as with the exact threshold."""
    limit = float(np.finfo(np.float32).max)
    rounded = np.float32(min(max(threshold, -limit), limit))
    return float(rounded if float(rounded) <= threshold else np.nextafter(rounded, np.float32(-np.inf)))


def _attributes(trees: Trees) -> dict[str, Any]:
    """The ensemble as the flat lists of a TreeEnsembleRegressor: each tree's nodes and leaves are numbered from 0."""
    rows: dict[str, list[Any]] = {name: [] for name in _NODE_ATTRIBUTES + _TARGET_ATTRIBUTES}
    for tree, root in enumerate(trees.roots.tolist()):
        order = _preorder(trees, root)
        numbers = {at: number for number, at in enumerate(order)}
        for at in order:
            _add_node(rows, trees, at, tree=tree, numbers=numbers)
    return {**rows, "n_targets": 1, "aggregate_function": "SUM", "post_transform": "NONE"}


def _add_node(rows: dict[str, list[Any]], trees: Trees, at: int, *, tree: int, numbers: Mapping[int, int]) -> None:
    is_leaf = at < 0
    values = (
        tree,
        numbers[at],
        0 if is_leaf else int(trees.features[at]),
        "LEAF" if is_leaf else "BRANCH_LEQ",
        0.0 if is_leaf else float(trees.thresholds[at]),
        0 if is_leaf else numbers[int(trees.lefts[at])],
        0 if is_leaf else numbers[int(trees.rights[at])],
        0 if is_leaf else int(trees.missing_left[at]),
    )
    for name, value in zip(_NODE_ATTRIBUTES, values, strict=True):
        rows[name].append(value)
    if is_leaf:
        for name, value in zip(
            _TARGET_ATTRIBUTES, (tree, numbers[at], 0, float(trees.leaf_values[-1 - at])), strict=True
        ):
            rows[name].append(value)


def _preorder(trees: Trees, root: int) -> list[int]:
    order, pending = [], [root]
    while pending:
        at = pending.pop()
        order.append(at)
        if at >= 0:
            pending += [int(trees.rights[at]), int(trees.lefts[at])]
    return order


_NODE_ATTRIBUTES = (
    "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_modes", "nodes_values",
    "nodes_truenodeids", "nodes_falsenodeids", "nodes_missing_value_tracks_true",
)  # fmt: skip
_TARGET_ATTRIBUTES = ("target_treeids", "target_nodeids", "target_ids", "target_weights")
