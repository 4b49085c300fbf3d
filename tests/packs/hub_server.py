"""A hub on the loopback: the few routes that a download asks for, with what can go wrong with each."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class HubServer:
    """Serves `files` at any repository and revision. `url` is what HF_ENDPOINT is set to."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    """Those that differ from the sha256 of the content."""
    extra: dict[str, bytes] = field(default_factory=dict)
    """Bytes that follow after what was promised."""
    redirected: set[str] = field(default_factory=set)
    """Files that stand in a storage, to which the hub redirects."""
    location: str = ""
    """Where it redirects instead, for any file."""
    break_after: list[int] = field(default_factory=list)
    """How many bytes each of the next answers with content sends before the connection ends."""
    statuses: list[int] = field(default_factory=list)
    """What the next requests are answered with, whatever they ask."""
    ignores_ranges: bool = False
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and range of each request."""


@contextmanager
def hub_server() -> Iterator[HubServer]:
    """A running hub, stopped when the block ends."""
    hub = HubServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(hub: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(has_content=False)

        def do_GET(self) -> None:
            self._answer(has_content=True)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

        def _answer(self, *, has_content: bool) -> None:
            hub.asked.append((self.command, self.path, self.headers.get("Range", "")))
            name = self.path.rsplit("/", 1)[1]
            if hub.statuses:
                self._plain(hub.statuses.pop(0))
            elif name not in hub.files:
                self._plain(404)
            elif hub.location or (name in hub.redirected and not self.path.startswith("/storage/")):
                self._redirect(name)
            else:
                self._send(name, has_content=has_content)

        def _plain(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _redirect(self, name: str) -> None:
            self.send_response(302)
            self.send_header("Location", hub.location or f"/storage/{name}")
            if not hub.location:
                self.send_header("X-Linked-Size", str(len(hub.files[name])))
                self.send_header("X-Linked-ETag", f'"{etag(hub, name)}"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, name: str, *, has_content: bool) -> None:
            content, start = hub.files[name], 0
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            if asked and not hub.ignores_ranges:
                start = int(asked[1])
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("ETag", f'W/"{etag(hub, name)}"')
            sent = content[start:] + (hub.extra.get(name, b"") if has_content else b"")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            if has_content:
                self.wfile.write(sent[: hub.break_after.pop(0)] if hub.break_after else sent)
                self.close_connection = True

    return Handler


def etag(hub: HubServer, name: str) -> str:
    """What the hub says is the checksum of a file."""
    return hub.etags.get(name, hashlib.sha256(hub.files[name]).hexdigest())
