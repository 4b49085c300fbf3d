"""A whole shop in one tar file, and back: the store, the media, the packs and the settings.

The store is copied as of one moment while it is used; a database at a URL is copied into a file of SQLite. The index
is left out, since it is rebuilt from the store. A manifest with checksums comes last.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO

from sqlalchemy import Connection, insert, inspect, select

from tonggan.catalogue.database import DATABASE_FILE
from tonggan.catalogue.lock import LOCK_FILE
from tonggan.catalogue.store import SqlStore
from tonggan.catalogue.tables import TABLES
from tonggan.errors import ConflictError, DiskFullError, InputError

MANIFEST = "manifest.json"
BACKUP_VERSION = 1

LEFT_OUT = frozenset({"index", LOCK_FILE, MANIFEST})
"""Entries of a shop folder that a backup does without."""

UNFINISHED_SUFFIXES = (".part", "-wal", "-shm", "-journal")
"""Files that belong to a write which is going on."""

SQLITE_MARK = b"SQLite format 3\0"

ROWS_AT_ONCE = 500
"""Rows copied at a time between two databases."""

LARGEST_MANIFEST_BYTES = 512 * 1024 * 1024
"""A manifest holds about 140 bytes a file; this is three million pictures."""


def backup(store: SqlStore, folder: str | Path, target: str | Path) -> int:
    """Write a shop to a tar file, which appears whole, and return its size in bytes."""
    path = Path(target)
    if path.exists():
        raise ConflictError(f"{path} exists already.", remedy="Name a new file.")
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with part.open("wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                _write_shop(tar, store, Path(folder), left_out=frozenset({path.resolve(), part.resolve()}))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path.stat().st_size


def restore(file: str | Path, folder: str | Path, *, store_url: str = "") -> int:
    """Put a backup into an empty folder and return its number of products.

    Everything is checked before the folder appears: names, checksums, and that the store agrees with itself. With
    `store_url` the store goes into that empty database. ConflictError where something is there already.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConflictError(f"{target} is not empty.", remedy="Restore into a new folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    try:
        _unpack(Path(file), staging)
        count = _verified_count(staging / DATABASE_FILE)
        if store_url:
            _move_to_database(staging / DATABASE_FILE, store_url)
        (staging / LOCK_FILE).unlink(missing_ok=True)
        staging.replace(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return count


def copy_tables(source: Connection, target: Connection) -> None:
    """Copy every row of one store into the empty tables of another; an older store may lack a table."""
    kept = set(inspect(source).get_table_names())
    for table in TABLES.sorted_tables:
        if table.name not in kept:
            continue
        rows = source.execute(select(table).execution_options(yield_per=ROWS_AT_ONCE))
        for part in rows.mappings().partitions(ROWS_AT_ONCE):
            target.execute(insert(table), [dict(row) for row in part])


def _write_shop(tar: tarfile.TarFile, store: SqlStore, folder: Path, *, left_out: frozenset[Path]) -> None:
    checksums: dict[str, str] = {}
    with tempfile.TemporaryDirectory(dir=folder, prefix=".backup-", suffix=".part") as scratch:
        snapshot = Path(scratch) / DATABASE_FILE
        _snapshot(store, snapshot)
        checksums[DATABASE_FILE] = _add(tar, snapshot, DATABASE_FILE)
        own = (store.file or folder / DATABASE_FILE).resolve()
        for path in _kept_files(folder, left_out=left_out | {own}):
            name = path.relative_to(folder).as_posix()
            if _is_sqlite(path):
                path = _copied(path, Path(scratch) / "copy.db")
            checksums[name] = _add(tar, path, name)
    manifest = json.dumps({"version": BACKUP_VERSION, "shop_id": store.shop_id, "files": checksums}).encode()
    entry = tarfile.TarInfo(MANIFEST)
    entry.size = len(manifest)
    tar.addfile(entry, io.BytesIO(manifest))


def _kept_files(folder: Path, *, left_out: frozenset[Path]) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in LEFT_OUT or entry.name.endswith(UNFINISHED_SUFFIXES) or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _kept_files(entry, left_out=left_out)
        elif entry.is_file() and entry.resolve() not in left_out:
            yield entry


def _snapshot(store: SqlStore, target: Path) -> None:
    if store.file is not None:
        _copied(store.file, target)
        return
    copy = SqlStore(target)
    try:
        with store.reading() as source, copy.writing() as connection:
            source.execution_options(isolation_level="REPEATABLE READ")
            _empty(connection)
            copy_tables(source, connection)
    finally:
        copy.close()
    (target.parent / LOCK_FILE).unlink(missing_ok=True)


def _empty(connection: Connection) -> None:
    for table in TABLES.sorted_tables:
        connection.execute(table.delete())


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(SQLITE_MARK)) == SQLITE_MARK


def _copied(database: Path, target: Path) -> Path:
    """Copy a SQLite file as of one moment, whoever is using it."""
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    return target


class _Hashing(io.RawIOBase):
    """A file that knows the checksum of what was read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.sha256.update(block)
        return block


def _add(tar: tarfile.TarFile, path: Path, name: str) -> str:
    with path.open("rb") as file:
        entry = tar.gettarinfo(arcname=name, fileobj=file)
        entry.type = tarfile.REGTYPE
        entry.uname = entry.gname = ""
        entry.uid = entry.gid = 0
        reader = _Hashing(file)
        tar.addfile(entry, reader)
    return reader.sha256.hexdigest()


def _unpack(file: Path, folder: Path) -> None:
    try:
        with tarfile.open(file, mode="r:") as tar:
            found = dict(_extracted(tar, folder))
            manifest = found.pop(MANIFEST, "")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError(f"{file} is no backup: {error}.", remedy="Name a file that 'tonggan backup' wrote.") from error
    if not manifest:
        raise InputError(f"{file} has no manifest; it is cut or no backup.", remedy="Use another backup.")
    _compare(_read_manifest(folder / MANIFEST), found, file)
    (folder / MANIFEST).unlink()


def _extracted(tar: tarfile.TarFile, folder: Path) -> Iterator[tuple[str, str]]:
    """Write plain files of safe names, and yield each name with its checksum."""
    names: set[str] = set()
    for entry in tar:
        if not entry.isreg() or not _is_safe(entry.name) or entry.name in names:
            raise InputError(f"'{entry.name[:200]}' has no place in a backup.", remedy="Use a backup you made.")
        if entry.size > shutil.disk_usage(folder).free:
            raise DiskFullError(f"'{entry.name}' needs {entry.size:,} bytes of disk.", remedy="Free some disk.")
        names.add(entry.name)
        yield entry.name, _extract(tar, entry, folder / entry.name)


def _extract(tar: tarfile.TarFile, entry: tarfile.TarInfo, target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(entry)
    if source is None:
        raise InputError(f"'{entry.name}' cannot be read.", remedy="Use another backup.")
    with source, target.open("xb") as file:
        reader = _Hashing(source)
        shutil.copyfileobj(reader, file)
        file.flush()
        os.fsync(file.fileno())
    return reader.sha256.hexdigest()


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name


def _read_manifest(path: Path) -> Mapping[str, str]:
    if path.stat().st_size > LARGEST_MANIFEST_BYTES:
        raise InputError("The manifest is larger than that of any shop.", remedy="Use a backup you made.")
    try:
        manifest = json.loads(path.read_bytes())
        version, files = manifest["version"], dict(manifest["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"The manifest cannot be read: {error}.", remedy="Use another backup.") from error
    if version != BACKUP_VERSION:
        raise InputError(f"The backup is of version {version}; this program reads {BACKUP_VERSION}.")
    return files


def _compare(expected: Mapping[str, str], found: Mapping[str, str], file: Path) -> None:
    differing = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    if differing:
        reason = f"{file} is damaged: {len(differing)} files differ from its manifest, such as {differing[0]}."
        raise InputError(reason, remedy="Use another backup.")
    if DATABASE_FILE not in found:
        raise InputError(f"{file} holds no store.", remedy="Use another backup.")


def _verified_count(database: Path) -> int:
    with closing(SqlStore(database)) as store:
        wrong = store.verify(is_thorough=True)
        if wrong:
            raise InputError(f"The store in the backup is damaged: {'; '.join(wrong)}.", remedy="Use another backup.")
        return store.count()


def _move_to_database(database: Path, url: str) -> None:
    with closing(SqlStore(database)) as source, closing(SqlStore(url)) as target:
        if target.last_change():
            raise ConflictError("The database holds a shop already.", remedy="Name an empty database.")
        with source.reading() as rows, target.writing() as connection:
            _empty(connection)
            copy_tables(rows, connection)
    database.unlink()
