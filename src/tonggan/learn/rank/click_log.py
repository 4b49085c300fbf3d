"""A log of clicks as a lesson: the queries it teaches, how far its positions can be told apart, what is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tonggan.errors import NotReadyError
from tonggan.evaluate.clicks import FEWEST_IMPRESSIONS, ClickReport, Seen, count_seen, judge_seen
from tonggan.evaluate.events import read_events
from tonggan.learn.rank.clicks import ClickDiagnostics, Examination, Impression, diagnose, estimate_examination

GREATEST_LIFT = 4.0
"""Clicks over expected clicks, less 1, that a shop remembers at most: a favourite must not decide alone for good."""

LIFT_DECIMALS = 3


@dataclass(frozen=True)
class ClickLog:
    """What a log says: impressions by normalized text, of products shown often enough, and grades of the same pairs.

    `examination` is None, and `problem` says why, where clicks do not tell how far shoppers look.
    """

    impressions: Mapping[str, Sequence[Impression]]
    report: ClickReport
    examination: Examination | None
    problem: str = ""

    @cached_property
    def diagnostics(self) -> ClickDiagnostics:
        """How evenly the clicks would weigh by one over examination."""
        clicked = [each.position for own in self.impressions.values() for each in own if each.is_clicked]
        positions = np.array(clicked, np.float64)
        return diagnose(np.ones(len(positions)) if self.examination is None else self.examination.at(positions))

    @property
    def lifts(self) -> Mapping[str, Mapping[str, float]]:
        """By text and product: clicks over expected clicks, less 1, from -1 to GREATEST_LIFT."""
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for each in self.report.judgments:
            found[each.query][each.product_id] = round(min(each.coec - 1, GREATEST_LIFT), LIFT_DECIMALS)
        return dict(found)

    def require_examination(self) -> Examination:
        """Return how far shoppers look; NotReadyError, with the numbers, where clicks are too few to say."""
        if self.examination is None:
            raise NotReadyError(self.problem, remedy="Wait for more clicks, or leave --inverse-propensity out.")
        return self.examination

    def as_json(self) -> dict[str, Any]:
        """The diagnostics, what was used, and what was refused by reason."""
        told = self.report.as_json()
        return {
            "impressions": told["impressions"],
            "clicks": told["clicks"],
            "refused": told["unused"],
            "queries": told["queries"],
            "pairs": told["pairs"],
            "power": self.examination.power if self.examination else None,
            "problem": self.problem,
            "clicks_used": self.diagnostics.clicks,
            **{name: value for name, value in asdict(self.diagnostics).items() if name != "clicks"},
        }


def read_click_log(path: Path) -> ClickLog:
    """Read UBI or Algolia events; InputError where they do not tell what was shown beside what was clicked."""
    return click_log(count_seen(read_events(path)))


def click_log(seen: Seen, *, fewest_impressions: int = FEWEST_IMPRESSIONS) -> ClickLog:
    """Return what a log that was counted says of the pairs that were shown often enough."""
    report = judge_seen(seen, fewest_impressions=fewest_impressions)
    every = list(_impressions(seen))
    kept = {(each.query, each.product_id) for each in report.judgments}
    grouped: dict[str, list[Impression]] = defaultdict(list)
    for each in every:
        if (each.query_id, each.product_id) in kept:
            grouped[each.query_id].append(each)
    try:
        return ClickLog(dict(grouped), report, estimate_examination(every))
    except NotReadyError as error:
        return ClickLog(dict(grouped), report, None, problem=error.message)


def _impressions(seen: Seen) -> Iterable[Impression]:
    """What was shown, at positions from 1; some shops count from 0."""
    shift = 1 if any(each.rank == 0 for each in seen.shown) else 0
    for each, text in seen.shown.items():
        yield Impression(text, each.product_id, each.rank + shift, each in seen.clicked)
