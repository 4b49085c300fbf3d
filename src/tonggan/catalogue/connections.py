"""Reading and writing one database: one writer, readers that never wait, and no write after a failed one."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from tonggan.catalogue.database import BUSY_MILLISECONDS, claim_database, database_file, is_url, open_database
from tonggan.catalogue.lock import WriterLock, held_here
from tonggan.errors import BusyError, DiskFullError, NotReadyError, TongganError

LEAST_FREE_BYTES = 64 * 1024 * 1024
"""Free disk below which nothing is written: room for the largest batch, its journal copy and a clean shutdown."""

ERASE_MILLISECONDS = 200
"""How long a deletion waits for readers of the journal to finish; a page of products takes about one."""

BYTES_PER_TEXT_BYTE = 4
"""Disk that a byte of product text may take for a moment: the row, its indexes, and both again in the journal."""


class Connections:
    """A database in a shop folder or at a URL.

    The writer lock is taken by the first write, unless it is handed over or this process holds it already.
    """

    def __init__(
        self,
        location: str | Path,
        *,
        lock: WriterLock | None = None,
        free_bytes: Callable[[], int] | None = None,
        least_free_bytes: int = LEAST_FREE_BYTES,
    ) -> None:
        self.location = location
        self.file = None if is_url(location) else database_file(location)
        self.failure = ""
        self._engine = open_database(location)
        self._lock = lock
        self._own_lock: WriterLock | None = None
        self._free_bytes = free_bytes or self._free_bytes_of_folder
        self._least_free_bytes = least_free_bytes
        self._writer: Connection | None = None
        self._mutex = threading.RLock()

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file in the shop folder."""
        return self.file is not None

    def claim(self) -> WriterLock | None:
        """Take the right to write now and keep it; ConflictError names the process that has it.

        The lock returned is the one of the shop folder; a database URL without a folder has none.
        """
        with self._mutex:
            if self.file is not None and self._lock is None:
                self._lock = held_here(self.file.parent)
            if self.file is not None and self._lock is None:
                self._lock = self._own_lock = WriterLock.acquire(self.file.parent)
            if self._writer is None:
                self._writer = self._open_writer()
            return self._lock

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one moment of the database, whatever is written meanwhile."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            remedy = "Check the database, or restore a backup with 'tonggan restore'."
            raise NotReadyError(f"The store cannot be read: {_cause(error)}.", remedy=remedy) from error

    @contextmanager
    def writing(self, *, text_bytes: int = 0) -> Iterator[Connection]:
        """Give the writing connection inside a transaction that is on disk when the block has ended.

        `text_bytes` is about to be written: DiskFullError before anything is, where too little disk is left.
        """
        with self._mutex:
            self._require_writable()
            self._require_disk(text_bytes)
            self.claim()
            with self._failing(), self._transaction() as connection:
                yield connection

    def erase_journal(self) -> None:
        """Move the journal of SQLite into the database and empty it, so that erased text is nowhere on disk.

        Where a reader is in the way, the next write or the close does it.
        """
        if self.is_sqlite and self._writer is not None:
            with self._mutex, self._failing():
                driver = self._writer.connection.cursor()
                driver.execute(f"PRAGMA busy_timeout = {ERASE_MILLISECONDS}")
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                driver.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
                driver.close()
                self._writer.rollback()

    def reopen(self) -> None:
        """Open the database afresh; the caller verifies it, then clears `failure`."""
        with self._mutex:
            self._drop_writer()
            self._engine.dispose()
            self._engine = open_database(self.location)

    def close(self) -> None:
        """Close every connection, and release the lock that was taken here."""
        with self._mutex:
            self._drop_writer()
            self._engine.dispose()
            if self._own_lock is not None:
                self._own_lock.release()
                self._lock = self._own_lock = None

    def _open_writer(self) -> Connection:
        try:
            connection = self._engine.connect().execution_options(is_writing=True)
        except SQLAlchemyError as error:
            raise NotReadyError(
                f"The store cannot be opened: {_cause(error)}.", remedy="Check the database."
            ) from error
        if not self.is_sqlite:
            try:
                claim_database(connection)
            except TongganError:
                connection.close()
                raise
        return connection

    def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.invalidate()
            writer.close()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        writer = self._writer
        if writer is None:
            raise NotReadyError("The store is closed.", remedy="Open it again.")
        with writer.begin():
            yield writer

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Stop all writing after a database error; nothing of the batch is kept then."""
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            cause = _cause(error)
            if "database is locked" in cause:
                raise BusyError("Another program holds the database.", remedy="End it, then try again.") from error
            self.failure = cause
            self._drop_writer()
            kind = DiskFullError if _is_disk_full(cause) else NotReadyError
            raise kind(f"The write failed and nothing of it was kept: {cause}.", remedy=_REOPEN) from error

    def _require_writable(self) -> None:
        if self.failure:
            raise NotReadyError(f"The store is read-only since a write failed: {self.failure}.", remedy=_REOPEN)

    def _require_disk(self, text_bytes: int) -> None:
        needed = self._least_free_bytes + BYTES_PER_TEXT_BYTE * text_bytes
        free = self._free_bytes()
        if free < needed:
            reason = f"Only {free:,} bytes of disk are free; at least {needed:,} are needed to write safely."
            raise DiskFullError(reason, remedy="Free some disk and try again; nothing was written.")

    def _free_bytes_of_folder(self) -> int:
        """Free disk of the shop folder; a database server watches its own."""
        return shutil.disk_usage(self.file.parent).free if self.file else 2**63


_REOPEN = "Mend the cause (disk, permissions, server), then reopen the shop; 'tonggan doctor' verifies it."


def _cause(error: Exception) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".")


def _is_disk_full(cause: str) -> bool:
    return "disk is full" in cause or "No space left" in cause


def quick_check(connection: Connection) -> list[str]:
    """Return what SQLite finds wrong with its own file."""
    found = connection.execute(text("PRAGMA quick_check(20)")).scalars().all()
    return [] if found == ["ok"] else [f"database file: {line}" for line in found]
