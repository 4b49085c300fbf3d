"""Link the neighbour graph of a file of vectors, in a process of its own; see `graph.py`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tonggan.index.graph import open_zvec

LINKS = 16
"""HNSW's m: recall@10 above .99 on product vectors; 32 doubles the links' memory for less than .005."""

BUILD_BREADTH = 100
"""HNSW's ef_construction: 80 to 100 measured as enough, the build time is proportional to it."""

BATCH = 1024
"""The most documents that zvec takes in one call."""

NICENESS = 10
"""Linking in the background gives way to queries."""


def link(vectors: np.ndarray, folder: Path, *, threads: int) -> None:
    """Write a collection of all vectors, named by their place, with its graph; `threads` = 0 uses every core."""
    zvec = open_zvec()
    index = zvec.HnswIndexParam(
        metric_type=zvec.MetricType.IP, m=LINKS, ef_construction=BUILD_BREADTH, quantize_type=zvec.QuantizeType.INT8
    )
    vector = zvec.VectorSchema("vector", zvec.DataType.VECTOR_FP32, vectors.shape[1], index_param=index)
    collection = zvec.create_and_open(str(folder), zvec.CollectionSchema("neighbours", vectors=[vector]))
    for start in range(0, len(vectors), BATCH):
        batch = enumerate(vectors[start : start + BATCH], start=start)
        collection.upsert([zvec.Doc(str(slot), vectors={"vector": row}) for slot, row in batch])
    collection.optimize(zvec.OptimizeOption(concurrency=threads))
    collection.flush()
    collection.close()


def main(arguments: Sequence[str]) -> None:
    """Map the vectors and link them: the file, its dimension and count, the collection's folder, and threads."""
    source, dim, count, folder, threads = arguments
    if threads != "0":
        with contextlib.suppress(OSError):
            os.nice(NICENESS)
    vectors = np.memmap(source, dtype=np.float32, mode="r", shape=(int(count), int(dim)))
    link(vectors, Path(folder), threads=int(threads))


if __name__ == "__main__":
    main(sys.argv[1:])
