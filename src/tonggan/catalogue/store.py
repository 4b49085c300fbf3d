"""The system of record in SQLite, or by URL in PostgreSQL, through the same statements.

Every product that is written is stamped with the time in `updated_at`; a merchant's own date there does not count as a
change. `put` writes nothing for a product that is the same as before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, insert, inspect, select, update

from tonggan.catalogue import Change, Written, tables
from tonggan.catalogue import product_rows as rows_of
from tonggan.catalogue.connections import LEAST_FREE_BYTES, Connections
from tonggan.catalogue.lock import WriterLock
from tonggan.catalogue.tables import SCHEMA_VERSION, TABLES
from tonggan.catalogue.verification import findings
from tonggan.catalogue.wire import product_from_json
from tonggan.errors import InputError, NotReadyError
from tonggan.records import Product, Vectors

_BY_ID = select(tables.products.c.id, tables.products.c.json).where(
    tables.products.c.id.in_(bindparam("names", expanding=True))
)
"""Written once: putting the statement together took as long as asking it."""


class SqlStore:
    """The store of one shop: a file in its folder, or a URL such as `postgresql+psycopg://host/name`.

    A new store is created where there is none. `lock` is the writer lock where the caller holds it already; otherwise
    the first write takes it, unless this process has it. Reading needs no lock. NotReadyError when the store is of
    another version.
    """

    def __init__(
        self,
        location: str | Path,
        *,
        lock: WriterLock | None = None,
        free_bytes: Callable[[], int] | None = None,
        least_free_bytes: int = LEAST_FREE_BYTES,
    ) -> None:
        self._connections = Connections(location, lock=lock, free_bytes=free_bytes, least_free_bytes=least_free_bytes)
        try:
            self._shop_id = self._open()
        except BaseException:
            self._connections.close()
            raise

    @property
    def file(self) -> Path | None:
        """The file of the database; none for a URL."""
        return self._connections.file

    @property
    def shop_id(self) -> str:
        """A name that no other shop has, drawn when the store was created."""
        return self._shop_id

    @property
    def is_writable(self) -> bool:
        """Whether no write has failed since the store was opened or reopened."""
        return not self._connections.failure

    @property
    def unwritable_reason(self) -> str:
        """Why the store is read-only; empty while it is writable."""
        return self._connections.failure

    def claim(self) -> WriterLock | None:
        """Take the right to write now and keep it until the close; ConflictError names the process that has it."""
        return self._connections.claim()

    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection that sees one moment of the store, for what else is kept in its tables."""
        return self._connections.reading()

    def writing(self) -> AbstractContextManager[Connection]:
        """Give the writing connection in a transaction that is on disk when the block has ended."""
        return self._connections.writing()

    def put(self, products: Sequence[Product]) -> Written:
        """Add and replace products in one transaction; those that are the same as before cost no write."""
        rows = rows_of.as_rows(products)
        with self._connections.writing(text_bytes=rows_of.text_bytes(rows.values())) as connection:
            stored = rows_of.stored_hashes(connection, list(rows))
            new = [row for row in rows.values() if row.id not in stored]
            changed = rows_of.changed_rows(connection, list(rows.values()), stored)
            self._write(connection, new, changed)
        touched = {row.id for row in (*new, *changed)}
        return Written(
            accepted=tuple(row.id for row in new),
            updated=tuple(row.id for row in changed),
            unchanged=tuple(name for name in rows if name not in touched),
        )

    def delete(self, product_ids: Sequence[str]) -> tuple[str, ...]:
        """Erase products and the vectors kept under their ids, and return the ids of those that were there."""
        names = list(dict.fromkeys(product_ids))
        with self._connections.writing() as connection:
            stored = rows_of.stored_hashes(connection, names)
            gone = [name for name in names if name in stored]
            rows_of.append_changes(connection, _numbered(connection, gone), is_deletion=True)
            rows_of.delete_codes(connection, gone)
            for part in rows_of.parts(gone):
                connection.execute(delete(tables.products).where(tables.products.c.id.in_(part)))
                connection.execute(delete(tables.vectors).where(tables.vectors.c.key.in_(part)))
        if gone:
            self._connections.erase_journal()
        return tuple(gone)

    def get(self, product_ids: Sequence[str]) -> list[Product]:
        """Return products in the order asked for; ids that nobody has are left out."""
        found: dict[str, Product] = {}
        with self._connections.reading() as connection:
            for part in rows_of.parts(list(dict.fromkeys(product_ids))):
                for row in connection.execute(_BY_ID, {"names": part}):
                    found[row[0]] = _product(row[1])
        return [found[name] for name in product_ids if name in found]

    def get_by_code(self, code: str) -> list[Product]:
        """Return the products that have a sku, gtin, mpn or variant id, in order of ids; merchants double them."""
        named = select(tables.codes.c.product_id).where(
            tables.codes.c.code == code, tables.codes.c.kind != rows_of.MEDIA_KIND
        )
        query = select(tables.products.c.json).where(tables.products.c.id.in_(named)).order_by(tables.products.c.id)
        with self._connections.reading() as connection:
            return [_product(text) for text in connection.execute(query).scalars()]

    def uses_media(self, checksum: str) -> bool:
        """Tell whether any product, or a variant of one, has a picture, clip or sound with this checksum."""
        query = (
            select(tables.codes.c.code)
            .where(tables.codes.c.code == checksum, tables.codes.c.kind == rows_of.MEDIA_KIND)
            .limit(1)
        )
        with self._connections.reading() as connection:
            return connection.execute(query).first() is not None

    def scan(self, *, batch: int = 1000) -> Iterator[list[Product]]:
        """Return all products in order of their ids, a batch at a time; writes in between are seen or not."""
        query = select(tables.products.c.json, tables.products.c.id).order_by(tables.products.c.id).limit(batch)
        last = ""
        while True:
            with self._connections.reading() as connection:
                rows = connection.execute(query.where(tables.products.c.id > last)).all()
            if not rows:
                return
            yield [_product(row[0]) for row in rows]
            last = rows[-1][1]

    def count(self) -> int:
        """Return how many products there are."""
        with self._connections.reading() as connection:
            return connection.execute(select(func.count()).select_from(tables.products)).scalar_one()

    def changes(self, *, after: int, limit: int = 1000) -> list[Change]:
        """Return the changes that follow a sequence, oldest first."""
        query = (
            select(tables.changes)
            .where(tables.changes.c.sequence > after)
            .order_by(tables.changes.c.sequence)
            .limit(limit)
        )
        with self._connections.reading() as connection:
            return [Change(row[0], row[1], bool(row[2])) for row in connection.execute(query)]

    def last_change(self) -> int:
        """Return the sequence of the newest change, 0 where there is none."""
        with self._connections.reading() as connection:
            return _last_change(connection)

    def put_vectors(self, fingerprint: str, vectors: Mapping[str, Vectors]) -> None:
        """Keep vectors under the fingerprint of the encoders that made them; what was under a key is replaced."""
        values = [{"fingerprint": fingerprint, "key": key, **_packed(value)} for key, value in vectors.items()]
        if not values:
            return
        with self._connections.writing(text_bytes=sum(len(value["numbers"]) for value in values)) as connection:
            for part in rows_of.parts(list(vectors)):
                same = tables.vectors.c.fingerprint == fingerprint
                connection.execute(delete(tables.vectors).where(same, tables.vectors.c.key.in_(part)))
            connection.execute(insert(tables.vectors), values)

    def get_vectors(self, fingerprint: str, keys: Iterable[str]) -> dict[str, Vectors]:
        """Return the vectors that are kept, by key; float32, of the shape they were given in."""
        found: dict[str, Vectors] = {}
        with self._connections.reading() as connection:
            for part in rows_of.parts(list(dict.fromkeys(keys))):
                query = select(tables.vectors).where(
                    tables.vectors.c.fingerprint == fingerprint, tables.vectors.c.key.in_(part)
                )
                found |= {row.key: _unpacked(row.shape, row.numbers) for row in connection.execute(query)}
        return found

    def erase_vectors(self, keys: Iterable[str]) -> None:
        """Erase what is kept under these keys, whichever encoders made it."""
        with self._connections.writing() as connection:
            for part in rows_of.parts(list(keys)):
                connection.execute(delete(tables.vectors).where(tables.vectors.c.key.in_(part)))

    def delete_vectors(self, *, keeping: Iterable[str]) -> None:
        """Drop the vectors of every fingerprint but these."""
        with self._connections.writing() as connection:
            connection.execute(delete(tables.vectors).where(tables.vectors.c.fingerprint.not_in(list(keeping))))

    def verify(self, *, is_thorough: bool = False) -> list[str]:
        """Return what is wrong in the store, in plain sentences; thorough also reads every product."""
        with self._connections.reading() as connection:
            return findings(connection, is_thorough=is_thorough)

    def reopen(self) -> None:
        """Open the store afresh, verify it, and admit writes again; NotReadyError says what is wrong with it."""
        self._connections.reopen()
        wrong = self.verify()
        if wrong:
            raise NotReadyError(f"The store is damaged: {'; '.join(wrong)}.", remedy="Restore a backup.")
        self._connections.failure = ""

    def close(self) -> None:
        """Close the store and release its lock; a second time does nothing."""
        self._connections.close()

    def _open(self) -> str:
        """Create the tables where there are none, and return the shop's id."""
        with self._connections.reading() as connection:
            is_new = not inspect(connection).has_table("settings")
        if is_new:
            with self._connections.writing() as connection:
                TABLES.create_all(connection)
                if not _setting(connection, "shop_id"):
                    names = {"schema_version": str(SCHEMA_VERSION), "shop_id": uuid4().hex, "last_change": "0"}
                    connection.execute(
                        insert(tables.settings), [{"name": name, "value": names[name]} for name in names]
                    )
        with self._connections.reading() as connection:
            version = _setting(connection, "schema_version")
            if version != str(SCHEMA_VERSION):
                reason = f"The store is of version {version}; this program reads version {SCHEMA_VERSION}."
                raise NotReadyError(reason, remedy="Export with the program that wrote it, and import again.")
            return _setting(connection, "shop_id")

    def _write(
        self, connection: Connection, new: Sequence[rows_of.ProductRow], changed: Sequence[rows_of.ProductRow]
    ) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        names = {row.id: row for row in (*new, *changed)}
        sequences = _numbered(connection, list(names))
        numbers = {name: sequence for sequence, name in sequences.items()}
        rows_of.insert_products(connection, {numbers[row.id]: row for row in new}, now=now)
        rows_of.update_products(connection, {numbers[row.id]: row for row in changed}, now=now)
        rows_of.insert_codes(connection, names.values())
        rows_of.append_changes(connection, sequences, is_deletion=False)


def _setting(connection: Connection, name: str) -> str:
    return connection.execute(select(tables.settings.c.value).where(tables.settings.c.name == name)).scalar() or ""


def _last_change(connection: Connection) -> int:
    return int(_setting(connection, "last_change") or 0)


def _numbered(connection: Connection, names: Sequence[str]) -> dict[int, str]:
    """Draw the next change sequences, one for each name, and remember the last."""
    if not names:
        return {}
    start = _last_change(connection) + 1
    value = str(start + len(names) - 1)
    connection.execute(update(tables.settings).where(tables.settings.c.name == "last_change").values(value=value))
    return dict(enumerate(names, start))


def _product(text: str) -> Product:
    return product_from_json(json.loads(text))


def _packed(value: Vectors) -> dict[str, str | bytes]:
    array = np.ascontiguousarray(value, dtype="<f4")
    if array.ndim not in (1, 2):
        raise InputError(f"Vectors have one or two dimensions, not {array.ndim}.", remedy="Give [rows, dim].")
    return {"shape": "x".join(map(str, array.shape)), "numbers": array.tobytes()}


def _unpacked(shape: str, numbers: bytes) -> Vectors:
    sizes = [int(size) for size in shape.split("x")]
    return np.frombuffer(numbers, dtype="<f4").astype(np.float32, copy=False).reshape(sizes)
