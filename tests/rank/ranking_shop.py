"""A tiny index with obvious answers, and requests to rank its products."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tonggan.encode.words import query_terms, terms
from tonggan.index import Entry, IndexSchema, View, index_adapter
from tonggan.index.entries import WORD_FIELDS
from tonggan.rank.features import RankingRequest
from tonggan.records import Entity, Understanding

DIM = 4

PRODUCTS = (
    ("case", "Red case for phone", "Acme", 10.0, 4.7, 312.0, "in_stock"),
    ("phone", "Red phone", "Acme", 200.0, 4.0, 3.0, "out_of_stock"),
    ("lamp", "Desk lamp", "", 40.0, float("nan"), float("nan"), "unknown"),
)
"""Id, title, brand, price, stars, ratings, availability."""


def make_view(folder: Path) -> View:
    """Return a view of the three products; the picture space holds the phone alone."""
    schema = IndexSchema({"text": DIM, "image": DIM}, WORD_FIELDS, "test")
    index = index_adapter("exact").create(str(folder), schema)
    index.apply([_entry(at, *product) for at, product in enumerate(PRODUCTS)], position=1)
    return index.view()


def make_request(view: View, words: str = "red phone", *, entities: tuple[Entity, ...] = ()) -> RankingRequest:
    """Return a request for all products, the phone first in the merged order."""
    rows = view.rows([product[0] for product in PRODUCTS])
    merged = {"case": 0.5, "phone": 0.9, "lamp": 0.1}
    return RankingRequest(
        view=view,
        rows=rows,
        words=words,
        terms=query_terms(words),
        raw={"text": view.similarity("text", np.eye(DIM)[1], rows)},
        normalized={"words": np.array([merged[name] for name in view.ids(rows)], np.float32)},
        merged=np.array([merged[name] for name in view.ids(rows)], np.float32),
        understanding=Understanding(words, words, entities=entities) if entities else None,
        vectors={"text": np.eye(DIM)[1]},
    )


def _entry(
    at: int, name: str, title: str, brand: str, price: float, stars: float, ratings: float, availability: str
) -> Entry:
    vectors = {"text": np.eye(DIM, dtype=np.float32)[at]}
    if name == "phone":
        vectors["image"] = np.eye(DIM, dtype=np.float32)[0]
    return Entry(
        name,
        terms={"title": terms(title), "brand": terms(brand)},
        texts={"title": (title,), "availability": (availability,)} | ({"brand": (brand,)} if brand else {}),
        numbers={"price": price, "rating": stars, "rating_count": ratings},
        vectors=vectors,
    )
