"""A learnt ranker as `Ranking` takes it, which remembers what it saw of one request, so that it can be explained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np

from tonggan.index import Rows, Scores
from tonggan.rank.features import FeatureTable, feature_table
from tonggan.rank.rankers import Modalities, Ranker
from tonggan.rank.request import modalities_of, ranking_request
from tonggan.rank.shap import Contributions
from tonggan.retrieve.result_set import ResultSet

SAMPLED_ORDERS = 16
"""Orders of features over which a network's contributions are averaged: they add up exactly after any number, and
change by little after this one."""

SEED = 4


@runtime_checkable
class Explaining(Protocol):
    """A ranker that decomposes its own scores."""

    def explain(self, table: FeatureTable) -> Contributions: ...


class SecondLook:
    """The ranker's look at one result set; make one for each request."""

    def __init__(self, ranker: Ranker) -> None:
        self.ranker = ranker
        self.rows: Rows = np.empty(0, np.int32)
        self.table: FeatureTable = np.empty((0, len(ranker.feature_names)), np.float32)
        self.scores: Scores = np.empty(0, np.float32)
        self._modalities: Modalities = {}

    def __call__(self, results: ResultSet, rows: Rows) -> Scores:
        request = ranking_request(results, rows)
        self._modalities = modalities_of(request) if self.ranker.spaces else {}
        self.rows, self.table = rows, feature_table(request)
        self.scores = self.ranker.score(self.table, self._modalities)
        return self.scores

    def place(self, row: int) -> int:
        """Return where a row stands among those that were looked at; -1 where it was not."""
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else -1

    def contributions(self, place: int) -> Contributions:
        """Return how much each feature moved the score of one of the rows; with the base they add up to it."""
        row = self.table[place : place + 1]
        if isinstance(self.ranker, Explaining):
            return self.ranker.explain(row)
        own = {space: (query, held[place : place + 1]) for space, (query, held) in self._modalities.items()}
        return sampled_contributions(row[0], lambda table: self.ranker.score(table, _repeated(own, len(table))))


def sampled_contributions(
    row: FeatureTable, score: Callable[[FeatureTable], Scores], *, orders: int = SAMPLED_ORDERS
) -> Contributions:
    """Estimate Shapley values of any ranker: features become known one by one, in several orders, from none known.

    The steps of each order add up to the score less that of knowing nothing, and so does their mean
    [Strumbelj 2014, https://doi.org/10.1007/s10115-013-0679-x].
    """
    count = len(row)
    random = np.random.default_rng(SEED)
    ranks = np.argsort([random.permutation(count) for _ in range(orders)], axis=1)
    is_known = np.arange(count + 1)[None, :, None] > ranks[:, None, :]
    tables = np.where(is_known, row, np.float32(np.nan)).reshape(-1, count).astype(np.float32)
    steps = np.diff(score(tables).astype(np.float64).reshape(orders, count + 1), axis=1)
    values = np.take_along_axis(steps, ranks, axis=1).mean(axis=0)
    return Contributions(values[None, :], float(score(np.full((1, count), np.nan, np.float32))[0]))


def _repeated(modalities: Modalities, rows: int) -> Modalities:
    return {space: (query, np.repeat(held, rows, axis=0)) for space, (query, held) in modalities.items()}
