"""The searches that an evaluation compares: each channel alone, other ways to merge, and what the shop serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tonggan.cli.opening import OpenShop
from tonggan.errors import MissingExtraError

if TYPE_CHECKING:
    from tonggan.evaluate import EvaluationQuery, Search

MOST_PER_PAGE = 250
"""Results that a shop gives on one page; deeper rankings take several."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: how to search, and which queries it can say anything about."""

    parameters: Mapping[str, Any]
    speaks_of: Callable[[EvaluationQuery], bool]


def _has_text(query: EvaluationQuery) -> bool:
    return bool(query.text)


def _has_picture(query: EvaluationQuery) -> bool:
    return query.image is not None


def _has_anything(query: EvaluationQuery) -> bool:
    return True


ROWS: Mapping[str, Row] = {
    "words": Row({"channels": ["words"], "undo": ["all"]}, _has_text),
    "understood": Row({"channels": ["words", "phrase"]}, _has_text),
    "text": Row({"channels": ["text"]}, _has_text),
    "image": Row({"channels": ["image"]}, _has_picture),
    "cross-modal": Row(
        {"channels": ["text-shared", "image-shared"]}, lambda query: _has_text(query) or _has_picture(query)
    ),
    "rrf": Row({"merge": "rrf"}, _has_anything),
    "convex": Row({"ranker": "none", "rules": "none"}, _has_anything),
    "merged": Row({}, _has_anything),
}
"""The first is what gains are measured against: the words as they were typed. The last is what the shop serves, with
the learnt ranker and the merchant's rules where there are any."""

PICTURE_ROWS = ("image", "cross-modal")
"""Shown only where queries have pictures."""


def searches_of(
    shop: OpenShop, queries: Sequence[EvaluationQuery], *, tell: Callable[[], None] | None = None
) -> dict[str, Search]:
    """Return the searches that can answer any of these queries, by name; `tell` is called after each answer."""
    _refuse_unheard(queries)
    shown = {
        name: row
        for name, row in ROWS.items()
        if any(map(row.speaks_of, queries)) and (name not in PICTURE_ROWS or any(map(_has_picture, queries)))
    }
    return {name: _search(shop, row, tell) for name, row in shown.items()}


def searches_as(
    shop: OpenShop,
    queries: Sequence[EvaluationQuery],
    *,
    parameters: Mapping[str, Any],
    row: str = "",
    tell: Callable[[], None] | None = None,
) -> Search:
    """Return one search with these parameters; with those of a row, it answers the queries that the row speaks of."""
    _refuse_unheard(queries)
    return _search(shop, ROWS[row] if row else Row(parameters, _has_anything), tell)


def _search(shop: OpenShop, row: Row, tell: Callable[[], None] | None) -> Search:
    def search(query: EvaluationQuery, depth: int) -> list[str]:
        ranking = _ranking(shop, row, query, depth) if row.speaks_of(query) else []
        if tell is not None:
            tell()
        return ranking

    return search


def _ranking(shop: OpenShop, row: Row, query: EvaluationQuery, depth: int) -> list[str]:
    ranking: list[str] = []
    per_page = min(depth, MOST_PER_PAGE)
    asked = {**_asked(query), **row.parameters, "per_page": per_page}
    for page in range(1, -(-depth // per_page) + 1):
        hits = shop.search({**asked, "page": page}, image=query.image)["hits"]
        ranking += [hit["id"] for hit in hits]
        if len(hits) < per_page:
            break
    return ranking[:depth]


def _asked(query: EvaluationQuery) -> dict[str, Any]:
    asked = {"q": query.text, "like": list(query.like), "rating": query.rating, "filter_by": query.filter_by}
    return {name: value for name, value in asked.items() if value not in (None, "", [])}


def _refuse_unheard(queries: Sequence[EvaluationQuery]) -> None:
    for query in queries:
        unheard: Path | None = query.voice or query.clip
        if unheard is not None:
            raise MissingExtraError(
                f"Query '{query.query_id}' has {unheard.name}: searching by voice or clip is not in this build.",
                remedy="Leave such queries out.",
            )
