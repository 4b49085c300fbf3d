"""One writer for each shop folder, by a lock that the operating system frees when its process ends, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tonggan.errors import ConflictError

LOCK_FILE = "writer.lock"

PROBE_SECONDS = 0.2
"""How long to insist on a lock: a process that only looks who holds it has it for microseconds."""

OWNER_ONLY = 0o600
"""The file holds the token with which a command line speaks to the server that holds the shop."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that writes to a shop, and how to reach it when it is a server."""

    pid: int
    url: str = ""
    token: str = ""


class WriterLock:
    """The right to write to one shop folder, held until released or until the process ends."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        _close_in_children(self)

    @classmethod
    def acquire(cls, folder: str | Path) -> Self:
        """Take the lock of a shop folder; ConflictError names the process that holds it."""
        path = Path(folder) / LOCK_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
        if not _insist(descriptor):
            os.close(descriptor)
            raise _held_error(folder)
        os.fchmod(descriptor, OWNER_ONLY)
        lock = cls(path, descriptor)
        lock.announce("", token="")
        return lock

    @property
    def is_held(self) -> bool:
        """Whether this process still has the lock."""
        return self._descriptor >= 0

    def announce(self, url: str, *, token: str) -> None:
        """Say where the holder can be reached, and with which token."""
        record = json.dumps({"pid": os.getpid(), "url": url, "token": token}).encode()
        os.pwrite(self._descriptor, record, 0)
        os.ftruncate(self._descriptor, len(record))

    def release(self) -> None:
        """Give the lock back; a second time does nothing."""
        if self.is_held:
            os.ftruncate(self._descriptor, 0)
            self.forget()

    def forget(self) -> None:
        """Close this process's handle, which frees the lock unless a parent process still has it."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def holder(folder: str | Path) -> Holder | None:
    """Return who holds the lock of a shop folder now, or none; what a dead process wrote does not count."""
    try:
        descriptor = os.open(Path(folder) / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _try_lock(descriptor, fcntl.LOCK_SH):
            return None
        return _read_holder(descriptor)
    finally:
        os.close(descriptor)


def held_here(folder: str | Path) -> WriterLock | None:
    """Return the lock of a shop folder if this process holds it already."""
    path = (Path(folder) / LOCK_FILE).resolve()
    return next((lock for lock in list(_locks) if lock.is_held and lock.path.resolve() == path), None)


def _insist(descriptor: int) -> bool:
    deadline = time.monotonic() + PROBE_SECONDS
    while not _try_lock(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            return False
        time.sleep(PROBE_SECONDS / 20)
    return True


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_holder(descriptor: int) -> Holder:
    """Read the record in front; what may follow it is the tail of a longer one that is being replaced."""
    try:
        record, _ = json.JSONDecoder().raw_decode(os.pread(descriptor, 65_536, 0).decode())
        return Holder(int(record["pid"]), str(record["url"]), str(record["token"]))
    except (ValueError, KeyError, TypeError):
        return Holder(0)


def _held_error(folder: str | Path) -> ConflictError:
    found = holder(folder) or Holder(0)
    process = f"process {found.pid}" if found.pid else "another process"
    where = f" (a server at {found.url})" if found.url else ""
    return ConflictError(
        f"The shop {Path(folder)} is being written by {process}{where}.",
        remedy="Send the change to that server, or wait for that process to end, or end it.",
    )


_locks: weakref.WeakSet[WriterLock] = weakref.WeakSet()
_watches_forks = False


def _close_in_children(lock: WriterLock) -> None:
    """See to it that a forked worker does not keep the lock when its parent is killed."""
    global _watches_forks
    _locks.add(lock)
    if not _watches_forks:
        os.register_at_fork(after_in_child=lambda: [held.forget() for held in list(_locks)])
        _watches_forks = True
