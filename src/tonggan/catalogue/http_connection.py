"""An HTTP connection to an address that was checked, with one deadline over everything it does."""

from __future__ import annotations

import functools
import io
import socket
import ssl
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from typing import Any

from tonggan.catalogue.addresses import Address

CONNECT_SECONDS = 5.0
"""Time for one address to answer before the next is tried."""


class CheckedConnection(HTTPConnection):
    """Connects to one of `addresses`, never to what the host name resolves to by then.

    The Host header and the certificate check keep the name. Whatever is not over at `deadline`, in seconds of
    `time.monotonic`, raises TimeoutError, however steadily the other side drips.
    """

    def __init__(
        self, host: str, port: int, *, addresses: Sequence[Address], is_encrypted: bool, deadline: float
    ) -> None:
        super().__init__(host, port)
        self.default_port = 443 if is_encrypted else 80
        self._addresses = addresses
        self._is_encrypted = is_encrypted
        self._deadline = deadline

    def connect(self) -> None:
        plain = self._reach_one()
        try:
            self.sock: Any = _DeadlineSocket(self._encrypted(plain) if self._is_encrypted else plain, self._deadline)
        except BaseException:
            plain.close()
            raise

    def _reach_one(self) -> socket.socket:
        failure: OSError = OSError("no address")
        for address in self._addresses:
            try:
                timeout = min(CONNECT_SECONDS, _left(self._deadline))
                return socket.create_connection((str(address), self.port), timeout=timeout)
            except TimeoutError:
                failure = OSError(f"{address} does not answer")
            except OSError as error:
                failure = error
        raise failure

    def _encrypted(self, plain: socket.socket) -> socket.socket:
        plain.settimeout(_left(self._deadline))
        return _tls_context().wrap_socket(plain, server_hostname=self.host)


class _DeadlineSocket:
    """What `http.client` needs of a socket, each operation given only the time that is left."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._socket = sock
        self._deadline = deadline

    def sendall(self, content: bytes) -> None:
        self._socket.settimeout(_left(self._deadline))
        self._socket.sendall(content)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self._socket, self._deadline))

    def close(self) -> None:
        self._socket.close()


class _DeadlineReader(io.RawIOBase):
    """Keeps the connection open until the response is read, as `http.client` closes its own end before."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._socket = sock
        self._stream = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(_left(self._deadline))
        return self._stream.readinto(buffer) or 0

    def close(self) -> None:
        self._stream.close()
        super().close()


@functools.cache
def _tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is over")
    return left
