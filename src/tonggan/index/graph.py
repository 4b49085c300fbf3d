"""The neighbour graph of one space: zvec's HNSW over the first slots of a matrix, and nothing else.

It is linked by a process of its own: inside one process zvec's linking and its queries share a pool of threads and can
wait for each other for ever. It is only a faster way to candidates: rows beyond it are scanned, scores come from the
matrix, and a graph that is lost, half-written or unreadable is dropped and built anew in the background. No text of a
caller ever reaches zvec: documents are slot numbers, and no filter is sent.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tonggan.errors import NotReadyError
from tonggan.index.array_files import read_record, write_record

SEARCH_BREADTH = 128
"""HNSW's ef at least; results beyond ask for as many."""

SEARCH_LIMIT = 2048
"""The most that zvec takes for ef, and so the most neighbours that a graph can be asked for."""

MARKER = "covered.json"
"""Says how many slots the graph covers, and which collection holds it."""

COLLECTION = "zvec-"
"""How the folders of collections begin."""


class Graph:
    """Approximate neighbours among the first `covered` slots. One thread changes it, any number search it."""

    def __init__(self, folder: Path, dim: int) -> None:
        self._folder = folder
        self._dim = dim
        self._collection: Any = None
        self._searching: Counter[int] = Counter()
        self._idle = threading.Condition()
        self._linking: subprocess.Popen[bytes] | None = None
        self._is_stopped = False
        self.covered = 0

    def open(self, *, slots: int) -> None:
        """Take what an earlier process left, if it is whole and covers no more than `slots`; drop it otherwise."""
        marker = self._read_marker()
        covered, name = int(marker.get("covered", 0)), str(marker.get("collection", ""))
        if 0 < covered <= slots and name.startswith(COLLECTION):
            with suppress(RuntimeError, ValueError):
                collection = _open(self._folder / name)
                if collection.stats.doc_count == covered:
                    self._collection, self.covered = collection, covered
                    self._remove_all_but(name)
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
        """Link all slots anew, aside, and swap; `threads` = 0 uses every core, others leave them to the queries.

        Raises RuntimeError when the linking process fails; the graph is as it was then, and also after `stop`.
        """
        name = f"{COLLECTION}{uuid.uuid4().hex[:12]}"
        os.makedirs(self._folder, exist_ok=True)
        self._link(vectors, self._folder / name, threads=threads)
        if self._is_stopped:
            return
        collection = _open(self._folder / name)
        if collection.stats.doc_count != len(vectors):
            raise RuntimeError(f"{collection.stats.doc_count} of {len(vectors)} vectors were linked")
        collection, self._collection = self._collection, collection
        self.covered = len(vectors)
        write_record(self._folder / MARKER, {"covered": self.covered, "collection": name})
        self._close(collection)
        self._remove_all_but(name)

    def stop(self) -> None:
        """End the linking process, if there is one; nothing is linked from now on."""
        self._is_stopped = True
        if self._linking is not None:
            self._linking.kill()

    def drop(self) -> None:
        """Forget the graph and its files."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """Close the files once those who search them are done; who comes later finds no graph."""
        collection, self._collection, self.covered = self._collection, None, 0
        self._close(collection)

    def _link(self, vectors: np.ndarray, target: Path, *, threads: int) -> None:
        with _file_of(vectors, self._folder) as source:
            arguments = [str(source), str(self._dim), str(len(vectors)), str(target), str(threads)]
            command = [sys.executable, "-m", "tonggan.index.linking", *arguments]
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
                self._linking = process
                if self._is_stopped:
                    process.kill()
                complaint = process.communicate()[1].decode(errors="replace").strip()
            self._linking = None
        if process.returncode and not self._is_stopped:
            raise RuntimeError(complaint.rpartition("\n")[2] or f"the linking process ended with {process.returncode}")

    def _close(self, collection: Any) -> None:
        if collection is not None:
            with self._idle:
                self._idle.wait_for(lambda: not self._searching[id(collection)])
            collection.close()

    def _remove_all_but(self, name: str) -> None:
        for path in self._folder.glob(f"{COLLECTION}*"):
            if path.name != name:
                shutil.rmtree(path, ignore_errors=True)

    @staticmethod
    def _ask(collection: Any, vector: np.ndarray, k: int) -> npt.NDArray[np.int64]:
        from zvec import HnswQueryParam, Query

        query = Query("vector", vector=vector, param=HnswQueryParam(ef=max(k, SEARCH_BREADTH)))
        return np.array([int(item.id) for item in collection.query(query, topk=k, output_fields=[])], dtype=np.int64)

    @contextmanager
    def _in_use(self) -> Iterator[Any]:
        with self._idle:
            collection = self._collection
            self._searching[id(collection)] += 1
        try:
            yield collection
        finally:
            with self._idle:
                self._searching[id(collection)] -= 1
                self._idle.notify_all()

    def _read_marker(self) -> Mapping[str, Any]:
        with suppress(NotReadyError):
            return read_record(self._folder / MARKER)
        return {}


@contextmanager
def _file_of(vectors: np.ndarray, folder: Path) -> Iterator[Path]:
    """The file that holds the vectors from its start: that of their memory map, or one written for the while."""
    mapped = _mapped_file(vectors)
    if mapped is not None:
        yield mapped
        return
    path = folder / "vectors.part"
    np.ascontiguousarray(vectors, np.float32).tofile(path)
    try:
        yield path
    finally:
        path.unlink()


def _mapped_file(vectors: np.ndarray) -> Path | None:
    whole: Any = vectors
    while isinstance(whole, np.ndarray):
        if isinstance(whole, np.memmap) and whole.filename and not whole.offset:
            return Path(whole.filename) if whole.ctypes.data == vectors.ctypes.data else None
        whole = whole.base
    return None


def _open(folder: Path) -> Any:
    if not folder.is_dir():
        raise ValueError("no collection")
    return open_zvec().open(str(folder))


def open_zvec() -> Any:
    """Return zvec, quiet."""
    import zvec

    with suppress(RuntimeError):
        zvec.init(log_level=zvec.LogLevel.ERROR)
    return zvec
