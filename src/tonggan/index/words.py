"""Words -> scored rows: BM25F postings in numpy, in a few immutable segments.

What is live and what is frozen. The number of products and the document frequency of a term are counted at query time
over live rows only, so deleting or updating a product changes scores at once. The average field lengths are frozen when
a segment is built, and the segment is scored anew when they have drifted by more than AVERAGE_LENGTH_DRIFT; scores
therefore differ from those of a fresh build by less than that share, and not at all after `optimize(wait=True)`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tonggan.index import Rows, WordMatch
from tonggan.index.asked_terms import TERMS_PER_BYTE, Asked, arrange
from tonggan.index.growable import Growable
from tonggan.index.scoring import inverse_document_frequency, saturate
from tonggan.index.word_segments import WordSegment


class Scratch(threading.local):
    """Arrays as long as the index, kept per thread so that a query neither allocates nor shares them."""

    def __init__(self) -> None:
        self.scores = np.zeros(0, dtype=np.float32)
        self.held: list[np.ndarray] = []

    def take(self, count: int, *, groups: int) -> tuple[np.ndarray, list[np.ndarray]]:
        """Zeroed scores float32 [count], and `groups` zeroed uint8 [count]."""
        if len(self.scores) < count:
            self.scores, self.held = np.zeros(count * 5 // 4, dtype=np.float32), []
        while len(self.held) < groups:
            self.held.append(np.zeros(len(self.scores), dtype=np.uint8))
        scores, held = self.scores[:count], [item[:count] for item in self.held[:groups]]
        for item in (scores, *held):
            item.fill(0)
        return scores, held


@dataclass(frozen=True, slots=True)
class Posting:
    """Where one query term occurs in one segment."""

    term: int
    segment: WordSegment
    start: int
    end: int

    @property
    def rows(self) -> npt.NDArray[np.int32]:
        return self.segment.rows[self.start : self.end]


@dataclass(frozen=True, slots=True)
class WordReader:
    """The words of one view: its segments, the first `count` rows, and which of them are live."""

    vocabulary: Mapping[str, int]
    weights: Mapping[str, float]
    lengths: Growable
    segments: tuple[WordSegment, ...]
    live: npt.NDArray[np.bool_]
    live_count: int
    scratch: Scratch

    def match(self, terms: Mapping[str, float], *, fields: Sequence[str], stands_for: Mapping[str, str]) -> WordMatch:
        """Every live row with any of the terms in any of the fields, with exact BM25F and coverage."""
        asked = arrange(terms, stands_for)
        postings = [(posting, *self._occurrences(posting, fields)) for posting in self._postings(asked.terms)]
        return self._accumulate(postings, asked)

    def document_frequency(self, terms: Sequence[str]) -> list[int]:
        """Live rows that hold each term in any field."""
        counts = dict.fromkeys(terms, 0)
        names = list(counts)
        for posting in self._postings(counts):
            counts[names[posting.term]] += self._live_count(posting.rows)
        return [counts[term] for term in terms]

    def field_scores(self, terms: Mapping[str, float], rows: Rows) -> npt.NDArray[np.float32]:
        """BM25F of a few live rows in each field alone, [rows, fields], without a look at any other row."""
        scores = np.zeros((len(rows), len(self.weights)), dtype=np.float32)
        lengths = self.lengths.all()[rows]
        weights = np.array(list(self.weights.values()), dtype=np.float32)[:, None]
        postings = self._postings(terms)
        gains = self._gains([(posting, posting.rows) for posting in postings], list(terms.values()))
        for posting in postings:
            places = np.searchsorted(posting.rows, rows).clip(max=len(posting.rows) - 1)
            held = np.flatnonzero(posting.rows[places] == rows)
            frequencies = posting.segment.frequencies[posting.start + places[held]]
            ratios = lengths[held] / posting.segment.averages
            scores[held] += saturate(frequencies[..., None], weights, ratios[..., None]) * np.float32(
                gains[posting.term]
            )
        return scores

    def _gains(self, held: Sequence[tuple[Posting, np.ndarray]], weights: Sequence[float]) -> list[float]:
        """What each term is worth: its weight times how rare it is among the live rows that hold it."""
        frequencies = [0] * len(weights)
        for posting, rows in held:
            frequencies[posting.term] += self._live_count(rows)
        return [
            weight * inverse_document_frequency(frequency, self.live_count)
            for weight, frequency in zip(weights, frequencies, strict=True)
        ]

    def _postings(self, terms: Iterable[str]) -> list[Posting]:
        known = [(place, self.vocabulary[term]) for place, term in enumerate(terms) if term in self.vocabulary]
        if not known:
            return []
        codes = np.array([code for _, code in known], dtype=np.int32)
        return [posting for segment in self.segments for posting in _find(segment, codes, known)]

    def _occurrences(self, posting: Posting, fields: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        if not fields:
            return posting.rows, posting.segment.impacts[posting.start : posting.end]
        columns = [place for place, name in enumerate(self.weights) if name in fields]
        frequencies = posting.segment.frequencies[posting.start : posting.end, columns]
        held = frequencies.any(axis=1)
        rows = posting.rows[held]
        weights = np.array(list(self.weights.values()))[columns]
        ratios = self.lengths.all()[rows][:, columns] / posting.segment.averages[columns]
        return rows, saturate(frequencies[held], weights, ratios)

    def _accumulate(self, postings: list[tuple[Posting, np.ndarray, np.ndarray]], asked: Asked) -> WordMatch:
        frequencies = [0] * len(asked.terms)
        for posting, rows, _ in postings:
            frequencies[posting.term] += self._live_count(rows)
        gains = asked.gains([inverse_document_frequency(frequency, self.live_count) for frequency in frequencies])
        scores, held = self.scratch.take(len(self.live), groups=max(1, -(-len(asked.terms) // TERMS_PER_BYTE)))
        group_of = {place: at for at, group in enumerate(asked.groups) for place in group}
        parts: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
        for posting, rows, impacts in postings:
            gained = impacts * np.float32(gains[posting.term])
            group = group_of[posting.term]
            if len(asked.groups[group]) == 1:
                scores[rows] += gained
            else:
                parts.setdefault(group, []).append((rows, gained))
            held[posting.term // TERMS_PER_BYTE][rows] |= np.uint8(1 << posting.term % TERMS_PER_BYTE)
        if parts:
            _add_best(scores, parts.values())
        return self._collect(scores, held, asked.share_tables(gains))

    def _collect(self, scores: np.ndarray, held: list[np.ndarray], tables: list[np.ndarray]) -> WordMatch:
        touched = held[0] != 0
        for group in held[1:]:
            touched |= group != 0
        if self.live_count < len(self.live):
            touched &= self.live
        rows = np.flatnonzero(touched)
        coverage = np.zeros(len(rows), dtype=np.float32)
        for table, group in zip(tables, held, strict=False):
            coverage += table[group[rows]]
        return WordMatch(rows.astype(np.int32), scores[rows], np.minimum(coverage, 1))

    def _live_count(self, rows: np.ndarray) -> int:
        return len(rows) if self.live_count == len(self.live) else int(np.count_nonzero(self.live[rows]))


def _add_best(scores: np.ndarray, groups: Iterable[Sequence[tuple[np.ndarray, np.ndarray]]]) -> None:
    """Add to each row what the best term of each group gained it."""
    best = np.zeros(len(scores), dtype=np.float32)
    for group in groups:
        for rows, gained in group:
            best[rows] = np.maximum(best[rows], gained)
        for rows, _ in group:
            scores[rows] += best[rows]
            best[rows] = 0.0  # A row of several terms is added once, and the next group starts from nothing.


def _find(segment: WordSegment, codes: np.ndarray, known: list[tuple[int, int]]) -> list[Posting]:
    places = np.searchsorted(segment.terms, codes).tolist()
    return [
        Posting(term, segment, int(segment.starts[place]), int(segment.starts[place + 1]))
        for (term, code), place in zip(known, places, strict=True)
        if place < len(segment.terms) and segment.terms[place] == code
    ]
