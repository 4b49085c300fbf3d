"""LanceDB: a table with its own full-text index and HNSW graph, merged by its own reranker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow
from benchmarks.engines import DEPTH, LINKING_BREADTH, LINKS, PAGE, RANK_OFFSET, Found, Item, Question, Restriction
from lancedb.index import FTS, Bitmap, BTree, HnswSq
from lancedb.rerankers import RRFReranker

COLUMNS = ["id", "title", "brand", "category", "price"]


class Lance:
    """An opened table `products`."""

    distribution = "lancedb"
    answer = "hits with 4 fields"
    settings = "IVF_HNSW_SQ in 1 partition, FTS with the ICU tokenizer and English stems, BTree and Bitmap, RRF"
    breadths = (20, 40, 80, 160, 320, 640, 1280)

    @classmethod
    def build(cls, folder: Path, items: Sequence[Item]) -> None:
        table = lancedb.connect(folder).create_table("products", _rows(items))
        graph = HnswSq(distance_type="dot", num_partitions=1, m=LINKS, ef_construction=LINKING_BREADTH)
        table.create_index("vector", config=graph)
        table.create_index("title", config=FTS(base_tokenizer="icu"))
        table.create_index("brand", config=Bitmap())
        table.create_index("price", config=BTree())
        table.create_index("id", config=BTree())
        table.optimize()

    def __init__(self, folder: Path) -> None:
        self._table = lancedb.connect(folder).open_table("products")
        self._reranker = RRFReranker(K=RANK_OFFSET)

    def nearest(self, vector: np.ndarray, restriction: Restriction, *, breadth: int) -> list[str]:
        query: Any = self._table.search(vector, vector_column_name="vector", query_type="vector")
        query = query.distance_type("dot").ef(breadth).select(["id"]).limit(PAGE)
        return _restricted(query, restriction).to_arrow()["id"].to_pylist()

    def match(self, words: str) -> list[str]:
        query: Any = self._table.search(words, query_type="fts", fts_columns="title")
        return query.select(["id"]).limit(PAGE).to_arrow()["id"].to_pylist()

    def ask(self, question: Question, restriction: Restriction, *, breadth: int) -> list[Found]:
        query: Any = self._table.search(query_type="hybrid", vector_column_name="vector", fts_columns="title")
        query = query.vector(question.vector).text(question.words).distance_type("dot").ef(breadth)
        query = _restricted(query, restriction).rerank(self._reranker).select(COLUMNS).limit(DEPTH)
        return [Found(row["id"], row["price"]) for row in query.to_arrow().slice(0, PAGE).to_pylist()]

    def change(self, item: Item) -> None:
        merging = self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
        merging.execute(_rows([item]))

    def close(self) -> None:
        """Nothing to close: a table holds no lock."""


def _rows(items: Sequence[Item]) -> pyarrow.Table:
    columns: dict[str, Any] = {name: [getattr(item, name) for item in items] for name in COLUMNS}
    flat = pyarrow.array(np.concatenate([item.vector for item in items]))
    return pyarrow.table(columns | {"vector": pyarrow.FixedSizeListArray.from_arrays(flat, len(items[0].vector))})


def _restricted(query: Any, restriction: Restriction) -> Any:
    if restriction.brand:
        quoted = restriction.brand.replace("'", "''")
        return query.where(f"brand = '{quoted}'")
    if restriction.high:
        return query.where(f"price >= {restriction.low} AND price <= {restriction.high}")
    return query
