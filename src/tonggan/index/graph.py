"""The neighbour graph of one space: zvec's HNSW over the first slots of a matrix, and nothing else.

It is only a faster way to candidates. Rows beyond it are scanned, scores come from the matrix, and a graph that is
lost, half-written or unreadable is dropped and built anew in the background. No text of a caller ever reaches zvec:
documents are slot numbers, and no filter is sent.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tonggan.errors import NotReadyError
from tonggan.index.array_files import read_record, write_record

LINKS = 16
"""HNSW's m: recall@10 above .99 on product vectors; 32 doubles the links' memory for less than .005."""

BUILD_BREADTH = 100
"""HNSW's ef_construction: 80 to 100 measured as enough, the build time is proportional to it."""

SEARCH_BREADTH = 128
"""HNSW's ef at least; results beyond ask for as many."""

SEARCH_LIMIT = 2048
"""The most that zvec takes for ef, and so the most neighbours that a graph can be asked for."""

BATCH = 128
"""Documents handed over at a time; zvec takes 1,024, but making so many holds the interpreter for 40 ms."""

MARKER = "covered.json"
"""Says how many slots the graph covers; it is away while the graph is being changed."""


class Graph:
    """Approximate neighbours among the first `covered` slots. One thread changes it, any number search it."""

    def __init__(self, folder: Path, dim: int) -> None:
        self._folder = folder
        self._dim = dim
        self._collection: Any = None
        self._searching = 0
        self._idle = threading.Condition()
        self.covered = 0

    def open(self, *, slots: int) -> None:
        """Take what an earlier process left, if it is whole and covers no more than `slots`; drop it otherwise."""
        covered = self._read_marker()
        if 0 < covered <= slots:
            with suppress(RuntimeError, ValueError):
                self._collection = _open(self._collection_folder())
                if self._collection.stats.doc_count == covered:
                    self.covered = covered
                    return
        self.drop()

    def search(self, vector: np.ndarray, *, k: int) -> npt.NDArray[np.int64]:
        """About the k nearest slots, best first; none while there is no graph, or when zvec fails, which retires it."""
        with self._in_use() as collection:
            if collection is None:
                return np.zeros(0, dtype=np.int64)
            try:
                return self._ask(collection, vector, min(k, SEARCH_LIMIT))
            except RuntimeError:
                self.covered = 0
                return np.zeros(0, dtype=np.int64)

    def cover(self, vectors: np.ndarray, *, threads: int) -> None:
        """Add the slots beyond `covered` and link them; `threads` = 0 uses every core and makes no pause."""
        from zvec import Doc, OptimizeOption

        (self._folder / MARKER).unlink(missing_ok=True)
        if self._collection is None:
            self._collection = self._create()
        for start in range(self.covered, len(vectors), BATCH):
            stop, started = min(start + BATCH, len(vectors)), time.perf_counter()
            self._collection.upsert([Doc(str(slot), vectors={"vector": vectors[slot]}) for slot in range(start, stop)])
            if threads:
                time.sleep(time.perf_counter() - started)
        self._collection.optimize(OptimizeOption(concurrency=threads))
        self._collection.flush()
        self.covered = len(vectors)
        write_record(self._folder / MARKER, {"covered": self.covered})

    def drop(self) -> None:
        """Forget the graph and its files."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """Close the files once those who search them are done; who comes later finds no graph."""
        with self._idle:
            collection, self._collection, self.covered = self._collection, None, 0
            self._idle.wait_for(lambda: self._searching == 0)
        if collection is not None:
            collection.close()

    @staticmethod
    def _ask(collection: Any, vector: np.ndarray, k: int) -> npt.NDArray[np.int64]:
        from zvec import HnswQueryParam, Query

        query = Query("vector", vector=vector, param=HnswQueryParam(ef=max(k, SEARCH_BREADTH)))
        return np.array([int(item.id) for item in collection.query(query, topk=k, output_fields=[])], dtype=np.int64)

    @contextmanager
    def _in_use(self) -> Iterator[Any]:
        with self._idle:
            collection = self._collection
            self._searching += collection is not None
        try:
            yield collection
        finally:
            with self._idle:
                self._searching -= collection is not None
                self._idle.notify_all()

    def _read_marker(self) -> int:
        with suppress(NotReadyError):
            return int(read_record(self._folder / MARKER)["covered"])
        return 0

    def _collection_folder(self) -> Path:
        return self._folder / "zvec"

    def _create(self) -> Any:
        from zvec import CollectionSchema, DataType, HnswIndexParam, MetricType, QuantizeType, VectorSchema

        index = HnswIndexParam(
            metric_type=MetricType.IP, m=LINKS, ef_construction=BUILD_BREADTH, quantize_type=QuantizeType.INT8
        )
        schema = CollectionSchema(
            "neighbours", vectors=[VectorSchema("vector", DataType.VECTOR_FP32, self._dim, index_param=index)]
        )
        shutil.rmtree(self._collection_folder(), ignore_errors=True)
        os.makedirs(self._folder, exist_ok=True)
        return _zvec().create_and_open(str(self._collection_folder()), schema)


def _open(folder: Path) -> Any:
    if not folder.is_dir():
        raise ValueError("no collection")
    return _zvec().open(str(folder))


def _zvec() -> Any:
    import zvec

    with suppress(RuntimeError):
        zvec.init(log_level=zvec.LogLevel.ERROR)
    return zvec
