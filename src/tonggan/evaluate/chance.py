"""What each measure is expected to be for a random order of the whole catalogue, in closed form.

A figure means little without it: R@100 of 0.1 is chance in a catalogue of 1,000 products. Every form below is exact for
an order drawn evenly from all orders of the catalogue, so no simulation and no seed is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tonggan.evaluate.measures import Measure, best_dcg, discounts, gain, is_relevant, stop_probability

Grades: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Draw:
    """`drawn` products in random order out of `product_count`.

    `judged` is every grade of the query, `present` those of products that the catalogue holds.
    """

    judged: Grades
    present: Grades
    product_count: int
    drawn: int


def expected_by_chance(
    measure: Measure, judged: Grades, *, product_count: int, depth: int, present: Grades | None = None
) -> float:
    """Expected value of a measure when `depth` products are drawn in random order from a catalogue.

    `judged` has the grade of every judged product of the query, `present` of those in the catalogue, all when left out.
    NaN where the measure is undefined.
    """
    present = judged if present is None else present
    product_count = max(product_count, len(present), 1)
    drawn = min(measure.cutoff or depth, depth, product_count)
    return EXPECTATIONS[measure.kind](measure, Draw(judged, present, product_count, drawn))


def _ndcg(measure: Measure, draw: Draw) -> float:
    ideal = best_dcg(measure, draw.judged)
    mean_gain = gain(draw.present, measure.dcg).sum() / draw.product_count
    return float(mean_gain * discounts(draw.drawn).sum() / ideal) if ideal > 0 else float("nan")


def _recall(measure: Measure, draw: Draw) -> float:
    relevant = _count(measure, draw.judged)
    return _count(measure, draw.present) / relevant * draw.drawn / draw.product_count if relevant else float("nan")


def _precision(measure: Measure, draw: Draw) -> float:
    return _count(measure, draw.present) / draw.product_count * draw.drawn / (measure.cutoff or draw.drawn)


def _judged(measure: Measure, draw: Draw) -> float:
    return len(draw.present) / draw.product_count


def _success(measure: Measure, draw: Draw) -> float:
    return float(1 - _none_found(measure, draw)[-1])


def _reciprocal_rank(measure: Measure, draw: Draw) -> float:
    first_at_rank = -np.diff(_none_found(measure, draw))
    return float(first_at_rank @ _reciprocals(draw.drawn))


def _average_precision(measure: Measure, draw: Draw) -> float:
    """A relevant product at rank i has, of the i - 1 above it, a share (relevant - 1) / (products - 1) relevant."""
    relevant, present = _count(measure, draw.judged), _count(measure, draw.present)
    if not relevant:
        return float("nan")
    others = np.arange(draw.drawn) * (present - 1) / max(draw.product_count - 1, 1)
    return float(((1 + others) * _reciprocals(draw.drawn)).sum() * present / draw.product_count / relevant)


def _expected_reciprocal_rank(measure: Measure, draw: Draw) -> float:
    """Shoppers stop at rank i in the share that goes on past rank i - 1 and not past rank i."""
    keeps = 1 - stop_probability(draw.present[draw.present > 0])
    most = min(len(keeps), draw.drawn)
    goes_on = _graded_among_drawn(len(keeps), draw) @ _mean_products(keeps, most)
    return float(-np.diff(goes_on) @ _reciprocals(draw.drawn))


def _mean_products(factors: Grades, most: int) -> Grades:
    """The mean product over all choices of 0, 1, ... `most` factors: elementary symmetric polynomials, normalised.

    Of all choices of m among n + 1 factors, the share m / (n + 1) has the last one.
    """
    sizes = np.arange(most + 1)
    means = (sizes == 0).astype(np.float64)
    for count, factor in enumerate(factors, start=1):
        without = np.clip(count - sizes, 0, None) * means
        means = (without + sizes * factor * np.concatenate([[0.0], means[:-1]])) / count
    return means


def _graded_among_drawn(graded: int, draw: Draw) -> Grades:
    """The chance that 0, 1, ... products with a grade are among the first i drawn: [drawn + 1, 1 + at most graded]."""
    sizes = np.arange(min(graded, draw.drawn) + 1)
    chances = np.zeros((draw.drawn + 1, len(sizes)))
    chances[0, 0] = 1.0
    for taken in range(draw.drawn):
        next_is_graded = chances[taken] * (graded - sizes) / (draw.product_count - taken)
        chances[taken + 1] = chances[taken] - next_is_graded
        chances[taken + 1, 1:] += next_is_graded[:-1]
    return chances


def _none_found(measure: Measure, draw: Draw) -> Grades:
    """The chance that none of the relevant products is among the first 0, 1, ... `drawn`."""
    left = draw.product_count - np.arange(draw.drawn, dtype=np.float64)
    misses = np.maximum(left - _count(measure, draw.present), 0.0) / left
    return np.concatenate([[1.0], np.cumprod(misses)])


def _count(measure: Measure, grades: Grades) -> int:
    return int(np.count_nonzero(is_relevant(grades, measure.rel)))


def _reciprocals(count: int) -> Grades:
    return np.reciprocal(np.arange(1, count + 1, dtype=np.float64))


EXPECTATIONS: Mapping[str, Callable[[Measure, Draw], float]] = {
    "nDCG": _ndcg,
    "RR": _reciprocal_rank,
    "R": _recall,
    "P": _precision,
    "AP": _average_precision,
    "ERR": _expected_reciprocal_rank,
    "Judged": _judged,
    "Success": _success,
}
"""The closed form of each measure of `measures.KINDS`."""
