"""The order of a result set: scores, a ranker's second look, rules, pins, groups, pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np

from tonggan.index import Rows, Scores, View
from tonggan.index.ordering import TEXT_MATCH
from tonggan.rank import RankSettings
from tonggan.records import SortKey
from tonggan.retrieve.grouping import collapse
from tonggan.retrieve.membership import common, pin_places, union
from tonggan.retrieve.result_set import ResultSet

BROWSE_ORDER = (SortKey("rating_count"), SortKey("rating"))
"""What a visitor who asked for nothing sees first: what most people bought and rated."""

Rescore: TypeAlias = Callable[[ResultSet, Rows], Scores]
"""A learnt ranker: a score for each of some rows of the head, on any scale, higher is better."""

Adjust: TypeAlias = Callable[[View, Rows, Scores], Scores]
"""The merchant's word: scores from 0 to 1 raised or lowered."""

Spread: TypeAlias = Callable[[View, Rows, Scores], Rows]
"""The first results, best first, in an order that repeats itself less."""


@dataclass(frozen=True)
class Ranking:
    """A result set in order; `found`, pages and reasons are asked of it. Build it with `rank`."""

    results: ResultSet
    settings: RankSettings = field(default_factory=RankSettings)
    rescore: Rescore | None = None
    adjust: Adjust | None = None
    spread: Spread | None = None

    @property
    def found(self) -> int:
        """How many results there are, over all pages."""
        return len(self._collapsed) if self.results.query.group_by else len(self.results.rows)

    def page(self) -> tuple[Rows, Scores]:
        """The rows of the page that was asked for, best first, with their scores."""
        query = self.results.query
        start = (query.page - 1) * query.per_page
        rows = self.leading(start + query.per_page)[start : start + query.per_page]
        return rows, self.scores_of(rows)

    def place_of(self, row: int) -> int:
        """The place of a row in the whole order, from 1; 0 where it is no result."""
        found = np.flatnonzero(self.leading(len(self.results.rows)) == row)
        return int(found[0]) + 1 if len(found) else 0

    def scores_of(self, rows: Rows) -> Scores:
        """The final score of each row, 0 to 1; 0 behind the head."""
        scores = np.zeros(len(rows), np.float32)
        head = self.results.head if self.results.is_scored else rows[:0]
        if len(head):
            places = np.searchsorted(head, rows).clip(max=len(head) - 1)
            is_head = head[places] == rows
            scores[is_head] = self.scores[places[is_head]]
        return scores

    @cached_property
    def scores(self) -> Scores:
        """Final scores, parallel to the head of the result set."""
        scores = self.results.head_scores
        if self.rescore is not None and len(scores):
            scores = self._second_look(self.rescore, scores)
        return scores if self.adjust is None else self.adjust(self.results.view, self.results.head, scores)

    @cached_property
    def rescored(self) -> Rows:
        """The rows that the ranker scores: the best merged ones, ascending."""
        head, scores = self.results.head, self.results.head_scores
        if len(head) <= self.settings.depth:
            return head
        best = np.argpartition(-scores, self.settings.depth - 1)[: self.settings.depth]
        return head[np.sort(best)]

    def _second_look(self, rescore: Rescore, merged: Scores) -> Scores:
        """The ranker's scores on a scale of 0 to 1, above those of the rows it did not look at."""
        rows = self.rescored
        places = np.searchsorted(self.results.head, rows)
        is_seen = np.zeros(len(merged), bool)
        is_seen[places] = True
        floor = float(merged[~is_seen].max(initial=0.0))
        scores = merged.copy()
        scores[places] = floor + (1.0 - floor) / (1.0 + np.exp(-rescore(self.results, rows)))
        return scores

    def leading(self, count: int) -> Rows:
        """At least the first `count` rows in their final order (fewer where the set ends)."""
        if self.results.query.group_by:
            return self._collapsed
        return self._pinned(self._ordered(count + len(self.results.query.pinned)))

    @cached_property
    def _collapsed(self) -> Rows:
        query = self.results.query
        ordered = self._pinned(self._ordered(len(self.results.rows)))
        return collapse(self.results.view, ordered, by=query.group_by, limit=query.group_limit)

    def _ordered(self, count: int) -> Rows:
        results = self.results
        if not results.questions.probes and not results.query.words:
            wished = results.wished(results.rows)
            return results.view.order(results.rows, wished, results.query.sort or _browse_order(results))
        if results.query.sort:
            return results.view.order(results.rows, self.scores_of(results.rows), results.query.sort)
        head = self._head_in_order(count)
        if count <= len(results.head) or len(results.head) == len(results.rows):
            return head
        return np.concatenate([self._head_in_order(len(results.head)), results.tail])

    def _head_in_order(self, count: int) -> Rows:
        view, head = self.results.view, self.results.head
        if self.spread is None:
            return _best(view, head, self.scores, count)
        depth = max(count, self.settings.depth)
        ordered = _best(view, head, self.scores, depth)
        leading = ordered[: self.settings.depth]
        spread = self.spread(view, leading, self.scores_of(leading))
        return np.concatenate([spread, ordered[self.settings.depth :]])[:count]

    def _pinned(self, ordered: Rows) -> Rows:
        """Move pinned products to their places; a pin that the filters exclude has no effect."""
        view, query = self.results.view, self.results.query
        pins = [(view.rows([product_id]), place) for product_id, place in pin_places(query.pinned)]
        present = [(row, place) for row, place in pins if len(common(row, self.results.rows))]
        if not present:
            return ordered
        rest = ordered[~np.isin(ordered, union([row for row, _ in present]))].tolist()
        for row, place in present:
            rest.insert(place - 1, int(row[0]))
        return np.asarray(rest, np.int32)


def _browse_order(results: ResultSet) -> tuple[SortKey, ...]:
    """What was wished for comes first, where the words were wishes alone."""
    wished = (SortKey(TEXT_MATCH),) if results.questions.wishes else ()
    return (*wished, *(key for key in BROWSE_ORDER if key.field in results.view.number_fields))


def _best(view: View, rows: Rows, scores: Scores, count: int) -> Rows:
    """The first `count` rows by score, ties by product id, without ordering the rest."""
    if count < len(rows):
        threshold = -np.partition(-scores, count - 1)[count - 1]
        is_leading = scores >= threshold
        rows, scores = rows[is_leading], scores[is_leading]
    return view.order(rows, scores, ())[:count]
