"""A tiny base pack of a text and a picture model, and a feed with a picture of its own for each product."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from encode.tiny_packs import WIDTH, picture_model, text_model, tokenizer_json
from tonggan.packs import Origin, Pack, Part
from tonggan.packs.folder import write_pack
from tonggan.packs.library import PackLibrary

COLOURS = ("red", "green", "blue", "orange", "purple", "grey")
THINGS = ("shirt", "scarf", "bottle", "train")


def base_pack(folder: Path, *, name: str = "tiny", revision: str = "1", **changed: Any) -> Pack:
    """Write a pack of both models; another `revision` is another fingerprint of the same name."""
    text = {"maximum_tokens": 24, "pooling": "mean", "lower_case": True, "query_prefix": ""}
    image = {"size": [16, 16], "resize": "fit", "mean": [0.5] * 3, "std": [0.25] * 3}
    files = {
        "text.onnx": text_model().SerializeToString(),
        "tokenizer.json": tokenizer_json(),
        "image.onnx": picture_model(16).SerializeToString(),
    }
    parts = {
        "text": Part("encoder", "onnx-text", WIDTH, {"model": "text.onnx", "tokenizer": "tokenizer.json"}, text),
        "image": Part("encoder", "onnx-image", WIDTH, {"model": "image.onnx"}, image),
    }
    origin = Origin(name, source="a test", revision=revision, licence="Apache-2.0")
    return write_pack(folder, origin, parts=parts, weights={}, measures={}, card="# Tiny", files=files)


def library_with(folder: Path, *packs: Pack) -> PackLibrary:
    """Add packs to the library in a folder, under the names of their origins."""
    library = PackLibrary(folder)
    for pack in packs:
        library.add(pack.folder)
    return library


def records(count: int, folder: Path | None = None) -> list[dict[str, Any]]:
    """Products of 24 kinds; no two pictures are the same, nor two texts."""
    made = []
    for number in range(count):
        colour, thing = COLOURS[number % 6], THINGS[number // 6 % 4]
        record = {"id": f"p{number:03d}", "title": f"{colour} {thing} number {number}", "price": f"{number + 1}.00 USD"}
        if folder is not None:
            record["image"] = _drawn(folder, number)
        made.append(record)
    return made


def write_feed(folder: Path, *, count: int) -> Path:
    """Write a feed with pictures beside it, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    feed = folder / "feed.jsonl"
    feed.write_text("\n".join(json.dumps(record) for record in records(count, folder)), encoding="utf-8")
    return feed


def _drawn(folder: Path, number: int) -> str:
    pixels = np.random.default_rng(number).integers(0, 256, (6, 6, 3), np.uint8)
    name = f"picture-{number}.png"
    Image.fromarray(pixels).resize((48, 48), Image.Resampling.NEAREST).save(folder / name)
    return name
