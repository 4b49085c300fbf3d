"""Intervals, differences and p values."""

from __future__ import annotations

import numpy as np
import pytest

from tonggan.errors import InputError
from tonggan.evaluate.statistics import RESAMPLES, bootstrap_interval, paired_difference, permutation_test


def test_the_interval_is_that_of_normal_theory_for_many_values():
    values = np.random.default_rng(1).random(2000)
    interval = bootstrap_interval(values)
    half = 1.96 * values.std() / 2000**0.5
    assert interval.mean == values.mean()
    assert interval.low == pytest.approx(values.mean() - half, abs=0.05 * half)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.05 * half)


def test_intervals_hold_the_true_mean_about_as_often_as_they_say():
    rng = np.random.default_rng(2)
    intervals = [bootstrap_interval(rng.random(60), seed=trial) for trial in range(100)]
    assert 88 <= sum(each.low <= 0.5 <= each.high for each in intervals) <= 100


def test_equal_values_have_an_interval_without_width():
    interval = bootstrap_interval([0.25] * 7)
    assert (interval.mean, interval.low, interval.high) == (0.25, 0.25, 0.25)


def test_a_seed_repeats_and_another_differs():
    values = np.random.default_rng(3).random(50)
    assert bootstrap_interval(values, seed=1) == bootstrap_interval(values, seed=1)
    assert bootstrap_interval(values, seed=1) != bootstrap_interval(values, seed=2)


def test_more_queries_than_a_block_holds_still_give_every_resample():
    interval = bootstrap_interval(np.arange(20_001) % 2, seed=4)
    assert interval.low < interval.mean < interval.high
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * 0.5 / 20_001**0.5, rel=0.1)


def test_no_value_is_refused():
    with pytest.raises(InputError, match="no value"):
        bootstrap_interval([])


def test_differences_are_paired():
    before = np.random.default_rng(6).random(40)
    difference = paired_difference(before + 0.01, before)
    assert difference.mean == pytest.approx(0.01)
    assert difference.low == pytest.approx(0.01)
    assert difference.p_value < 0.001
    assert difference.queries == 40


def test_samples_of_unlike_length_do_not_pair():
    with pytest.raises(InputError, match="2 and 3 values do not pair"):
        paired_difference([1, 2], [1, 2, 3])


def test_few_differences_are_tested_exactly():
    assert permutation_test([1.0, 1.0, 1.0]) == 2 / 2**3
    assert permutation_test([3.0, 1.0, -1.0]) == 6 / 2**3
    assert permutation_test([0.0, 0.0]) == 1


def test_many_differences_never_reach_a_p_value_of_zero():
    assert permutation_test([1.0] * 100) == 1 / (RESAMPLES + 1)


def test_p_values_without_a_difference_are_even():
    rng = np.random.default_rng(8)
    values = [permutation_test(rng.standard_normal(20), seed=trial) for trial in range(100)]
    assert 0.4 < np.mean(values) < 0.6
    assert 0 <= np.mean(np.array(values) < 0.05) <= 0.12
