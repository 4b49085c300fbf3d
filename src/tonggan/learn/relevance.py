"""Learn when an answer is no good: a calibrated probability of relevance from judged queries, measured held out.

Whether a query has any relevant product is the label; the signals are those of `rank/answer_signals.py`. A shop
starts from a model learnt elsewhere, the `prior`: few queries move its coefficients little, and set its level and its
curve anew. Folds hold whole groups of queries, so that a query asked twice is never on both sides.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tonggan.errors import InputError
from tonggan.evaluate.classification import (
    Confusion,
    ReliabilityBin,
    RocCurve,
    area_interval,
    brier_score,
    confusion,
    reliability,
    roc_curve,
    threshold_by_f1,
)
from tonggan.evaluate.statistics import Interval
from tonggan.rank.answer_signals import SIGNAL_NAMES
from tonggan.rank.relevance import RelevanceModel

Rows = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]

PENALTY = 30.0
"""Half the squared way of the coefficients from the prior, on signals in its scale, is added to the loss so many
times. From the shipped model on Home Depot (AUC .918 with kinds of products taken out, .804 by what people found
relevant), learnt from 90 of its queries and asked about the others: .932 and .793 at 1, .933 and .807 at 10, .929 and
.807 here, .924 and .805 at 100; from 40 queries the second is .783 at 1 and .805 here."""

FOLDS = 5
"""Parts of the queries; each is judged by a model of the others."""

FEWEST_OF_EACH = 10
"""Queries with and without an answer that there must be at least: two for each fold."""

NEWTON_STEPS = 50
"""More than enough: with a penalty Newton's method settles in under ten steps."""

SETTLED = 1e-9
"""Greatest change of a coefficient at which it has settled."""


@dataclass(frozen=True, slots=True, eq=False)
class RelevanceReport:
    """Held-out figures of the decision "no good answer", which is the positive class of all rates and of the ROC.

    `area` is that of the calibrated probabilities, `plain_area` that of the log odds before: calibration by few queries
    makes many of them equal.
    """

    decided: Confusion
    area: Interval
    plain_area: Interval
    curve: RocCurve
    brier: float
    bins: tuple[ReliabilityBin, ...]
    queries: int
    unanswerable: int

    def as_json(self) -> dict[str, Any]:
        """The figures as plain values."""
        return {
            "queries": self.queries,
            "without_answer": self.unanswerable,
            "auc": _rounded(self.area),
            "auc_before_calibration": _rounded(self.plain_area),
            **self.decided.as_json(),
            "brier": round(self.brier, 4),
            "reliability": [[each.count, round(each.promised, 4), round(each.observed, 4)] for each in self.bins],
            "roc": self.curve.as_json(),
        }


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """For each query, from a model that has not seen it: its probability of relevance, before and after calibration."""

    probabilities: Rows
    log_odds: Rows
    is_doubtful: Labels


def learn_relevance(
    signals: npt.ArrayLike, is_relevant: Sequence[bool] | Labels, *, prior: RelevanceModel, seed: int = 0
) -> RelevanceModel:
    """Fit regression, calibration and threshold; rows of signals are in the order of `SIGNAL_NAMES`.

    The curve and the threshold come from log odds of models that have not seen the query. The threshold is that of
    the greatest F1 of "no good answer". InputError, with numbers, where there are too few queries of either kind.
    """
    rows, labels = _checked(signals, is_relevant)
    _require_enough(labels)
    return _fitted(rows, labels, groups=np.arange(len(labels)), prior=prior, seed=seed)


def cross_validate(
    signals: npt.ArrayLike,
    is_relevant: Sequence[bool] | Labels,
    *,
    groups: Sequence[str],
    prior: RelevanceModel,
    folds: int = FOLDS,
    seed: int = 0,
) -> HeldOut:
    """Judge each query by a whole model, threshold included, of the other folds' queries."""
    rows, labels = _checked(signals, is_relevant)
    _require_enough(labels)
    fold_of = deal_folds(labels, groups, folds=folds, seed=seed)
    _, group_of = np.unique(np.asarray(groups), return_inverse=True)
    probabilities, log_odds = np.zeros(len(labels)), np.zeros(len(labels))
    doubtful = np.zeros(len(labels), np.bool_)
    for fold in range(folds):
        own = fold_of == fold
        model = _fitted(rows[~own], labels[~own], groups=group_of[~own], prior=prior, seed=seed)
        probabilities[own], log_odds[own] = model.probabilities(rows[own]), model.log_odds(rows[own])
        doubtful[own] = probabilities[own] < model.threshold
    return HeldOut(probabilities, log_odds, doubtful)


def report(is_relevant: Sequence[bool] | Labels, held_out: HeldOut, *, seed: int = 0) -> RelevanceReport:
    """Measure held-out decisions."""
    labels = np.asarray(is_relevant, dtype=np.bool_)
    doubt = 1 - held_out.probabilities
    return RelevanceReport(
        confusion(~labels, held_out.is_doubtful),
        area_interval(~labels, doubt, seed=seed),
        area_interval(~labels, -held_out.log_odds, seed=seed),
        roc_curve(~labels, doubt),
        brier_score(labels, held_out.probabilities),
        reliability(labels, held_out.probabilities),
        len(labels),
        int(np.count_nonzero(~labels)),
    )


def write_model(path: Path, model: RelevanceModel) -> None:
    """Keep a model as JSON; a reader sees the old file or the new one, never a part."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(json.dumps(model.as_json(), indent=1) + "\n", encoding="utf-8")
    os.replace(scratch, path)


def deal_folds(
    labels: Sequence[bool] | Labels, groups: Sequence[Any] | npt.NDArray[Any], *, folds: int = FOLDS, seed: int = 0
) -> npt.NDArray[np.int64]:
    """Return the fold of each row: whole groups, dealt so that each fold has its share of either label."""
    truth = np.asarray(labels, dtype=np.bool_)
    _, group_of = np.unique(np.asarray(groups), return_inverse=True)
    count = int(group_of.max()) + 1
    has_no = np.bincount(group_of, weights=~truth, minlength=count) > 0
    order = np.random.default_rng(seed).permutation(count)
    dealt = np.concatenate([order[has_no[order]], order[~has_no[order]]])
    fold_of_group = np.empty(count, np.int64)
    fold_of_group[dealt] = np.arange(count) % folds
    return fold_of_group[group_of]


def fit_logistic(
    rows: Rows, labels: Labels, *, start: Rows, penalty: float = PENALTY, counts: Rows | float = 1.0
) -> tuple[Rows, float]:
    """Return coefficients and intercept by Newton's method; each row counts so often.

    Coefficients are drawn to where they `start`; the intercept is free.
    """
    design = np.column_stack([rows, np.ones(len(rows))])
    ridge = np.diag([penalty] * rows.shape[1] + [0.0])
    drawn_to = np.append(start, 0.0)
    weights = drawn_to.copy()
    for _ in range(NEWTON_STEPS):
        promised = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (counts * (promised - labels)) + ridge @ (weights - drawn_to)
        curvature = (design * (counts * promised * (1 - promised))[:, None]).T @ design + ridge
        step = np.linalg.solve(curvature, slope)
        weights = weights - step
        if np.abs(step).max() < SETTLED:
            break
    return np.asarray(weights[:-1], np.float64), float(weights[-1])


def pool_adjacent_violators(values: npt.ArrayLike, weights: npt.ArrayLike) -> Rows:
    """The rising sequence nearest to `values` in weighted squares [Ayer 1955].

    >>> pool_adjacent_violators([1, 3, 2, 4], [1, 1, 1, 1]).tolist()
    [1.0, 2.5, 2.5, 4.0]
    """
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(np.asarray(values, float), np.asarray(weights, float), strict=True):
        blocks.append((float(value), float(weight), 1))
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (low, light, few), (high, heavy, many) = blocks[-2:]
            total = light + heavy
            blocks[-2:] = [((low * light + high * heavy) / total, total, few + many)]
    return np.concatenate([np.full(count, value) for value, _, count in blocks]) if blocks else np.empty(0)


def isotonic_curve(log_odds: Rows, labels: Labels, *, weights: Rows | None = None) -> tuple[Rows, Rows]:
    """Return knots and levels of the calibration curve: one knot per pooled block, at the middle of its log odds.

    Levels stay 1 / (n + 2) away from 0 and 1 [rule of succession]: n queries cannot prove certainty.
    """
    points, place = np.unique(log_odds, return_inverse=True)
    each = np.ones(len(labels)) if weights is None else weights
    counts = np.bincount(place, weights=each)
    levels = pool_adjacent_violators(np.bincount(place, weights=labels * each) / counts, counts)
    edge = 1 / (len(labels) + 2)
    knots, heights = [], []
    for level in np.unique(levels):
        own = levels == level
        knots.append(float(np.average(points[own], weights=counts[own])))
        heights.append(float(np.clip(level, edge, 1 - edge)))
    return np.array(knots), np.array(heights)


def _rounded(interval: Interval) -> dict[str, float]:
    return {name: round(getattr(interval, name), 4) for name in ("mean", "low", "high")}


def _fitted(
    rows: Rows, labels: Labels, *, groups: npt.NDArray[Any], prior: RelevanceModel, seed: int
) -> RelevanceModel:
    fold_of = deal_folds(labels, groups, seed=seed)
    unseen = np.zeros(len(labels))
    for fold in range(FOLDS):
        own = fold_of == fold
        unseen[own] = _regression(rows[~own], labels[~own], prior=prior).log_odds(rows[own])
    knots, levels = isotonic_curve(unseen, labels)
    threshold = _threshold(np.interp(unseen, knots, levels), labels)
    return replace(_regression(rows, labels, prior=prior), knots=knots, levels=levels, threshold=threshold)


def _regression(rows: Rows, labels: Labels, *, prior: RelevanceModel) -> RelevanceModel:
    """The regression alone, in the scale of the prior and with its curve."""
    scaled = (rows - prior.means) / prior.scales
    coefficients, intercept = fit_logistic(scaled, labels, start=prior.coefficients)
    return replace(prior, coefficients=coefficients, intercept=intercept)


def _threshold(probabilities: Rows, labels: Labels) -> float:
    """Half way between the last probability that is doubtful and the next; 0 where doubting never pays."""
    last = -threshold_by_f1(~labels, -probabilities)
    above = probabilities[probabilities > last]
    return float((last + above.min()) / 2) if np.isfinite(last) and len(above) else 0.0


def _checked(signals: npt.ArrayLike, is_relevant: Sequence[bool] | Labels) -> tuple[Rows, Labels]:
    rows, labels = np.asarray(signals, dtype=np.float64), np.asarray(is_relevant, dtype=np.bool_)
    if rows.shape != (len(labels), len(SIGNAL_NAMES)):
        raise InputError(
            f"Signals of shape {rows.shape} for {len(labels)} queries; the shape is queries x {len(SIGNAL_NAMES)}.",
            remedy=f"Give, in this order: {', '.join(SIGNAL_NAMES)}.",
        )
    if not np.isfinite(rows).all():
        raise InputError("A signal is not a finite number.", remedy="Leave such queries out.")
    return rows, labels


def _require_enough(labels: Labels) -> None:
    yes = int(np.count_nonzero(labels))
    no = len(labels) - yes
    if min(yes, no) < FEWEST_OF_EACH:
        raise InputError(
            f"{yes} judged queries have a relevant product and {no} have none; "
            f"at least {FEWEST_OF_EACH} of each are needed.",
            remedy="Judge more queries, also such as the catalogue cannot answer.",
        )
