"""Words and pictures of the default pack in one space: what is said of training pictures, shops and ImageNet's classes.

A picture stands near the words of its own title or class; and, so that more is known than those, near the mean of
ImageNet's label names weighted by what the untouched network takes it for (ConSE [Norouzi 2014]).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tonggan.encode.rows import unit_rows
from tonggan.records import Vectors

CONSE_CLASSES = 10
"""Likeliest classes that are averaged; Norouzi has 10 too."""


@dataclass(frozen=True, slots=True)
class ShopPicture:
    """A product of a shop with its picture and its words."""

    shop: str
    path: Path
    title: str
    text: str


def read_shop_pictures(folder: Path) -> Iterator[ShopPicture]:
    """Yield the products of shops that have a picture, each picture of a shop once."""
    for table in sorted(folder.glob("*/products.jsonl")):
        seen: set[str] = set()
        for line in filter(None, table.read_text(encoding="utf-8").split("\n")):
            record = json.loads(line)
            name = record.get("image") or next(iter(record.get("images") or ()), "")
            path, same = table.parent / name, str(record.get("image_sha") or name)
            if name and path.exists() and same not in seen:
                seen.add(same)
                title = str(record.get("name") or record.get("Name") or record.get("title") or "")
                yield ShopPicture(table.parent.name, path, title, f"{title}. {_category(record)}. {_described(record)}")


def _category(record: Mapping[str, Any]) -> str:
    return str(record.get("category") or record.get("type") or record.get("Type") or "")


def _described(record: Mapping[str, Any]) -> str:
    return str(record.get("description") or record.get("Description") or record.get("description_en") or "")


def conse(logits: Vectors, labels: Vectors) -> Vectors:
    """Return the mean of label rows weighted by the likeliest classes; `logits` [n, classes], rows of norm 1."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances = shifted / shifted.sum(axis=1, keepdims=True)
    least = np.sort(chances, axis=1)[:, -CONSE_CLASSES][:, None]
    return unit_rows(np.where(chances >= least, chances, 0.0) @ labels)


def recall_of_titles(titles: Vectors, pictures: Vectors, *, at: int = 10) -> float:
    """Return how often a title's own picture is among the nearest `at`; a tie counts against it."""
    scores = titles @ pictures.T
    return float(np.mean((scores >= np.diagonal(scores)[:, None]).sum(axis=1) <= at))


def chance_of_titles(pictures: Vectors, *, at: int = 10) -> float:
    """Return the recall that drawing lots would have."""
    return min(1.0, at / max(1, len(pictures)))
