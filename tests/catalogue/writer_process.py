"""What the tests let another process do to a store. Each function runs in a process of its own."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from itertools import count
from multiprocessing.connection import Connection

from catalogue.sample_products import KETTLE
from tonggan.catalogue.lock import WriterLock
from tonggan.catalogue.store import SqlStore
from tonggan.errors import TongganError

BATCH = 40


def batch_ids(number: int) -> list[str]:
    """Return the ids that the batch of a number adds."""
    return [f"batch{number:05d}-{item:02d}" for item in range(BATCH)]


def write_batches(location: str, pipe: Connection, first: int, stop: int) -> None:
    """Put batch after batch; each adds products and renames the product `latest`. Say each number once it is kept."""
    with closing(SqlStore(location)) as store:
        for number in count(first):
            if number == stop:
                return
            added = [replace(KETTLE, id=name, variants=()) for name in batch_ids(number)]
            store.put([*added, replace(KETTLE, id="latest", title=f"After {number}")])
            pipe.send(number)


def try_to_write(location: str, pipe: Connection) -> None:
    """Put one product and say how that went."""
    try:
        with closing(SqlStore(location)) as store:
            store.put([KETTLE])
        pipe.send("written")
    except TongganError as error:
        pipe.send(f"{type(error).__name__}: {error}")


def hold_lock(folder: str, pipe: Connection) -> None:
    """Take the writer lock, say so, and keep it until told to go on."""
    with WriterLock.acquire(folder) as lock:
        lock.announce("http://127.0.0.1:8000", token="secret")
        pipe.send("held")
        pipe.recv()
