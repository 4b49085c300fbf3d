"""Words that may mean two things: what the results, and past clicks, say they mean.

`apple` is a brand and a fruit. What else was typed, the picture and the filters have already chosen the results; their
scores are shared out among the readings. One that holds nearly all is what was meant; otherwise both stay open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tonggan.index import Rows, Scores, View
from tonggan.records import Reading

CLEAR_SHARE = 0.85
"""Share of the results' scores from which a reading is what was meant: one result in seven may be a stray."""

LEAST_SHARE = 0.05
"""Share under which a reading is not offered: a handful of strays at the end of the list."""

WEIGHED_RESULTS = 60
"""Results whose scores are shared out: the first pages, which are what the shopper will see."""

SHOWN_RESULTS = 4
"""Best results named with each open reading: a row of cards."""

SHARPNESS = 4.0
"""Power to which scores are raised: a result of half the best score is then a sixteenth as good a witness."""

CLICK_WEIGHT = 0.5
"""What one past click adds beside a result's score of at most 1: two clicks outweigh the order of a result."""

Best = Callable[[int], Rows]
"""The best rows of a result set, best first, up to a number."""


def weigh(
    readings: Sequence[Reading],
    view: View,
    *,
    best: Best,
    scores: Callable[[Rows], Scores],
    clicks: Mapping[str, float],
) -> tuple[Reading, ...]:
    """Return the readings that the results leave open, likeliest first; none where one of them is clear.

    `clicks` are past clicks of these words by product id, below 0 where fewer than expected. Counts and shares are over
    the best results.
    """
    rows = best(WEIGHED_RESULTS)
    if len(readings) < 2 or not len(rows):
        return ()
    weights = np.asarray(scores(rows), np.float64) ** SHARPNESS
    if clicks:
        weights += [CLICK_WEIGHT * clicks.get(product_id, 0.0) for product_id in view.ids(rows)]
        weights = np.maximum(weights, 0.0)
    held = {at: np.isin(rows, view.select(reading.filter)) for at, reading in enumerate(readings)}
    totals = {at: float(weights[mask].sum()) for at, mask in held.items()}
    whole = sum(totals.values())
    if whole <= 0 or max(totals.values()) / whole >= CLEAR_SHARE:
        return ()
    weighed = [
        replace(
            reading,
            label=_label(reading, view, rows[held[at]]),
            share=totals[at] / whole,
            found=int(held[at].sum()),
            product_ids=tuple(view.ids(rows[held[at]][:SHOWN_RESULTS])),
        )
        for at, reading in enumerate(readings)
        if totals[at] / whole >= LEAST_SHARE
    ]
    return tuple(sorted(weighed, key=lambda reading: (-reading.share, reading.label))) if len(weighed) > 1 else ()


def _label(reading: Reading, view: View, rows: Rows) -> str:
    """What tells a reading apart: the catalogue's value, or for a mere word the category of most of its results."""
    if reading.entity.field or "category" not in view.text_fields:
        return reading.label
    return next(iter(view.facet("category", np.sort(rows), limit=1)), reading.label)
