"""Scores of several channels become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tonggan.index import Scores

RANK_OFFSET = 60
"""Softens the head of each list in reciprocal rank fusion [Cormack 2009]; 40 to 80 is the usual range."""


@dataclass(frozen=True, slots=True)
class ChannelScores:
    """What one channel says of every row of a set.

    `raw` are the channel's own scores, NaN where it says nothing; `low` and `high` the ends of its scale: the least
    score that is possible in theory and the greatest seen without filters [Bruch 2023, theoretical min-max].
    """

    channel: str
    raw: Scores
    weight: float
    low: float
    high: float

    def normalized(self) -> Scores:
        """The scores on a scale from 0 to 1; 0 where the channel says nothing."""
        span = max(self.high - self.low, np.finfo(np.float32).tiny)
        return np.nan_to_num((self.raw - self.low) / span, nan=0.0).clip(0.0, 1.0).astype(np.float32)


def convex(channels: Sequence[ChannelScores], *, count: int) -> Scores:
    """Weighted mean of the normalized scores [Bruch 2023, https://doi.org/10.1145/3596512]; 0 to 1."""
    merged = np.zeros(count, np.float32)
    total = _total_weight(channels)
    for channel in channels:
        merged += channel.normalized() * np.float32(channel.weight / total)
    return merged


def reciprocal_rank(channels: Sequence[ChannelScores], *, count: int) -> Scores:
    """Weighted reciprocal rank fusion [Cormack 2009, https://doi.org/10.1145/1571941.1572114].

    Rows of which a channel says nothing get nothing from it; ties keep row order.
    """
    merged = np.zeros(count, np.float32)
    for channel in channels:
        said = np.flatnonzero(~np.isnan(channel.raw))
        order = said[np.argsort(-channel.raw[said], kind="stable")]
        merged[order] += channel.weight / (RANK_OFFSET + 1 + np.arange(len(order)))
    return merged


def weighed(channels: Sequence[ChannelScores], shares: Mapping[str, float]) -> list[ChannelScores]:
    """Return the channels with other shares of the whole; those that are not named keep their own."""
    total = _total_weight(channels)
    return [replace(channel, weight=shares.get(channel.channel, channel.weight / total)) for channel in channels]


MERGERS = {"convex": convex, "rrf": reciprocal_rank}


def reasons(channels: Sequence[ChannelScores], at: int) -> Mapping[str, Mapping[str, float]]:
    """How each channel scored one row and, in the convex combination, what it contributed; contributions add up."""
    total = _total_weight(channels)
    return {
        channel.channel: {
            "score": float(channel.raw[at]),
            "normalized": float(normalized),
            "weight": channel.weight / total,
            "contribution": float(normalized) * channel.weight / total,
        }
        for channel in channels
        if (normalized := channel.normalized()[at]) is not None and not np.isnan(channel.raw[at])
    }


def _total_weight(channels: Sequence[ChannelScores]) -> float:
    """What weights are shares of; where no channel that is heard weighs anything, all scores are 0."""
    return sum(channel.weight for channel in channels) or 1.0
