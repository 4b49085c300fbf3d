"""A catalogue of any size, recombined from real titles and attributes, or from drawn words where there are none."""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ATTRIBUTES_KEPT = 8
"""Attributes of a product: what a shop feed may have; Icecat's seventy would measure Icecat."""

DRAWN_WORDS = 20_000
"""Words of a drawn vocabulary."""

ZIPF = 1.3
"""Exponent of the word frequencies of a drawn vocabulary: few frequent words, a long tail."""


@dataclass(frozen=True, slots=True)
class Material:
    """What catalogues are recombined from; `is_real` tells whether it was read or drawn."""

    titles: Sequence[str]
    attributes: Sequence[Mapping[str, str]]
    brands: Sequence[str]
    queries: Sequence[str]
    is_real: bool


def read_material() -> Material:
    """Return titles, attributes and queries of the working data at `TONGGAN_DATA`, or drawn ones without it."""
    folder = Path(os.environ.get("TONGGAN_DATA", "../shared/data"))
    return _real(folder) if (folder / "icecat").is_dir() else _drawn()


def recombined(material: Material, count: int, *, seed: int) -> Iterator[dict[str, Any]]:
    """Yield that many product records: the head of one title, the tail of another, attributes of a third."""
    chance = np.random.default_rng(seed)
    heads = chance.integers(len(material.titles), size=count)
    tails = chance.integers(len(material.titles), size=count)
    others = chance.integers(len(material.attributes), size=count)
    brands = (len(material.brands) * chance.random(count) ** 3).astype(int)
    prices = np.round(np.exp(chance.normal(3.5, 1.2, size=count)), 2)
    stars = chance.integers(20, 51, size=count) / 10
    raters = np.floor(np.exp(chance.normal(2.0, 1.5, size=count))).astype(int)
    for at in range(count):
        yield {
            "id": f"p{at:07d}",
            "title": _spliced(material.titles[int(heads[at])], material.titles[int(tails[at])]),
            "brand": material.brands[brands[at]],
            "category": f"Department {at % 20} > Shelf {at % 400}",
            "price": f"{prices[at]:.2f} USD",
            "availability": "in stock" if at % 7 else "out of stock",
            "rating": str(stars[at]) if raters[at] else "",
            "rating_count": str(raters[at]),
            "attributes": dict(material.attributes[others[at]]),
        }


def _spliced(first: str, second: str) -> str:
    parts = first.split(), second.split()
    if min(map(len, parts)) < 2:
        return first[: len(first) // 2] + second[len(second) // 2 :]
    return " ".join([*parts[0][: (len(parts[0]) + 1) // 2], *parts[1][len(parts[1]) // 2 :]])


def _real(folder: Path) -> Material:
    products = _json_lines(folder / "icecat" / "products.jsonl.gz")
    chinese = [record["title"] for record in _json_lines(folder / "zh" / "taobao_titles.jsonl.gz")]
    hardware = [row["title"] for row in _csv(folder / "homedepot" / "products.csv.gz")]
    pairs = _csv(folder / "homedepot" / "pairs.csv.gz")
    asked = [row["query"] for row in _csv(folder / "icecat" / "queries.csv")]
    with gzip.open(folder / "zh" / "queries.txt.gz", "rt", encoding="utf-8") as lines:
        asked_in_chinese = [line.strip() for _, line in zip(range(500), lines, strict=False)]
    return Material(
        titles=[*(record["title"] for record in products), *hardware, *chinese],
        attributes=[_few(record["attributes"]) for record in products],
        brands=sorted({record["brand"] for record in products if record["brand"]}),
        queries=[*asked, *dict.fromkeys(row["query"] for row in pairs[::60]), *asked_in_chinese],
        is_real=True,
    )


def _few(attributes: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in list(attributes.items())[:ATTRIBUTES_KEPT]}


def _drawn() -> Material:
    chance = np.random.default_rng(0)
    letters = np.array(list("aeioulnrstmdkgpbvz"))
    words = ["".join(chance.choice(letters, size=chance.integers(3, 10))) for _ in range(DRAWN_WORDS)]
    words += [chr(0x4E00 + int(at)) + chr(0x4E00 + int(at) * 7 % 5000) for at in chance.integers(5000, size=2_000)]
    titles = [" ".join(words[at % len(words)] for at in chance.zipf(ZIPF, size=9)) for _ in range(30_000)]
    attributes = [
        {f"attribute {name}": words[int(at) % 50] for name, at in enumerate(chance.integers(50, size=8))}
        for _ in range(5_000)
    ]
    queries = [" ".join(title.split()[2:5]) for title in titles[:1_000]]
    return Material(titles, attributes, words[:800], queries, is_real=False)


def _json_lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _csv(path: Path) -> list[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
