"""The adapter `zvec`: numpy columns, postings and vectors, with zvec's neighbour graph for large shops.

The writer appends and publishes a new view; readers hold the view that they began with. What takes longer than a few
milliseconds (merging postings, linking vectors) is done by one background thread.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from tonggan.errors import NotReadyError, TongganError
from tonggan.index import Entry, IndexSchema
from tonggan.index.array_files import REBUILD, FileRecord
from tonggan.index.checkpoint import (
    Manifest,
    contents_name,
    read_contents,
    read_manifest,
    segment_name,
    write_contents,
    write_manifest,
    write_segment,
)
from tonggan.index.compaction import compact, compact_matrix, is_worth_compacting
from tonggan.index.contents import Contents, matrix_path, new_contents
from tonggan.index.folder_lock import FolderLock
from tonggan.index.graph import Graph
from tonggan.index.matrices import Matrix
from tonggan.index.scoring import check_entries
from tonggan.index.view import IndexView

GRAPH_FROM = 20_000
"""Vectors from which a graph is worth its memory; a scan of fewer takes .6 ms, and the graph .3 ms."""

PENDING_AT_MOST = 10_000
"""Vectors that may wait for the graph before it is extended; scanning them costs .3 ms a query."""

PENDING_SHARE = 0.5
"""Or this share of those that it covers: zvec links everything anew, so extensions have to grow with the graph."""

BACKGROUND_THREADS = 1
"""Threads that link in the background: one core of two stays with the queries."""


class ZvecIndex:
    """An Index (see the contract) in one folder, held by one process."""

    def __init__(self, folder: Path, schema: IndexSchema, contents: Contents, lock: FolderLock) -> None:
        self.schema = schema
        self._folder = folder
        self._folder_lock = lock
        self._contents = contents
        self._epochs = [0] * len(schema.spaces)
        self._graphs: dict[str, Graph] = {}
        self._serial = 0
        self._written: dict[int, FileRecord] = {}
        self._writing = threading.Lock()
        self._checkpointing = threading.Lock()
        self._tidying = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failure = ""
        self._is_closing = False
        self._is_whole = True

    @classmethod
    def create(cls, folder: str, schema: IndexSchema) -> Self:
        """A new, empty index at position 0; what the folder held before is gone."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(path)
        for place in range(len(schema.spaces)):
            matrix_path(path, place, epoch=0).unlink(missing_ok=True)
        spaces = enumerate(schema.spaces.items())
        matrices = {name: Matrix(matrix_path(path, place, epoch=0), dim) for place, (name, dim) in spaces}
        index = cls(path, schema, new_contents(schema, matrices), lock)
        index._take_graphs()
        for graph in index._graphs.values():
            graph.drop()
        index._publish()
        index.checkpoint()
        return index

    @classmethod
    def open(cls, folder: str, schema: IndexSchema) -> Self:
        """An existing index; NotReadyError, with the reason, when it is lost, damaged or of another schema."""
        path = Path(folder)
        if not path.is_dir():
            raise NotReadyError(f"There is no index in {folder}.", remedy=REBUILD)
        lock = FolderLock(path)
        try:
            manifest = read_manifest(path, schema)
            index = cls(path, schema, read_contents(path, manifest), lock)
        except BaseException:
            lock.release()
            raise
        index._restore(manifest)
        return index

    @property
    def graph_failure(self) -> str:
        """Why the last try to extend a graph failed, or empty; answers stay exact without it, only slower."""
        return self._failure

    def view(self) -> IndexView:
        return self._view

    def apply(self, entries: Sequence[Entry], deletions: Sequence[str] = (), *, position: int) -> None:
        latest = check_entries(entries, self.schema)
        with self._writing:
            self._check_writable()
            vectors = self._contents.prepare(latest)
            self._is_whole = False
            self._contents.apply(latest, deletions, vectors=vectors, position=position)
            self._publish()
            self._is_whole = True
        if self._is_tidying_due():
            self.optimize()

    def checkpoint(self) -> None:
        with self._checkpointing:
            self._check_writable()
            self._compact_if_worth()
            with self._writing:
                snapshot = self._contents.snapshot()
                matrices = list(self._contents.matrices.values())
                epochs = tuple(self._epochs)
            self._serial += 1
            files = {contents_name(self._serial): write_contents(self._folder, snapshot, serial=self._serial)}
            for segment in snapshot.words.segments:
                if segment.serial not in self._written:
                    self._written[segment.serial] = write_segment(self._folder, segment)
                files[segment_name(segment.serial)] = self._written[segment.serial]
            for place, (matrix, view) in enumerate(zip(matrices, snapshot.matrices.values(), strict=True)):
                path = matrix_path(self._folder, place, epoch=epochs[place])
                files[path.name] = matrix.record(len(view.vectors))
            serials = tuple(segment.serial for segment in snapshot.words.segments)
            manifest = Manifest(self.schema, snapshot.position, self._serial, epochs, serials, files)
            write_manifest(self._folder, manifest)
            self._written = {serial: self._written[serial] for serial in serials}

    def optimize(self, *, wait: bool = False) -> None:
        self._folder_lock.check_held()
        if wait:
            self._tidy(threads=0, everything=True)
        elif self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._tidy_in_background, name="tonggan-index", daemon=True)
            self._thread.start()

    def close(self) -> None:
        self._is_closing = True
        for graph in self._graphs.values():
            graph.stop()
        if self._thread is not None:
            self._thread.join()
        with self._tidying, self._checkpointing, self._writing:
            for graph in self._graphs.values():
                graph.close()
            self._folder_lock.release()

    def _check_writable(self) -> None:
        self._folder_lock.check_held()
        if not self._is_whole:
            raise NotReadyError("A change to the index failed half-way; its views are still whole.", remedy=REBUILD)

    def _restore(self, manifest: Manifest) -> None:
        self._serial = manifest.serial
        self._epochs = list(manifest.epochs)
        self._written = {serial: manifest.files[segment_name(serial)] for serial in manifest.segments}
        self._take_graphs()
        for name, graph in self._graphs.items():
            graph.open(slots=len(self._contents.matrices[name]))
        self._publish()

    def _take_graphs(self) -> None:
        for place, (name, dim) in enumerate(self.schema.spaces.items()):
            self._graphs[name] = Graph(self._folder / f"graph-{place}-{self._epochs[place]}", dim)

    def _publish(self) -> None:
        self._view = IndexView(self._contents.snapshot(), dict(self._graphs))

    def _is_tidying_due(self) -> bool:
        return self._contents.words.is_merge_due() or any(self._is_graph_due(name) for name in self.schema.spaces)

    def _is_graph_due(self, name: str) -> bool:
        vectors, covered = len(self._contents.matrices[name]), self._graphs[name].covered
        return vectors >= GRAPH_FROM and vectors - covered > max(PENDING_AT_MOST, PENDING_SHARE * covered)

    def _tidy_in_background(self) -> None:
        while self._is_tidying_due() and not self._failure and not self._is_closing:
            self._tidy(threads=BACKGROUND_THREADS, everything=False)

    def _tidy(self, *, threads: int, everything: bool) -> None:
        with self._tidying:
            self._merge_words(everything=everything)
            for name in self.schema.spaces:
                if self._is_graph_due(name) or (everything and len(self._contents.matrices[name]) >= GRAPH_FROM):
                    self._extend_graph(name, threads=threads)

    def _merge_words(self, *, everything: bool) -> None:
        words = self._contents.words
        if not (everything or words.is_merge_due()):
            return
        with self._writing:
            plan = words.plan_merge(everything=everything)
            live = self._contents.live
        merged = words.run_merge(plan, live)
        with self._writing:
            words.finish_merge(plan, merged)
            self._publish()

    def _extend_graph(self, name: str, *, threads: int) -> None:
        graph = self._graphs[name]
        try:
            graph.cover(self._contents.matrices[name].view().vectors, threads=threads)
            self._failure = ""
        except (RuntimeError, ValueError, OSError, TongganError) as error:
            graph.drop()
            self._failure = f"The neighbour graph of '{name}' could not be extended: {error}"

    def _compact_if_worth(self) -> None:
        if not self._tidying.acquire(blocking=False):
            return
        try:
            with self._writing:
                live = self._contents.live
                if is_worth_compacting(int(np.count_nonzero(~live)), len(live)):
                    self._contents = compact(self._contents)
                for place, name in enumerate(self.schema.spaces):
                    self._compact_vectors(place, name)
                self._publish()
        finally:
            self._tidying.release()

    def _compact_vectors(self, place: int, name: str) -> None:
        slots, live = len(self._contents.matrices[name]), self._view_count(name)
        if is_worth_compacting(slots - live, slots):
            self._epochs[place] += 1
            matrix = compact_matrix(
                self._contents, name, self._folder, place=place, epoch=self._epochs[place]
            )  # fmt: skip
            self._contents.matrices[name] = matrix
            self._graphs[name].drop()
            self._graphs[name] = Graph(self._folder / f"graph-{place}-{self._epochs[place]}", matrix.dim)

    def _view_count(self, name: str) -> int:
        return self._contents.snapshot().vector_counts[name]
