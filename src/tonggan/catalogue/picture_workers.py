"""Processes that decode pictures, kept warm; one that dies or overruns costs its picture and is replaced.

Each is `picture_worker.py` run as a program, not a fork or a `multiprocessing` child: it shares no memory, lock or
file with the shop, starts in some 60 ms, and needs no `if __name__ == "__main__"` in the caller's script.
"""

from __future__ import annotations

import importlib.util
import json
import queue
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from tonggan.catalogue.picture_kinds import ACCEPTED, picture_format
from tonggan.catalogue.picture_worker import FRAME
from tonggan.errors import BusyError, InputError, NotReadyError
from tonggan.records import Picture

SOURCE_BYTES = 20 * 1024 * 1024
"""Largest encoded picture taken; product pictures of large shops stay under 5 MB."""

START_SECONDS = 20.0
"""A worker is ready in some 60 ms; only a machine in distress needs more."""

RECEIVE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What one picture may cost: wall-clock and processor seconds, and the memory of its process.

    1 GiB holds three full copies of the largest picture at 4 bytes a pixel, and the decoder's own.
    """

    timeout_seconds: float = 10.0
    processor_seconds: int = 10
    memory_bytes: int = 1 << 30
    patience_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A picture in our own format: JPEG, long side at most 1024, and its WebP thumbnail; no metadata in either."""

    picture: bytes
    thumbnail: bytes


class PictureWorkers:
    """A fixed number of worker processes, started when first needed; safe to use from many threads.

    >>> with PictureWorkers(count=1) as workers:  # doctest: +SKIP
    ...     workers.pixels(Path("photo.jpg").read_bytes(), long_side=512).shape
    (384, 512, 3)
    """

    def __init__(self, count: int = 2, *, limits: WorkerLimits = WorkerLimits()) -> None:
        self.count = count
        self.limits = limits
        self._workers = [_Worker(limits) for _ in range(count)]
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._stop = weakref.finalize(self, _stop_all, self._workers)

    def warm(self) -> None:
        """Start all idle workers, so that the first picture does not wait for one."""
        idle = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
        for worker in idle:
            worker.start()
        for worker in idle:
            self._idle.put(worker)

    def keepable(self, content: bytes) -> KeptForm:
        """Return the picture in the form that is kept, waiting as long as it takes for a free worker.

        Raises InputError that says why the bytes cannot be taken.
        """
        reply, body = self._ask({"action": "keep"}, content, patience_seconds=None)
        end = reply["picture_bytes"]
        return KeptForm(picture=bytes(body[:end]), thumbnail=bytes(body[end:]))

    def pixels(
        self, content: bytes, *, long_side: int, crop: tuple[float, float, float, float] | None = None
    ) -> Picture:
        """Return the pixels, long side at most `long_side`, of the part `crop`: x, y, width, height from 0 to 1.

        Raises InputError that says why the bytes cannot be taken, BusyError when no worker is free in time.
        """
        request = {"action": "pixels", "long_side": long_side, "crop": crop}
        reply, body = self._ask(request, content, patience_seconds=self.limits.patience_seconds)
        return np.frombuffer(body, dtype=np.uint8).reshape(reply["height"], reply["width"], 3)

    def process_ids(self) -> list[int]:
        """Return the process ids of the workers that run."""
        return [worker.process.pid for worker in self._workers if worker.is_running()]

    def close(self) -> None:
        """Stop every worker; a call that comes later is refused."""
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _ask(
        self, request: dict[str, Any], content: bytes, *, patience_seconds: float | None
    ) -> tuple[Mapping[str, Any], bytearray]:
        check_source_bytes(len(content))
        request["format"] = picture_format(content)
        with self._borrowed(patience_seconds) as worker:
            reply, body = worker.ask(request, content)
        if "refused" in reply:
            raise InputError(reply["refused"], remedy=f"Send an undamaged {ACCEPTED} picture within the limits.")
        return reply, body

    @contextmanager
    def _borrowed(self, patience_seconds: float | None) -> Iterator[_Worker]:
        if not self._stop.alive:
            raise NotReadyError("The picture workers are closed.", remedy="Open the shop again.")
        try:
            worker = self._idle.get(timeout=patience_seconds)
        except queue.Empty as empty:
            raise BusyError(f"All {self.count} picture workers are busy.", remedy="Try again in a moment.") from empty
        try:
            yield worker
        finally:
            self._idle.put(worker)


def check_source_bytes(count: int) -> None:
    """Raise InputError when an encoded picture is larger than is taken."""
    if count > SOURCE_BYTES:
        raise InputError(
            f"The picture has {count} bytes; at most {SOURCE_BYTES} are accepted.", remedy="Send a smaller file."
        )


class _Worker:
    """One process and the socket to it; used by one thread at a time."""

    def __init__(self, limits: WorkerLimits) -> None:
        self._limits = limits
        self._deadline = 0.0
        self._is_ready = False

    def is_running(self) -> bool:
        return hasattr(self, "process") and self.process.poll() is None

    def start(self) -> None:
        """Start the process unless it runs; it is ready, or fails, when it is first asked."""
        if self.is_running():
            return
        self.stop()
        self.socket, theirs = socket.socketpair()
        limits = {"memory_bytes": self._limits.memory_bytes, "processor_seconds": self._limits.processor_seconds}
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", _program(), json.dumps(limits), *_pillow_folders()],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                process_group=0,  # an interrupt at the terminal is for the shop, which then stops its workers
            )
        self._is_ready = False

    def ask(self, request: Mapping[str, Any], content: bytes) -> tuple[Mapping[str, Any], bytearray]:
        """Return the answer; when none comes, replace the process and raise InputError for this picture."""
        self.start()
        self._await_ready()
        self._deadline = time.monotonic() + self._limits.timeout_seconds
        try:
            self._send(request, content)
            return self._receive()
        except TimeoutError as error:
            self.stop()
            raise InputError(
                f"The picture took longer than {self._limits.timeout_seconds:g} seconds to decode.",
                remedy="Send a smaller picture.",
            ) from error
        except OSError as error:
            self.stop()
            raise InputError(
                "The picture made its decoder stop: it asks for too much time or memory, or is built to do harm.",
                remedy="Save it anew with another program.",
            ) from error
        except BaseException:
            # Interrupted halfway, the answer of this picture would be taken for that of the next.
            self.stop()
            raise

    def stop(self) -> None:
        if hasattr(self, "process"):
            self.socket.close()
            self.process.kill()
            self.process.wait()

    def _await_ready(self) -> None:
        if self._is_ready:
            return
        self._deadline = time.monotonic() + START_SECONDS
        try:
            self._receive()
        except OSError as error:
            self.stop()
            raise NotReadyError(
                "A picture worker did not start.", remedy=f"Check that `{sys.executable}` can import PIL."
            ) from error
        self._is_ready = True

    def _send(self, request: Mapping[str, Any], content: bytes) -> None:
        encoded = json.dumps(request).encode()
        self._set_timeout()
        self.socket.sendall(FRAME.pack(len(encoded), len(content)) + encoded)
        self._set_timeout()
        self.socket.sendall(content)

    def _receive(self) -> tuple[Mapping[str, Any], bytearray]:
        reply_bytes, body_bytes = FRAME.unpack(self._receive_exactly(FRAME.size))
        return json.loads(self._receive_exactly(reply_bytes)), self._receive_exactly(body_bytes)

    def _receive_exactly(self, count: int) -> bytearray:
        buffer = bytearray(count)
        view, filled = memoryview(buffer), 0
        while filled < count:
            self._set_timeout()
            read = self.socket.recv_into(view[filled:], min(RECEIVE_BYTES, count - filled))
            if read == 0:
                raise ConnectionResetError("the worker has gone")
            filled += read
        return buffer

    def _set_timeout(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)


def _stop_all(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.stop()


def _program() -> str:
    return str(Path(__file__).with_name("picture_worker.py"))


def _pillow_folders() -> list[str]:
    """Where Pillow lies; the worker ignores PYTHONPATH, so it has to be told."""
    spec = importlib.util.find_spec("PIL")
    return [] if spec is None or spec.origin is None else [str(Path(spec.origin).parents[1])]
