"""What surrounds every response: a request id, safe headers, a measurement, and a problem in place of a crash."""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tonggan.serve.metrics import Metrics
from tonggan.serve.problems import unexpected

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, nothing inline; `data:` and `blob:` show a shopper the picture just chosen."""

SAFE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
"""Others are counted as one: a label of a caller's choosing would fill the memory."""

_log = logging.getLogger("tonggan.serve")


class Envelope:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of traffic pass untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passage = _Passage(scope, send, request_id=_request_id(scope))
        try:
            await self._app(scope, receive, passage.send)
        except Exception:
            _log.exception("request %s failed: %s %s", passage.request_id, scope["method"], scope["path"])
            if not passage.status:
                await unexpected(passage.request_id)(scope, receive, passage.send)
        finally:
            self._count(scope, passage)

    def _count(self, scope: Scope, passage: _Passage) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(method, route, str(passage.status)).inc()
        self._metrics.latency.labels(method, route).observe(time.perf_counter() - passage.started)


class _Passage:
    """One response on its way out."""

    def __init__(self, scope: Scope, send: Send, *, request_id: str) -> None:
        scope.setdefault("state", {})["request_id"] = request_id
        self.request_id = request_id
        self.started = time.perf_counter()
        self.status = 0
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            for name, value in SAFE_HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


def _request_id(scope: Scope) -> str:
    """The caller's id where it is a plain token, so that nothing strange reaches the log; a new one otherwise."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
