"""From a result set to what a ranker is asked: the one place that knows both."""

from __future__ import annotations

import numpy as np

from tonggan.index import Rows
from tonggan.rank.features import RankingRequest
from tonggan.rank.rankers import Modalities
from tonggan.records import Understanding
from tonggan.retrieve.result_set import ResultSet

SPACES = ("text", "image", "shared")
"""Spaces whose vectors a ranker may read beside the features."""


def ranking_request(results: ResultSet, rows: Rows, *, understanding: Understanding | None = None) -> RankingRequest:
    """Return what is known of some rows of the head of a result set.

    Vector channels are compared with every row here, also where the merge left them out as too far down by words.
    """
    places = np.searchsorted(results.head, rows)
    probes = {probe.channel: probe for probe in results.questions.probes}
    raw = {
        channel.channel: results.view.similarity(probe.space, probe.vector, rows)
        if (probe := probes.get(channel.channel)) is not None
        else channel.raw[places]
        for channel in results.channels
    }
    return RankingRequest(
        view=results.view,
        rows=rows,
        words=results.query.words,
        terms=results.questions.terms,
        raw=raw,
        normalized={channel.channel: channel.normalized()[places] for channel in results.channels},
        merged=results.head_scores[places],
        understanding=understanding or results.query.understood,
        vectors={probe.space: probe.vector for probe in results.questions.probes},
    )


def modalities_of(request: RankingRequest) -> Modalities:
    """Return the vectors of the query and of its candidates in every space that the query speaks in."""
    ids = request.view.ids(request.rows)
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for space in SPACES:
        if space in request.vectors:
            query = np.asarray(request.vectors[space], np.float32)
            held = request.view.vectors(space, ids)
            none = np.zeros_like(query)
            vectors = np.array([held.get(product_id, none) for product_id in ids], np.float32)
            found[space] = (query, vectors.reshape(len(ids), len(query)))
    return found
