"""What the routes share: the shop, its gates, keys, jobs and counters."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.responses import JSONResponse

from tonggan.errors import BusyError
from tonggan.serve import ServeSettings
from tonggan.serve.access import Caller, Gatekeeper
from tonggan.serve.gate import Deadline, Gate
from tonggan.serve.idempotency import Idempotency
from tonggan.serve.jobs import Jobs
from tonggan.serve.metrics import Metrics

if TYPE_CHECKING:
    from tonggan.catalogue.keys import Keys
    from tonggan.shop import Shop


FETCHERS = 4
"""Pictures at other addresses fetched at once: they wait on others and must not hold up those who search."""


@dataclass(frozen=True, slots=True)
class Service:
    """One shop being served."""

    shop: Shop
    settings: ServeSettings
    keys: Keys
    gatekeeper: Gatekeeper
    searches: Gate
    fetches: Gate
    writes: Gate
    jobs: Jobs
    changes: Jobs
    idempotency: Idempotency
    metrics: Metrics
    turn: threading.Lock

    @contextmanager
    def writing(self, deadline: Deadline | None = None) -> Iterator[None]:
        """Let one write at a time at the shop; BusyError when its turn does not come before the deadline."""
        if not self.turn.acquire(timeout=-1 if deadline is None else max(deadline.seconds_left, 0.0)):
            raise BusyError("An import is being taken in.", remedy="Try again when GET /import/{job} says finished.")
        try:
            yield
        finally:
            self.turn.release()

    def close(self) -> None:
        """Let running work end, and a change of the pack stop; the shop stays open, since its owner closes it."""
        self.changes.close(stop=self.shop.stop_changing)
        self.jobs.close()
        self.writes.close()
        self.fetches.close()
        self.searches.close()

    def deadline(self, request: Request) -> Deadline:
        return Deadline.read(request.headers.get("x-timeout-ms"), default_ms=self.settings.timeout_ms)


def build_service(shop: Shop, *, settings: ServeSettings, host: str, local_token: str) -> Service:
    """Put together what the routes of one shop need."""
    from tonggan.catalogue.keys import Keys

    keys = Keys(shop.store)
    return Service(
        shop=shop,
        settings=settings,
        keys=keys,
        gatekeeper=Gatekeeper(keys, settings=settings, host=host, local_token=local_token),
        searches=Gate("search", workers=settings.search_threads or os.cpu_count() or 2, queue=settings.search_queue),
        fetches=Gate("fetch", workers=FETCHERS, queue=FETCHERS),
        writes=Gate("write", workers=1, queue=settings.write_queue),
        jobs=Jobs(),
        changes=Jobs("change of the pack"),
        idempotency=Idempotency(),
        metrics=Metrics(),
        turn=threading.Lock(),
    )


def service_of(request: Request) -> Service:
    """The service behind a request."""
    return request.app.state.service


def caller_of(request: Request) -> Caller:
    """Who was admitted."""
    return request.state.caller


async def admit(request: Request) -> None:
    """Let the request in, or raise; every route passes here before its handler runs."""
    route = request.scope["route"].path
    method = "GET" if request.method == "HEAD" else request.method
    request.state.caller = await service_of(request).gatekeeper.admit(request, method=method, route=route)


def json_response(content: object, status: int = 200, **headers: str) -> JSONResponse:
    """JSON that no cache keeps."""
    return JSONResponse(content, status_code=status, headers={"Cache-Control": "no-store", **headers})
