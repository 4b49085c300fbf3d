"""A shop learns to rank from judged queries: its merge weights, its ranker, and when to say that nothing fits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tonggan.errors import InputError
from tonggan.evaluate.judgments import EvaluationQuery, Qrels
from tonggan.learn.rank.examples import Example, example_of
from tonggan.learn.rank.keeping import version_of
from tonggan.learn.rank.table import LearntRanking, Progress, learn_ranking
from tonggan.learn.relevance import RelevanceReport, cross_validate, learn_relevance, report
from tonggan.rank.order import Ranking
from tonggan.rank.relevance import LEADERS, RelevanceModel, Signals, signals_of_results, titles_of
from tonggan.rank.version import use_version, used_version, write_version
from tonggan.shop import Shop
from tonggan.shop.ranker_keeper import RELEVANCE_FILE

VERSION_FORMAT = "%Y%m%d-%H%M%S"
"""A version is called by the time it was learnt at, so that the newest comes last."""


@dataclass(frozen=True, slots=True, eq=False)
class ShopRanking:
    """What was learnt: the table, the figures of the no-answer decision where it could be learnt, and the version.

    `version` is empty where nothing was worth keeping; `previous` is what was in use before.
    """

    ranking: LearntRanking
    relevance: RelevanceReport | None
    relevance_left_out: str
    version: str
    previous: str

    def as_json(self) -> dict[str, Any]:
        """Return everything that `tonggan learn rank --json` prints."""
        told = self.relevance.as_json() if self.relevance else {"left_out": self.relevance_left_out}
        return {**self.ranking.as_json(), "relevance": told, "version": self.version, "previous": self.previous}


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """One judged query as the shop answers it now."""

    example: Example
    signals: Signals
    is_answerable: bool


def rank_shop(
    shop: Shop,
    queries: Sequence[EvaluationQuery],
    qrels: Qrels,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    progress: Progress | None = None,
) -> ShopRanking:
    """Learn from judged queries, keep what wins as a new version, and use it.

    Raises NotReadyError, with the numbers, where there are too few; nothing is changed then.
    """
    judged = list(_judged(shop, queries, qrels, progress=progress))
    ranking = learn_ranking([each.example for each in judged], seeds=seeds, progress=progress)
    model, measured, left_out = _relevance(judged, seed=seeds[0])
    previous = used_version(shop.rankers)
    version = _kept(shop, ranking, model) if ranking.choice.is_changed or model is not None else ""
    return ShopRanking(ranking, measured, left_out, version, previous)


def _judged(
    shop: Shop, queries: Sequence[EvaluationQuery], qrels: Qrels, *, progress: Progress | None
) -> Iterator[_Judged]:
    asked = [query for query in queries if query.query_id in qrels]
    if not asked:
        raise InputError("None of the queries has a grade.", remedy="Use the same query ids in both files.")
    for done, query in enumerate(asked, start=1):
        grades = qrels[query.query_id]
        ranking = _ranked(shop, query)
        example = example_of(ranking.results, grades, query_id=query.query_id)
        yield _Judged(example, _signals(ranking), is_answerable=max(grades.values()) > 0)
        if progress is not None:
            progress("searching", done, len(asked))


def _ranked(shop: Shop, query: EvaluationQuery) -> Ranking:
    """The results as they are without a ranker and rules: what a ranker is to start from."""
    return shop.ranked(
        query.text,
        image=query.image,
        like=query.like,
        rating=query.rating,
        filter_by=query.filter_by,
        ranker="none",
        rules="none",
    )


def _signals(ranking: Ranking) -> Signals:
    shown = ranking.leading(LEADERS)[:LEADERS]
    return signals_of_results(ranking.results, shown=shown, titles=titles_of(ranking.results.view, shown))


def _relevance(judged: Sequence[_Judged], *, seed: int) -> tuple[RelevanceModel | None, RelevanceReport | None, str]:
    """The model of relevance and its held-out figures; or why there is none."""
    signals = np.array([each.signals.vector() for each in judged])
    labels = [each.is_answerable for each in judged]
    try:
        held_out = cross_validate(signals, labels, groups=[each.example.query_id for each in judged], seed=seed)
        return learn_relevance(signals, labels, seed=seed), report(labels, held_out, seed=seed), ""
    except InputError as error:
        return None, None, str(error)


def _kept(shop: Shop, ranking: LearntRanking, model: RelevanceModel | None) -> str:
    now = datetime.now(UTC)
    version, files = version_of(
        ranking, version=now.strftime(VERSION_FORMAT), created_at=now.isoformat(timespec="seconds")
    )
    kept: Mapping[str, bytes] = (
        {**files, RELEVANCE_FILE: json.dumps(model.as_json(), indent=1).encode()} if model else files
    )
    write_version(shop.rankers, version, kept)
    use_version(shop.rankers, version.version)
    return version.version
