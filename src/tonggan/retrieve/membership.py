"""Which products belong to a query's result set: a matter of the query alone, never of filters, order or page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tonggan.errors import InputError
from tonggan.index import Rows, Scores, View, WordMatch
from tonggan.index.entries import SPACES_FIELD
from tonggan.records import AnyOf, Condition, Filter, Query
from tonggan.retrieve import RetrievalSettings
from tonggan.retrieve.channels import Probe, Questions

SEMANTIC_CHANNELS = ("text", "text-shared")
"""Channels whose nearest products join only when near enough: every text is a little like every other."""


@dataclass(frozen=True, slots=True)
class Members:
    """The rows of the set before any filter, what the words matched, and each channel's nearest products."""

    rows: Rows
    match: WordMatch | None = None
    nearest: Mapping[str, tuple[Rows, Scores]] = field(default_factory=dict)


def find_members(query: Query, view: View, questions: Questions, settings: RetrievalSettings) -> Members:
    """Return the members of a query's result set, pinned products in, hidden ones out."""
    if query.words:
        members = _word_members(query, view, questions, settings)
    elif questions.probes or not _asks(query):
        members = Members(view.select(_has_vector(questions.probes)))
    else:
        members = Members(np.empty(0, np.int32))
    rows = members.rows
    if query.pinned:
        rows = union([rows, view.rows([product_id for product_id, _ in pin_places(query.pinned)])])
    if query.hidden:
        rows = rows[~np.isin(rows, view.rows(query.hidden))]
    return Members(rows, members.match, members.nearest)


def union(sets: Sequence[Rows]) -> Rows:
    """Return the rows of any of the sets, ascending."""
    return np.unique(np.concatenate(sets)).astype(np.int32) if sets else np.empty(0, np.int32)


def common(rows: Rows, allowed: Rows) -> Rows:
    """Return the rows that are allowed, in their order."""
    if not len(rows) or not len(allowed):
        return rows[:0]
    is_allowed = np.zeros(max(int(rows.max()), int(allowed[-1])) + 1, bool)
    is_allowed[allowed] = True
    return rows[is_allowed[rows]]


def pin_places(pinned: Sequence[str]) -> list[tuple[str, int]]:
    """Return product ids and places (from 1) of `id:place` pins, in order of place; a bare id takes the next place.

    Of several pins of one product the first counts. InputError for place 0.
    """
    places: dict[str, int] = {}
    for at, pin in enumerate(pinned, start=1):
        product_id, _, place = pin.rpartition(":")
        is_placed = bool(product_id) and place.isdecimal()
        if is_placed and int(place) < 1:
            raise InputError(f"Pin '{pin}' has no place.", remedy="Count places from 1.")
        places.setdefault(product_id if is_placed else pin, int(place) if is_placed else at)
    return sorted(places.items(), key=lambda pin: pin[1])


def least_coverage(coverage: Scores, settings: RetrievalSettings) -> float:
    """The coverage asked for, or what the best covered few have where fewer have as much."""
    if len(coverage) <= settings.few_matches:
        return 0.0
    return min(settings.minimum_coverage, float(-np.partition(-coverage, settings.few_matches)[settings.few_matches]))


def _asks(query: Query) -> bool:
    """Tell a query that gave something, though nothing of it could be asked, from one that only browses."""
    return query.image is not None or bool(query.like or query.unlike) or query.rating is not None


def _word_members(query: Query, view: View, questions: Questions, settings: RetrievalSettings) -> Members:
    match = view.match(questions.terms, fields=query.query_by, stands_for=questions.stands_for)
    rows = [match.rows[match.coverage >= least_coverage(match.coverage, settings)]]
    nearest = {}
    for probe in questions.probes:
        if probe.is_anchor:
            near, scores = view.nearest(probe.space, probe.vector, k=settings.nearest_added)
            nearest[probe.channel] = (near, scores)
            floor = settings.nearest_similarity if probe.channel in SEMANTIC_CHANNELS else -1.0
            rows.append(near[scores >= floor])
    return Members(union(rows), match, nearest)


def _has_vector(probes: Sequence[Probe]) -> Filter | None:
    anchors = [Condition(SPACES_FIELD, "=", (probe.space,)) for probe in probes if probe.is_anchor]
    return AnyOf(tuple(anchors)) if anchors else None
