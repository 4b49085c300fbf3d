"""Whether a store still agrees with itself: its file, its change log, its lookups and its hashes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, select

from tonggan.catalogue.connections import quick_check
from tonggan.catalogue.tables import changes, codes, products, settings
from tonggan.catalogue.wire import content_hash

EXAMPLES = 3
"""Ids that a finding names; enough to look at."""

ROWS_AT_ONCE = 1_000
"""Products read at a time while hashes are compared."""


def findings(connection: Connection, *, is_thorough: bool = False) -> list[str]:
    """Return what is wrong in plain sentences; nothing when the store is sound.

    Thorough also compares the text of every product with its hash.
    """
    file = quick_check(connection) if connection.dialect.name == "sqlite" else []
    lists = (
        ("the log says that products are there which are not", _lost()),
        ("products are there of which the log knows nothing", _unlogged()),
        ("codes name products that are not there", _stray_codes()),
    )
    wrong = [sentence for what, query in lists for sentence in _sentence(what, _ids(connection, query))]
    damaged = list(_damaged(connection)) if is_thorough else []
    return [*file, *_counter(connection), *wrong, *_sentence("products differ from their hash", damaged)]


def _sentence(what: str, ids: list[str]) -> list[str]:
    return [f"{what}: {len(ids):,}, such as {', '.join(ids[:EXAMPLES])}"] if ids else []


def _ids(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[str]:
    return [row[0] for row in connection.execute(query)]


def _counter(connection: Connection) -> list[str]:
    counted = connection.execute(select(settings.c.value).where(settings.c.name == "last_change")).scalar() or "0"
    newest, lines = connection.execute(select(func.coalesce(func.max(changes.c.sequence), 0), func.count())).one()
    if int(counted) == newest == lines:
        return []
    return [f"the log counts {counted} changes, its newest is {newest} and it has {lines} lines"]


def _lost() -> Select[*tuple[Any, ...]]:
    """Select products whose newest change is no deletion, and that are not there."""
    newest = select(func.max(changes.c.sequence).label("sequence")).group_by(changes.c.product_id).subquery()
    joined = changes.join(newest, changes.c.sequence == newest.c.sequence)
    is_there = select(products.c.id).where(products.c.id == changes.c.product_id).exists()
    return select(changes.c.product_id).select_from(joined).where(changes.c.is_deletion == 0, not_(is_there))


def _unlogged() -> Select[*tuple[Any, ...]]:
    same: ColumnElement[bool] = and_(changes.c.sequence == products.c.changed, changes.c.product_id == products.c.id)
    return select(products.c.id).where(
        not_(select(changes.c.sequence).where(same, changes.c.is_deletion == 0).exists())
    )


def _stray_codes() -> Select[*tuple[Any, ...]]:
    is_there = select(products.c.id).where(products.c.id == codes.c.product_id).exists()
    return select(codes.c.product_id).where(not_(is_there)).distinct()


def _damaged(connection: Connection) -> Iterator[str]:
    query = select(products.c.id, products.c.json, products.c.hash).execution_options(yield_per=ROWS_AT_ONCE)
    for product_id, text, stored in connection.execute(query):
        try:
            is_same = content_hash(json.loads(text)) == bytes(stored)
        except ValueError:
            is_same = False
        if not is_same:
            yield product_id
