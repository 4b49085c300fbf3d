"""Why a product stands where it does, in a few words: the features that moved its score most, with what they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tonggan.errors import InputError, unknown_name
from tonggan.rank.features import FEATURES, PLACES, Feature

MOST_REASONS = 4
"""Phrases that are told: more is a table, which `explain` gives too."""

LEAST_SHARE = 0.05
"""Share of all movement under which a feature is no reason."""

LANGUAGES = ("en", "zh")

_MATCHES = frozenset({"brand_match", "category_match", "colour_match", "attribute_match"})
_SHARES = frozenset({"coverage", "title_coverage", "title_share", "title_phrase", "core_share"})


@dataclass(frozen=True, slots=True)
class Reason:
    """One feature's part: `contribution` is by how much it moved the score, `value` what the feature was."""

    feature: str
    contribution: float
    value: float
    phrase: str


def reasons_in_words(
    row: npt.NDArray[np.float32],
    contributions: npt.NDArray[np.float64],
    features: Sequence[Feature] = FEATURES,
    *,
    language: str = "en",
) -> list[Reason]:
    """Return the features that moved a row's score most, greatest first, in English or Chinese.

    Features that say the same (`words_relative` beside `words`) are one reason: that of the group that moved most.
    """
    if language not in LANGUAGES:
        raise InputError(unknown_name("language of reasons", language, LANGUAGES))
    moved = float(np.abs(contributions).sum()) or 1.0
    order = np.argsort(-np.abs(contributions), kind="stable").tolist()
    found: dict[str, Reason] = {}
    for at in order:
        if abs(contributions[at]) < LEAST_SHARE * moved or len(found) == MOST_REASONS:
            break
        phrase = _phrase(features[at], row, is_chinese=language == "zh")
        if phrase:
            found.setdefault(
                _topic(features[at]), Reason(features[at].name, float(contributions[at]), float(row[at]), phrase)
            )
    return list(found.values())


def _topic(feature: Feature) -> str:
    return feature.name.removesuffix("_relative").removesuffix("_rank")


def _phrase(feature: Feature, row: npt.NDArray[np.float32], *, is_chinese: bool) -> str:
    value = float(row[PLACES[feature.name]]) if feature.name in PLACES else float("nan")
    if feature.name in _PHRASES:
        return _PHRASES[feature.name](row, is_chinese)
    name = feature.chinese if is_chinese else feature.english
    if np.isnan(value):
        return f"{name}：未知" if is_chinese else f"{name}: not known"
    if feature.name in _MATCHES:
        return name if value > 0 else _negated(name, is_chinese=is_chinese)
    if feature.name in _SHARES:
        return f"{name} {value:.0%}"
    return f"{name} {value:.2f}"


def _negated(name: str, *, is_chinese: bool) -> str:
    return (
        name.replace("相符", "不符")
        if is_chinese
        else name.replace(" matches", " differs").replace(" match", " differ")
    )


def _stars(row: npt.NDArray[np.float32], is_chinese: bool) -> str:
    mean, count = row[PLACES["rating"]], np.expm1(row[PLACES["rating_count"]])
    if np.isnan(mean) or np.isnan(count):
        return "没有评分" if is_chinese else "no ratings"
    return f"{mean:.1f} 星（{count:.0f} 条评价）" if is_chinese else f"{mean:.1f} stars from {count:.0f}"


def _price(row: npt.NDArray[np.float32], is_chinese: bool) -> str:
    relative = row[PLACES["price_relative"]]
    if np.isnan(relative):
        return "价格未知" if is_chinese else "price not known"
    if abs(relative) < 0.05:
        return "价格居中" if is_chinese else "priced like the others"
    cheaper, dearer = ("比同类便宜", "比同类贵") if is_chinese else ("cheaper than most", "dearer than most")
    return cheaper if relative < 0 else dearer


def _stock(row: npt.NDArray[np.float32], is_chinese: bool) -> str:
    held = row[PLACES["in_stock"]]
    if np.isnan(held):
        return ""
    there, gone = ("有货", "缺货") if is_chinese else ("in stock", "out of stock")
    return there if held > 0 else gone


def _place(row: npt.NDArray[np.float32], is_chinese: bool) -> str:
    place = np.exp2(row[PLACES["merged_rank"]]) - 1
    return f"合并名次第 {place:.0f}" if is_chinese else f"place {place:.0f} in the merged order"


def _silent(row: npt.NDArray[np.float32], is_chinese: bool) -> str:
    """What is the same for every product of a query is a reason for none."""
    return ""


_PHRASES: Mapping[str, Callable[[npt.NDArray[np.float32], bool], str]] = {
    "rating": _stars,
    "rating_count": _stars,
    "rating_bayes": _stars,
    "price": _price,
    "price_relative": _price,
    "in_stock": _stock,
    "merged_rank": _place,
    "query_terms": _silent,
    "position": _silent,
}
