"""Stars as a vector: what the mean is once few ratings are drawn to the shop's mean, and how sure that is.

A product is `sqrt(certainty) * place(Bayesian mean)` beside `sqrt(1 - certainty)` on an axis of its own, a query is the
place of the stars asked for. Their cosine is the nearness of the stars times the root of the certainty: it falls as the
mean moves away and grows with the number of ratings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tonggan.encode.rows import unit_rows
from tonggan.errors import InputError
from tonggan.records import Rating, Vectors

CENTRES = np.linspace(0.5, 5.5, 21)
"""Places on the scale of stars, a quarter star apart and past both ends, so that the ends are no special case."""

WIDTH = 0.5
"""Standard deviation of a place in stars: half a star off keeps .61 of the cosine, a whole one .14, two none."""

USUAL_MEAN, USUAL_COUNT = 4.0, 5.0
"""Prior of a shop without ratings: shops' means lie near 4, and five ratings weigh as much as the prior."""

RATING_VARIANCE = 1.2
"""Variance of single ratings about their product's mean ; review sites lie at 1 to 1.5."""

LEAST_PRODUCTS = 20
"""Fewer rated products do not tell how far products differ; the usual prior stays."""

LEAST_PRIOR, MOST_PRIOR = 1.0, 50.0
"""Bounds of the weight of the prior, in ratings, where a shop's ratings hardly or wildly differ."""

MANY_QUANTILE, LEAST_MANY = 0.95, 20.0
""""Many people" is the count that one rated product in twenty exceeds, at least 20."""

WILSON_Z = 1.96
"""Standard normal quantile of the 95 % Wilson interval."""


class RatingEncoder:
    """Ratings to rows; queries are stars, meant as "about so many, from many people". No rating is a zero row."""

    modality = "rating"

    def __init__(self, prior: npt.NDArray[np.float32]) -> None:
        self.dim = len(CENTRES) + 1
        self.parameters: Mapping[str, Any] = MappingProxyType({"version": 1})
        self._prior = prior

    @classmethod
    def fit(cls, items: Sequence[Rating | None], *, seed: int = 0) -> Self:
        """Learn the prior mean, its weight in ratings, and what counts as many, from the shop's ratings."""
        ratings = [rating for rating in items if rating is not None and rating.count > 0]
        if not ratings:
            return cls(np.array([USUAL_MEAN, USUAL_COUNT, LEAST_MANY], np.float32))
        means = np.array([rating.mean for rating in ratings])
        counts = np.array([rating.count for rating in ratings], np.float64)
        many = max(float(np.quantile(counts, MANY_QUANTILE)), LEAST_MANY)
        centre = (means.sum() + USUAL_COUNT * USUAL_MEAN) / (len(means) + USUAL_COUNT)
        return cls(np.array([centre, _prior_count(means, counts), many], np.float32))

    @classmethod
    def restore(cls, weights: Mapping[str, np.ndarray], parameters: Mapping[str, Any]) -> Self:
        """Return the encoder whose `weights` these are."""
        return cls(weights["prior"])

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return the prior: mean, weight in ratings, count that is many."""
        return {"prior": self._prior}

    def encode_query(self, items: Sequence[float]) -> Vectors:
        """Return one row per number of stars; InputError where it is not from 1 to 5."""
        for stars in items:
            if not 1 <= stars <= 5:
                raise InputError(f"Rating {stars} is not from 1 to 5.", remedy="Ask for 1 to 5 stars, for example 4.5.")
        rows = np.zeros((len(items), self.dim), np.float32)
        rows[:, :-1] = _place(np.array(items, np.float64))
        return unit_rows(rows)

    def encode_document(self, items: Sequence[Rating | None]) -> Vectors:
        """Return one row per rating."""
        means = np.array([rating.mean if rating else 1.0 for rating in items], np.float64)
        counts = np.array([rating.count if rating else 0 for rating in items], np.float64)
        certainty = self._certainty(means, counts)[:, None]
        place = _place(self.bayesian_means(means, counts))
        rows = np.hstack([np.sqrt(certainty) * place, np.sqrt(1 - certainty)])
        return unit_rows(np.where(counts[:, None] > 0, rows, 0.0))

    def bayesian_means(
        self, means: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Return the means drawn to the prior as if it were some ratings more."""
        centre, weight, _ = self._prior.astype(np.float64)
        return (means * counts + centre * weight) / (counts + weight)

    def _certainty(self, means: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return 0 to 1: half how narrow the Wilson interval is, half the count on a logarithmic scale up to many."""
        popularity = np.minimum(np.log1p(counts) / np.log1p(float(self._prior[2])), 1.0)
        lower, upper = wilson_bounds(means, counts)
        return np.where(counts > 0, (1 - (upper - lower) + popularity) / 2, 0.0)


def wilson_bounds(
    means: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the 95 % bounds [Wilson 1927] of the share of the five stars reached, 0 to 1; 0 and 1 without ratings."""
    share, trials = (means - 1) / 4, np.maximum(counts, 1e-9)
    square = WILSON_Z**2 / trials
    middle = (share + square / 2) / (1 + square)
    half = WILSON_Z / (1 + square) * np.sqrt(share * (1 - share) / trials + square / (4 * trials))
    return middle - half, middle + half


def _place(stars: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return stars as overlapping bumps along the scale, rows of norm 1."""
    # A bump of half the variance on either side makes the cosine of two places a bump of the full width.
    bumps = np.exp(-((stars[:, None] - CENTRES) ** 2) / WIDTH**2)
    return bumps / np.linalg.norm(bumps, axis=1, keepdims=True)


def _prior_count(means: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]) -> float:
    """Return the weight of the prior by moments: the variance within products over that between them."""
    if len(means) < LEAST_PRODUCTS:
        return USUAL_COUNT
    within = RATING_VARIANCE * float(np.mean(1 / counts))
    between = max(float(np.var(means)) - within, RATING_VARIANCE / MOST_PRIOR)
    return max(RATING_VARIANCE / between, LEAST_PRIOR)
