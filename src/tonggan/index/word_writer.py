"""The writer's side of words: a segment per batch, few segments altogether, averages that are near the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tonggan.index.growable import Growable
from tonggan.index.word_segments import Tokens, WordSegment, count_tokens, has_drifted, merge_segments, rescore
from tonggan.index.words import Scratch, WordReader

INLINE_POSTINGS = 100_000
"""Segments up to this size together are merged by the writer itself, which takes some 10 ms; larger ones behind it."""

SEGMENT_RATIO = 4
"""A segment is merged with one before it that is at most this much larger: about 10 segments at a million products."""

SEGMENTS_AT_MOST = 8
"""More segments than this are merged in the background; each costs every query about 5 us per term."""


class Vocabulary(dict[str, int]):
    """Term -> code, in order of first use; looking up a new term gives it the next code."""

    def __missing__(self, term: str) -> int:
        self[term] = code = len(self)
        return code


@dataclass(frozen=True, slots=True)
class MergePlan:
    """Neighbouring segments to become one, its serial, and the averages to score it with."""

    segments: tuple[WordSegment, ...]
    serial: int
    averages: npt.NDArray[np.float64]


class WordWriter:
    """The writer's side: builds a segment per batch and keeps their number small."""

    def __init__(self, weights: Mapping[str, float], vocabulary: Vocabulary, lengths: Growable) -> None:
        self.weights = weights
        self.vocabulary = vocabulary
        self.lengths = lengths
        self.segments: tuple[WordSegment, ...] = ()
        self.totals = np.zeros(len(weights), dtype=np.float64)
        self.count = 0
        self._serial = 0
        self._held = 0
        self.scratch = Scratch()

    def restore(self, segments: tuple[WordSegment, ...], live: np.ndarray) -> None:
        """Take segments read from disk; totals follow from the live rows."""
        self.segments = segments
        self._serial = max((segment.serial for segment in segments), default=0)
        self.totals = self.lengths.first(len(live))[live].sum(axis=0, dtype=np.float64)
        self.count = int(np.count_nonzero(live))

    def add(self, documents: Sequence[Mapping[str, Sequence[str]]], first_row: int, *, removed: np.ndarray) -> None:
        """Append rows from `first_row` on; `removed` rows no longer count in the averages."""
        tokens, lengths = self._tokenize(documents, first_row)
        self.lengths.append(lengths)
        self.totals += lengths.sum(axis=0) - self.lengths.all()[removed].sum(axis=0)
        self.count += len(documents) - len(removed)
        if len(tokens.codes):
            self.segments = (*self.segments, self._build(tokens, first_row))
        self._merge_small()
        self._rescore_small()

    def reader(self, live: np.ndarray, live_count: int) -> WordReader:
        """What a view of these rows reads."""
        return WordReader(self.vocabulary, self.weights, self.lengths, self.segments, live, live_count, self.scratch)

    def averages(self) -> npt.NDArray[np.float64]:
        """Average length of each field over live rows, 1 where there is none."""
        means = self.totals / max(self.count, 1)
        return np.where(means > 0, means, 1.0)

    def is_merge_due(self) -> bool:
        """Whether there are many segments, or a large one was scored with averages that no longer hold."""
        averages = self.averages()
        return len(self.segments) > SEGMENTS_AT_MOST or any(has_drifted(item, averages) for item in self.segments)

    def plan_merge(self, *, everything: bool) -> MergePlan:
        """Choose the segments to merge and keep the writer from touching them until `finish_merge`."""
        averages = self.averages()
        start = 0 if everything else self._first_to_merge(averages)
        self._held = len(self.segments)
        return MergePlan(self.segments[start:], self.next_serial(), averages)

    def run_merge(self, plan: MergePlan, live: np.ndarray) -> WordSegment:
        """Merge as planned, without dead rows; needs no lock."""
        merged = merge_segments(plan.segments, live, serial=plan.serial, fields=len(self.weights))
        return rescore(merged, self.lengths, plan.averages, list(self.weights.values()))

    def finish_merge(self, plan: MergePlan, merged: WordSegment) -> None:
        """Put the merged segment in the place of the planned ones."""
        start = self._held - len(plan.segments)
        self.segments = (*self.segments[:start], merged, *self.segments[self._held :])
        self._held = 0

    def rescore_all(self) -> None:
        """Score every segment with the averages of now."""
        self.segments = tuple(replace(self._score(item), serial=self.next_serial()) for item in self.segments)

    def _first_to_merge(self, averages: np.ndarray) -> int:
        start = len(self.segments) - 1
        size = sum(map(len, self.segments[start:]))
        while start > 0 and len(self.segments[start - 1]) <= SEGMENT_RATIO * size:
            start -= 1
            size += len(self.segments[start])
        drifted = [place for place, item in enumerate(self.segments) if has_drifted(item, averages)]
        return max(min([start, *drifted]), 0)

    def next_serial(self) -> int:
        """A number for the file of a new segment."""
        self._serial += 1
        return self._serial

    def _tokenize(
        self, documents: Sequence[Mapping[str, Sequence[str]]], first_row: int
    ) -> tuple[Tokens, npt.NDArray[np.int32]]:
        codes: list[int] = []
        lengths = np.zeros((len(documents), len(self.weights)), dtype=np.int32)
        lookup = self.vocabulary.__getitem__
        for place, document in enumerate(documents):
            for field, name in enumerate(self.weights):
                terms = document.get(name, ())
                lengths[place, field] = len(terms)
                codes.extend(map(lookup, terms))
        per_cell = lengths.ravel()
        rows = np.repeat(np.repeat(np.arange(first_row, first_row + len(documents)), len(self.weights)), per_cell)
        fields = np.repeat(np.tile(np.arange(len(self.weights)), len(documents)), per_cell)
        return Tokens(np.array(codes, dtype=np.int64), rows, fields), lengths

    def _build(self, tokens: Tokens, first_row: int) -> WordSegment:
        segment = count_tokens(tokens, first_row, serial=self.next_serial(), fields=len(self.weights))
        return self._score(segment)

    def _score(self, segment: WordSegment) -> WordSegment:
        return rescore(segment, self.lengths, self.averages(), list(self.weights.values()))

    def _merge_small(self) -> None:
        while len(self.segments) - self._held >= 2:
            before, last = self.segments[-2:]
            if len(before) > SEGMENT_RATIO * len(last) or len(before) + len(last) > INLINE_POSTINGS:
                return
            merged = merge_segments((before, last), None, serial=self.next_serial(), fields=len(self.weights))
            self.segments = (*self.segments[:-2], self._score(merged))

    def _rescore_small(self) -> None:
        averages = self.averages()
        loose = self.segments[self._held :]
        if sum(map(len, loose)) <= INLINE_POSTINGS and any(has_drifted(item, averages) for item in loose):
            scored = [replace(self._score(item), serial=self.next_serial()) for item in loose]
            self.segments = (*self.segments[: self._held], *scored)
