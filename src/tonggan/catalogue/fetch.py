"""The bytes of a picture that a feed names: a file beside the feed, a data URI, or an address on the public internet.

A URL costs at most its limits in bytes, seconds and redirects, and never leads into the network that we stand in: the
host is resolved once, all its addresses are checked, and the connection goes to a checked one. Each redirect starts
over. There are no cookies, no credentials and no proxies; every fetch is a connection of its own.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from tonggan import __version__
from tonggan.catalogue.addresses import Resolver, checked_addresses, system_resolver
from tonggan.catalogue.http_connection import CheckedConnection
from tonggan.errors import InputError

SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")

REDIRECTS = frozenset({301, 302, 303, 307, 308})

BLOCK_BYTES = 64 * 1024

URL_SAFE = "%/:=&?~#+!$,;'@()*[]"
"""Left as they are when the rest of a URL (spaces, Han) is percent-encoded."""

HEADERS = {
    "User-Agent": f"tonggan/{__version__}",
    "Accept": "image/avif,image/webp,image/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one source may cost, and where it may lead.

    `allowed_addresses` are reached although they are not public: for a shop whose pictures stand in its own network.
    """

    source_bytes: int = 20 * 1024 * 1024
    timeout_seconds: float = 20.0
    redirects: int = 3
    ports: Sequence[int] = (80, 443, 8080, 8443)
    allowed_addresses: Sequence[str] = ()


def read_source(
    source: str, *, folder: Path | None, limits: FetchLimits = FetchLimits(), resolve: Resolver = system_resolver
) -> bytes:
    """Return the bytes behind a picture's source as a feed writes it.

    A path is relative to `folder`, that of the feed, and stays below it, links followed; without `folder` (the feed
    came from elsewhere) no file is read. Raises InputError that says why the bytes cannot be had.
    """
    text = source.strip()
    if not text or any(ord(letter) < 32 for letter in text):
        raise InputError(f"{_shown(source)} is empty or has control characters.", remedy="Give a path or an https URL.")
    if text.startswith("//"):
        text = "https:" + text
    scheme = SCHEME.match(text)
    if scheme is None:
        return _read_file(text, folder=folder, limits=limits)
    if scheme[0].lower() == "data:":
        return _read_data_uri(text, limits=limits)
    return _read_url(text, limits=limits, resolve=resolve)


def _read_file(text: str, *, folder: Path | None, limits: FetchLimits) -> bytes:
    if folder is None:
        raise InputError(f"{_shown(text)} is a path, but this feed is not a file.", remedy="Give an https URL.")
    try:
        root = folder.resolve()
        path = (root / text).resolve()
        if not path.is_relative_to(root):
            raise InputError(f"{_shown(text)} leads out of the feed's folder.", remedy="Put the file beside the feed.")
        return _read_regular_file(path, limits=limits)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{_shown(text)} cannot be read ({reason}).", remedy="Correct the path.") from error


def _read_regular_file(path: Path, *, limits: FetchLimits) -> bytes:
    """Neither follow a link put there since the check, nor wait on a pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise InputError(f"{_shown(path.name)} is not a file.", remedy="Name a picture file.")
        with open(descriptor, "rb", closefd=False) as stream:
            content = stream.read(limits.source_bytes + 1)
    finally:
        os.close(descriptor)
    _check_bytes(len(content), limits=limits, source=path.name)
    return content


def _read_data_uri(text: str, *, limits: FetchLimits) -> bytes:
    header, comma, payload = text.partition(",")
    if not comma or not header.lower().endswith(";base64"):
        raise InputError(f"{_shown(text)} is not base64 data.", remedy="Give a path or an https URL.")
    _check_bytes(len(payload) * 3 // 4, limits=limits, source=header)
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(f"{_shown(text)} is not base64 data ({error}).", remedy="Give a path or an URL.") from error


def _read_url(text: str, *, limits: FetchLimits, resolve: Resolver) -> bytes:
    deadline = time.monotonic() + limits.timeout_seconds
    url = text
    for _ in range(limits.redirects + 1):
        content, location = _request(url, limits=limits, resolve=resolve, deadline=deadline)
        if location is None:
            return content
        url = _joined(url, location)
    raise InputError(f"{_shown(text)} redirects more than {limits.redirects} times.", remedy="Give the final URL.")


def _joined(url: str, location: str) -> str:
    """Where a redirect leads; a header's bytes reach us as Latin-1 and are most often UTF-8."""
    try:
        return urljoin(url, quote(location.encode("latin-1"), safe=URL_SAFE))
    except ValueError as error:
        raise InputError(f"{_shown(url)} redirects to no URL ({error}).", remedy="Give the final URL.") from error


def _request(url: str, *, limits: FetchLimits, resolve: Resolver, deadline: float) -> tuple[bytes, str | None]:
    """One request: the body, or where else to look."""
    parts, port = _checked_url(url, limits=limits)
    host = _ascii_host(parts)
    addresses = checked_addresses(host, port, resolve=resolve, allowed=limits.allowed_addresses)
    connection = CheckedConnection(
        host, port, addresses=addresses, is_encrypted=parts.scheme == "https", deadline=deadline
    )
    try:
        connection.request("GET", _target(parts), headers=HEADERS)
        with connection.getresponse() as response:
            return _body_or_location(response, url=url, limits=limits)
    except TimeoutError as error:
        raise InputError(
            f"{_shown(url)} took longer than {limits.timeout_seconds:g} seconds.",
            remedy="Try again, or fetch it first.",
        ) from error
    except (OSError, HTTPException, ValueError) as error:
        raise InputError(f"{_shown(url)} cannot be fetched ({_reason(error)}).", remedy="Try the URL again.") from error
    finally:
        connection.close()


def _checked_url(url: str, *, limits: FetchLimits) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = {"http": 80, "https": 443}.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError as error:
        raise InputError(f"{_shown(url)} is not a URL ({error}).", remedy="Correct it.") from error
    if parts.username is not None or parts.password is not None:
        raise InputError("A URL with a user name or password is not fetched.", remedy="Give a URL without them.")
    if parts.scheme not in ("http", "https"):
        raise InputError(f"{_shown(url)} is not fetched: {parts.scheme}.", remedy="Give a path or an http(s) URL.")
    if not parts.hostname or "\\" in url:
        raise InputError(f"{_shown(url)} names no host, or has a backslash.", remedy="Correct the URL.")
    if port not in limits.ports:
        known = ", ".join(str(number) for number in limits.ports)
        raise InputError(f"{_shown(url)} asks for port {port}; accepted: {known}.", remedy="Use one of these.")
    return parts, port


def _ascii_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    try:
        return host if ":" in host else host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise InputError(f"{_shown(host)} is not a host name.", remedy="Correct the URL.") from error


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=URL_SAFE)
    return f"{path}?{quote(parts.query, safe=URL_SAFE)}" if parts.query else path


def _body_or_location(response: HTTPResponse, *, url: str, limits: FetchLimits) -> tuple[bytes, str | None]:
    location = response.getheader("Location")
    if response.status in REDIRECTS and location:
        return b"", location
    if response.status != HTTPStatus.OK:
        raise InputError(f"{_shown(url)} answered {response.status}.", remedy="Correct the URL, or try again later.")
    _check_bytes(response.length or 0, limits=limits, source=url)
    return _read_body(response, url=url, limits=limits), None


def _read_body(response: HTTPResponse, *, url: str, limits: FetchLimits) -> bytes:
    promised, content = response.length, bytearray()
    while block := response.read(BLOCK_BYTES):
        content += block
        _check_bytes(len(content), limits=limits, source=url)
    if promised is not None and len(content) < promised:
        raise InputError(f"{_shown(url)} ended after {len(content)} of {promised} bytes.", remedy="Try the URL again.")
    return bytes(content)


def _check_bytes(count: int, *, limits: FetchLimits, source: str) -> None:
    if count > limits.source_bytes:
        raise InputError(
            f"{_shown(source)} has more than {limits.source_bytes} bytes, the most accepted.",
            remedy="Give a smaller picture.",
        )


def _shown(source: str) -> str:
    """A source as a message may show it: short, quoted, without the secrets of a query string."""
    text = source if source.startswith("data:") else source.partition("?")[0]
    return repr(text if len(text) <= 100 else text[:97] + "...")


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
