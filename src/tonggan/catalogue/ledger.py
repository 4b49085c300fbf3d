"""What a shop remembers of its imports: source, times and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from tonggan.catalogue.store import SqlStore
from tonggan.catalogue.tables import imports

LISTED = 50
"""Imports that a list shows unless asked for more."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import; `finished_at` is empty while it runs, and for good where its process was killed."""

    id: int
    source: str
    started_at: str
    finished_at: str = ""
    accepted: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0


class ImportLedger:
    """The imports of one shop, in its store."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def start(self, source: str) -> Import:
        """Note that an import begins."""
        with self._store.writing() as connection:
            number = connection.execute(select(func.coalesce(func.max(imports.c.id), 0) + 1)).scalar_one()
            started = Import(number, source, _now())
            counts = {"accepted": 0, "updated": 0, "unchanged": 0, "refused": 0}
            times = {"started_at": started.started_at, "finished_at": ""}
            connection.execute(insert(imports).values(id=number, source=source, **times, **counts))
        return started

    def finish(self, number: int, *, accepted: int, updated: int, unchanged: int, refused: int) -> None:
        """Note what an import did."""
        counts = {"accepted": accepted, "updated": updated, "unchanged": unchanged, "refused": refused}
        with self._store.writing() as connection:
            connection.execute(update(imports).where(imports.c.id == number).values(finished_at=_now(), **counts))

    def list(self, *, limit: int = LISTED) -> Sequence[Import]:
        """Return imports, the latest first."""
        query = select(imports).order_by(imports.c.id.desc()).limit(limit)
        with self._store.reading() as connection:
            return [_import(row) for row in connection.execute(query)]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _import(row: Row[Any]) -> Import:
    return Import(**row._mapping)
