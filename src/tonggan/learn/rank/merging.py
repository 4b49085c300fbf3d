"""Merge weights learnt from judgments: how much each channel counts for each kind of query.

Few queries decide little, so what is best on them is only walked towards: the share of the way grows with their number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tonggan.errors import NotReadyError
from tonggan.index import Scores
from tonggan.learn.rank.examples import Example, mean_quality
from tonggan.retrieve.merge import ChannelScores, convex, reciprocal_rank

LEAST_QUERIES = 50
"""Judged queries under which weights are not fitted: between draws nDCG@10 of fewer moves more than by weights."""

STEPS = (0.2, 0.1, 0.05)
"""By how much of the whole a channel's share is raised and lowered, coarse to fine; finer steps fit noise."""

PRIOR_QUERIES = 50.0
"""Queries that the default weights are worth: with as many judged ones, the weights go half of the way."""

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class MergeWeights:
    """Shares of the channels by kind of query, `overall` for kinds with too few queries; each adds up to 1."""

    overall: Weights
    by_kind: Mapping[str, Weights]

    def of(self, kind: str) -> Weights:
        """Return the shares for a kind of query."""
        return self.by_kind.get(kind, self.overall)


def fit_weights(examples: Sequence[Example], *, least_queries: int = LEAST_QUERIES) -> MergeWeights:
    """Return the weights that gave the best nDCG@10, drawn to the default; NotReadyError where queries are too few."""
    telling = [example for example in examples if example.is_telling]
    if len(telling) < least_queries:
        raise NotReadyError(
            f"{len(telling)} judged queries have a relevant product; merge weights need {least_queries}.",
            remedy=f"Judge {least_queries - len(telling)} more queries, or keep the default weights.",
        )
    default = _mean_weights(telling)
    overall = _drawn(default, _climbed(telling, default), queries=len(telling))
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in telling:
        groups[example.kind].append(example)
    by_kind = {
        kind: _drawn(overall, _climbed(own, overall), queries=len(own))
        for kind, own in groups.items()
        if len(own) >= least_queries // 2
    }
    return MergeWeights(overall, by_kind)


def merged(example: Example, weights: Weights | None = None) -> Scores:
    """Return the convex combination of an example's channels, with its default weights where none are given.

    Channels that the weights do not name keep their default share.
    """
    known = example.weights if weights is None else {**example.weights, **weights}
    return convex(_channels(example, known), count=len(example.product_ids))


def fused(example: Example) -> Scores:
    """Return reciprocal rank fusion of an example's channels, all weighed alike."""
    return reciprocal_rank(_channels(example, dict.fromkeys(example.channels, 1.0)), count=len(example.product_ids))


def _channels(example: Example, weights: Weights) -> list[ChannelScores]:
    return [ChannelScores(name, scores, weights.get(name, 0.0), 0.0, 1.0) for name, scores in example.channels.items()]


def _mean_weights(examples: Sequence[Example]) -> Weights:
    names = list(dict.fromkeys(name for example in examples for name in example.weights))
    return {name: float(np.mean([example.weights.get(name, 0.0) for example in examples])) for name in names}


def _climbed(examples: Sequence[Example], start: Weights) -> Weights:
    best, reached = start, _quality(examples, start)
    for step in STEPS:
        is_better = True
        while is_better:
            is_better = False
            for tried in _neighbours(best, step):
                found = _quality(examples, tried)
                if found > reached + 1e-9:
                    best, reached, is_better = tried, found, True
    return best


def _neighbours(weights: Weights, step: float) -> Iterator[Weights]:
    """The weights with one share raised or lowered by a step, the others scaled so that all add up to 1."""
    for name, share in weights.items():
        for moved in (share + step, share - step):
            now = min(max(moved, 0.0), 1.0)
            rest = sum(weights.values()) - share
            if now != share and rest > 0:
                yield {key: now if key == name else other * (1.0 - now) / rest for key, other in weights.items()}


def _drawn(default: Weights, best: Weights, *, queries: int) -> Weights:
    share = queries / (queries + PRIOR_QUERIES)
    return {name: (1 - share) * default[name] + share * best[name] for name in default}


def _quality(examples: Sequence[Example], weights: Weights) -> float:
    return mean_quality(examples, [merged(example, weights) for example in examples])
