"""Clicks as grades: what was shown lower was looked at less, so a click there says more.

A shopper clicks what was examined and is liked [position-based model, Craswell 2008]; both chances are found from the
clicks themselves by expectation-maximization [Wang 2018], and examination is smoothed to a power of the position.
Weighing clicks by one over it is an option, not the default: it did not reliably improve judged ranking [Hager 2024].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tonggan.errors import NotReadyError
from tonggan.learn.rank.examples import Example
from tonggan.rank.features import PLACES

ITERATIONS = 50
"""Rounds of expectation-maximization; the power moves by under .01 after thirty."""

LEAST_CLICKS = 100
"""Clicks under which positions are not told apart from likings."""

LEAST_EXAMINATION = 0.1
"""Chances of examination below count as this: one click must not weigh more than ten."""


SHARE_DECIMALS = 2
"""Digits of a share of clicks that is a grade: trees take a limited number of grades, and clicks tell no more."""


@dataclass(frozen=True, slots=True)
class Impression:
    """A product that was shown for a query at a position from 1, and whether it was clicked."""

    query_id: str
    product_id: str
    position: int
    is_clicked: bool


@dataclass(frozen=True, slots=True)
class Examination:
    """The chance that position k is looked at, beside the first: k to the minus `power`."""

    power: float
    clicks: int
    impressions: int

    def at(self, positions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the chance of examination at positions from 1."""
        return positions**-self.power


@dataclass(frozen=True, slots=True)
class ClickDiagnostics:
    """How far the weights can be trusted.

    `effective` is the number of equally weighed clicks that would tell as much [Kish 1965]; `clipped_share` is the
    share of clicks whose weight was held back.
    """

    clicks: int
    effective: float
    clipped_share: float
    greatest_weight: float


def estimate_examination(impressions: Sequence[Impression]) -> Examination:
    """Return how examination falls with position; NotReadyError where clicks are too few or stand at one position."""
    clicked = np.array([each.is_clicked for each in impressions], np.float64)
    positions = np.array([each.position for each in impressions], np.int64)
    shown = np.unique(positions)
    if clicked.sum() < LEAST_CLICKS or len(shown) < 2:
        raise NotReadyError(
            f"{int(clicked.sum())} clicks at {len(shown)} positions do not tell how far shoppers look; "
            f"{LEAST_CLICKS} clicks at 2 positions or more do.",
            remedy="Wait for more clicks, or learn from judgments.",
        )
    pairs = [(each.query_id, each.product_id) for each in impressions]
    pair_of = np.unique([f"{len(query)}:{query}{product}" for query, product in pairs], return_inverse=True)[1]
    place_of = np.searchsorted(shown, positions)
    examined = _expectation_maximization(clicked, place_of, pair_of)
    weights = np.bincount(place_of).astype(np.float64)
    logs = np.log(shown / shown[0])
    power = -float((weights * logs * np.log(examined / examined[0])).sum() / (weights * logs**2).sum())
    return Examination(max(power, 0.0), int(clicked.sum()), len(impressions))


def taught_by_clicks(
    example: Example, impressions: Sequence[Impression], examination: Examination | None = None
) -> tuple[Example, ClickDiagnostics]:
    """Return an example whose grades are shares of impressions that were clicked, at the mean position of each product.

    With an examination, clicks weigh one over the chance that they were looked at; importance is the mean weight of a
    product's impressions. Products that were not shown have no grade, and importance 0.
    """
    place_of = {product_id: at for at, product_id in enumerate(example.product_ids)}
    seen = [each for each in impressions if each.query_id == example.query_id and each.product_id in place_of]
    at = np.array([place_of[each.product_id] for each in seen], np.int64)
    positions = np.array([each.position for each in seen], np.float64)
    clicked = np.array([each.is_clicked for each in seen], bool)
    chances = np.ones(len(seen)) if examination is None else examination.at(positions)
    weights = np.where(clicked, 1 / np.maximum(chances, LEAST_EXAMINATION), 1.0)
    rows = len(example.product_ids)
    shown, clicks = np.bincount(at, minlength=rows), np.bincount(at[clicked], minlength=rows)
    table = example.table.copy()
    mean_positions = np.bincount(at, positions, minlength=rows) / np.maximum(shown, 1)
    table[:, PLACES["position"]] = np.where(shown > 0, mean_positions, np.nan)
    grades = np.where(shown > 0, np.round(clicks / np.maximum(shown, 1), SHARE_DECIMALS), np.nan)
    importance = np.bincount(at, weights, minlength=rows) / np.maximum(shown, 1)
    judged = grades[~np.isnan(grades)]
    made = replace(example, table=table, grades=grades, judged=judged, importance=importance)
    return made, diagnose(chances[clicked])


def diagnose(chances: npt.NDArray[np.float64]) -> ClickDiagnostics:
    """Return how evenly clicks weigh, given the chance of examination of each.

    >>> diagnose(np.array([1.0, 0.5])).effective
    1.8
    """
    if not len(chances):
        return ClickDiagnostics(0, 0.0, 0.0, 0.0)
    weights = 1 / np.maximum(chances, LEAST_EXAMINATION)
    return ClickDiagnostics(
        clicks=len(chances),
        effective=float(weights.sum() ** 2 / (weights**2).sum()),
        clipped_share=float(np.mean(chances < LEAST_EXAMINATION)),
        greatest_weight=float(weights.max()),
    )


def _expectation_maximization(clicked: np.ndarray, place_of: np.ndarray, pair_of: np.ndarray) -> np.ndarray:
    """The chance of examination of each position, up to a common factor."""
    examined = np.full(int(place_of.max()) + 1, 0.5)
    liked = np.full(int(pair_of.max()) + 1, 0.5)
    places, pairs = np.bincount(place_of), np.bincount(pair_of)
    for _ in range(ITERATIONS):
        seen, likes = examined[place_of], liked[pair_of]
        neither = np.maximum(1 - seen * likes, 1e-9)
        was_seen = np.where(clicked > 0, 1.0, seen * (1 - likes) / neither)
        was_liked = np.where(clicked > 0, 1.0, likes * (1 - seen) / neither)
        examined = np.bincount(place_of, was_seen) / places
        liked = np.bincount(pair_of, was_liked) / pairs
    return np.maximum(examined, 1e-6)
