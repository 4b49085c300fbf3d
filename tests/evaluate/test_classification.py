"""Yes-or-no decisions: every figure worked by hand, ties included."""

from __future__ import annotations

import numpy as np
import pytest

from tonggan.errors import InputError
from tonggan.evaluate.classification import (
    ReliabilityBin,
    area_interval,
    area_under_roc,
    brier_score,
    confusion,
    reliability,
    roc_curve,
    threshold_by_f1,
)

LABELS = [True, True, False, True, False]
SCORES = [0.9, 0.7, 0.7, 0.4, 0.1]


def test_rates_follow_from_the_counts() -> None:
    found = confusion(LABELS, [True, True, True, False, False])
    assert (found.true_positives, found.false_positives, found.false_negatives, found.true_negatives) == (2, 1, 1, 1)
    assert found.accuracy == 3 / 5
    assert found.precision == 2 / 3
    assert found.recall == 2 / 3
    assert found.f1 == 2 * 2 / (2 * 2 + 1 + 1)


def test_a_decision_that_is_never_yes_has_precision_and_recall_zero() -> None:
    found = confusion(LABELS, [False] * 5)
    assert (found.precision, found.recall, found.f1, found.accuracy) == (0.0, 0.0, 0.0, 2 / 5)


def test_equal_scores_are_one_point_of_the_curve() -> None:
    found = roc_curve(LABELS, SCORES)
    assert found.thresholds.tolist() == [np.inf, 0.9, 0.7, 0.4, 0.1]
    assert found.true_positive_rate.tolist() == [0, 1 / 3, 2 / 3, 1, 1]
    assert found.false_positive_rate.tolist() == [0, 0, 1 / 2, 1 / 2, 1]


def test_the_area_counts_pairs_and_ties_half() -> None:
    # Of 3 x 2 pairs: .9 wins 2, .7 wins 1 and ties 1, .4 wins 1.
    assert area_under_roc(LABELS, SCORES) == (2 + 1.5 + 1) / 6
    assert roc_curve(LABELS, SCORES).area == pytest.approx(area_under_roc(LABELS, SCORES))
    assert area_under_roc([True, False], [0.5, 0.5]) == 0.5


def test_the_area_agrees_with_the_trapezoids_under_many_ties() -> None:
    rng = np.random.default_rng(0)
    labels, scores = rng.random(300) < 0.3, rng.integers(0, 9, 300).astype(float)
    assert roc_curve(labels, scores).area == pytest.approx(area_under_roc(labels, scores))


@pytest.mark.parametrize("is_stratified", [True, False])
def test_the_interval_holds_the_area_and_is_repeatable(is_stratified: bool) -> None:
    rng = np.random.default_rng(1)
    labels = rng.random(120) < 0.3
    scores = labels + rng.normal(size=120)
    found = area_interval(labels, scores, is_stratified=is_stratified, seed=4)
    assert found.low < found.mean < found.high
    assert found == area_interval(labels, scores, is_stratified=is_stratified, seed=4)


def test_a_perfect_order_leaves_no_doubt() -> None:
    found = area_interval([True, True, False], [3.0, 2.0, 1.0])
    assert (found.low, found.mean, found.high) == (1.0, 1.0, 1.0)


def test_the_threshold_of_the_best_f1_is_found() -> None:
    # From .4 on: 3 hits, 1 false alarm: 6 / 7. From .9 on 2 / 4, from .7 on 4 / 6, from .1 on 6 / 8.
    assert threshold_by_f1(LABELS, SCORES) == 0.4


def test_brier_and_reliability_are_means() -> None:
    assert brier_score([True, False], [0.8, 0.4]) == pytest.approx((0.2**2 + 0.4**2) / 2)
    assert reliability([True, False, True], [0.55, 0.52, 1.0]) == (
        ReliabilityBin(0.5, 0.6, 2, pytest.approx(0.535), 0.5),
        ReliabilityBin(0.9, 1.0, 1, 1.0, 1.0),
    )


@pytest.mark.parametrize(
    ("labels", "scores"), [([True], [0.5]), ([], []), ([True, False], [0.5]), ([True, False], [float("nan"), 1.0])]
)
def test_what_cannot_be_measured_is_refused(labels: list[bool], scores: list[float]) -> None:
    with pytest.raises(InputError):
        area_under_roc(labels, scores)
