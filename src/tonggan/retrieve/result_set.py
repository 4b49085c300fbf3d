"""The result set: one thing that is counted, faceted, ordered and paged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tonggan.index import Rows, Scores, View
from tonggan.records import Query, SortKey
from tonggan.retrieve import RetrievalSettings
from tonggan.retrieve.channels import QueryEncoders, Questions, ask
from tonggan.retrieve.grouping import collapse
from tonggan.retrieve.membership import Members, common, find_members, pin_places, union
from tonggan.retrieve.merge import MERGERS, ChannelScores, reasons

BROWSE_ORDER = (SortKey("rating_count"), SortKey("rating"))
"""What a visitor who asked for nothing sees first: what most people bought and rated."""

COSINE_ENDS = (-1.0, 1.0)
"""The least and greatest cosine similarity there is."""


@dataclass(frozen=True)
class ResultSet:
    """The products of a query that pass its filters, and their order; build it with `find`."""

    query: Query
    view: View
    questions: Questions
    members: Members
    rows: Rows
    settings: RetrievalSettings

    @property
    def found(self) -> int:
        """How many results there are, over all pages."""
        return len(self._collapsed) if self.query.group_by else len(self.rows)

    def page(self) -> tuple[Rows, Scores]:
        """The rows of the page that was asked for, best first, with their scores."""
        start = (self.query.page - 1) * self.query.per_page
        rows = self._leading(start + self.query.per_page)[start : start + self.query.per_page]
        return rows, self._scores_of(rows)

    def reasons(self, row: int) -> dict[str, object]:
        """Why a row of the head has its score, channel by channel; empty for rows behind the head."""
        at = np.flatnonzero(self._head == row)
        return dict(reasons(self._channels, int(at[0]))) if len(at) else {}

    def _leading(self, count: int) -> Rows:
        """At least the first `count` rows in their final order (fewer where the set ends)."""
        if self.query.group_by:
            return self._collapsed
        return self._pinned(self._ordered(count + len(self.query.pinned)))

    @cached_property
    def _collapsed(self) -> Rows:
        ordered = self._pinned(self._ordered(len(self.rows)))
        return collapse(self.view, ordered, by=self.query.group_by, limit=self.query.group_limit)

    def _ordered(self, count: int) -> Rows:
        if not self.questions.probes and not self.query.words:
            zeros = np.zeros(len(self.rows), np.float32)
            return self.view.order(self.rows, zeros, self.query.sort or _browse_order(self.view))
        if self.query.sort:
            return self.view.order(self.rows, self._scores_of(self.rows), self.query.sort)
        head = _best(self.view, self._head, self._head_scores, count)
        if count <= len(self._head) or len(self._head) == len(self.rows):
            return head
        return np.concatenate([_best(self.view, self._head, self._head_scores, len(self._head)), self._tail])

    def _pinned(self, ordered: Rows) -> Rows:
        """Move pinned products to their places; a pin that the filters exclude has no effect."""
        pins = [(self.view.rows([product_id]), place) for product_id, place in pin_places(self.query.pinned)]
        present = [(row, place) for row, place in pins if len(common(row, self.rows))]
        if not present:
            return ordered
        rest = ordered[~np.isin(ordered, union([row for row, _ in present]))].tolist()
        for row, place in present:
            rest.insert(place - 1, int(row[0]))
        return np.asarray(rest, np.int32)

    @cached_property
    def _head(self) -> Rows:
        """The rows scored by every channel: all word matches, or the nearest of each channel."""
        if self.members.match is not None:
            return self.rows
        is_filtered = len(self.rows) < self.view.count
        within = self.rows if is_filtered else None
        depth = self.settings.depth
        probes = self.questions.probes
        return union([self.view.nearest(p.space, p.vector, k=depth, within=within)[0] for p in probes if p.is_anchor])

    @cached_property
    def _tail(self) -> Rows:
        """What lies behind the head, in order of the leading channel; only deep pages need it."""
        rest = np.setdiff1d(self.rows, self._head, assume_unique=True).astype(np.int32)
        leading = max((p for p in self.questions.probes if p.is_anchor), key=lambda probe: probe.weight)
        similarity = np.nan_to_num(self.view.similarity(leading.space, leading.vector, rest), nan=-2.0)
        return self.view.order(rest, similarity, ())

    @cached_property
    def _head_scores(self) -> Scores:
        return MERGERS[self.query.merge](self._channels, count=len(self._head))

    @cached_property
    def _channels(self) -> list[ChannelScores]:
        words = [self._words_channel()] if self.members.match is not None else []
        dense = self._densely_scored(words)
        return words + [self._probe_channel(at, dense) for at in range(len(self.questions.probes))]

    def _words_channel(self) -> ChannelScores:
        match = self.members.match
        assert match is not None
        share = self.settings.coverage_weight
        scores = match.scores * (1.0 - share + share * match.coverage)
        raw = np.full(len(self._head), np.nan, np.float32)
        places = np.searchsorted(match.rows, self._head).clip(max=max(len(match.rows) - 1, 0))
        if len(match.rows):
            is_match = match.rows[places] == self._head
            raw[is_match] = scores[places[is_match]]
        high = float(scores.max()) if len(scores) else 1.0
        return ChannelScores("words", raw, self.questions.words_weight, 0.0, high)

    def _densely_scored(self, words: list[ChannelScores]) -> np.ndarray:
        """Places in the head that vector channels score: the best by words, and each channel's nearest."""
        depth = self.settings.depth
        if not words or len(self._head) <= depth:
            return np.arange(len(self._head))
        by_words = np.argpartition(-np.nan_to_num(words[0].raw, nan=-1.0), depth)[:depth]
        near = [common(rows, self._head) for rows, _ in self.members.nearest.values()]
        return np.unique(np.concatenate([by_words, *(np.searchsorted(self._head, rows) for rows in near)]))

    def _probe_channel(self, at: int, places: np.ndarray) -> ChannelScores:
        probe = self.questions.probes[at]
        raw = np.full(len(self._head), np.nan, np.float32)
        raw[places] = self.view.similarity(probe.space, probe.vector, self._head[places])
        low, high = COSINE_ENDS
        near = self.members.nearest.get(probe.channel)
        if near is not None and len(near[1]):
            high = max(float(near[1][0]), float(np.finfo(np.float32).eps))
        return ChannelScores(probe.channel, raw, probe.weight, low, high)

    def _scores_of(self, rows: Rows) -> Scores:
        scores = np.zeros(len(rows), np.float32)
        if not self.questions.probes and self.members.match is None:
            return scores
        places = np.searchsorted(self._head, rows).clip(max=max(len(self._head) - 1, 0))
        if len(self._head):
            is_head = self._head[places] == rows
            scores[is_head] = self._head_scores[places[is_head]]
        return scores


def find(query: Query, view: View, encoders: QueryEncoders | None, settings: RetrievalSettings) -> ResultSet:
    """Return the result set of a query on a view; NotFoundError where `like` names no product."""
    questions = ask(query, view, encoders, settings)
    members = find_members(query, view, questions, settings)
    rows = members.rows if query.filters is None else common(members.rows, view.select(query.filters))
    return ResultSet(query, view, questions, members, rows, settings)


def _browse_order(view: View) -> tuple[SortKey, ...]:
    return tuple(key for key in BROWSE_ORDER if key.field in view.number_fields)


def _best(view: View, rows: Rows, scores: Scores, count: int) -> Rows:
    """The first `count` rows by score, ties by product id, without ordering the rest."""
    if count < len(rows):
        threshold = -np.partition(-scores, count - 1)[count - 1]
        is_leading = scores >= threshold
        rows, scores = rows[is_leading], scores[is_leading]
    return view.order(rows, scores, ())[:count]
