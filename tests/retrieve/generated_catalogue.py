"""A catalogue drawn by chance, and what a shop should answer about it, found by looking at every product."""

from __future__ import annotations

import colorsys
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image

COUNT = 300
BRANDS = ("Lumo", "Kite", "Órbita", "海风", "Nova & Co")
COLOURS = ("red", "blue", "green", "black")
KINDS = ("mug", "dress", "lamp", "chair", "book")
TINTS = 40
"""Pictures: plain tints around the colour wheel, shared by the products whose number leaves the same rest."""

Record = dict[str, Any]


def generated_records(seed: int) -> list[Record]:
    """Return products with gaps: a tenth has no price, a fifth no brand, a quarter no rating, a third no picture."""
    chance = random.Random(seed)
    records = []
    for number in range(COUNT):
        kind = chance.choice(KINDS)
        record: Record = {"id": f"p{number:03d}", "title": f"{kind} number {number}", "category": f"Home > {kind}"}
        if chance.random() < 0.8:
            record["brand"] = chance.choice(BRANDS)
        if chance.random() < 0.9:
            record["price"] = f"{chance.randrange(1, 40) * 5}.00 USD"
        if chance.random() < 0.75:
            record |= {"rating": chance.choice([1.5, 3.0, 4.0, 5.0]), "rating_count": chance.randrange(1, 30)}
        if chance.random() < 0.66:
            record["image"] = f"tint-{number % TINTS}.png"
        record["color"] = chance.choice(COLOURS)
        records.append(record)
    chance.shuffle(records)
    return records


def write_catalogue(folder: Path, seed: int) -> Path:
    """Write the products as a feed with their pictures beside it."""
    for tint in range(TINTS):
        rgb = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(tint / TINTS, 0.5 + tint % 3 / 4, 0.9))
        Image.new("RGB", (32, 32), rgb).save(folder / f"tint-{tint}.png")
    feed = folder / "products.jsonl"
    lines = (json.dumps(record, ensure_ascii=False) for record in generated_records(seed))
    feed.write_text("\n".join(lines), encoding="utf-8")
    return feed


def price_of(record: Record) -> float | None:
    return float(record["price"].removesuffix(" USD")) if "price" in record else None


def value_of(record: Record, name: str) -> Any:
    return price_of(record) if name == "price" else record.get(name)


def in_order(records: list[Record], name: str, *, is_descending: bool) -> list[str]:
    """Ids by a number field, those without it last either way, ties by id."""
    present = [record for record in records if value_of(record, name) is not None]
    absent = sorted(record["id"] for record in records if value_of(record, name) is None)
    sign = -1 if is_descending else 1
    return [item["id"] for item in sorted(present, key=lambda item: (sign * value_of(item, name), item["id"]))] + absent


def counted(records: list[Record], name: str) -> dict[str, int]:
    return dict(Counter(record[name] for record in records if name in record))
