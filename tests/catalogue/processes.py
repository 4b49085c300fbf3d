"""Processes that start quickly and share nothing with the test that starts them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["pytest", "tonggan.catalogue.store", "tonggan.shop"])


@contextmanager
def running(work: Callable[..., None], *arguments: Any, place: int = 1) -> Iterator[tuple[BaseProcess, Any]]:
    """Run work in a process; a pipe to it is its argument at `place`."""
    ours, theirs = _context.Pipe()
    values = [*arguments[:place], theirs, *arguments[place:]]
    process = _context.Process(target=work, args=values)
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        if process.is_alive():
            process.kill()
        process.join()
        ours.close()


def received(pipe: Connection) -> list[Any]:
    """Return everything that was sent until the other end was closed."""
    messages = []
    while True:
        try:
            messages.append(pipe.recv())
        except EOFError:
            return messages
