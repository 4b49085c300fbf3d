"""Chroma, in process: it has no hybrid search there (`Search is not implemented for Local Chroma`).

The nearest there is: one query by vector, one by vector among the documents that contain any of the words, merged here
by reciprocal rank. Its `$contains` tells letter cases apart, so documents are titles in lower case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from benchmarks.engines import DEPTH, LINKING_BREADTH, LINKS, PAGE, RANK_OFFSET, Found, Item, Question, Restriction
from chromadb.config import Settings


class Chroma:
    """An opened collection `products`."""

    distribution = "chromadb"
    answer = "hits with 4 fields"
    settings = "HNSW; words by $contains of any, unranked, merged outside: no hybrid search in process"
    breadths = (20, 40, 80, 160, 320, 640, 1280)

    @classmethod
    def build(cls, folder: Path, items: Sequence[Item]) -> None:
        client = _client(folder)
        graph = {"space": "ip", "max_neighbors": LINKS, "ef_construction": LINKING_BREADTH}
        collection = client.create_collection("products", embedding_function=None, configuration={"hnsw": graph})
        batch = client.get_max_batch_size()
        for start in range(0, len(items), batch):
            collection.upsert(**_columns(items[start : start + batch]))
        client.close()

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open()

    def nearest(self, vector: np.ndarray, restriction: Restriction, *, breadth: int) -> list[str]:
        self._look(breadth)
        return self._query(vector, restriction, count=PAGE)["ids"][0]

    def match(self, words: str) -> list[str]:
        found = self._collection.get(where_document=_containing(words), limit=PAGE, include=[])
        return found["ids"]

    def ask(self, question: Question, restriction: Restriction, *, breadth: int) -> list[Found]:
        self._look(breadth)
        halves = [
            self._query(question.vector, restriction, count=DEPTH),
            self._query(question.vector, restriction, count=DEPTH, where_document=_containing(question.words)),
        ]
        scores: defaultdict[str, float] = defaultdict(float)
        prices: dict[str, float] = {}
        for half in halves:
            for rank, (name, fields) in enumerate(zip(half["ids"][0], half["metadatas"][0], strict=True), start=1):
                scores[name] += 1 / (RANK_OFFSET + rank)
                prices[name] = fields["price"]
        return [Found(name, prices[name]) for name in sorted(scores, key=scores.__getitem__, reverse=True)[:PAGE]]

    def change(self, item: Item) -> None:
        self._collection.upsert(**_columns([item]))

    def close(self) -> None:
        self._client.close()

    def _open(self) -> None:
        self._client = _client(self._folder)
        self._collection = self._client.get_collection("products", embedding_function=None)
        self._breadth = self._collection.configuration["hnsw"]["ef_search"]

    def _look(self, breadth: int) -> None:
        """Set the collection's ef, which cannot be said with a query and holds from the next open on."""
        if breadth != self._breadth:
            self._collection.modify(configuration={"hnsw": {"ef_search": breadth}})
            self._client.close()
            self._open()

    def _query(self, vector: np.ndarray, restriction: Restriction, *, count: int, **others: Any) -> Any:
        include = ["documents", "metadatas"]
        where = _where(restriction)
        return self._collection.query(vector[None], n_results=count, where=where, include=include, **others)


def _client(folder: Path) -> Any:
    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def _columns(items: Sequence[Item]) -> dict[str, Any]:
    return {
        "ids": [item.id for item in items],
        "embeddings": np.stack([item.vector for item in items]),
        "documents": [item.title.lower() for item in items],
        "metadatas": [item.fields() for item in items],
    }


def _containing(words: str) -> dict[str, Any]:
    conditions = [{"$contains": word} for word in dict.fromkeys(words.lower().split())]
    return conditions[0] if len(conditions) == 1 else {"$or": conditions}


def _where(restriction: Restriction) -> dict[str, Any] | None:
    if restriction.brand:
        return {"brand": restriction.brand}
    if restriction.high:
        return {"$and": [{"price": {"$gte": restriction.low}}, {"price": {"$lte": restriction.high}}]}
    return None
