"""Merging: values as arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from tonggan.retrieve.merge import ChannelScores, convex, reasons, reciprocal_rank

NOTHING = np.nan


def channel(name: str, raw: list[float], *, weight: float, low: float = 0.0, high: float = 1.0) -> ChannelScores:
    return ChannelScores(name, np.array(raw, np.float32), weight, low, high)


def test_convex_is_the_weighted_mean_of_normalized_scores() -> None:
    words = channel("words", [12.0, 6.0], weight=0.8, high=12.0)
    text = channel("text", [0.0, 1.0], weight=0.2, low=-1.0)
    merged = convex([words, text], count=2)
    assert merged == pytest.approx([0.8 * 12 / 12 + 0.2 * (0 + 1) / 2, 0.8 * 6 / 12 + 0.2 * (1 + 1) / 2])


def test_a_channel_that_says_nothing_contributes_nothing() -> None:
    merged = convex(
        [channel("words", [1.0, NOTHING], weight=0.5), channel("text", [NOTHING, 1.0], weight=1.5)], count=2
    )
    assert merged == pytest.approx([0.5 / 2.0, 1.5 / 2.0])


def test_reciprocal_rank_gives_every_rank_its_share() -> None:
    merged = reciprocal_rank(
        [channel("words", [3.0, 2.0, NOTHING], weight=1.0), channel("text", [0.1, 0.9, 0.5], weight=1.0)], count=3
    )
    assert merged == pytest.approx([1 / 61 + 1 / 63, 1 / 62 + 1 / 61, 1 / 62])


def test_ties_in_reciprocal_rank_keep_row_order() -> None:
    assert reciprocal_rank([channel("words", [1.0, 1.0], weight=1.0)], count=2) == pytest.approx([1 / 61, 1 / 62])


def test_contributions_add_up_to_the_merged_score() -> None:
    channels = [channel("words", [7.0], weight=0.7, high=9.0), channel("text", [0.3], weight=0.3, low=-1.0)]
    contributions = [reason["contribution"] for reason in reasons(channels, 0).values()]
    assert sum(contributions) == pytest.approx(float(convex(channels, count=1)[0]))
