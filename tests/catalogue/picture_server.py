"""A loopback server of pictures that misbehaves on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from catalogue.picture_files import plain

PICTURE = plain("JPEG")


class Handler(BaseHTTPRequestHandler):
    """Answers by path; records what it was asked."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        routes: dict[str, Callable[[], object]] = {
            "/picture.jpg": partial(self.send, PICTURE),
            "/chunked": self.chunked,
            "/endless": self.endless,
            "/drip": self.drip,
            "/drip-header": self.drip_header,
            "/silent": self.wait,
            "/short": partial(self.send, PICTURE, promised=len(PICTURE) + 10),
            "/huge": partial(self.send, b"", promised=10**12),
            "/garbage": partial(self.wfile.write, b"SSH-2.0-OpenSSH\r\n"),
            "/missing": partial(self.send_error, 404),
            "/empty": partial(self.send, b""),
        }
        if path == "/to-shoe":
            self.redirect("/鞋.jpg".encode().decode("latin-1"))
        elif path == "/to":
            self.redirect(self.path.partition("?")[2])
        else:
            routes.get(path, partial(self.send, PICTURE))()

    def send(self, content: bytes, *, promised: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content) if promised is None else promised))
        self.end_headers()
        self.wfile.write(content)

    def redirect(self, location: str) -> None:
        self.send_response(302)
        self.send_header("Location", location)
        self.end_headers()

    def chunked(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(PICTURE), PICTURE))

    def endless(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            self.wfile.write(bytes(1 << 16))

    def drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        self.drip_bytes()

    def drip_header(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.drip_bytes()

    def drip_bytes(self) -> None:
        while not self.server.stopping.wait(0.02):  # type: ignore[attr-defined]
            self.wfile.write(b"x")

    def wait(self) -> None:
        self.server.stopping.wait(30)  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """On a loopback port; forgives a client that hangs up, as ours is meant to."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.stopping = threading.Event()

    def handle_error(self, *_: object) -> None:
        pass


def serve(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.stopping.set()
    server.shutdown()
    thread.join()
    server.server_close()
