"""What shoppers would rather have, as a channel beside the others."""

from __future__ import annotations

import numpy as np

from tonggan.index import Rows, Scores, View
from tonggan.records import Preference
from tonggan.retrieve.channels import Wish
from tonggan.retrieve.merge import ChannelScores


def wish_scores(wish: Wish, view: View, rows: Rows) -> ChannelScores:
    """Score rows by a wish, from 0 to 1: their place in the order that is preferred, or whether they meet a filter.

    A product that lacks the number is worst, as no shopper who asks for cheap ones means it.
    """
    if isinstance(wish.wanted, Preference):
        raw = _places(view.numbers(wish.wanted.field, rows), is_high=wish.wanted.is_high)
    else:
        raw = np.isin(rows, view.select(wish.wanted)).astype(np.float32)
    return ChannelScores(wish.channel, raw, wish.weight, 0.0, 1.0)


def _places(numbers: np.ndarray, *, is_high: bool) -> Scores:
    """The share of the known numbers that each one is at least as good as; equal numbers have equal places."""
    known = ~np.isnan(numbers)
    better = numbers if is_high else -numbers
    ordered = np.sort(better[known])
    places = np.searchsorted(ordered, better, side="right") / max(1, len(ordered))
    return np.where(known, places, 0.0).astype(np.float32)
