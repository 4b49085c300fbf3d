"""Connections to the database of a store, with every promise about durability switched on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from tonggan.errors import ConflictError, InputError, MissingExtraError

DATABASE_FILE = "store.db"
"""Name of the database in a shop folder."""

BUSY_MILLISECONDS = 5_000
"""How long SQLite waits for a foreign tool that holds the file; our own writers wait for the writer lock instead."""

CACHE_KIBIBYTES = 16_384
"""Page cache of each SQLite connection; enough for the upper levels of every tree of 200,000 products."""

POOLED_CONNECTIONS = 8
"""Reading connections kept open; more are opened when needed, so that no reader waits for another."""

ADVISORY_LOCK = 0x746F6E6767616E
"""The number under which PostgreSQL keeps our writer lock: 'tonggan' in ASCII."""


def open_database(location: str | Path) -> Engine:
    """Return the engine for a file of SQLite or a database URL; InputError names what is accepted."""
    if is_url(location):
        return _open_url(str(location))
    path = database_file(location)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"{path.parent} is no folder.", remedy="Name a folder for the shop.") from error
    return _open_sqlite(path)


def database_file(location: str | Path) -> Path:
    """Return the file of a database that is named by its file or by its shop folder."""
    path = Path(location)
    return path / DATABASE_FILE if path.is_dir() else path


def is_url(location: str | Path) -> bool:
    """Tell a database URL from a folder."""
    return isinstance(location, str) and "://" in location


def claim_database(connection: Connection) -> None:
    """Take the advisory writer lock of a PostgreSQL database for as long as the connection lives.

    ConflictError names the process that holds it.
    """
    got = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}).scalar_one()
    holder = None if got else connection.execute(text(_HOLDER), {"key": ADVISORY_LOCK}).scalar()
    connection.rollback()
    if not got:
        raise ConflictError(
            f"The database is being written by {holder or 'another process'}.",
            remedy="Send the change to that server, or wait for that process to end, or end it.",
        )


_HOLDER = """
SELECT application_name || ', PostgreSQL back end ' || pid || coalesce(' for ' || host(client_addr), '')
FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = :key
"""


def _open_sqlite(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        pool_size=POOLED_CONNECTIONS,
        max_overflow=-1,
        connect_args={"timeout": BUSY_MILLISECONDS / 1_000, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")


def _begin_sqlite(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _open_url(location: str) -> Engine:
    try:
        url = make_url(location)
        if url.get_backend_name() != "postgresql":
            raise InputError(
                f"Unknown database '{url.get_backend_name()}'; known: a file of SQLite, postgresql+psycopg://."
            )
        engine = create_engine(url, pool_size=POOLED_CONNECTIONS, max_overflow=-1, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as error:
        raise InputError(f"'{location}' is no database URL.", remedy="Use postgresql+psycopg://host/name.") from error
    except ModuleNotFoundError as error:
        raise MissingExtraError("PostgreSQL needs psycopg.", remedy="pip install 'tonggan[cluster]'.") from error
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO on")
        cursor.execute(f"SET application_name TO 'tonggan process {os.getpid()}'")
    connection.commit()
