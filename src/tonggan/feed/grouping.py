"""The rows of one product together, wherever they stand in the feed, without holding the feed in memory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tonggan.feed import Feed
from tonggan.feed.columns import parse_target
from tonggan.feed.vendors import find_vendor
from tonggan.records import Offer, Refusal

CACHE_KILOBYTES = 16_384
"""Memory of the spool; the rest of it lies in a temporary file that SQLite removes by itself."""

_TABLES = """
CREATE TABLE offers (sequence INTEGER PRIMARY KEY, id TEXT, sku TEXT, grouped TEXT, payload TEXT);
CREATE TABLE links (child TEXT PRIMARY KEY, parent TEXT, options TEXT) WITHOUT ROWID;
"""
_RESOLVE = """
UPDATE offers SET grouped = (SELECT parent FROM links WHERE child IN (offers.id, offers.sku))
 WHERE grouped = '' AND EXISTS (SELECT 1 FROM links WHERE child IN (offers.id, offers.sku));
CREATE INDEX by_group ON offers (grouped);
CREATE TABLE parents (name TEXT PRIMARY KEY, sequence INTEGER) WITHOUT ROWID;
INSERT OR IGNORE INTO parents SELECT id, sequence FROM offers
 WHERE grouped IN ('', id) AND id <> '' AND id IN (SELECT grouped FROM offers) ORDER BY sequence;
INSERT OR IGNORE INTO parents SELECT 'id:' || id, sequence FROM offers
 WHERE grouped IN ('', id) AND id <> '' AND 'id:' || id IN (SELECT grouped FROM offers) ORDER BY sequence;
INSERT OR IGNORE INTO parents SELECT sku, sequence FROM offers
 WHERE grouped = '' AND sku <> '' AND sku IN (SELECT grouped FROM offers) ORDER BY sequence;
CREATE TABLE places AS
 SELECT o.sequence, CASE WHEN o.grouped = '' THEN o.sequence
                         ELSE coalesce(p.sequence, min(o.sequence) OVER (PARTITION BY o.grouped))
                    END AS root
   FROM offers o LEFT JOIN parents p ON p.name = o.grouped;
CREATE TABLE ordered AS
 SELECT sequence, root, min(sequence) OVER (PARTITION BY root) AS first FROM places;
"""
_IN_ORDER = """
SELECT d.root, o.payload, l.options FROM ordered d JOIN offers o USING (sequence)
  LEFT JOIN links l ON l.child = o.id ORDER BY d.first, d.sequence <> d.root, d.sequence
"""


def grouped(feed: Feed) -> Iterator[list[Offer] | Refusal]:
    """Yield the offers of every product, in the order of their first rows, and every refusal.

    The row that others refer to stands first, and all rows carry its id as their group. Vendors whose rows stand
    together are streamed; of others, refusals come first and the offers wait in a temporary file.
    """
    vendor = find_vendor(feed.vendor)
    if vendor.order == "adjacent":
        return _adjacent(feed)
    if not vendor.links and not vendor.variants and not _feeds_group(feed):
        return ([row] if isinstance(row, Offer) else row for row in feed.offers())
    return _scattered(feed, vendor.links)


def _feeds_group(feed: Feed) -> bool:
    """Tell whether any column joins rows; columns that come up later do not."""
    return any("group" in parse_target(target) for target in feed.mapping.columns.values())


def _adjacent(feed: Feed) -> Iterator[list[Offer] | Refusal]:
    rows: list[Offer] = []
    for row in feed.offers():
        if isinstance(row, Refusal):
            yield row
        elif rows and row.group and row.group == rows[0].group:
            rows.append(row)
        else:
            if rows:
                yield rows
            rows = [row]
    if rows:
        yield rows


def _scattered(feed: Feed, links: Mapping[str, str]) -> Iterator[list[Offer] | Refusal]:
    spool = sqlite3.connect("")
    try:
        spool.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
        spool.executescript(_TABLES)
        for row in feed.offers():
            if isinstance(row, Refusal):
                yield row
            elif row.record:
                yield [row]
            else:
                _keep(spool, row, links)
        spool.commit()
        spool.executescript(_RESOLVE)
        yield from _groups(spool)
    finally:
        spool.close()


def _keep(spool: sqlite3.Connection, offer: Offer, links: Mapping[str, str]) -> None:
    first = {name: offer.values.get(name, ("",))[0] for name in ("id", "sku")}
    payload = json.dumps((offer.line, offer.values, offer.metadata, offer.group), ensure_ascii=False)
    spool.execute(
        "INSERT INTO offers (id, sku, grouped, payload) VALUES (?, ?, ?, ?)",
        (first["id"], first["sku"], offer.group, payload),
    )
    for child, options in _links(offer, links):
        spool.execute(
            "INSERT OR IGNORE INTO links VALUES (?, ?, ?)", (child, first["id"] or first["sku"], json.dumps(options))
        )


def _links(offer: Offer, rule: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rows that a cell such as `sku=A-S,size=S|sku=A-M,size=M` makes variants, with what they differ in."""
    cell = offer.metadata.get(rule.get("column", ""), "")
    for entry in filter(None, cell.split(rule.get("entries", "\n"))):
        pairs = dict(pair.split(rule["equals"], 1) for pair in entry.split(rule["pairs"]) if rule["equals"] in pair)
        if child := pairs.pop(rule["key"], ""):
            yield child, pairs


def _groups(spool: sqlite3.Connection) -> Iterator[list[Offer]]:
    root = None
    rows: list[Offer] = []
    for place, payload, options in spool.execute(_IN_ORDER):
        if place != root and rows:
            yield _same_group(rows)
            rows = []
        root = place
        rows.append(_offer(payload, options))
    if rows:
        yield _same_group(rows)


def _offer(payload: str, options: str | None) -> Offer:
    line, values, metadata, group = json.loads(payload)
    texts: dict[str, Any] = {name: tuple(cells) for name, cells in values.items()}
    for name, value in json.loads(options or "{}").items():
        texts.pop(f"attribute:{name}", None)
        texts[f"option:{name}"] = (value,)
    return Offer(line, texts, metadata, group)


def _same_group(rows: list[Offer]) -> list[Offer]:
    """Let all rows name their product alike: by the id of the row that the others refer to, or as they do already."""
    if len(rows) == 1:
        return rows
    first = rows[0]
    group = first.group or first.values.get("id", first.values.get("sku", ("",)))[0]
    return [replace(row, group=group) if row.group != group else row for row in rows]
