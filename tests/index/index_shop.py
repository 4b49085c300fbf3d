"""Made-up entries with obvious structure, for the tests of stage 5."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tonggan.index import Entry, IndexSchema

DIM = 16

SCHEMA = IndexSchema(spaces={"text": DIM, "image": 8}, word_fields={"title": 3.0, "description": 1.0}, fingerprint="a")

WORDS = ("red", "blue", "dress", "shirt", "phone", "case", "连衣裙", "手机", "红色", "wh1000xm4", "lamp", "desk")
BRANDS = ("Apple", "apple", "Sony", "华为", "O'Brien", 'say "hi"', "a && b")


def make_entry(number: int, *, seed: int = 0) -> Entry:
    """Entry `p0042` for number 42: the same number and seed give the same entry."""
    draw = np.random.default_rng([number, seed])
    vectors = {"text": draw.standard_normal(DIM).astype(np.float32)}
    if draw.random() < 0.5:
        vectors["image"] = draw.standard_normal(8).astype(np.float32)
    texts = {"tags": tuple(draw.choice(WORDS, size=draw.integers(0, 3)).tolist())}
    if draw.random() < 0.8:
        texts["brand"] = (str(draw.choice(BRANDS)),)
    return Entry(
        product_id=f"p{number:04}",
        terms={
            "title": draw.choice(WORDS, size=draw.integers(1, 6)).tolist(),
            "description": draw.choice(WORDS, size=draw.integers(0, 12)).tolist(),
        },
        texts=texts | {"name": (" ".join(draw.choice(WORDS, size=3)),)},
        numbers={"price": float(draw.integers(1, 50))} if draw.random() < 0.9 else {},
        vectors={name: vector / np.linalg.norm(vector) for name, vector in vectors.items()},
    )


def make_entries(count: int, *, seed: int = 0, start: int = 0) -> list[Entry]:
    """Entries of consecutive numbers."""
    return [make_entry(number, seed=seed) for number in range(start, start + count)]


def product_ids(entries: Sequence[Entry]) -> list[str]:
    """The ids of entries."""
    return [entry.product_id for entry in entries]
