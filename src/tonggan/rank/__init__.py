"""Stage 8. In: a result set. Out: its order, and why each product has its place.

The merged scores of stage 7 stand at the start. Where a ranker was learnt and has won, it scores the best of them anew
(`features.py`, `rankers.py`, `version.py`); the merchant's rules raise and lower, pin and hide (`rules`); products
that say the same are spread (`diversity.py`). `order.py` puts all of that into one order and cuts the page;
`relevance.py` says by the signs of an answer (`answer_signals.py`) how likely it is a good one, `shap.py` and
`reasons.py` why a product stands where it does.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RankSettings:
    """How results are ordered once they are merged; `[rank]` of shop.toml."""

    depth: int = 200
    """Results that a learnt ranker scores anew: where the merged order rarely hides a good one further down."""

    diversity: float = 0.0
    """Share, 0 to 1, by which likeness to what stands above counts against a result [Carbonell 1998]; 0 is off."""

    most_per_brand: int = 0
    """Results of one brand in the first ones, as far as there are others; 0 is no limit."""
