"""What an index holds, and the only place where it changes: rows are appended, and die when replaced or deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tonggan.index import Entry, IndexSchema
from tonggan.index.columns import Columns
from tonggan.index.growable import Growable
from tonggan.index.identities import NO_ROW, Identities
from tonggan.index.matrices import Matrix, MatrixView
from tonggan.index.scoring import unit_vector
from tonggan.index.word_writer import Vocabulary, WordWriter
from tonggan.index.words import WordReader


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that one view reads; `live` bool [rows], `vector_counts` live vectors by space."""

    position: int
    live: npt.NDArray[np.bool_]
    live_count: int
    identities: Identities
    columns: Columns
    words: WordReader
    matrices: Mapping[str, MatrixView]
    vector_counts: Mapping[str, int]

    @property
    def rows(self) -> int:
        """Rows, live or dead."""
        return len(self.live)


@dataclass(slots=True)
class Contents:
    """The writer's side of everything; not safe for two writers."""

    identities: Identities
    columns: Columns
    words: WordWriter
    matrices: dict[str, Matrix]
    live: npt.NDArray[np.bool_]
    position: int = 0

    def prepare(self, entries: Sequence[Entry]) -> dict[str, list[np.ndarray | None]]:
        """Unit vectors of the entries by space, with room made for them; DiskFullError before anything is changed."""
        vectors = {name: [_vector(entry, name, matrix) for entry in entries] for name, matrix in self.matrices.items()}
        for name, matrix in self.matrices.items():
            matrix.reserve(sum(vector is not None for vector in vectors[name]))
        return vectors

    def apply(
        self,
        entries: Sequence[Entry],
        deletions: Sequence[str],
        *,
        vectors: Mapping[str, list[np.ndarray | None]],
        position: int,
    ) -> None:
        """Remove the deletions, then add or replace the entries, which were checked and prepared."""
        first = len(self.live)
        deleted = self.identities.newest(deletions)
        before = self.identities.add([entry.product_id for entry in entries])
        replaced = np.union1d(deleted, before[before != NO_ROW])
        dead = replaced[self.live[replaced]]
        self.columns.add(entries, first)
        for name, matrix in self.matrices.items():
            matrix.add(vectors[name], first, before)
        self.words.add([entry.terms for entry in entries], first, removed=dead)
        live = np.concatenate([self.live, np.ones(len(entries), dtype=bool)])
        live[dead] = False
        self.live, self.position = live, max(position, self.position)

    def snapshot(self) -> Snapshot:
        """The contents as they are now, for a view."""
        count = int(np.count_nonzero(self.live))
        matrices = {name: matrix.view() for name, matrix in self.matrices.items()}
        return Snapshot(
            self.position,
            self.live,
            count,
            self.identities,
            self.columns,
            self.words.reader(self.live, count),
            matrices,
            {name: _live_vectors(view, self.live) for name, view in matrices.items()},
        )


def new_contents(schema: IndexSchema, matrices: dict[str, Matrix]) -> Contents:
    """Contents without any product."""
    lengths = Growable(np.zeros((0, len(schema.word_fields)), dtype=np.int32))
    return Contents(
        Identities([], np.zeros(0, dtype=np.int32)),
        Columns(),
        WordWriter(schema.word_fields, Vocabulary(), lengths),
        matrices,
        np.zeros(0, dtype=bool),
    )


def matrix_path(folder: Path, place: int, *, epoch: int) -> Path:
    """Where the vectors of the schema's space number `place` stand."""
    return folder / f"vectors-{place}-{epoch}.f32"


def _vector(entry: Entry, name: str, matrix: Matrix) -> np.ndarray | None:
    vector = entry.vectors.get(name)
    if vector is None:
        return None
    unit = unit_vector(vector, space=name, dim=matrix.dim)
    return unit if unit.any() else None


def _live_vectors(view: MatrixView, live: np.ndarray) -> int:
    rows = view.row_of_slot
    return int(np.count_nonzero(live[rows] & (rows >= 0))) if len(rows) else 0
