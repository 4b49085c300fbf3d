"""The result set: one thing that is counted, faceted, ordered and paged, and the merged scores of its head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from tonggan.index import Rows, Scores, View
from tonggan.records import Query
from tonggan.retrieve import RetrievalSettings
from tonggan.retrieve.channels import QueryEncoders, Questions, ask
from tonggan.retrieve.membership import Members, common, find_members, union
from tonggan.retrieve.merge import MERGERS, ChannelScores, reasons, weighed
from tonggan.retrieve.phrases import PHRASE_DEPTH, phrase_shares
from tonggan.retrieve.wishes import wish_scores

NO_WEIGHTS: Mapping[str, float] = MappingProxyType({})
"""Settings weigh the channels."""

COSINE_ENDS = (-1.0, 1.0)
"""The least and greatest cosine similarity there is."""


@dataclass(frozen=True)
class ResultSet:
    """The products of a query that pass its filters, and their merged scores; build it with `find`.

    `weights` are learnt shares of channels, which take the place of those that settings give them.
    """

    query: Query
    view: View
    questions: Questions
    members: Members
    rows: Rows
    settings: RetrievalSettings
    weights: Mapping[str, float] = field(default_factory=dict)

    def reasons(self, row: int) -> dict[str, object]:
        """Why a row of the head has its merged score, channel by channel; empty for rows behind the head."""
        at = np.flatnonzero(self.head == row)
        return dict(reasons(self.channels, int(at[0]))) if len(at) else {}

    def scores_of(self, rows: Rows) -> Scores:
        """The merged score of each row; 0 behind the head."""
        scores = np.zeros(len(rows), np.float32)
        if not self.is_scored:
            return scores
        places = np.searchsorted(self.head, rows).clip(max=max(len(self.head) - 1, 0))
        if len(self.head):
            is_head = self.head[places] == rows
            scores[is_head] = self.head_scores[places[is_head]]
        return scores

    @property
    def is_scored(self) -> bool:
        """Whether anything was asked that gives products a score; a visitor who only browses asks nothing."""
        return bool(self.questions.probes) or self.members.match is not None

    def wished(self, rows: Rows) -> Scores:
        """How well rows meet the wishes, each by its weight; 0 where nothing was wished for."""
        scores = np.zeros(len(rows), np.float32)
        for wish in self.questions.wishes:
            scores += wish.weight * wish_scores(wish, self.view, rows).raw
        return scores

    @cached_property
    def head(self) -> Rows:
        """The rows scored by every channel: all word matches, or the nearest of each channel."""
        if self.members.match is not None:
            return self.rows
        is_filtered = len(self.rows) < self.view.count
        within = self.rows if is_filtered else None
        depth = self.settings.depth
        probes = self.questions.probes
        return union([self.view.nearest(p.space, p.vector, k=depth, within=within)[0] for p in probes if p.is_anchor])

    @cached_property
    def tail(self) -> Rows:
        """What lies behind the head, in order of the leading channel; only deep pages need it."""
        rest = np.setdiff1d(self.rows, self.head, assume_unique=True).astype(np.int32)
        leading = max((p for p in self.questions.probes if p.is_anchor), key=lambda probe: probe.weight)
        similarity = np.nan_to_num(self.view.similarity(leading.space, leading.vector, rest), nan=-2.0)
        return self.view.order(rest, similarity, ())

    @cached_property
    def head_scores(self) -> Scores:
        return MERGERS[self.query.merge](self.channels, count=len(self.head))

    @cached_property
    def channels(self) -> list[ChannelScores]:
        words = [self._words_channel()] if self.members.match is not None else []
        dense = self._densely_scored(words)
        probes = [self._probe_channel(at, dense) for at in range(len(self.questions.probes))]
        asked = words + self._phrase_channel(words) + probes
        asked = weighed(asked, self.weights) if self.weights else asked
        return asked + [wish_scores(wish, self.view, self.head) for wish in self.questions.wishes]

    def _words_channel(self) -> ChannelScores:
        match = self.members.match
        assert match is not None
        share = self.settings.coverage_weight
        scores = match.scores * (1.0 - share + share * match.coverage)
        raw = np.full(len(self.head), np.nan, np.float32)
        places = np.searchsorted(match.rows, self.head).clip(max=max(len(match.rows) - 1, 0))
        if len(match.rows):
            is_match = match.rows[places] == self.head
            raw[is_match] = scores[places[is_match]]
        high = float(scores.max()) if len(scores) else 1.0
        return ChannelScores("words", raw, self.questions.words_weight, 0.0, high)

    def _phrase_channel(self, words: list[ChannelScores]) -> list[ChannelScores]:
        """How much of the query the titles of the best by words hold together; nothing where it is one word."""
        phrase, weight = self.questions.phrase, self.questions.phrase_weight
        if not words or not phrase or not weight or "title" not in self.view.text_fields:
            return []
        places = self._best_by_words(words[0], PHRASE_DEPTH)
        titles = [values[0] if values else "" for values in self.view.values("title", self.head[places])]
        raw = np.full(len(self.head), np.nan, np.float32)
        raw[places] = phrase_shares(phrase, titles)
        return [ChannelScores("phrase", raw, weight, 0.0, 1.0)]

    def _best_by_words(self, words: ChannelScores, depth: int) -> np.ndarray:
        """Places in the head of so many of the best by words, ascending."""
        if len(self.head) <= depth:
            return np.flatnonzero(~np.isnan(words.raw))
        return np.sort(np.argpartition(-np.nan_to_num(words.raw, nan=-1.0), depth)[:depth])

    def _densely_scored(self, words: list[ChannelScores]) -> np.ndarray:
        """Places in the head that vector channels score: the best by words, and each channel's nearest."""
        if not words or len(self.head) <= self.settings.depth:
            return np.arange(len(self.head))
        by_words = self._best_by_words(words[0], self.settings.depth)
        near = [common(rows, self.head) for rows, _ in self.members.nearest.values()]
        return np.unique(np.concatenate([by_words, *(np.searchsorted(self.head, rows) for rows in near)]))

    def _probe_channel(self, at: int, places: np.ndarray) -> ChannelScores:
        probe = self.questions.probes[at]
        raw = np.full(len(self.head), np.nan, np.float32)
        raw[places] = self.view.similarity(probe.space, probe.vector, self.head[places])
        low, high = COSINE_ENDS
        near = self.members.nearest.get(probe.channel)
        if near is not None and len(near[1]):
            high = max(float(near[1][0]), float(np.finfo(np.float32).eps))
        return ChannelScores(probe.channel, raw, probe.weight, low, high)


def find(
    query: Query,
    view: View,
    encoders: QueryEncoders | None,
    settings: RetrievalSettings,
    *,
    weights: Mapping[str, float] = NO_WEIGHTS,
) -> ResultSet:
    """Return the result set of a query on a view; NotFoundError where `like` names no product."""
    questions = ask(query, view, encoders, settings)
    members = find_members(query, view, questions, settings)
    rows = members.rows if query.filters is None else common(members.rows, view.select(query.filters))
    return ResultSet(query, view, questions, members, rows, settings, weights)
