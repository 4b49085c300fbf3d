"""Qdrant Edge: a shard with a dense and a BM25 sparse vector, merged by its own reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge
from benchmarks.engines import DEPTH, LINKING_BREADTH, LINKS, PAGE, RANK_OFFSET, Found, Item, Question, Restriction

BATCH = 1_000
"""Points of one update."""

INDEX_FROM_KILOBYTES = 1_000
"""Segments larger than this get a graph, so that a small run measures it too."""

SCAN_UP_TO_KILOBYTES = 10_000
"""Filtered sets smaller than this are scanned: Qdrant's default."""

TITLE_WORDS = 12.0
"""BM25's average document length: that of the titles."""


class QdrantEdge:
    """A loaded shard; a product's number is its point's id."""

    distribution = "qdrant-edge-py"
    answer = "hits with 4 fields"
    settings = "HNSW, BM25 sparse vectors (multilingual tokenizer) with IDF, indexes on brand and price, RRF"
    breadths = (20, 40, 80, 160, 320, 640, 1280)

    @classmethod
    def build(cls, folder: Path, items: Sequence[Item]) -> None:
        folder.mkdir(parents=True)
        shard = edge.EdgeShard.create(str(folder), _config(len(items[0].vector)))
        shard.update(edge.UpdateOperation.create_field_index("brand", edge.PayloadSchemaType.Keyword))
        shard.update(edge.UpdateOperation.create_field_index("price", edge.PayloadSchemaType.Float))
        embedder = _embedder()
        for start in range(0, len(items), BATCH):
            points = [_point(item, embedder) for item in items[start : start + BATCH]]
            shard.update(edge.UpdateOperation.upsert_points(points))
        shard.optimize()
        shard.flush()
        shard.close()

    def __init__(self, folder: Path) -> None:
        self._shard = edge.EdgeShard.load(str(folder))
        self._embedder = _embedder()

    def nearest(self, vector: np.ndarray, restriction: Restriction, *, breadth: int) -> list[str]:
        query = edge.Query.Nearest(vector.tolist(), using="text")
        params = edge.SearchParams(hnsw_ef=breadth)
        request = edge.QueryRequest(PAGE, query=query, params=params, filter=_filter(restriction))
        return [_name(point.id) for point in self._shard.query(request)]

    def match(self, words: str) -> list[str]:
        query = edge.Query.Nearest(self._embedder.embed_query(words), using="words")
        return [_name(point.id) for point in self._shard.query(edge.QueryRequest(PAGE, query=query))]

    def ask(self, question: Question, restriction: Restriction, *, breadth: int) -> list[Found]:
        limits = _filter(restriction)
        dense = edge.Query.Nearest(question.vector.tolist(), using="text")
        sparse = edge.Query.Nearest(self._embedder.embed_query(question.words), using="words")
        params = edge.SearchParams(hnsw_ef=breadth)
        halves = [
            edge.Prefetch(DEPTH, query=dense, params=params, filter=limits),
            edge.Prefetch(DEPTH, query=sparse, filter=limits),
        ]
        fusion: Any = edge.Fusion.Rrf(k=RANK_OFFSET)
        request = edge.QueryRequest(PAGE, query=fusion, prefetches=halves, with_payload=True)
        return [Found(_name(point.id), (point.payload or {})["price"]) for point in self._shard.query(request)]

    def change(self, item: Item) -> None:
        self._shard.update(edge.UpdateOperation.upsert_points([_point(item, self._embedder)]))

    def close(self) -> None:
        self._shard.close()


def _config(dim: int) -> edge.EdgeConfig:
    graph = edge.HnswIndexConfig(LINKS, LINKING_BREADTH, SCAN_UP_TO_KILOBYTES)
    return edge.EdgeConfig(
        vectors={"text": edge.EdgeVectorParams(dim, edge.Distance.Dot)},
        sparse_vectors={"words": edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        hnsw_config=graph,
        optimizers=edge.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=INDEX_FROM_KILOBYTES),
    )


def _embedder() -> edge.Bm25:
    return edge.Bm25(edge.Bm25Config(tokenizer=edge.TokenizerType.Multilingual, avg_len=TITLE_WORDS))


def _point(item: Item, embedder: edge.Bm25) -> edge.Point:
    vectors = {"text": item.vector.tolist(), "words": embedder.embed_document(item.title)}
    return edge.Point(int(item.id[1:]), vectors, item.fields())


def _name(number: object) -> str:
    return f"p{number:07d}"


def _filter(restriction: Restriction) -> edge.Filter | None:
    if restriction.brand:
        return edge.Filter(must=[edge.FieldCondition("brand", match=edge.MatchValue(restriction.brand))])
    if restriction.high:
        prices = edge.RangeFloat(gte=restriction.low, lte=restriction.high)
        return edge.Filter(must=[edge.FieldCondition("price", range=prices)])
    return None
