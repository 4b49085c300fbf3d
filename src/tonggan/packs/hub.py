"""A model hub over HTTP: how large a file is, what its checksum is, and its bytes from any position on.

Spoken with httpx alone. The hub's own client would bring a second HTTP client, a native transfer library and a cache
of links of its own, and it compares sizes where this compares checksums. No token is read and none is sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import quote, urljoin, urlsplit

import httpx

from tonggan.errors import InputError, NotFoundError, NotReadyError
from tonggan.packs.published import PublishedPack

ENDPOINT = "https://huggingface.co"

ENDPOINT_VARIABLE = "HF_ENDPOINT"
OFFLINE_VARIABLE = "HF_HUB_OFFLINE"

TIMEOUT_SECONDS = httpx.Timeout(30.0, connect=10.0)
"""Between two pieces and to connect; the whole of a large file may take hours."""

MOST_REDIRECTS = 5
"""Hub to storage takes one or two; more is a circle."""

WORKS_INSTEAD = (
    "The default pack works without; or fetch the files where there is a network, and name their folder with --from."
)
"""The next step wherever a hub cannot be asked."""


TRY_LATER = f"Try again later. {WORKS_INSTEAD}"

LINKED = ("x-linked-size", "x-linked-etag")
"""Headers in which the hub tells of a file that stands in a storage of its own."""


class BrokenOffError(NotReadyError):
    """A hub that is busy, or a transfer that ended early: what arrived is kept and the rest can be asked for again."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as the hub describes it; `etag` is its sha256 (64 digits) or git hash (40 digits), or empty."""

    name: str
    url: str
    size_bytes: int
    etag: str


class Hub:
    """An open hub; closed at the end of its `with` block."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self.endpoint = _endpoint(environ)
        self.is_offline = environ.get(OFFLINE_VARIABLE, "").strip().lower() in ("1", "true", "yes", "on")
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, headers={"Accept-Encoding": "identity"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def describe(self, row: PublishedPack, name: str) -> RemoteFile:
        """Return size and checksum of one file of a published pack.

        Raises NotFoundError where the hub has no such file, NotReadyError where there is no network or none is wanted.
        """
        if self.is_offline:
            raise NotReadyError(f"{OFFLINE_VARIABLE} is set, so nothing is fetched.", remedy=WORKS_INSTEAD)
        url = f"{self.endpoint}/{row.source}/resolve/{quote(row.revision, safe='')}/{quote(name)}"
        at: str = url
        linked: dict[str, str] = {}
        for _ in range(MOST_REDIRECTS):
            with self._asked("HEAD", at) as response:
                linked = {name: response.headers[name] for name in LINKED if name in response.headers} | linked
                if not response.has_redirect_location or len(linked) == len(LINKED):
                    _require_found(response, name=name, row=row)
                    return _described({**response.headers, **linked}, name=name, url=url)
                at = _redirected(at, response)
        raise NotReadyError(f"{url} redirects in a circle.", remedy=WORKS_INSTEAD)

    @contextmanager
    def reading(self, file: RemoteFile, *, start: int) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Give the position from which bytes arrive, `start` or 0, and the bytes.

        They come in the pieces that the network gives, so that none is lost when it breaks off, which raises
        BrokenOffError.
        """
        headers = {"Range": f"bytes={start}-"} if start else {}
        at = file.url
        for _ in range(MOST_REDIRECTS):
            with self._asked("GET", at, headers=headers) as response:
                if not response.has_redirect_location:
                    yield _position(response, start=start), response.iter_raw()
                    return
                at = _redirected(at, response)
        raise NotReadyError(f"{file.url} redirects in a circle.", remedy=WORKS_INSTEAD)

    @contextmanager
    def _asked(self, method: str, url: str, *, headers: Mapping[str, str] | None = None) -> Iterator[httpx.Response]:
        try:
            with self._client.stream(method, url, headers=headers) as response:
                yield response
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise NotReadyError(f"{_host(url)} cannot be reached.", remedy=WORKS_INSTEAD) from error
        except httpx.TransportError as error:
            raise BrokenOffError(f"{_host(url)} broke off: {_reason(error)}.", remedy=TRY_LATER) from error


def _endpoint(environ: Mapping[str, str]) -> str:
    endpoint = environ.get(ENDPOINT_VARIABLE, "").strip().rstrip("/") or ENDPOINT
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise InputError(
            f"{ENDPOINT_VARIABLE} = {endpoint!r} is not the http(s) address of a hub.",
            remedy=f"Set it to one such as {ENDPOINT}, or unset it.",
        )
    return endpoint


def _described(headers: Mapping[str, str], *, name: str, url: str) -> RemoteFile:
    """Return what the headers say, those of a redirect to storage too: signed storage may refuse to be asked itself."""
    size = headers.get("x-linked-size") or headers.get("content-length") or ""
    if not size.isdecimal():
        raise NotReadyError(f"{url} does not say how large it is.", remedy=WORKS_INSTEAD)
    etag = headers.get("x-linked-etag") or headers.get("etag") or ""
    return RemoteFile(name, url, int(size), etag.removeprefix("W/").strip('"').lower())


def _redirected(url: str, response: httpx.Response) -> str:
    following = urljoin(url, response.headers["location"])
    accepted = ("https",) if url.startswith("https:") else ("http", "https")
    if urlsplit(following).scheme not in accepted:
        raise NotReadyError(f"{_host(url)} redirects to what is not https.", remedy=WORKS_INSTEAD)
    return following


def _require_found(response: httpx.Response, *, name: str, row: PublishedPack) -> None:
    status = response.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise NotFoundError(
            f"{_host(str(response.url))} answers {status} for {name} of {row.source} at {row.revision[:12]}.",
            remedy="Check HF_ENDPOINT: a mirror may lack it; or name a folder that has the files with --from.",
        )
    if status >= HTTPStatus.BAD_REQUEST:
        raise BrokenOffError(f"{_host(str(response.url))} answers {status}.", remedy=TRY_LATER)


def _position(response: httpx.Response, *, start: int) -> int:
    """Return where the content of a response begins; a hub may send the whole where a rest was asked for."""
    if response.status_code == HTTPStatus.OK:
        return 0
    content_range = response.headers.get("content-range", "")
    if response.status_code == HTTPStatus.PARTIAL_CONTENT and content_range.startswith(f"bytes {start}-"):
        return start
    raise BrokenOffError(
        f"{_host(str(response.url))} answers {response.status_code} {content_range}".strip() + ".", remedy=TRY_LATER
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
