"""Learning when an answer is no good: the parts by hand, the whole on queries that are easy to tell apart."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tonggan.errors import InputError
from tonggan.learn.relevance import (
    cross_validate,
    deal_folds,
    fit_logistic,
    isotonic_curve,
    learn_relevance,
    pool_adjacent_violators,
    report,
    write_model,
)
from tonggan.rank.answer_signals import SIGNAL_NAMES
from tonggan.rank.relevance import RelevanceModel, model_from_json


def a_prior(*coefficients: float) -> RelevanceModel:
    """A model in the scale of signals of mean 0 and deviation 1, with these first coefficients and 0 behind them."""
    count = len(SIGNAL_NAMES)
    ends = np.array([-1.0, 1.0])
    return RelevanceModel(
        np.zeros(count), np.ones(count), np.array([*coefficients, *[0.0] * (count - len(coefficients))]), 0.0,
        knots=ends, levels=np.array([0.25, 0.75]), threshold=0.5,
    )  # fmt: skip


def told_apart(count: int = 100, *, unlike: float = 2.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Signals of which the first two are higher for every query that has an answer, a quarter has none."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 4 > 0
    rows = rng.normal(size=(count, len(SIGNAL_NAMES)))
    rows[:, :2] += unlike * labels[:, None]
    return rows, labels


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        ([1, 2, 3], [1, 1, 1], [1, 2, 3]),
        ([3, 2, 1], [1, 1, 1], [2, 2, 2]),
        ([1, 3, 2], [1, 1, 3], [1, (3 + 3 * 2) / 4, (3 + 3 * 2) / 4]),
        ([4, 1, 2, 6, 5], [1, 1, 1, 1, 1], [7 / 3, 7 / 3, 7 / 3, 5.5, 5.5]),
        ([], [], []),
    ],
)
def test_violators_are_pooled_to_their_weighted_mean(
    values: list[float], weights: list[float], expected: list[float]
) -> None:
    assert pool_adjacent_violators(values, weights).tolist() == pytest.approx(expected)


def test_the_curve_has_a_knot_for_each_block_and_never_promises_certainty() -> None:
    # In order of log odds: no, yes, no, yes, yes -> 0, 1/2, 1/2, 1, 1.
    log_odds = np.array([0.0, 1.0, 2.0, 3.0, 5.0])
    knots, levels = isotonic_curve(log_odds, np.array([False, True, False, True, True]))
    assert knots.tolist() == [0.0, 1.5, 4.0]
    assert levels.tolist() == pytest.approx([1 / 7, 1 / 2, 6 / 7])


def test_equal_log_odds_are_one_point_of_the_curve() -> None:
    knots, levels = isotonic_curve(np.array([1.0, 1.0, 1.0]), np.array([True, False, False]))
    assert (knots.tolist(), levels.tolist()) == ([1.0], [pytest.approx(1 / 3)])


def test_the_slope_of_the_penalised_loss_is_nothing_at_the_solution() -> None:
    rows, labels = told_apart()
    coefficients, intercept = fit_logistic(rows, labels, start=np.zeros(rows.shape[1]), penalty=1.0)
    promised = 1 / (1 + np.exp(-(rows @ coefficients + intercept)))
    assert rows.T @ (promised - labels) + coefficients == pytest.approx(np.zeros(rows.shape[1]), abs=1e-6)
    assert float((promised - labels).sum()) == pytest.approx(0.0, abs=1e-6)


def test_labels_that_one_signal_tells_apart_do_not_run_away() -> None:
    rows, labels = np.array([[-1.0], [-2.0], [1.0], [2.0]]), np.array([False, False, True, True])
    coefficients, _ = fit_logistic(rows, labels, start=np.zeros(1))
    assert 0 < coefficients[0] < 2
    assert fit_logistic(rows, labels, start=np.zeros(1), penalty=100.0)[0][0] < coefficients[0]


def test_few_queries_stay_near_the_prior_and_many_leave_it() -> None:
    prior = a_prior(0.0, 0.0, 1.0)  # What tells them apart is the first two signals; the prior looks at the third.
    few = learn_relevance(*told_apart(40), prior=prior).coefficients
    many = learn_relevance(*told_apart(4000), prior=prior).coefficients
    assert few[2] > 0.7 > 0.2 > abs(many[2])
    assert 0.0 < few[0] < 0.5 < many[0]


def test_the_level_is_learnt_anew_whatever_the_prior_says() -> None:
    rows, labels = np.zeros((80, len(SIGNAL_NAMES))), np.arange(80) % 4 > 0
    assert learn_relevance(rows, labels, prior=a_prior()).intercept == pytest.approx(np.log(60 / 20))


def test_a_row_that_counts_twice_is_as_two_rows() -> None:
    rows, labels = told_apart(40)
    twice = fit_logistic(rows, labels, start=np.zeros(rows.shape[1]), counts=np.full(40, 2.0))
    both = fit_logistic(np.vstack([rows, rows]), np.append(labels, labels), start=np.zeros(rows.shape[1]))
    assert twice[0] == pytest.approx(both[0])


def test_folds_hold_whole_groups_and_their_share_of_both_labels() -> None:
    labels = np.arange(50) % 5 > 0
    folds = deal_folds(labels, [f"query {at % 25}" for at in range(50)])
    assert all(folds[at] == folds[at + 25] for at in range(25))
    assert [int((~labels[folds == fold]).sum()) for fold in range(5)] == [2] * 5


def test_what_can_be_told_apart_is() -> None:
    rows, labels = told_apart(unlike=4.0)
    model = learn_relevance(rows, labels, prior=a_prior())
    assert np.mean((model.probabilities(rows) >= model.threshold) == labels) > 0.95
    assert np.all(np.diff(model.levels) > 0)


def test_held_out_figures_know_nothing_of_labels_that_are_drawn() -> None:
    rng = np.random.default_rng(5)
    rows, labels = rng.normal(size=(200, len(SIGNAL_NAMES))), rng.random(200) < 0.5
    found = report(labels, cross_validate(rows, labels, prior=a_prior(), groups=[str(at) for at in range(200)]))
    assert found.area.low < 0.5 < found.area.high


def test_the_report_speaks_of_no_good_answer() -> None:
    rows, labels = told_apart(unlike=4.0)
    found = report(
        labels, cross_validate(rows, labels, prior=a_prior(), groups=[str(at) for at in range(100)])
    ).as_json()
    assert (found["queries"], found["without_answer"]) == (100, 25)
    assert found["true_positives"] + found["false_negatives"] == 25
    assert found["auc"]["mean"] > 0.95
    assert found["roc"][0] == [0.0, 0.0]
    assert found["roc"][-1] == [1.0, 1.0]


def test_the_same_seed_gives_the_same_folds_and_figures() -> None:
    rows, labels = told_apart()
    first, second = (
        cross_validate(rows, labels, prior=a_prior(), groups=list(map(str, range(100))), seed=2) for _ in range(2)
    )
    assert first.probabilities.tolist() == second.probabilities.tolist()


def test_too_few_queries_of_a_kind_are_refused_with_numbers() -> None:
    rows, labels = told_apart(36)
    with pytest.raises(InputError, match="27 judged queries have a relevant product and 9 have none; at least 10"):
        learn_relevance(rows, labels, prior=a_prior())


def test_rows_of_another_shape_are_refused_with_the_names() -> None:
    with pytest.raises(InputError, match="title_words"):
        learn_relevance(np.zeros((40, 3)), [True] * 40, prior=a_prior())


def test_a_kept_model_answers_as_before(tmp_path: Path) -> None:
    rows, labels = told_apart()
    model = learn_relevance(rows, labels, prior=a_prior())
    write_model(tmp_path / "relevance.json", model)
    again = model_from_json(json.loads((tmp_path / "relevance.json").read_text(encoding="utf-8")))
    assert again.probabilities(rows).tolist() == model.probabilities(rows).tolist()
    assert [each.name for each in tmp_path.iterdir()] == ["relevance.json"]
