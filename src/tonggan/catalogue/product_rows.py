"""Products as rows of the store: what is written, and what tells whether anything has to be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from tonggan.catalogue.plain_text import title_key
from tonggan.catalogue.tables import changes, codes, products
from tonggan.catalogue.wire import (
    Json,
    canonical_bytes,
    content_hash,
    product_as_json,
    seen_media,
    with_seen_media,
)
from tonggan.errors import InputError
from tonggan.records import Product

LONGEST_ID = 256
"""Characters of a product id; every database can index four bytes for each."""

IDS_PER_STATEMENT = 500
"""Ids bound in one statement; below the limit of every SQLite build, and past it nothing gets faster."""


MEDIA_KIND = "media"
"""The kind of code under which the checksums of pictures, clips and sounds are looked up."""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product on its way into the store."""

    id: str
    record: Json
    hash: bytes
    media_hash: bytes


def as_rows(given: Sequence[Product]) -> dict[str, ProductRow]:
    """Return the rows of products by id; InputError names an id that cannot be kept or comes twice."""
    rows: dict[str, ProductRow] = {}
    for product in given:
        _check_id(product.id)
        if product.id in rows:
            raise InputError(f"Product id '{product.id}' comes twice in one batch.", remedy="Send each product once.")
        rows[product.id] = _as_row(product)
    return rows


def text_bytes(rows: Iterable[ProductRow]) -> int:
    """Return about how much text the rows hold."""
    return sum(len(row.record.get("description", "")) + 1_000 for row in rows)


def stored_hashes(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
    """Return content hash and media hash of those products that are there."""
    columns = (products.c.id, products.c.hash, products.c.media_hash)
    found: dict[str, tuple[bytes, bytes]] = {}
    for part in parts(ids):
        for row in connection.execute(select(*columns).where(products.c.id.in_(part))):
            found[row[0]] = (bytes(row[1]), bytes(row[2]))
    return found


def changed_rows(
    connection: Connection, rows: Sequence[ProductRow], stored: Mapping[str, tuple[bytes, bytes]]
) -> list[ProductRow]:
    """Return the rows that say something new about products that are there.

    A media checksum that is known stays known as long as its source is among the media.
    """
    suspects = [row for row in rows if row.id in stored and not _says_nothing_new(row, stored[row.id])]
    known = _stored_media(connection, [row.id for row in suspects])
    merged = [_with_media(row, known[row.id]) for row in suspects]
    return [row for row in merged if (row.hash, row.media_hash) != stored[row.id]]


def insert_products(connection: Connection, rows: Mapping[int, ProductRow], *, now: str) -> None:
    """Add products under their change sequences."""
    values = [{**_columns(row, sequence, now), "id": row.id, "created": sequence} for sequence, row in rows.items()]
    if values:
        connection.execute(insert(products), values)


def update_products(connection: Connection, rows: Mapping[int, ProductRow], *, now: str) -> None:
    """Replace products under their change sequences."""
    values = [{**_columns(row, sequence, now), "old_id": row.id} for sequence, row in rows.items()]
    if values:
        connection.execute(update(products).where(products.c.id == bindparam("old_id")), values)
        delete_codes(connection, [row.id for row in rows.values()])


def insert_codes(connection: Connection, rows: Iterable[ProductRow]) -> None:
    """Add what products and their variants can be looked up by."""
    values = [
        {"code": code, "kind": kind, "product_id": row.id}
        for row in rows
        for kind, code in sorted(codes_of(row.record))
    ]
    if values:
        connection.execute(insert(codes), values)


def delete_codes(connection: Connection, ids: Sequence[str]) -> None:
    """Remove what products can be looked up by."""
    for part in parts(ids):
        connection.execute(delete(codes).where(codes.c.product_id.in_(part)))


def append_changes(connection: Connection, ids: Mapping[int, str], *, is_deletion: bool) -> None:
    """Append to the change log."""
    values = [
        {"sequence": sequence, "product_id": name, "is_deletion": int(is_deletion)} for sequence, name in ids.items()
    ]
    if values:
        connection.execute(insert(changes), values)


def codes_of(record: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return kind and code of everything a product's JSON can be looked up by."""
    own = {(kind, code) for kind, values in record.get("codes", {}).items() for code in values}
    variants = record.get("variants", ())
    theirs = {(kind, code) for variant in variants for kind, code in variant.get("codes", {}).items()}
    named = {("variant", variant["id"]) for variant in variants}
    return own | theirs | named | {(MEDIA_KIND, seen["checksum"]) for seen in seen_media(record).values()}


def parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut ids into as many as one statement takes."""
    return (ids[start : start + IDS_PER_STATEMENT] for start in range(0, len(ids), IDS_PER_STATEMENT))


def _check_id(product_id: str) -> None:
    if not product_id or len(product_id) > LONGEST_ID or not product_id.isprintable():
        reason = f"'{product_id[:80]!a}' is no product id; it has 1 to {LONGEST_ID} printable characters."
        raise InputError(reason, remedy="Correct the id.")


def _as_row(product: Product) -> ProductRow:
    record = product_as_json(product)
    try:
        return ProductRow(product.id, record, content_hash(record), _media_hash(record))
    except (ValueError, TypeError) as error:
        reason = f"Product '{product.id}' cannot be written as JSON: {error}."
        raise InputError(reason, remedy="Pass it through clean_record first.") from error


def _media_hash(record: Mapping[str, Any]) -> bytes:
    seen = seen_media(record)
    return hashlib.sha256(canonical_bytes(seen)).digest() if seen else b""


def _says_nothing_new(row: ProductRow, stored: tuple[bytes, bytes]) -> bool:
    return row.hash == stored[0] and row.media_hash in (b"", stored[1])


def _stored_media(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    return {
        row[0]: seen_media(json.loads(row[1]))
        for part in parts(ids)
        for row in connection.execute(select(products.c.id, products.c.json).where(products.c.id.in_(part)))
    }


def _with_media(row: ProductRow, seen: Mapping[str, dict[str, Any]]) -> ProductRow:
    record = with_seen_media(row.record, seen) if seen else row.record
    return replace(row, record=record, media_hash=_media_hash(record))


def _columns(row: ProductRow, sequence: int, now: str) -> dict[str, Any]:
    stamped = {**row.record, "updated_at": now}
    return {
        "json": json.dumps(stamped, ensure_ascii=False, separators=(",", ":")),
        "hash": row.hash,
        "media_hash": row.media_hash,
        "title_key": title_key(row.record["title"]) if row.record.get("title") else "",
        "changed": sequence,
    }
