"""Tiny packs of pretrained encoders, made without the libraries that train models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

from tonggan.packs import Origin, Pack, Part
from tonggan.packs.folder import write_pack

ORIGIN = Origin("tiny", source="a test", revision="1", licence="Apache-2.0")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789'-.蓝牙耳机连衣裙红色黑"
WIDTH = 12


def tokenizer_json() -> bytes:
    """Return a tokenizer that knows letters and a few Chinese characters, with an end token."""
    words = ["[UNK]", "[END]", *LETTERS]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.add_special_tokens(["[END]"])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("."), behavior="isolated")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(single="$A [END]", special_tokens=[("[END]", 1)])
    return tokenizer.to_str().encode("utf-8")


def onnx_model(
    nodes: Sequence[tuple[str, Sequence[str], Sequence[str], Mapping[str, Any]]],
    constants: Mapping[str, np.ndarray],
    *,
    inputs: Mapping[str, tuple[int, Sequence[int | str]]],
    output: tuple[str, Sequence[int | str]],
) -> Any:
    """Return an ONNX model; a node is operator, inputs, outputs and attributes, `domain` among them."""
    from onnx import helper, numpy_helper

    graph = helper.make_graph(
        [helper.make_node(kind, given, made, **attributes) for kind, given, made, attributes in nodes],
        "tiny",
        [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
        [helper.make_tensor_value_info(output[0], 1, output[1])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("shop.custom", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def text_model() -> Any:
    """Return a model from tokens to rows [texts, tokens, WIDTH] that depend on the token alone."""
    table = np.random.default_rng(1).normal(size=(len(LETTERS) + 2, WIDTH)).astype(np.float32)
    return onnx_model(
        [("Gather", ["table", "input_ids"], ["rows"], {})],
        {"table": table},
        inputs={"input_ids": (7, ["texts", "tokens"])},
        output=("rows", ["texts", "tokens", WIDTH]),
    )


def picture_model(side: int) -> Any:
    """Return a model from pictures [pictures, 3, side, side] to rows [pictures, WIDTH] by squares of 4 x 4 pixels."""
    inside = 3 * (side // 4) ** 2
    weights = np.random.default_rng(2).normal(size=(inside, WIDTH)).astype(np.float32)
    return onnx_model(
        [
            ("AveragePool", ["pixels"], ["squares"], {"kernel_shape": [4, 4], "strides": [4, 4]}),
            ("Flatten", ["squares"], ["flat"], {}),
            ("MatMul", ["flat", "weights"], ["product"], {}),
            ("Add", ["product", "bias"], ["rows"], {}),
        ],
        {"weights": weights, "bias": np.full(WIDTH, 0.1, np.float32)},
        inputs={"pixels": (1, ["pictures", 3, side, side])},
        output=("rows", ["pictures", WIDTH]),
    )


def text_pack(folder: Path, *, model: bytes | None = None, **changed: Any) -> Pack:
    """Write a pack with an `onnx-text` part."""
    parameters = {"maximum_tokens": 24, "pooling": "mean", "lower_case": True, "query_prefix": "", **changed}
    files = {"text.onnx": model or text_model().SerializeToString(), "tokenizer.json": tokenizer_json()}
    part = Part("encoder", "onnx-text", WIDTH, {"model": "text.onnx", "tokenizer": "tokenizer.json"}, parameters)
    return write_pack(folder, ORIGIN, parts={"text": part}, weights={}, measures={}, card="# Tiny", files=files)


def picture_pack(folder: Path, *, model: bytes | None = None, **changed: Any) -> Pack:
    """Write a pack with an `onnx-image` part."""
    parameters = {"size": [16, 16], "resize": "fit", "mean": [0.5] * 3, "std": [0.25] * 3, **changed}
    part = Part("encoder", "onnx-image", WIDTH, {"model": "image.onnx"}, parameters)
    files = {"image.onnx": model or picture_model(16).SerializeToString()}
    return write_pack(folder, ORIGIN, parts={"image": part}, weights={}, measures={}, card="# Tiny", files=files)


def word_vector_pack(folder: Path) -> Pack:
    """Write a pack with a `word-vectors` part."""
    words = ["red", "cotton", "shirt", "blue", "wool", "scarf", "steel", "water", "bottle", "wooden", "toy", "train"]
    words += ["蓝牙", "耳机", "黑色", "连衣裙", "红色", "summer", "gift", "set", *"0123456"]
    generator = np.random.default_rng(5)
    weights = {
        "vocabulary": np.frombuffer("\n".join(words).encode("utf-8"), np.uint8),
        "vectors": generator.integers(-127, 128, (len(words), WIDTH), np.int8),
        "scales": np.full(len(words), 0.01, np.float32),
    }
    part = Part("encoder", "word-vectors", WIDTH)
    return write_pack(folder, ORIGIN, parts={"text": part}, weights={"text": weights}, measures={}, card="# Tiny")


def static_pack(folder: Path, **changed: Any) -> Pack:
    """Write a pack with a `model2vec` part."""
    vectors = np.random.default_rng(3).normal(size=(len(LETTERS) + 2, WIDTH)).astype(np.float32)
    parameters = {"maximum_tokens": 512, "special_tokens": False, "unknown_token": 0, **changed}
    part = Part("encoder", "model2vec", WIDTH, {"tokenizer": "tokenizer.json"}, parameters)
    weights, files = {"text": {"embeddings": vectors}}, {"tokenizer.json": tokenizer_json()}
    return write_pack(folder, ORIGIN, parts={"text": part}, weights=weights, measures={}, card="# Tiny", files=files)
