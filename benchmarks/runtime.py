"""What pretrained encoders cost: p50 of a query, the ratio to the bare ONNX call, and the time to open, as JSON.

`python benchmarks/runtime.py [PACK ...]` takes folders of packs; without one it makes two of random weights, in the
shapes of multilingual-e5-small and of CLIP's B/32 picture tower, which needs the extra `convert`.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from tonggan.encode import DEFAULT_SETTINGS, PRETRAINED, Encoder, open_encoder
from tonggan.encode.drawings import drawings
from tonggan.encode.onnx_text import INPUTS
from tonggan.encode.pixels import Preparation, prepared
from tonggan.encode.published.weights import Tower, TowerNames, Weights
from tonggan.encode.runtime import OnnxModel
from tonggan.encode.tokens import Tokens
from tonggan.packs import Origin, Pack, Part
from tonggan.packs.folder import PartFiles, read_pack, write_pack

ROUNDS = 60
"""Queries per row; each is another, so that none is kept."""

_UNCOUNTED = 5
"""Of the first calls, which warm up."""

SIDE = 512
"""Long side of a query's picture as the shop hands it on."""


def main() -> None:
    with TemporaryDirectory() as made:
        folders = [Path(name) for name in sys.argv[1:]] or _made_up(Path(made))
        print(json.dumps([row for folder in folders for row in _rows(read_pack(folder))], indent=2))


def _rows(pack: Pack) -> list[dict[str, object]]:
    return [_row(pack, name) for name, part in pack.parts.items() if part.implementation in PRETRAINED]


def _row(pack: Pack, name: str) -> dict[str, object]:
    start = time.perf_counter()
    encoder = open_encoder(pack, name)
    opened = time.perf_counter() - start
    queries: Sequence[Any] = _texts() if encoder.modality == "text" else drawings(ROUNDS, side=SIDE)
    runs: dict[str, list[Callable[[], object]]] = {
        "query": [partial(encoder.encode_query, [query]) for query in queries]
    }
    if encoder.modality == "image":
        runs["from_jpeg"] = [partial(_encode_jpeg, encoder, jpeg) for jpeg in _jpegs(queries)]
    if "model" in pack.parts[name].files:
        runs["bare_onnx"] = _bare(PartFiles(pack, name), queries)
    times = _p50(runs)
    ratio = {"ratio": round(times["query"] / times["bare_onnx"], 2)} if "bare_onnx" in times else {}
    told = {f"{what}_p50_ms": time for what, time in times.items()}
    return {"pack": pack.origin.name, "part": name, "open_ms": round(1000 * opened, 1), **told, **ratio}


def _bare(files: PartFiles, queries: Sequence[Any]) -> list[Callable[[], object]]:
    """Return the calls of a session alone, on inputs that are made ready before."""
    model = OnnxModel.open(files, settings=DEFAULT_SETTINGS)
    if isinstance(queries[0], str):
        tokens = Tokens.open(files)
        arrays = [tokens.padded([tokens.of(query, prefix=tokens.rules.query_prefix)]) for query in queries]
        given = [dict(zip(INPUTS, (*pair, np.zeros_like(pair[0])), strict=True)) for pair in arrays]
        inputs = [{name: each[name] for name in model.inputs} for each in given]
    else:
        preparation = Preparation.of(files.part.parameters)
        inputs = [{name: prepared(query, preparation)[None] for name in model.inputs} for query in queries]
    return [partial(model.run, each) for each in inputs]


def _p50(runs: Mapping[str, Sequence[Callable[[], object]]]) -> dict[str, float]:
    """Return the median milliseconds of each kind; one of each in turn, so that all meet the same other work."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in zip(*runs.values(), strict=True):
        for name, run in zip(runs, turn, strict=True):
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: round(1000 * float(np.median(each[_UNCOUNTED:])), 3) for name, each in seconds.items()}


def _texts() -> list[str]:
    words = ["red", "running", "shoes", "wireless", "headphones", "蓝牙耳机", "连衣裙", "usb", "charger", "65w"]
    generator = np.random.default_rng(0)
    return [f"{' '.join(generator.choice(words, 4))} {number}" for number in range(ROUNDS)]


def _jpegs(pictures: Sequence[np.ndarray]) -> list[bytes]:
    written = []
    for picture in pictures:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG")
        written.append(buffer.getvalue())
    return written


def _encode_jpeg(encoder: Encoder, jpeg: bytes) -> object:
    return encoder.encode_document([np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))])


def _made_up(folder: Path) -> list[Path]:
    """Write a pack of random weights in the shapes of published models."""
    from tonggan.encode.published.graph import Blocks
    from tonggan.encode.published.names import BERT_TEXT, CLIP_VISION
    from tonggan.encode.published.text import TextShape, text_model
    from tonggan.encode.published.vision import VisionShape, vision_model

    outer = {"tokens.weight": (30_000, 384), "position": (512, 384), "type": (2, 384), **_norm("embedding_norm", 384)}
    text = _tower(BERT_TEXT, outer, width=384)
    outer = {"patch.weight": (768, 3, 32, 32), "class_token": (768,), "position": (50, 768)}
    outer |= {**_norm("pre_norm", 768), **_norm("post_norm", 768), "projection.weight": (512, 768)}
    image = _tower(CLIP_VISION, outer, width=768)
    blocks = Blocks(_LAYERS, 12, "gelu", 1e-12, is_pre_norm=False), Blocks(_LAYERS, 12, "quick_gelu", 1e-5)
    graphs = {
        "text.onnx": text_model(text, TextShape(blocks[0], "mean", has_mask=True)),
        "image.onnx": vision_model(image, VisionShape(blocks[1], side=224, patch=32)),
    }
    files = {name: graph.SerializeToString() for name, graph in graphs.items()}
    files["tokenizer.json"] = _tokenizer()
    parts = {
        "text": Part(
            "encoder", "onnx-text", 384, {"model": "text.onnx", "tokenizer": "tokenizer.json"}, {"maximum_tokens": 512}
        ),
        "image": Part("encoder", "onnx-image", 512, {"model": "image.onnx"}, {"size": [224, 224]}),
    }
    origin = Origin("random weights", "this script", "0", "Apache-2.0")
    return [write_pack(folder, origin, parts=parts, weights={}, measures={}, card="# Random", files=files).folder]


_LAYERS = 12


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _tower(names: TowerNames, outer: Mapping[str, tuple[int, ...]], *, width: int) -> Tower:
    """Return random weights under a layout's names; `outer` holds shapes by our names."""
    generator, arrays = np.random.default_rng(0), {}
    for name, shape in outer.items():
        ours, _, kind = name.partition(".")
        arrays[f"{names.outer[ours]}.{kind}".rstrip(".")] = generator.normal(0, 0.05, shape).astype(np.float32)
    sides = {"up": (4 * width, width), "down": (width, 4 * width)}
    for layer in range(_LAYERS):
        for ours, theirs in names.inner.items():
            shape = (width,) if ours.endswith("norm") else sides.get(ours, (width, width))
            name = names.block.format(layer=layer) + theirs
            arrays[f"{name}.weight"] = generator.normal(0, 0.05, shape).astype(np.float32)
            arrays[f"{name}.bias"] = np.zeros(shape[0], np.float32)
    return Tower(Weights(arrays), names)


def _tokenizer() -> bytes:
    """Return a tokenizer that gives every letter a number."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    letters = {letter: number for number, letter in enumerate("?abcdefghijklmnopqrstuvwxyz0123456789蓝牙耳机连衣裙")}
    tokenizer = Tokenizer(models.WordLevel(letters, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("..?"), behavior="isolated")]
    )
    return tokenizer.to_str().encode("utf-8")


if __name__ == "__main__":
    main()
