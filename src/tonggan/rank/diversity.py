"""The first results spread out: less of the same likeness, and no brand over and over.

Maximal marginal relevance [Carbonell 1998, https://doi.org/10.1145/290941.291025], and a limit on neighbours of one
brand, in one pass from the top. What lies behind the depth keeps its order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tonggan.index import Rows, Scores, View
from tonggan.records import Vectors

SPREAD_DEPTH = 60
"""Results that are spread: the first three pages of twenty, which is as far as shoppers look."""

NEIGHBOURS = 10
"""Results among which the limit of one brand counts: what a screen shows at once."""

DECIMALS = 6
"""Scores and likenesses are rounded to this, or equal ones would differ by the rounding of a matrix product."""


def spread(
    rows: Rows,
    scores: Scores,
    *,
    vectors: Vectors,
    brands: Sequence[str],
    trade_off: float,
    most_per_brand: int,
    depth: int = SPREAD_DEPTH,
) -> Rows:
    """Return rows, which come best first, in an order that repeats itself less.

    `trade_off`, 0 to 1, is the share by which likeness to a result further up counts against one; `vectors` [rows, dim]
    have norm 1, or are all zero where a product has none. At most `most_per_brand` of any ten neighbours have one
    brand, as far as others are left; an empty brand is no brand. 0 switches either off. Ties keep their order.
    """
    if not trade_off > 0.0 and most_per_brand < 1:
        return rows
    head = rows[:depth]
    count = len(head)
    places = _spread_places(
        (1.0 - trade_off) * _spanned(scores[:count]).astype(np.float64),
        trade_off * (vectors[:count] @ vectors[:count].T).astype(np.float64),
        codes=_codes(brands[:count]),
        most=most_per_brand,
    )
    return np.concatenate([head[places], rows[depth:]])


def spread_of(
    view: View,
    rows: Rows,
    scores: Scores,
    *,
    space: str,
    trade_off: float,
    most_per_brand: int,
    depth: int = SPREAD_DEPTH,
) -> Rows:
    """The same, with the vectors of a space and the brands that an index holds; no space spreads by brand alone."""
    if not trade_off > 0.0 and most_per_brand < 1:
        return rows
    head = rows[:depth]
    vectors = _vectors(view, head, space) if space and trade_off > 0.0 else np.zeros((len(head), 1), np.float32)
    return spread(
        rows,
        scores,
        vectors=vectors,
        brands=_brands(view, head),
        trade_off=trade_off,
        most_per_brand=most_per_brand,
        depth=depth,
    )


def _spread_places(
    relevance: npt.NDArray[np.float64],
    likeness: npt.NDArray[np.float64],
    *,
    codes: npt.NDArray[np.int64],
    most: int,
) -> list[int]:
    """Places in their new order: each time the one that is relevant and least like what stands already."""
    relevance, likeness = np.round(relevance, DECIMALS), np.round(likeness, DECIMALS)
    nearest = np.zeros(len(relevance))
    gain = np.empty(len(relevance))
    placed: list[int] = []
    recent: list[int] = []
    for _ in range(len(relevance)):
        np.subtract(relevance, nearest, out=gain)
        best = int(gain.argmax())
        if most:
            best = _within_limit(gain, codes, full=_full(recent, most), otherwise=best)
            recent = [*recent, int(codes[best])][1 - NEIGHBOURS :]
        placed.append(best)
        relevance[best] = -np.inf
        np.maximum(nearest, likeness[best], out=nearest)
    return placed


def _within_limit(
    gain: npt.NDArray[np.float64], codes: npt.NDArray[np.int64], *, full: set[int], otherwise: int
) -> int:
    """The best one of a brand that is not shown enough already, or of any where there is none."""
    if int(codes[otherwise]) not in full:
        return otherwise
    for code in full:
        gain[codes == code] = -np.inf
    best = int(gain.argmax())
    return best if gain[best] > -np.inf else otherwise


def _full(recent: Sequence[int], most: int) -> set[int]:
    """Brands that the last results have enough of."""
    return {code for code in recent if code >= 0 and recent.count(code) >= most}


def _spanned(scores: Scores) -> npt.NDArray[np.float32]:
    """Scores from 0 to 1 over those that are spread, whatever scale a merger has."""
    if not len(scores):
        return scores
    low, high = float(scores.min()), float(scores.max())
    return (scores - np.float32(low)) / np.float32(max(high - low, float(np.finfo(np.float32).tiny)))


def _codes(brands: Sequence[str]) -> npt.NDArray[np.int64]:
    """A number for each brand; -1 for none."""
    known: dict[str, int] = {}
    return np.asarray([known.setdefault(brand, len(known)) if brand else -1 for brand in brands], np.int64)


def _vectors(view: View, rows: Rows, space: str) -> Vectors:
    ids = view.ids(rows)
    found = view.vectors(space, ids)
    dim = len(next(iter(found.values()))) if found else 1
    nothing = np.zeros(dim, np.float32)
    return np.stack([found.get(name, nothing) for name in ids]) if ids else np.zeros((0, dim), np.float32)


def _brands(view: View, rows: Rows) -> list[str]:
    """The brand of each row, in the order of the rows (a view answers for ascending ones)."""
    if "brand" not in view.text_fields:
        return [""] * len(rows)
    by_row = np.argsort(rows, kind="stable")
    brands = [""] * len(rows)
    for at, values in zip(by_row.tolist(), view.values("brand", rows[by_row]), strict=True):
        brands[at] = values[0] if values else ""
    return brands
