"""How much runs at once: a pool of threads with a bounded queue; beyond it a request is turned away immediately."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from starlette.exceptions import HTTPException

from tonggan.errors import BusyError, InputError

Result = TypeVar("Result")

MAX_TIMEOUT_MS = 600_000
"""Ten minutes: longer than any request here can take, short enough that a typing error is noticed."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment, on the monotonic clock in seconds, after which nobody waits for the answer."""

    at: float

    @classmethod
    def read(cls, header: str | None, *, default_ms: int) -> Deadline:
        """The deadline of an `X-Timeout-Ms` header; InputError when it is not a number of milliseconds."""
        if header is None:
            return cls(time.monotonic() + default_ms / 1000)
        if not header.isascii() or not header.isdigit() or not 1 <= int(header) <= MAX_TIMEOUT_MS:
            message = f"X-Timeout-Ms {header!r} is not a whole number from 1 to {MAX_TIMEOUT_MS}."
            raise InputError(message, remedy="Give milliseconds, for example 500.")
        return cls(time.monotonic() + int(header) / 1000)

    @property
    def seconds_left(self) -> float:
        return self.at - time.monotonic()


class Gate:
    """Runs blocking work on `workers` threads; at most `queue` more may wait. Used from one event loop."""

    def __init__(self, name: str, *, workers: int, queue: int) -> None:
        self.name = name
        self.capacity = workers + queue
        self.held = 0
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=f"tonggan-{name}")

    async def run(self, work: Callable[[], Result], *, deadline: Deadline, is_write: bool = False) -> Result:
        """Run it on a thread and return what it returns.

        Raises BusyError at once when the queue is full, and 504 when the deadline passes. A write that has begun is
        waited for, since its outcome matters. An abandoned search keeps its place until its thread is free again.
        """
        if self.held >= self.capacity:
            message = f"The {self.name} queue is full ({self.capacity} requests)."
            raise BusyError(message, remedy="Try again in a second, or serve from more processes.")
        self.held += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, _begin, work, deadline)
        future.add_done_callback(self._release)
        if is_write:
            return await asyncio.shield(future)
        try:
            return await asyncio.wait_for(asyncio.shield(future), max(deadline.seconds_left, 0.0))
        except TimeoutError:
            raise _too_late() from None

    def close(self) -> None:
        """Wait for what runs, drop what waits."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _release(self, future: asyncio.Future[Result]) -> None:
        self.held -= 1
        if not future.cancelled():
            future.exception()  # marks it as seen: an abandoned search may fail in silence


def _begin(work: Callable[[], Result], deadline: Deadline) -> Result:
    if deadline.seconds_left <= 0:
        raise _too_late()
    return work()


def _too_late() -> HTTPException:
    return HTTPException(504, "The deadline passed before the answer was ready.")
