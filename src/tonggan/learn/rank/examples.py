"""What a ranker is learnt from: the candidates of judged queries, as they are served, with grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tonggan.evaluate.measures import GradedRanking, parse_measure, score
from tonggan.index import Scores
from tonggan.rank.features import FeatureTable, feature_table
from tonggan.rank.rankers import Modalities
from tonggan.rank.request import modalities_of, ranking_request
from tonggan.retrieve.membership import union
from tonggan.retrieve.merge import ChannelScores
from tonggan.retrieve.result_set import ResultSet
from tonggan.understand.query_kind import query_kind

MEASURE = parse_measure("nDCG@10")
"""What everything here is chosen by: the gain is 2^grade - 1."""

DEPTH = 200
"""Candidates that are ranked anew, as `RankSettings.depth` has it."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One judged query. All arrays are parallel to `product_ids`, which ascend, so that ties go by id.

    `grades` are NaN where a candidate was not judged; `judged` are all grades of the query, found or not. `is_served`
    tells the candidates that a ranker would see from judged ones further down, which only teach. `channels` have
    normalized scores, NaN where a channel says nothing; `weights` are those of the default merge, and add up to 1.
    `importance` weighs each candidate in training, 1 for all where nothing else is known.
    """

    query_id: str
    kind: str
    product_ids: tuple[str, ...]
    table: FeatureTable
    channels: Mapping[str, Scores]
    weights: Mapping[str, float]
    merged: Scores
    grades: npt.NDArray[np.float64]
    judged: npt.NDArray[np.float64]
    is_served: npt.NDArray[np.bool_]
    modalities: Modalities = field(default_factory=dict)
    importance: npt.NDArray[np.float64] | None = None

    @property
    def is_telling(self) -> bool:
        """Whether any order is better than another: some product was graded above 0."""
        return bool(len(self.judged)) and float(self.judged.max()) > 0

    @property
    def gains(self) -> npt.NDArray[np.float64]:
        """Grades with 0 for candidates that were not judged, as the measure has it."""
        return np.clip(np.nan_to_num(self.grades), 0, None)

    @property
    def weights_in_training(self) -> npt.NDArray[np.float64]:
        """How much each candidate counts in training; 0 where nobody saw it."""
        return np.ones(len(self.product_ids)) if self.importance is None else self.importance


def example_of(results: ResultSet, grades: Mapping[str, float], *, query_id: str, depth: int = DEPTH) -> Example:
    """Return the candidates of a judged query: the best merged ones, and judged products that are among the results."""
    best = np.argsort(-results.head_scores, kind="stable")[:depth]
    judged_rows = results.view.rows(list(grades))
    rows = union([results.head[best], judged_rows[np.isin(judged_rows, results.head)]])
    request = ranking_request(results, rows)
    ids = results.view.ids(rows)
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
    places = np.searchsorted(results.head, rows)[order]
    total = sum(channel.weight for channel in results.channels) or 1.0
    return Example(
        query_id=query_id,
        kind=query_kind(results.query.words),
        product_ids=tuple(ids[at] for at in order),
        table=feature_table(request)[order],
        channels={channel.channel: _said(channel)[places] for channel in results.channels},
        weights={channel.channel: channel.weight / total for channel in results.channels},
        merged=results.head_scores[places],
        grades=np.array([grades.get(ids[at], np.nan) for at in order], np.float64),
        judged=np.array(list(grades.values()), np.float64),
        is_served=np.isin(rows, results.head[best])[order],
        modalities={space: (query, products[order]) for space, (query, products) in modalities_of(request).items()},
    )


def quality(example: Example, scores: Scores) -> float:
    """Return nDCG@10 of the served candidates in the order of some scores; NaN where no product has a grade above 0.

    Where clicks teach, only what was seen is ordered: nobody said that the rest is bad.
    """
    served = np.flatnonzero(example.is_served & (example.weights_in_training > 0))
    order = served[np.argsort(-scores[served], kind="stable")]
    return score(MEASURE, GradedRanking(example.grades[order[: MEASURE.cutoff]], example.judged))


def mean_quality(examples: Sequence[Example], scores: Sequence[Scores]) -> float:
    """Return the mean of `quality` over queries."""
    return float(np.mean([quality(each, own) for each, own in zip(examples, scores, strict=True)]))


def _said(channel: ChannelScores) -> Scores:
    return np.where(np.isnan(channel.raw), np.nan, channel.normalized()).astype(np.float32)
