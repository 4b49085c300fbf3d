"""Contents without their dead: rows are numbered anew, and a matrix with many dead slots is written anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tonggan.index.columns import Columns, NumberColumn, Pairs, TextColumn
from tonggan.index.contents import Contents, matrix_path
from tonggan.index.growable import Growable
from tonggan.index.identities import NO_ROW, Identities
from tonggan.index.matrices import NO_SLOT, Matrix, MatrixView
from tonggan.index.word_segments import merge_segments
from tonggan.index.word_writer import WordWriter

DEAD_SHARE = 0.3
"""Rows or slots are compacted when more than this share is dead: each dead one costs queries as much as a live one."""

DEAD_AT_LEAST = 1000
"""Fewer dead than this are never worth a new file."""


def is_worth_compacting(dead: int, total: int) -> bool:
    """Whether so many of all are dead that they should go."""
    return dead >= DEAD_AT_LEAST and dead > DEAD_SHARE * total


def compact(contents: Contents) -> Contents:
    """The same products in consecutive rows; vectors keep their slots."""
    live = contents.live
    numbers = np.where(live, np.cumsum(live) - 1, NO_ROW).astype(np.int32)
    ids = [product_id for product_id, is_live in zip(contents.identities.ids, live.tolist(), strict=True) if is_live]
    matrices = contents.matrices
    for matrix in matrices.values():
        view = matrix.view()
        matrix.renumber(_row_of_slot(view, numbers), view.slot_of_row[live])
    return Contents(
        Identities(ids, np.full(len(ids), NO_ROW, dtype=np.int32)),
        _columns(contents.columns, live, numbers),
        _words(contents.words, live, numbers),
        matrices,
        np.ones(len(ids), dtype=bool),
        contents.position,
    )


def compact_matrix(contents: Contents, name: str, folder: Path, *, place: int, epoch: int) -> Matrix:
    """A new file with the live vectors of one space."""
    view = contents.matrices[name].view()
    rows = view.row_of_slot
    kept = np.flatnonzero((rows >= 0) & contents.live[rows])
    path = matrix_path(folder, place, epoch=epoch)
    path.unlink(missing_ok=True)
    matrix = Matrix(path, view.vectors.shape[1])
    matrix.fill(view.vectors, kept)
    slots = np.full(len(view.slot_of_row), NO_SLOT, dtype=np.int32)
    slots[rows[kept]] = np.arange(len(kept), dtype=np.int32)
    matrix.renumber(rows[kept], slots)
    return matrix


def _row_of_slot(view: MatrixView, numbers: np.ndarray) -> np.ndarray:
    rows = view.row_of_slot
    return np.where(rows >= 0, numbers[rows], NO_ROW).astype(np.int32) if len(rows) else rows.copy()


def _words(words: WordWriter, live: np.ndarray, numbers: np.ndarray) -> WordWriter:
    lengths = Growable(words.lengths.first(len(live))[live])
    fresh = WordWriter(words.weights, words.vocabulary, lengths)
    merged = merge_segments(words.segments, live, serial=words.next_serial(), fields=len(words.weights))
    fresh.restore((replace(merged, rows=numbers[merged.rows]),), np.ones(len(lengths), dtype=bool))
    fresh.rescore_all()
    return fresh


def _columns(columns: Columns, live: np.ndarray, numbers: np.ndarray) -> Columns:
    texts = {
        name: TextColumn(_pairs(column.pairs, live, numbers), column.spellings, column.folded)
        for name, column in columns.texts.items()
    }
    return Columns(
        texts, {name: NumberColumn(_pairs(column.pairs, live, numbers)) for name, column in columns.numbers.items()}
    )


def _pairs(pairs: Pairs, live: np.ndarray, numbers: np.ndarray) -> Pairs:
    rows, values = pairs.below(len(live))
    keep = live[rows]
    return Pairs(Growable(numbers[rows[keep]]), Growable(values[keep]))
