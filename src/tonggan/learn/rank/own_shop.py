"""A shop learns to rank from judged queries and clicks: merge weights, a ranker, and when to say that nothing fits.

Clicks teach queries that nobody judged; those never judge a ranker. Without any judgment, grades are made of clicks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tonggan.errors import InputError, NotReadyError
from tonggan.evaluate.clicks import FEWEST_IMPRESSIONS
from tonggan.evaluate.judgments import EvaluationQuery, Qrels
from tonggan.learn.rank.click_log import ClickLog
from tonggan.learn.rank.clicks import Examination, Impression, taught_by_clicks
from tonggan.learn.rank.examples import Example, example_of
from tonggan.learn.rank.keeping import version_of
from tonggan.learn.rank.merging import LEAST_QUERIES
from tonggan.learn.rank.table import LearntRanking, Progress, learn_ranking, require_rows
from tonggan.learn.relevance import RelevanceReport, cross_validate, learn_relevance, report
from tonggan.rank.answer_signals import LEADERS, Signals, signals_of_results, titles_of
from tonggan.rank.order import Ranking
from tonggan.rank.relevance import RelevanceModel, shipped_model
from tonggan.rank.version import use_version, used_version, write_version
from tonggan.shop import Shop
from tonggan.shop.ranker_keeper import CLICKS_FILE, RELEVANCE_FILE, asked_key

VERSION_FORMAT = "%Y%m%d-%H%M%S"
"""A version is called by the time it was learnt at, so that the newest comes last."""

NOT_BY_CLICKS = "clicks do not say that nothing fits."
"""Why that is not learnt from clicks alone."""


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
    clicks: ClickLog | None = None
    is_judged_by_clicks: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return everything that `tonggan learn rank --json` prints."""
        told = self.relevance.as_json() if self.relevance else {"left_out": self.relevance_left_out}
        return {
            **self.ranking.as_json(),
            "judged_by": "clicks" if self.is_judged_by_clicks else "judgments",
            "relevance": told,
            "clicks": self.clicks.as_json() if self.clicks else None,
            "version": self.version,
            "previous": self.previous,
        }


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
    clicks: ClickLog | None = None,
    is_inverse_propensity: bool = False,
    without: Sequence[str] = (),
    seeds: Sequence[int] = (0, 1, 2),
    progress: Progress | None = None,
) -> ShopRanking:
    """Learn from judged queries, keep what wins as a new version, and use it.

    `clicks` also teach queries that are not judged, weighed by one over examination if so wanted. Raises NotReadyError,
    with the numbers, where there is too little of either; nothing is changed then.
    """
    require_rows(without)
    examination = clicks.require_examination() if clicks and is_inverse_propensity else None
    asked = [query for query in queries if query.query_id in qrels]
    if not asked:
        raise InputError("None of the queries has a grade.", remedy="Use the same query ids in both files.")
    by_clicks = _lessons(clicks, judged=asked) if clicks else {}
    step = _searching(progress, total=len(asked) + len(by_clicks))
    judged = [_judged(shop, query, qrels[query.query_id], step) for query in asked]
    clicked = [_clicked(shop, text, own, examination, step=step) for text, own in by_clicks.items()]
    ranking = learn_ranking(
        [each.example for each in judged], clicked=clicked, without=without, seeds=seeds, progress=progress
    )
    model, measured, left_out = _relevance(judged, seed=seeds[0])
    return _kept(shop, ShopRanking(ranking, measured, left_out, "", used_version(shop.rankers), clicks), model)


def rank_by_clicks(
    shop: Shop,
    clicks: ClickLog,
    *,
    without: Sequence[str] = (),
    seeds: Sequence[int] = (0, 1, 2),
    progress: Progress | None = None,
) -> ShopRanking:
    """Learn from clicks alone: clicks over expected clicks are the grades, of the queries that were shown often enough.

    Clicks do not say that nothing fits, so that is not learnt. NotReadyError, with the numbers, where they are too few.
    """
    require_rows(without)
    qrels = clicks.report.qrels
    if len(qrels) < LEAST_QUERIES:
        raise NotReadyError(
            f"{len(qrels)} queries of the log have a product that was shown {FEWEST_IMPRESSIONS} times; learning from "
            f"clicks alone needs {LEAST_QUERIES}.",
            remedy="Wait for more clicks, or judge queries.",
        )
    step = _searching(progress, total=len(qrels))
    judged = [_judged(shop, EvaluationQuery(text, text=text), own, step) for text, own in qrels.items()]
    ranking = learn_ranking([each.example for each in judged], without=without, seeds=seeds, progress=progress)
    found = ShopRanking(ranking, None, NOT_BY_CLICKS, "", used_version(shop.rankers), clicks, is_judged_by_clicks=True)
    return _kept(shop, found, None)


def _lessons(clicks: ClickLog, *, judged: Sequence[EvaluationQuery]) -> dict[str, Sequence[Impression]]:
    """The queries of the log that nobody judged, and of which some impressions were clicked and some were not."""
    known = {asked_key(query.text) for query in judged}
    return {
        text: own
        for text, own in clicks.impressions.items()
        if text not in known and len({each.is_clicked for each in own}) == 2
    }


def _searching(progress: Progress | None, *, total: int) -> Callable[[], None]:
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress("searching", done, total)

    return step


def _judged(shop: Shop, query: EvaluationQuery, grades: Mapping[str, float], step: Callable[[], None]) -> _Judged:
    ranking = _ranked(shop, query)
    example = example_of(ranking.results, grades, query_id=query.query_id)
    step()
    return _Judged(example, _signals(ranking), is_answerable=max(grades.values()) > 0)


def _clicked(
    shop: Shop,
    text: str,
    impressions: Sequence[Impression],
    examination: Examination | None,
    *,
    step: Callable[[], None],
) -> Example:
    shown = {each.product_id: 0.0 for each in impressions}
    results = _ranked(shop, EvaluationQuery(text, text=text)).results
    step()
    return taught_by_clicks(example_of(results, shown, query_id=text), impressions, examination)[0]


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
    signals, prior = np.array([each.signals.vector() for each in judged]), shipped_model()
    labels = [each.is_answerable for each in judged]
    groups = [each.example.query_id for each in judged]
    try:
        held_out = cross_validate(signals, labels, groups=groups, prior=prior, seed=seed)
        return learn_relevance(signals, labels, prior=prior, seed=seed), report(labels, held_out, seed=seed), ""
    except InputError as error:
        return None, None, str(error)


def _kept(shop: Shop, found: ShopRanking, model: RelevanceModel | None) -> ShopRanking:
    """Write what is worth keeping as a version and use it; as it was found where nothing is."""
    lifts = found.clicks.lifts if found.clicks else {}
    if not (found.ranking.choice.is_changed or model is not None or lifts):
        return found
    now = datetime.now(UTC)
    version, files = version_of(
        found.ranking, version=now.strftime(VERSION_FORMAT), created_at=now.isoformat(timespec="seconds")
    )
    kept = dict(files)
    if model is not None:
        kept[RELEVANCE_FILE] = json.dumps(model.as_json(), indent=1).encode()
    if lifts:
        kept[CLICKS_FILE] = json.dumps(lifts, ensure_ascii=False).encode()
    write_version(shop.rankers, version, kept)
    use_version(shop.rankers, version.version)
    return replace(found, version=version.version)
