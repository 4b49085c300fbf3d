"""Judgments as OpenSearch's Search Relevance Workbench imports and keeps them.

The form that is written is the body of `PUT _plugins/_search_relevance/judgments`. Read are that, a kept judgment list
(one document, or the answer of a search that found one), and the older form with an object of queries.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tonggan.errors import InputError
from tonggan.evaluate.judgments import Qrels
from tonggan.evaluate.quepid import shown_grade

KIND = "IMPORT_JUDGMENT"
RATINGS = "judgmentRatings"
DEFAULT_NAME = "Judgments of Tonggan"

EXAMPLE = 'A judgment list is {"judgmentRatings": [{"query": "...", "ratings": [{"docId": "...", "rating": "3"}]}]}.'


def opensearch_rows(path: Path, text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each rating with where it stands, as `judgmentRatings[0].ratings[2]`; InputError names place and value."""
    for place, query, ratings in _queries(path, text):
        if not isinstance(query, str) or not isinstance(ratings, list):
            raise InputError(f"{path}, {place}: query {query!r} with ratings {_short(ratings)}.", remedy=EXAMPLE)
        for at, rating in enumerate(ratings):
            where = f"{place}.ratings[{at}]"
            if not isinstance(rating, Mapping) or not {"docId", "rating"} <= rating.keys():
                raise InputError(f"{path}, {where}: {_short(rating)} has no docId and rating.", remedy=EXAMPLE)
            yield where, {"query_id": query, "product_id": str(rating["docId"]), "grade": str(rating["rating"])}


def list_name(text: str) -> str:
    """Return the name of a judgment list; empty where it has none."""
    record = _unwrapped(json.loads(text))
    return str(record.get("name", "")) if isinstance(record, Mapping) else ""


def opensearch_text(qrels: Qrels, *, name: str = "") -> str:
    """Return a judgment list to be imported; ratings are texts, as the interface has them."""
    ratings = [
        {
            "query": query,
            "ratings": [{"docId": product_id, "rating": shown_grade(grade)} for product_id, grade in grades.items()],
        }
        for query, grades in qrels.items()
    ]
    record = {"name": name or DEFAULT_NAME, "description": "", "type": KIND, RATINGS: ratings}
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def _queries(path: Path, text: str) -> Iterator[tuple[str, Any, Any]]:
    try:
        record = _unwrapped(json.loads(text))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}, line {error.lineno}: not JSON: {error.msg}.", remedy=EXAMPLE) from error
    listed = record.get(RATINGS) if isinstance(record, Mapping) else None
    if isinstance(listed, Mapping):
        yield from ((f"{RATINGS}[{query!r}]", query, ratings) for query, ratings in listed.items())
        return
    if not isinstance(listed, list):
        raise InputError(f"{path}: no {RATINGS}, but {_short(record)}.", remedy=EXAMPLE)
    for at, each in enumerate(listed):
        if not isinstance(each, Mapping):
            raise InputError(f"{path}, {RATINGS}[{at}]: {_short(each)} is no query with ratings.", remedy=EXAMPLE)
        yield f"{RATINGS}[{at}]", each.get("query"), each.get("ratings")


def _unwrapped(record: Any) -> Any:
    """The one judgment list of a search's answer; anything else as it is."""
    hits = record.get("hits") if isinstance(record, Mapping) else None
    found: Sequence[Any] = hits.get("hits", []) if isinstance(hits, Mapping) else []
    if len(found) > 1:
        raise InputError(f"The file holds {len(found)} judgment lists.", remedy="Keep one of them.")
    return found[0].get("_source", {}) if found and isinstance(found[0], Mapping) else record


def _short(value: Any) -> str:
    told = json.dumps(value, ensure_ascii=False)
    return told if len(told) <= 60 else told[:57] + "..."
