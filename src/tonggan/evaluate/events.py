"""Logs of what shoppers saw and clicked: OpenSearch User Behavior Insights 1.3, and Algolia Insights.

A log is lines of JSON, or one JSON document with `events` or a list. Records of several kinds may be mixed: UBI events
and UBI queries (with `query_response_hit_ids`), Algolia events and Algolia answers (with `queryID` and `hits`), which
say what the query was and what was shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from tonggan.errors import InputError
from tonggan.evaluate.tables import open_lines

CLICKS = frozenset({"click", "item_click", "product_click", "result_click", "select_item"})
"""Actions of UBI that say that a product was chosen from a list; the name is each shop's own."""

IMPRESSIONS = frozenset({"impression", "view", "item_view", "product_view", "view_item_list"})
"""Actions of UBI that say that a product was shown."""

DEEPEST = 10_000
"""Rank beyond which a position is a mistake."""

EXAMPLE = "Give UBI events, one JSON object a line, or Algolia Insights events."


@dataclass(frozen=True, slots=True)
class Shown:
    """A product at a rank in one search."""

    search: str
    product_id: str
    rank: int


@dataclass(frozen=True, slots=True)
class Impression:
    """A product that was shown; `text` of the query where the record has it, `rank` where it says."""

    search: str
    product_id: str
    rank: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Click:
    """A product that was clicked."""

    search: str
    product_id: str
    rank: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ResultList:
    """What a search gave, rank from 1 by product; `text` is what was asked."""

    search: str
    text: str = ""
    ranks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A record that says nothing about shown or clicked products, and why."""

    reason: str


LogEntry: TypeAlias = Impression | Click | ResultList | Uncounted


def read_events(path: Path) -> Iterator[LogEntry]:
    """Read a log; a line that is not JSON is an InputError, a record that cannot be used is Uncounted."""
    with open_lines(path) as lines:
        for record in _records(path, lines):
            yield from _entries(record)


def _entries(record: Any) -> Iterator[LogEntry]:
    if not isinstance(record, Mapping):
        yield Uncounted("not a record")
    elif "action_name" in record:
        yield _ubi_event(record)
    elif "query_response_hit_ids" in record or ("user_query" in record and "query_id" in record):
        yield _ubi_query(record)
    elif "eventType" in record:
        yield from _algolia_event(record)
    elif "queryID" in record:
        yield _algolia_answer(record)
    else:
        yield Uncounted("unknown record")


def _ubi_event(record: Mapping[str, Any]) -> LogEntry:
    action = str(record["action_name"]).lower()
    if action not in CLICKS and action not in IMPRESSIONS:
        return Uncounted(f"action {action}")
    attributes = _mapping(record.get("event_attributes"))
    product_id = _text(_mapping(attributes.get("object")).get("object_id"))
    search = _text(record.get("query_id"))
    if not product_id or not search:
        return Uncounted("no object_id" if search else "no query_id")
    kind = Click if action in CLICKS else Impression
    ordinal = _rank(_mapping(attributes.get("position")).get("ordinal"))
    return kind(search, product_id, ordinal, _text(record.get("user_query")))


def _ubi_query(record: Mapping[str, Any]) -> LogEntry:
    search = _text(record.get("query_id"))
    listed = record.get("query_response_hit_ids")
    return _list(search, _text(record.get("user_query")), listed if isinstance(listed, list) else [], start=1)


def _algolia_event(record: Mapping[str, Any]) -> Iterator[LogEntry]:
    kind, search = str(record["eventType"]).lower(), _text(record.get("queryID"))
    if kind not in ("click", "view"):
        yield Uncounted(f"event {kind}")
    elif not search:
        yield Uncounted("no queryID")
    elif not isinstance(record.get("objectIDs"), list):
        yield Uncounted("no objectIDs")
    else:
        products, positions = record["objectIDs"], record.get("positions")
        ranks = positions if isinstance(positions, list) and len(positions) == len(products) else [None] * len(products)
        made = Click if kind == "click" else Impression
        for product_id, rank in zip(products, ranks, strict=True):
            yield made(search, _text(product_id), _rank(rank), _text(record.get("query")))


def _algolia_answer(record: Mapping[str, Any]) -> LogEntry:
    hits = record.get("hits")
    listed = [_mapping(hit).get("objectID") for hit in hits] if isinstance(hits, list) else []
    page, size = record.get("page", 0), record.get("hitsPerPage", len(listed))
    before = page * size if isinstance(page, int) and isinstance(size, int) else 0
    return _list(_text(record.get("queryID")), _text(record.get("query")), listed, start=before + 1)


def _list(search: str, text: str, listed: list[Any], *, start: int) -> LogEntry:
    if not search or not text:
        return Uncounted("no query_id" if text else "no text of the query")
    ranks: dict[str, int] = {}
    for place, product_id in enumerate(map(_text, listed), start=start):
        if product_id and place <= DEEPEST:
            ranks.setdefault(product_id, place)
    return ResultList(search, text, ranks)


def _records(path: Path, lines: Iterable[str]) -> Iterator[Any]:
    """Records of a document that is one line or many; the first line that is whole JSON tells which."""
    rest = iter(lines)
    first = next((line for line in rest if line.strip()), "")
    if not first:
        raise InputError(f"{path} holds no event.", remedy=EXAMPLE)
    try:
        yield from _listed(json.loads(first))
    except json.JSONDecodeError:
        yield from _listed(_loaded(path, first + "".join(rest), line=None))
        return
    for number, line in enumerate(rest, start=2):
        if line.strip():
            yield from _listed(_loaded(path, line, line=number))


def _listed(record: Any) -> Iterator[Any]:
    events = record.get("events") if isinstance(record, Mapping) else record
    if isinstance(events, list):
        yield from events
    else:
        yield record


def _loaded(path: Path, text: str, *, line: int | None) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}, line {line or error.lineno}: not JSON: {error.msg}.", remedy=EXAMPLE) from error


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """An id or a text; numbers are ids to some shops."""
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _rank(value: Any) -> int | None:
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    return int(value) if is_whole and 0 <= value <= DEEPEST else None
