"""A linear ranker by logistic regression on pairs: of two candidates, which was graded higher [RankSVM, Joachims 2002].

The penalty pulls the weights to the merged score alone, so that few judgments change the default order little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tonggan.learn.rank.examples import Example, quality
from tonggan.learn.rank.folds import folds_of, splits
from tonggan.learn.rank.learnt import Learnt
from tonggan.rank.features import NAMES, PLACES
from tonggan.rank.rankers import WEIGHTS, LinearRanker

PENALTIES = (0.1, 1.0, 10.0, 100.0)
"""Strengths of the pull, per query, that are tried inside the training folds; a gap of ten is fine enough."""

START = 3.0
"""Weight of the merged score, in deviations, at which training starts: pairs one deviation apart are 95 % sure."""

NEWTON_STEPS = 8
"""Steps of Newton's method; the loss no longer moves in the fourth digit after five."""

INNER_FOLDS = 4


@dataclass(frozen=True, slots=True)
class LinearLearner:
    """Learns a linear ranker; the penalty is chosen inside the training queries."""

    name: str = "linear"

    def __call__(self, examples: Sequence[Example], *, seed: int) -> Learnt:
        fold_of = folds_of([example.query_id for example in examples], seed=seed, folds=INNER_FOLDS)
        penalty = max(PENALTIES, key=lambda each: _held_out(examples, fold_of, penalty=each))
        ranker = _fit(examples, penalty=penalty)
        from safetensors.numpy import save

        return Learnt(
            ranker, {WEIGHTS: save({"weights": ranker.weights, "means": ranker.means})}, {}, {"penalty": penalty}
        )


def _held_out(examples: Sequence[Example], fold_of: Sequence[int], *, penalty: float) -> float:
    found = []
    for taught, held in splits(examples, fold_of):
        ranker = _fit(taught, penalty=penalty)
        found += [quality(example, ranker.score(example.table)) for example in held]
    return float(np.mean(found))


def _fit(examples: Sequence[Example], *, penalty: float) -> LinearRanker:
    means, deviations = scale_of(examples)
    tables = [np.nan_to_num((example.table - means) / deviations).astype(np.float64) for example in examples]
    start = np.zeros(len(NAMES))
    start[PLACES["merged"]] = START
    weights = start.copy()
    for _ in range(NEWTON_STEPS):
        gradient = penalty * len(examples) * (weights - start)
        hessian = penalty * len(examples) * np.eye(len(NAMES))
        for example, table in zip(examples, tables, strict=True):
            slope, curvature = _derivatives(example, table, weights)
            gradient += slope
            hessian += curvature
        weights = weights - np.linalg.solve(hessian, gradient)
    return LinearRanker(NAMES, weights / deviations, means.astype(np.float64))


def _derivatives(
    example: Example, table: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """First and second derivative of the mean loss over pairs of unlike grades, weighed by how unlike they are.

    A pair counts as its better one does; one that nobody saw makes no pair.
    """
    gains, counts = np.exp2(example.gains) - 1, example.weights_in_training
    better = np.flatnonzero(gains > 0)
    apart = np.maximum(gains[better, None] - gains[None, :], 0.0) * counts[better, None] * (counts > 0)[None, :]
    apart = apart / max(apart.sum(), 1e-12)
    scores = table @ weights
    wrong = 1 / (1 + np.exp(np.clip(scores[better, None] - scores[None, :], -30, 30)))
    pull = apart * wrong
    bend = pull * (1 - wrong)
    crossed = table[better].T @ (bend @ table)
    own = bend.sum(axis=0)
    own[better] += bend.sum(axis=1)
    slope = pull.sum(axis=0) @ table - pull.sum(axis=1) @ table[better]
    return slope, table.T @ (own[:, None] * table) - crossed - crossed.T


def scale_of(examples: Sequence[Example]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return mean and standard deviation of every feature over the served candidates; 0 and 1 where none is known."""
    table = np.concatenate([example.table[example.is_served] for example in examples]).astype(np.float64)
    is_known = ~np.isnan(table)
    count = np.maximum(is_known.sum(axis=0), 1)
    means = np.where(is_known, table, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(is_known, (table - means) ** 2, 0.0).sum(axis=0) / count)
    return means, np.where(spread > 1e-6, spread, 1.0)
