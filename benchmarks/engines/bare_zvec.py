"""Bare zvec: the library that our index is built on, with its own full-text index and reranker and nothing around."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import zvec
from benchmarks.engines import DEPTH, LINKING_BREADTH, LINKS, PAGE, RANK_OFFSET, Found, Item, Question, Restriction

BATCH = 1_024
"""The most documents that zvec takes in one call."""

SHOWN = ["title", "brand", "category", "price"]


class BareZvec:
    """An opened collection."""

    distribution = "zvec"
    answer = "hits with 4 fields"
    settings = "HNSW, FTS with jieba and English stems, inverted brand and price, RRF"
    breadths = (20, 40, 80, 160, 320, 640, 1280)

    @classmethod
    def build(cls, folder: Path, items: Sequence[Item]) -> None:
        collection = zvec.create_and_open(str(folder), _schema(len(items[0].vector)))
        for start in range(0, len(items), BATCH):
            collection.upsert([_document(item) for item in items[start : start + BATCH]])
        collection.optimize()
        collection.flush()
        collection.close()

    def __init__(self, folder: Path) -> None:
        self._collection = zvec.open(str(folder))

    def nearest(self, vector: np.ndarray, restriction: Restriction, *, breadth: int) -> list[str]:
        half = zvec.Query("text", vector=vector.tolist(), param=zvec.HnswQueryParam(ef=breadth))
        found = self._collection.query(half, topk=PAGE, filter=_filter(restriction), output_fields=[])
        return [document.id for document in found]

    def match(self, words: str) -> list[str]:
        half = zvec.Query("title", fts=zvec.Fts(match_string=words))
        return [document.id for document in self._collection.query(half, topk=PAGE, output_fields=[])]

    def ask(self, question: Question, restriction: Restriction, *, breadth: int) -> list[Found]:
        halves = [
            zvec.Query("text", vector=question.vector.tolist(), param=zvec.HnswQueryParam(ef=breadth)),
            zvec.Query("title", fts=zvec.Fts(match_string=question.words)),
        ]
        merging = zvec.RrfReRanker(rank_constant=RANK_OFFSET)
        found = self._collection.query(
            halves, topk=DEPTH, filter=_filter(restriction), reranker=merging, output_fields=SHOWN
        )
        return [Found(document.id, float(str(document.field("price")))) for document in found[:PAGE]]

    def change(self, item: Item) -> None:
        self._collection.upsert([_document(item)])

    def close(self) -> None:
        self._collection.flush()
        self._collection.close()


def _schema(dim: int) -> zvec.CollectionSchema:
    words = zvec.FtsIndexParam(tokenizer_name="jieba", filters=["lowercase", "stemmer"])
    prices = zvec.InvertIndexParam(enable_range_optimization=True)
    graph = zvec.HnswIndexParam(metric_type=zvec.MetricType.IP, m=LINKS, ef_construction=LINKING_BREADTH)
    return zvec.CollectionSchema(
        "products",
        fields=[
            zvec.FieldSchema("title", zvec.DataType.STRING, index_param=words),
            zvec.FieldSchema("brand", zvec.DataType.STRING, index_param=zvec.InvertIndexParam()),
            zvec.FieldSchema("category", zvec.DataType.STRING),
            zvec.FieldSchema("price", zvec.DataType.DOUBLE, index_param=prices),
        ],
        vectors=[zvec.VectorSchema("text", zvec.DataType.VECTOR_FP32, dim, index_param=graph)],
    )


def _document(item: Item) -> zvec.Doc:
    return zvec.Doc(item.id, vectors={"text": item.vector.tolist()}, fields=item.fields())


def _filter(restriction: Restriction) -> str | None:
    if restriction.brand:
        quoted = restriction.brand.replace("\\", "\\\\").replace("'", "\\'")
        return f"brand = '{quoted}'"
    if restriction.high:
        return f"price >= {restriction.low} and price <= {restriction.high}"
    return None
