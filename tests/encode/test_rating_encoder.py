from __future__ import annotations

import numpy as np
import pytest

from tonggan.encode.rating import RatingEncoder, wilson_bounds
from tonggan.errors import InputError
from tonggan.records import Rating


@pytest.fixture(scope="module")
def encoder() -> RatingEncoder:
    return RatingEncoder.fit([])


def similarity(encoder: RatingEncoder, stars: float, *ratings: Rating | None) -> np.ndarray:
    return (encoder.encode_document(ratings) @ encoder.encode_query([stars]).T)[:, 0]


@pytest.mark.parametrize("stars", [2.0, 4.5, 5.0])
def test_more_ratings_of_the_stars_asked_for_are_nearer(encoder: RatingEncoder, stars: float) -> None:
    scores = similarity(encoder, stars, *(Rating(stars, count) for count in (1, 3, 10, 30, 100, 1000)))
    assert np.all(np.diff(scores) > 0)


def test_stars_further_away_are_further_away(encoder: RatingEncoder) -> None:
    scores = similarity(encoder, 4.5, *(Rating(mean, 500) for mean in (4.5, 4.2, 3.9, 3.5, 3.0, 2.0)))
    assert np.all(np.diff(scores) < 0)


def test_few_perfect_ratings_do_not_beat_many_good_ones(encoder: RatingEncoder) -> None:
    few, many = similarity(encoder, 5.0, Rating(5.0, 1), Rating(4.8, 800))
    assert few < many


def test_an_unrated_product_is_a_zero_row(encoder: RatingEncoder) -> None:
    assert not encoder.encode_document([None, Rating(5.0, 0)]).any()


def test_stars_out_of_range_are_refused(encoder: RatingEncoder) -> None:
    for stars in (0.5, 5.5, float("nan")):
        with pytest.raises(InputError, match="not from 1 to 5"):
            encoder.encode_query([stars])


def test_the_prior_is_that_of_the_shop() -> None:
    generous = RatingEncoder.fit([Rating(4.9, 30)] * 100)
    strict = RatingEncoder.fit([Rating(2.0, 30)] * 100)
    one = np.array([3.0]), np.array([1.0])
    assert generous.bayesian_means(*one) > 3 > strict.bayesian_means(*one)


def test_the_bayesian_mean_counts_the_prior_as_ratings(encoder: RatingEncoder) -> None:
    mean = encoder.bayesian_means(np.array([5.0]), np.array([10.0]))
    assert mean.item() == pytest.approx((5 * 10 + 4 * 5) / (10 + 5))


def test_wilson_bounds_are_those_of_the_formula() -> None:
    lower, upper = wilson_bounds(np.array([3.0]), np.array([100.0]))
    z2 = 1.96**2
    half = 1.96 / (1 + z2 / 100) * (0.25 / 100 + z2 / (4 * 100**2)) ** 0.5
    assert (lower.item(), upper.item()) == (pytest.approx(0.5 - half), pytest.approx(0.5 + half))
