"""Everything that is known about one product and one query: its place and why, or why it has none."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from tonggan.answer.matched_words import WordEvidence
from tonggan.answer.meaning import understanding_as_json
from tonggan.answer.occlusion import OcclusionMap, heat_png
from tonggan.answer.second_look import SecondLook
from tonggan.answer.why_not import Obstacle
from tonggan.catalogue.wire import product_as_json
from tonggan.rank.features import FEATURES, NAMES
from tonggan.rank.order import Ranking
from tonggan.rank.reasons import reasons_in_words
from tonggan.records import Product, Understanding

MOST_GAPS = 5
"""Parts in which the first result is ahead that are told: those that decide."""


@dataclass(frozen=True, slots=True)
class FeaturePart:
    """By how much one feature moved the ranker's score; `value` is none where the feature is not known."""

    feature: str
    name: str
    value: float | None
    contribution: float


@dataclass(frozen=True, slots=True)
class RankerPart:
    """The ranker's score, which is `base` and all contributions together; greatest movement first."""

    version: str
    kind: str
    score: float
    base: float
    contributions: tuple[FeaturePart, ...]
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """What the first result has more of: `difference` is of contributions, in the ranker or, without one, the merge."""

    name: str
    difference: float


@dataclass(frozen=True, slots=True)
class Leader:
    """The first result, where the product is not that itself."""

    product_id: str
    score: float
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a product is where it is for a query. `place` counts from 1 over all pages, 0 where it is no result.

    `merge` decomposes `merged` by channel; with a ranker its score takes the place of the merged one; `boost` is the
    factor of the merchant's rules. `obstacles` are there where the product is no result.
    """

    product: Product
    language: str
    is_result: bool
    place: int = 0
    page: int = 0
    found: int = 0
    score: float = 0.0
    merged: float = 0.0
    boost: float = 1.0
    understood: Understanding | None = None
    why: tuple[str, ...] = ()
    merge: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    words: tuple[WordEvidence, ...] = ()
    ranker: RankerPart | None = None
    rules: tuple[str, ...] = ()
    leader: Leader | None = None
    obstacles: tuple[Obstacle, ...] = ()
    occlusion: OcclusionMap | None = None


def ranker_part(look: SecondLook, row: int, *, version: str, language: str) -> RankerPart | None:
    """Return what the ranker made of a row; none where it did not look at it."""
    place = look.place(row)
    if place < 0:
        return None
    moved = look.contributions(place)
    table, values = look.table[place], moved.values[0]
    names = {each.name: each.chinese if language == "zh" else each.english for each in FEATURES}
    parts = [
        FeaturePart(name, names.get(name, name), None if np.isnan(value) else float(value), float(contribution))
        for name, value, contribution in zip(look.ranker.feature_names, table, values, strict=True)
    ]
    is_known = look.ranker.feature_names == NAMES
    phrases = reasons_in_words(table, values, FEATURES, language=language) if is_known else []
    return RankerPart(
        version,
        look.ranker.kind,
        float(look.scores[place]),
        moved.base,
        tuple(sorted(parts, key=lambda part: -abs(part.contribution))),
        tuple(each.phrase for each in phrases),
    )


def leader_of(ranking: Ranking, row: int, *, own: RankerPart | None, first: RankerPart | None) -> Leader | None:
    """Return the first result beside a product that stands behind it, with the parts in which it is ahead.

    `own` and `first` are what the ranker made of the two; the merge is compared where it did not look at both.
    """
    leading = ranking.leading(1)[:1]
    if not len(leading) or int(leading[0]) == row:
        return None
    results = ranking.results
    if own is not None and first is not None:
        mine = {part.name: part.contribution for part in own.contributions}
        theirs = {part.name: part.contribution for part in first.contributions}
    else:
        mine, theirs = (_contributions(results.reasons(each)) for each in (row, int(leading[0])))
    ahead = [Gap(name, value - mine.get(name, 0.0)) for name, value in theirs.items()]
    gaps = sorted((gap for gap in ahead if gap.difference > 0), key=lambda gap: -gap.difference)
    score = float(ranking.scores_of(leading)[0])
    return Leader(results.view.ids(leading)[0], score, tuple(gaps[:MOST_GAPS]))


def explanation_as_json(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation in the form that HTTP, CLI and SDK share; `heat` is a PNG as a data address."""
    plain = ("language", "is_result", "place", "page", "found", "score", "merged", "boost")
    seen = explanation.occlusion
    return {
        "id": explanation.product.id,
        "product": product_as_json(explanation.product),
        **{name: getattr(explanation, name) for name in plain},
        "understood": understanding_as_json(explanation.understood) if explanation.understood else None,
        "why": list(explanation.why),
        "merge": {channel: dict(part) for channel, part in explanation.merge.items()},
        "words": _listed(explanation.words),
        "ranker": _plain(explanation.ranker),
        "rules": list(explanation.rules),
        "leader": _plain(explanation.leader),
        "obstacles": _listed(explanation.obstacles),
        "occlusion": _occlusion_as_json(seen) if seen else None,
        "heat": _data_address(heat_png(seen.picture, seen.grid)) if seen else "",
    }


def _occlusion_as_json(seen: OcclusionMap) -> dict[str, Any]:
    grid = [[round(value, 4) for value in row] for row in seen.grid.tolist()]
    return {"of": seen.of, "space": seen.space, "grid": grid, "similarity": seen.similarity, "drop": seen.drop}


def _data_address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _contributions(reasons: Mapping[str, Any]) -> dict[str, float]:
    return {channel: reason["contribution"] for channel, reason in reasons.items()}


def _listed(records: Sequence[Any]) -> list[dict[str, Any]]:
    return [_plain(record) or {} for record in records]


def _plain(record: Any) -> dict[str, Any] | None:
    """A record as JSON, tuples as lists."""
    return None if record is None else {name: _value(value) for name, value in asdict(record).items()}


def _value(value: Any) -> Any:
    return [_value(each) for each in value] if isinstance(value, tuple | list) else value
