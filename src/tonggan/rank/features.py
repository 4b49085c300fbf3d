"""What a ranker knows of a candidate: a table of named features, computed for all candidates of a query at once.

NaN says that something is not known, or that the query did not ask for it; every ranker takes it as such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tonggan.encode.rating import USUAL_COUNT, USUAL_MEAN
from tonggan.index import Rows, Scores, View
from tonggan.index.entries import WORD_FIELDS
from tonggan.index.scoring import inverse_document_frequency
from tonggan.rank.field_scores import FieldMatch, match_fields
from tonggan.rank.titles import TITLE_FEATURES, title_columns
from tonggan.records import Entity, Understanding

FeatureTable: TypeAlias = npt.NDArray[np.float32]
"""float32, [rows, features], columns in the order of FEATURES; NaN where not known."""

FEEDBACK_DEPTH = 5
"""Best merged candidates whose mean vector stands for what is meant [Rocchio 1971]: few, so that most are right."""

SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Feature:
    """One column: its name, what it says in both languages, and the group under which it is shown."""

    name: str
    english: str
    chinese: str
    group: str


@dataclass(frozen=True, slots=True, eq=False)
class RankingRequest:
    """Candidates of one query, and all that was found out about them on the way.

    `raw` and `normalized` are scores by channel, parallel to `rows`; `merged` is their convex combination; `vectors`
    are the query's own by space. `terms` are what was looked up, with weights.
    """

    view: View
    rows: Rows
    words: str = ""
    terms: Mapping[str, float] = field(default_factory=dict)
    raw: Mapping[str, Scores] = field(default_factory=dict)
    normalized: Mapping[str, Scores] = field(default_factory=dict)
    merged: Scores = field(default_factory=lambda: np.zeros(0, np.float32))
    understanding: Understanding | None = None
    vectors: Mapping[str, np.ndarray] = field(default_factory=dict)


def feature_table(request: RankingRequest) -> FeatureTable:
    """Return the features of every candidate of a request, in its order."""
    table = np.full((len(request.rows), len(FEATURES)), np.nan, np.float32)
    if not len(request.rows):
        return table
    columns: dict[str, np.ndarray | float] = {}
    for block in _BLOCKS:
        columns |= block(request)
    for name, values in columns.items():
        table[:, PLACES[name]] = values
    return table


def fingerprint(names: Sequence[str]) -> str:
    """Return a short name for a list of features: equal for the same names in the same order, and only then."""
    return sha256("\n".join(names).encode()).hexdigest()[:16]


def _words(request: RankingRequest) -> dict[str, np.ndarray | float]:
    if not request.terms:
        return {}
    frequencies = request.view.document_frequency(list(request.terms))
    rarities = [inverse_document_frequency(frequency, request.view.count) for frequency in frequencies]
    gains = {term: request.terms[term] * rarity for term, rarity in zip(request.terms, rarities, strict=True)}
    match = match_fields(request.view, gains, request.terms, rows=request.rows)
    columns: dict[str, np.ndarray | float] = {
        f"words_{name}": match.shares[:, column] for column, name in enumerate(WORD_FIELDS)
    }
    return columns | _match_columns(match) | {"query_terms": float(len(request.terms))}


def _match_columns(match: FieldMatch) -> dict[str, np.ndarray | float]:
    return {"coverage": match.coverage, "title_coverage": match.title_coverage}


def _titles(request: RankingRequest) -> dict[str, np.ndarray | float]:
    if "title" not in request.view.text_fields:
        return {}
    titles = [values[0] if values else "" for values in request.view.values("title", request.rows)]
    return dict(title_columns(request.words, titles))


def _channels(request: RankingRequest) -> dict[str, np.ndarray | float]:
    columns: dict[str, np.ndarray | float] = {}
    for channel, name in _CHANNEL_FEATURES.items():
        if channel in request.raw:
            columns[name] = request.raw[channel]
            columns[f"{name}_relative"] = _relative(request.raw[channel])
    if "words" in request.normalized:
        columns["words"] = request.normalized["words"]
    return columns


def _relative(scores: Scores) -> Scores:
    """How near a score is to the best one among the candidates: 1 for the best, 0 for the least."""
    known = scores[~np.isnan(scores)]
    if not len(known):
        return scores
    low, high = float(known.min()), float(known.max())
    return ((scores - low) / max(high - low, 1e-6)).astype(np.float32)


def _merge(request: RankingRequest) -> dict[str, np.ndarray | float]:
    places = np.empty(len(request.rows), np.float32)
    places[np.argsort(-request.merged, kind="stable")] = np.arange(1, len(request.rows) + 1)
    return {"merged": request.merged, "merged_relative": _relative(request.merged), "merged_rank": np.log2(1 + places)}


def _feedback(request: RankingRequest) -> dict[str, np.ndarray | float]:
    """How like a candidate is to the best of the merged order, in meaning and in looks."""
    best = request.rows[np.argsort(-request.merged, kind="stable")[:FEEDBACK_DEPTH]]
    ids = request.view.ids(best)
    columns: dict[str, np.ndarray | float] = {}
    for name, space in (("like_best_text", "text"), ("like_best_image", "image")):
        if space in request.vectors:
            vectors = list(request.view.vectors(space, ids).values())
            if vectors:
                columns[name] = request.view.similarity(space, np.mean(vectors, axis=0), request.rows)
    return columns


def _entities(request: RankingRequest) -> dict[str, np.ndarray | float]:
    entities = request.understanding.entities if request.understanding else ()
    columns: dict[str, np.ndarray | float] = {}
    for name, kinds in _ENTITY_FEATURES.items():
        asked = [entity for entity in entities if entity.kind in kinds]
        if asked:
            columns[name] = np.mean([_is_named(request, entity) for entity in asked], axis=0)
    others = [entity for entity in entities if entity.field and not any(entity.kind in k for k in _NAMED_KINDS)]
    if others:
        columns["attribute_match"] = np.mean([_is_named(request, entity) for entity in others], axis=0)
    return columns


def _is_named(request: RankingRequest, entity: Entity) -> npt.NDArray[np.float32]:
    """1 where the candidate's field, or its title where no field is known, has what the entity names."""
    view = request.view
    name = entity.field if entity.field in view.text_fields else "title"
    if name not in view.text_fields:
        return np.full(len(request.rows), np.nan, np.float32)
    wanted = (entity.value or entity.text).casefold()
    held = [" \n".join(values).casefold() for values in view.values(name, request.rows)]
    return np.array([wanted in values for values in held], np.float32)


def _shop(request: RankingRequest) -> dict[str, np.ndarray | float]:
    view, rows = request.view, request.rows
    known = {name: view.numbers(name, rows) for name in _NUMBERS if name in view.number_fields}
    columns: dict[str, np.ndarray | float] = {}
    if "rating" in known and "rating_count" in known:
        columns |= _rating(known["rating"], known["rating_count"])
    if "price" in known:
        columns |= _price(known["price"])
    if "discount" in known and "price" in known:
        columns["discount"] = np.where(np.isnan(known["price"]), np.nan, np.nan_to_num(known["discount"]))
    if "updated_at" in known:
        columns["age_days"] = _age(known["updated_at"])
    if "availability" in view.text_fields:
        columns["in_stock"] = _in_stock(view.values("availability", rows))
    return columns


def _rating(means: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray | float]:
    many = np.log1p(counts)
    most = np.nanmax(many) if not np.isnan(many).all() else np.nan
    return {
        "rating": means,
        "rating_count": many,
        "rating_bayes": (means * counts + USUAL_MEAN * USUAL_COUNT) / (counts + USUAL_COUNT),
        "popularity": many / max(most, 1e-6),
    }


def _price(prices: np.ndarray) -> dict[str, np.ndarray | float]:
    logs = np.log1p(np.clip(prices, 0, None))
    known = logs[~np.isnan(logs)]
    middle = np.partition(known, len(known) // 2)[len(known) // 2] if len(known) else np.nan
    return {"price": logs, "price_relative": logs - middle}


def _age(times: np.ndarray) -> np.ndarray:
    newest = np.nanmax(times) if not np.isnan(times).all() else np.nan
    return np.log1p((newest - times) / SECONDS_A_DAY)


def _in_stock(held: Sequence[tuple[str, ...]]) -> np.ndarray:
    """What each candidate's availability says; the few values that there are, are looked at once."""
    known = {values: _is_in_stock(values) for values in set(held)}
    return np.array([known[values] for values in held], np.float32)


def _is_in_stock(values: Sequence[str]) -> float:
    stated = values[0] if values else "unknown"
    return float("nan") if stated == "unknown" else float(stated == "in_stock")


def _place(request: RankingRequest) -> dict[str, np.ndarray | float]:
    """Every candidate is ranked as if it stood first: where clicks were seen teaches, and must not order."""
    return {"position": 1.0}


_BLOCKS: Sequence[Callable[[RankingRequest], dict[str, np.ndarray | float]]] = (
    _words, _titles, _channels, _merge, _feedback, _entities, _shop, _place,
)  # fmt: skip

_NUMBERS = ("rating", "rating_count", "price", "discount", "updated_at")

_CHANNEL_FEATURES: Mapping[str, str] = {
    "text": "text",
    "text-shared": "text_picture",
    "image": "image",
    "image-shared": "image_text",
    "like-image": "like_image",
    "like-text": "like_text",
    "rating": "stars_near",
}

_ENTITY_FEATURES: Mapping[str, frozenset[str]] = {
    "brand_match": frozenset({"brand"}),
    "category_match": frozenset({"category"}),
    "colour_match": frozenset({"colour", "color"}),
}
_NAMED_KINDS = tuple(_ENTITY_FEATURES.values())

_NAMED: Mapping[str, tuple[str, str]] = {
    "title": ("title", "标题"),
    "description": ("description", "描述"),
    "brand": ("brand", "品牌"),
    "categories": ("category", "类目"),
    "tags": ("tags", "标签"),
    "codes": ("product code", "商品编码"),
    "attributes": ("attributes", "属性"),
    "pictures": ("what pictures show", "图片内容"),
    "metadata": ("further details", "其他信息"),
}

_DENSE: Sequence[tuple[str, str, str]] = (
    ("text", "near in meaning", "语义相近"),
    ("text_picture", "picture fits the words", "图片符合文字"),
    ("image", "picture similar", "图片相似"),
    ("image_text", "words fit the picture", "文字符合图片"),
    ("like_image", "looks like what was liked", "外观像喜欢的商品"),
    ("like_text", "text like what was liked", "文字像喜欢的商品"),
    ("stars_near", "near the stars asked for", "接近所选星级"),
)

FEATURES: tuple[Feature, ...] = (
    Feature("words", "words match", "词语匹配", "words"),
    *(Feature(f"words_{n}", f"words in the {_NAMED[n][0]}", f"{_NAMED[n][1]}含词", "words") for n in WORD_FIELDS),
    Feature("coverage", "share of the words found", "查询词覆盖", "words"),
    Feature("title_coverage", "share of the words in the title", "标题词覆盖", "words"),
    Feature("query_terms", "words asked for", "查询词数", "query"),
    *(Feature(name, english, chinese, "title") for name, english, chinese in TITLE_FEATURES),
    *(Feature(name, english, chinese, "vectors") for name, english, chinese in _DENSE),
    *(Feature(f"{n}_relative", f"{e}, beside the best", f"{c}（相对最佳）", "vectors") for n, e, c in _DENSE),
    Feature("like_best_text", "like the best matches in meaning", "语义像最佳结果", "vectors"),
    Feature("like_best_image", "looks like the best matches", "外观像最佳结果", "vectors"),
    Feature("merged", "merged score", "合并得分", "merge"),
    Feature("merged_relative", "merged score beside the best", "合并得分（相对最佳）", "merge"),
    Feature("merged_rank", "place in the merged order", "合并名次", "merge"),
    Feature("brand_match", "brand matches", "品牌相符", "entities"),
    Feature("category_match", "category matches", "类目相符", "entities"),
    Feature("colour_match", "colour matches", "颜色相符", "entities"),
    Feature("attribute_match", "attributes match", "属性相符", "entities"),
    Feature("rating", "stars", "评分", "rating"),
    Feature("rating_count", "number of ratings", "评论数", "rating"),
    Feature("rating_bayes", "stars, cautious where few rated", "贝叶斯评分", "rating"),
    Feature("popularity", "popular beside the others", "热度", "rating"),
    Feature("price", "price", "价格", "shop"),
    Feature("price_relative", "price beside the others", "相对价格", "shop"),
    Feature("discount", "discount", "折扣", "shop"),
    Feature("in_stock", "in stock", "有货", "shop"),
    Feature("age_days", "days since the newest", "上新时间", "shop"),
    Feature("position", "place where it was seen", "展示位置", "query"),
)  # fmt: skip
"""Every feature, in the order of the table's columns."""

NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)

PLACES: Mapping[str, int] = {name: place for place, name in enumerate(NAMES)}
"""The column of each feature."""
