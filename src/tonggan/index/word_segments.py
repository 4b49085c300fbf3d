"""Segments of BM25F postings: built from a batch, merged with others, scored for given average field lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tonggan.index.growable import Growable
from tonggan.index.scoring import TERM_FREQUENCY_LIMIT, saturate

AVERAGE_LENGTH_DRIFT = 0.02
"""Share by which an average field length may move before postings are scored anew; it moves scores by less."""

_CHUNK = 1_000_000
"""Postings scored at a time, to bound the memory of a merge."""


@dataclass(frozen=True, slots=True, eq=False)
class WordSegment:
    """Postings of some rows, by term: those of `terms[i]` stand at `starts[i]:starts[i + 1]`, rows ascending.

    `impacts` are the saturated frequencies of all fields together, `frequencies` uint8 [postings, fields], `averages`
    the field lengths that the impacts were computed with. `serial` names the segment's file.
    """

    serial: int
    terms: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    impacts: npt.NDArray[np.float32]
    frequencies: npt.NDArray[np.uint8]
    averages: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The terms of a batch of new rows, flat: a term code, a row and a field for each token."""

    codes: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    fields: npt.NDArray[np.int64]


def count_tokens(tokens: Tokens, first_row: int, *, serial: int, fields: int) -> WordSegment:
    """The postings of a batch of rows from `first_row` on, not yet scored."""
    span = int(tokens.rows[-1]) - first_row + 1
    cells, counts = np.unique(
        (tokens.codes * span + tokens.rows - first_row) * fields + tokens.fields, return_counts=True
    )
    pairs, column = np.divmod(cells, fields)
    is_first = np.concatenate([[True], pairs[1:] != pairs[:-1]])
    frequencies = np.zeros((int(is_first.sum()), fields), dtype=np.uint8)
    frequencies[np.cumsum(is_first) - 1, column] = np.minimum(counts, TERM_FREQUENCY_LIMIT)
    codes, rows = np.divmod(pairs[is_first], span)
    terms, starts = np.unique(codes, return_index=True)
    return WordSegment(
        serial,
        terms.astype(np.int32),
        np.append(starts, len(codes)).astype(np.int64),
        (rows + first_row).astype(np.int32),
        np.zeros(0, dtype=np.float32),
        frequencies,
        np.ones(fields),
    )


def merge_segments(
    segments: Sequence[WordSegment], live: np.ndarray | None, *, serial: int, fields: int
) -> WordSegment:
    """One segment of all postings, without those of dead rows where `live` is given, not yet scored."""
    kept = [segment if live is None else _without_dead(segment, live) for segment in segments]
    terms = np.unique(np.concatenate([segment.terms for segment in kept] or [np.zeros(0, dtype=np.int32)]))
    places = [np.searchsorted(terms, segment.terms) for segment in kept]
    counts = np.zeros(len(terms), dtype=np.int64)
    for segment, place in zip(kept, places, strict=True):
        counts[place] += np.diff(segment.starts)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    rows = np.empty(int(starts[-1]), dtype=np.int32)
    frequencies = np.empty((len(rows), fields), dtype=np.uint8)
    cursor = starts[:-1].copy()
    for segment, place in zip(kept, places, strict=True):
        counts = np.diff(segment.starts)
        target = np.repeat(cursor[place] - segment.starts[:-1], counts) + np.arange(len(segment))
        rows[target], frequencies[target] = segment.rows, segment.frequencies
        cursor[place] += counts
    return WordSegment(serial, terms, starts, rows, np.zeros(0, dtype=np.float32), frequencies, np.ones(fields))


def rescore(segment: WordSegment, lengths: Growable, averages: np.ndarray, weights: Sequence[float]) -> WordSegment:
    """The segment with impacts computed for these average lengths."""
    impacts = np.empty(len(segment), dtype=np.float32)
    scale = np.array(weights, dtype=np.float32)
    known, inverse = lengths.all(), (1 / averages).astype(np.float32)
    for start in range(0, len(segment), _CHUNK):
        part = slice(start, start + _CHUNK)
        impacts[part] = saturate(segment.frequencies[part], scale, known[segment.rows[part]] * inverse)
    return replace(segment, impacts=impacts, averages=averages)


def has_drifted(segment: WordSegment, averages: np.ndarray) -> bool:
    """Whether an average field length is no longer near enough to the one that the impacts were computed with."""
    return bool((np.abs(segment.averages / averages - 1) > AVERAGE_LENGTH_DRIFT).any())


def _without_dead(segment: WordSegment, live: np.ndarray) -> WordSegment:
    keep = np.zeros(len(segment), dtype=bool)
    known = segment.rows < len(live)
    keep[known] = live[segment.rows[known]]
    keep[~known] = True
    if keep.all():
        return segment
    counts = np.add.reduceat(keep, segment.starts[:-1], dtype=np.int64)
    terms, counts = segment.terms[counts > 0], counts[counts > 0]
    return replace(
        segment,
        terms=terms,
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        rows=segment.rows[keep],
        frequencies=segment.frequencies[keep],
        impacts=np.zeros(0, dtype=np.float32),
    )
