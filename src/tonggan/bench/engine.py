"""The raw engine: what zvec takes for a hybrid query on the same vectors and words, with nothing around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tonggan.bench.measuring import Latency, time_each

BATCH = 1024
"""The most documents that zvec takes in one call."""

CANDIDATES = 200
"""Candidates of each half of the hybrid query: as many as the shop ranks."""

BREADTH = 200
"""HNSW's ef: at least as many as candidates are asked for."""


class RawEngine:
    """A zvec collection of vectors and whitespace-joined terms; `ask` is one hybrid query merged by reciprocal rank."""

    def __init__(self, folder: Path, *, dim: int) -> None:
        import zvec

        words = zvec.FtsIndexParam(tokenizer_name="whitespace", filters=[])
        graph = zvec.HnswIndexParam(metric_type=zvec.MetricType.IP, m=16, ef_construction=100)
        schema = zvec.CollectionSchema(
            "raw",
            fields=[zvec.FieldSchema("title", zvec.DataType.STRING, index_param=words)],
            vectors=[zvec.VectorSchema("text", zvec.DataType.VECTOR_FP32, dim, index_param=graph)],
        )
        self._collection = zvec.create_and_open(str(folder), schema)

    def fill(self, rows: Iterator[tuple[np.ndarray, Sequence[str]]]) -> None:
        """Take all rows and build the graph."""
        import zvec

        batch = []
        for at, (vector, terms) in enumerate(rows):
            batch.append(zvec.Doc(str(at), vectors={"text": vector.tolist()}, fields={"title": " ".join(terms)}))
            if len(batch) == BATCH:
                self._collection.upsert(batch)
                batch = []
        if batch:
            self._collection.upsert(batch)
        self._collection.optimize()

    def ask(self, question: tuple[np.ndarray, str]) -> object:
        """Answer one hybrid query."""
        import zvec

        vector, terms = question
        halves = [
            zvec.Query("text", vector=vector.tolist(), param=zvec.HnswQueryParam(ef=BREADTH)),
            zvec.Query("title", fts=zvec.Fts(match_string=terms)),
        ]
        return self._collection.query(halves, topk=CANDIDATES, reranker=zvec.RrfReRanker(), output_fields=[])

    def measure(self, questions: Sequence[tuple[np.ndarray, str]]) -> Latency:
        """Time each question."""
        return time_each(self.ask, questions)

    def close(self) -> None:
        """Remove the collection."""
        self._collection.destroy()
