"""Writes that may be repeated safely: the same `Idempotency-Key` and body get the first response again."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from tonggan.errors import ConflictError, InputError

REMEMBERED_RESPONSES = 1_000
"""Bounds the memory: a response to a write is a few hundred bytes."""

REMEMBERED_SECONDS = 3_600.0
"""A client that retries does so within minutes; an hour leaves room for a batch that is run again by hand."""

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class _Remembered:
    fingerprint: str
    response: asyncio.Task[Response]
    at: float


class Idempotency:
    """The responses of recent writes, by caller, route and key. Used from one event loop."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[tuple[str, ...], _Remembered] = OrderedDict()

    async def once(
        self, key: str | None, fingerprint: str, *, scope: tuple[str, ...], respond: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Run `respond` unless this key was answered before; a failure is not remembered.

        Raises ConflictError when the key came with another body.
        """
        if key is None:
            return await respond()
        if not 0 < len(key) <= LONGEST_KEY:
            raise InputError(f"Idempotency-Key has {len(key)} characters; 1 to {LONGEST_KEY} are accepted.")
        self._forget_old()
        place = (*scope, key)
        earlier = self._remembered.get(place)
        if earlier is not None:
            return await _replay(earlier, fingerprint)
        task = asyncio.ensure_future(_awaited(respond))
        self._remembered[place] = _Remembered(fingerprint, task, time.monotonic())
        return await self._first(place, task)

    async def _first(self, place: tuple[str, ...], task: asyncio.Task[Response]) -> Response:
        try:
            response = await asyncio.shield(task)
        except Exception:
            self._remembered.pop(place, None)
            raise
        if response.status_code >= 400:
            self._remembered.pop(place, None)
        return response

    def _forget_old(self) -> None:
        oldest = time.monotonic() - REMEMBERED_SECONDS
        while self._remembered:
            place, first = next(iter(self._remembered.items()))
            if first.at > oldest and len(self._remembered) < REMEMBERED_RESPONSES:
                return
            del self._remembered[place]


async def _awaited(respond: Callable[[], Awaitable[Response]]) -> Response:
    return await respond()


async def _replay(earlier: _Remembered, fingerprint: str) -> Response:
    if earlier.fingerprint != fingerprint:
        raise ConflictError(
            "This Idempotency-Key was used with another body.", remedy="Use a new key for a new request."
        )
    first = await asyncio.shield(earlier.response)
    headers = {"Idempotency-Replayed": "true", "Content-Type": first.headers.get("content-type", "application/json")}
    return Response(bytes(first.body), status_code=first.status_code, headers=headers)
