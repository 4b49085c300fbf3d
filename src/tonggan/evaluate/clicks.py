"""Judgments from clicks: clicks over expected clicks, COEC [Zhang & Jones 2007, WWW 2007 workshop on query logs].

A product high in a list is clicked because it is high. So the clicks on a product for a query are compared with those
that the ranks it was shown at draw on average in the same log: 1 is what any product gets there, 2 twice as much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from tonggan.errors import InputError
from tonggan.evaluate.events import Click, Impression, LogEntry, Shown, Uncounted
from tonggan.evaluate.interchange import normalized

FEWEST_IMPRESSIONS = 10
"""Times that a pair must have been shown before its clicks say anything."""

FEWEST_AT_RANK = 100
"""Impressions from which a rank has a click rate of its own; ranks below are pooled with the next ones."""

PRIOR_CLICKS = 1.0
"""Clicks, and expected clicks, that each pair starts with: few impressions stay near what any product gets."""

GRADE_FLOORS: Mapping[int, float] = {3: 2.0, 2: 1.0, 1: 0.5}
"""Least COEC of each grade; below all it is 0. Twice the expected clicks is the top, half of them the bottom."""

Pair = tuple[str, str]
"""A query's normalized text and a product id."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a log shows, with the normalized text of its query, what of it was clicked, and what cannot be used."""

    shown: Mapping[Shown, str]
    clicked: Set[Shown]
    unused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClickJudgment:
    """What the log says of one pair; `coec` is with PRIOR_CLICKS."""

    query: str
    product_id: str
    impressions: int
    clicks: int
    expected: float

    @property
    def coec(self) -> float:
        """Clicks over expected clicks, both from PRIOR_CLICKS on."""
        return (self.clicks + PRIOR_CLICKS) / (self.expected + PRIOR_CLICKS)

    @property
    def grade(self) -> int:
        """0 to 3 by GRADE_FLOORS."""
        return next((grade for grade, floor in GRADE_FLOORS.items() if self.coec >= floor), 0)


@dataclass(frozen=True, slots=True)
class ClickReport:
    """Judged pairs in order of query and grade, click rates by rank, and what was not used, by reason."""

    judgments: tuple[ClickJudgment, ...]
    rates: Mapping[int, float]
    impressions: int
    clicks: int
    unused: Mapping[str, int] = field(default_factory=dict)

    @property
    def qrels(self) -> dict[str, dict[str, float]]:
        """Grades by query text and product."""
        grades: dict[str, dict[str, float]] = {}
        for each in self.judgments:
            grades.setdefault(each.query, {})[each.product_id] = float(each.grade)
        return grades

    def as_json(self) -> dict[str, Any]:
        """The counts, the rates of the first ranks, and how many pairs got each grade."""
        graded = Counter(each.grade for each in self.judgments)
        return {
            "impressions": self.impressions,
            "clicks": self.clicks,
            "unused": dict(self.unused),
            "pairs": len(self.judgments),
            "queries": len(self.qrels),
            "grades": {str(grade): graded[grade] for grade in range(4)},
            "click_rate_by_rank": {str(rank): round(rate, 4) for rank, rate in list(self.rates.items())[:20]},
        }


def judge_clicks(
    entries: Iterable[LogEntry],
    *,
    fewest_impressions: int = FEWEST_IMPRESSIONS,
    fewest_at_rank: int = FEWEST_AT_RANK,
) -> ClickReport:
    """Grade the pairs of a log; InputError, with the reasons, where nothing can be learnt from it.

    The ranks of a query whose list is in the log are those of the list; else each impression and click has its own. A
    product counts once per search, shown or clicked; a click on what the log does not show counts as shown there.
    """
    return judge_seen(count_seen(entries), fewest_impressions=fewest_impressions, fewest_at_rank=fewest_at_rank)


def judge_seen(
    seen: Seen, *, fewest_impressions: int = FEWEST_IMPRESSIONS, fewest_at_rank: int = FEWEST_AT_RANK
) -> ClickReport:
    """Grade the pairs of a log that was counted, as `judge_clicks` does."""
    shown, clicked, unused = seen.shown, seen.clicked, Counter(seen.unused)
    if not shown or set(shown) == clicked:
        told = "; ".join(f"{count} x {reason}" for reason, count in unused.items()) or "there is none"
        raise InputError(
            f"No impression without a click can be used of {len(clicked)} clicks and the rest ({told}).",
            remedy="The log must also hold what was shown: impression events, or queries with their result lists.",
        )
    rates = click_rates(shown, clicked, fewest=fewest_at_rank)
    judgments = _judgments(shown, clicked, rates)
    kept = [each for each in judgments if each.impressions >= fewest_impressions]
    few = len(judgments) - len(kept)
    if few:
        unused[f"pair shown under {fewest_impressions} times"] = few
    return ClickReport(tuple(kept), rates, len(shown), len(clicked), dict(unused))


def count_seen(entries: Iterable[LogEntry]) -> Seen:
    """Read a log once: where each product stood when it was shown or clicked."""
    unused: Counter[str] = Counter()
    lists: dict[str, Mapping[str, int]] = {}
    texts: dict[str, str] = {}
    seen: list[Impression | Click] = []
    for entry in entries:
        if isinstance(entry, Uncounted):
            unused[entry.reason] += 1
            continue
        if entry.text:
            texts.setdefault(entry.search, normalized(entry.text))
        if isinstance(entry, Impression | Click):
            seen.append(entry)
        else:
            lists[entry.search] = {**lists.get(entry.search, {}), **entry.ranks}
    shown: dict[Shown, str] = {
        Shown(search, product_id, rank): texts[search]
        for search, ranks in lists.items()
        if search in texts
        for product_id, rank in ranks.items()
    }
    clicked: set[Shown] = set()
    places = _places(seen, lists)
    for each in seen:
        at = places.get((each.search, each.product_id))
        if each.search not in texts:
            unused["no text of the query"] += 1
        elif at is None:
            unused["no position"] += 1
        else:
            shown[at] = texts[each.search]
            if isinstance(each, Click):
                clicked.add(at)
    return Seen(shown, clicked, unused)


def click_rates(shown: Mapping[Shown, Any], clicked: Set[Shown], *, fewest: int) -> dict[int, float]:
    """Return clicks over impressions at each rank, ranks pooled downwards until a pool has `fewest` impressions."""
    impressions, clicks = Counter(each.rank for each in shown), Counter(each.rank for each in clicked)
    pools: list[list[int]] = [[]]
    for rank in sorted(impressions):
        pools[-1].append(rank)
        if sum(impressions[each] for each in pools[-1]) >= fewest:
            pools.append([])
    if len(pools) > 1:
        last = pools.pop()
        pools[-1] += last
    return {
        rank: sum(clicks[each] for each in pool) / sum(impressions[each] for each in pool)
        for pool in pools
        for rank in pool
    }


def _judgments(shown: Mapping[Shown, str], clicked: Set[Shown], rates: Mapping[int, float]) -> list[ClickJudgment]:
    pairs: dict[Pair, list[Shown]] = {}
    for each, text in shown.items():
        pairs.setdefault((text, each.product_id), []).append(each)
    found = [
        ClickJudgment(
            query,
            product_id,
            impressions=len(own),
            clicks=sum(each in clicked for each in own),
            expected=sum(rates[each.rank] for each in own),
        )
        for (query, product_id), own in pairs.items()
    ]
    return sorted(found, key=lambda each: (each.query, -each.grade, -each.coec, each.product_id))


def _places(seen: Sequence[Impression | Click], lists: Mapping[str, Mapping[str, int]]) -> dict[Pair, Shown]:
    """Where each product stood in each search: in its list, else where its impression or click says."""
    places: dict[Pair, Shown] = {}
    for each in sorted(seen, key=lambda item: isinstance(item, Click)):
        rank = lists.get(each.search, {}).get(each.product_id, each.rank)
        if rank is not None:
            places.setdefault((each.search, each.product_id), Shown(each.search, each.product_id, rank))
    return places
