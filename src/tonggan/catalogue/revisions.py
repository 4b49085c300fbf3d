"""Documents of the merchant that go live by being published: every published one is kept, none is ever changed.

A draft stands beside them until it is published. Rolling back publishes a copy of an earlier one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeAlias

from sqlalchemy import Connection, Row, delete, func, insert, inspect, select

from tonggan.catalogue.store import SqlStore
from tonggan.catalogue.tables import revisions
from tonggan.errors import InputError, NotFoundError, unknown_name

KINDS = ("rules", "synonyms")
"""What is kept this way."""

DRAFT = 0
"""The number under which the draft of a kind stands; published revisions count from 1."""

LONGEST_NOTE = 1_000
"""Characters of a note: a paragraph on why something was published."""

LARGEST_DOCUMENT_BYTES = 16 * 1024 * 1024
"""Three kilobytes for each of 5,000 rules, which is more than anyone writes; the whole history is kept."""

LISTED = 100
"""Revisions that a history shows unless asked for more."""

Document: TypeAlias = Mapping[str, Any]
"""What is published: values of JSON."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One document as it was published, or the draft, whose number is 0."""

    kind: str
    number: int
    document: Document
    created_at: str
    note: str


class Revisions:
    """The published documents of one shop, in its store."""

    published_here: ClassVar[int] = 0
    """How often this process has published anything: by it, whoever keeps a revision knows when to look again."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._has_table = False

    def latest_number(self, kind: str) -> int:
        """Return the number of the revision that is live, 0 where nothing was published."""
        _check_kind(kind)
        with self._store.reading() as connection:
            return _latest_number(connection, kind) if self._is_there(connection) else 0

    def latest(self, kind: str) -> Revision | None:
        """Return the revision that is live; none where nothing was published."""
        number = self.latest_number(kind)
        return self.get(kind, number) if number else None

    def get(self, kind: str, number: int) -> Revision:
        """Return one published revision; NotFoundError names those there are."""
        there = self.latest_number(kind)
        found = self._find(kind, number) if DRAFT < number <= there else None
        if found is None:
            known = f"there are 1 to {there}" if there else "none was published yet"
            raise NotFoundError(f"There is no revision {number} of the {kind}; {known}.", remedy="See the history.")
        return found

    def history(self, kind: str, *, limit: int = LISTED) -> Sequence[Revision]:
        """Return what was published, the latest first."""
        _check_kind(kind)
        with self._store.reading() as connection:
            if not self._is_there(connection):
                return []
            rows = connection.execute(_published(kind).order_by(revisions.c.number.desc()).limit(limit))
            return [_revision(row) for row in rows]

    def publish(self, kind: str, document: Document, note: str = "") -> Revision:
        """Append a document, which is live when this returns, and drop the draft it was made from."""
        return self._append(kind, document, note, keeps_draft=False)

    def roll_back(self, kind: str, number: int, note: str = "") -> Revision:
        """Publish a copy of an earlier revision; nothing is lost, a draft neither."""
        earlier = self.get(kind, number)
        return self._append(kind, earlier.document, note or f"Back to revision {number}.", keeps_draft=True)

    def draft(self, kind: str) -> Revision | None:
        """Return what is being edited and not published yet; none where there is no such thing."""
        return self._find(kind, DRAFT)

    def save_draft(self, kind: str, document: Document) -> Revision:
        """Keep a document as the draft, in place of the one before."""
        draft = _written(kind, document, note="", number=DRAFT)
        with self._store.writing() as connection:
            revisions.create(connection, checkfirst=True)
            _drop_draft(connection, kind)
            connection.execute(insert(revisions).values(**draft))
        return Revision(kind, DRAFT, document, draft["created_at"], "")

    def discard_draft(self, kind: str) -> bool:
        """Forget the draft, and tell whether there was one."""
        _check_kind(kind)
        with self._store.writing() as connection:
            revisions.create(connection, checkfirst=True)
            return _drop_draft(connection, kind)

    def _append(self, kind: str, document: Document, note: str, *, keeps_draft: bool) -> Revision:
        row = _written(kind, document, note=note, number=DRAFT)
        with self._store.writing() as connection:
            revisions.create(connection, checkfirst=True)
            row["number"] = _latest_number(connection, kind) + 1
            if not keeps_draft:
                _drop_draft(connection, kind)
            connection.execute(insert(revisions).values(**row))
        Revisions.published_here += 1
        return Revision(kind, row["number"], document, row["created_at"], note)

    def _find(self, kind: str, number: int) -> Revision | None:
        _check_kind(kind)
        query = select(revisions).where(revisions.c.kind == kind, revisions.c.number == number)
        with self._store.reading() as connection:
            row = connection.execute(query).first() if self._is_there(connection) else None
            return _revision(row) if row is not None else None

    def _is_there(self, connection: Connection) -> bool:
        """Tell whether the store has the table; one that has it keeps it."""
        self._has_table = self._has_table or inspect(connection).has_table(revisions.name)
        return self._has_table


def _published(kind: str) -> Any:
    return select(revisions).where(revisions.c.kind == kind, revisions.c.number > DRAFT)


def _latest_number(connection: Connection, kind: str) -> int:
    query = select(func.coalesce(func.max(revisions.c.number), 0)).where(revisions.c.kind == kind)
    return connection.execute(query).scalar_one()


def _drop_draft(connection: Connection, kind: str) -> bool:
    found = connection.execute(delete(revisions).where(revisions.c.kind == kind, revisions.c.number == DRAFT))
    return bool(found.rowcount)


def _written(kind: str, document: Document, *, note: str, number: int) -> dict[str, Any]:
    _check_kind(kind)
    if len(note) > LONGEST_NOTE or not all(mark.isprintable() for mark in note):
        raise InputError(
            f"A note of {len(note):,} characters {note[:40]!r} is not kept.",
            remedy=f"Write one line of at most {LONGEST_NOTE:,} printable characters.",
        )
    text = json.dumps(document, allow_nan=False)
    if len(text) > LARGEST_DOCUMENT_BYTES:
        raise InputError(f"The {kind} have {len(text):,} bytes; at most {LARGEST_DOCUMENT_BYTES:,} are kept.")
    created_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"kind": kind, "number": number, "json": text, "created_at": created_at, "note": note}


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise InputError(unknown_name("kind of document", kind, KINDS))


def _revision(row: Row[Any]) -> Revision:
    return Revision(row.kind, row.number, json.loads(row.json), row.created_at, row.note)
