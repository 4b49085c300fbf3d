"""Who may do what: one table of routes and scopes, keys, and the checks that keep other web pages out."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

from fastapi import Request
from starlette.exceptions import HTTPException

from tonggan.errors import AccessError, InputError
from tonggan.serve import ServeSettings

Scope = Literal["public", "search", "events", "catalogue", "admin"]

SCOPES: Mapping[tuple[str, str], Scope] = {
    ("GET", "/"): "public",
    ("GET", "/assets/{name}"): "public",
    ("GET", "/docs"): "public",
    ("GET", "/openapi.json"): "public",
    ("GET", "/healthz"): "public",
    ("GET", "/readyz"): "public",
    ("GET", "/media/{checksum}"): "public",
    ("GET", "/media/{checksum}/thumbnail"): "public",
    ("GET", "/metrics"): "admin",
    ("GET", "/search"): "search",
    ("POST", "/search"): "search",
    ("GET", "/suggest"): "search",
    ("GET", "/explain"): "search",
    ("POST", "/explain"): "search",
    ("GET", "/facets"): "search",
    ("GET", "/products/{product_id:path}"): "search",
    ("PUT", "/products"): "catalogue",
    ("POST", "/products"): "catalogue",
    ("DELETE", "/products/{product_id:path}"): "catalogue",
    ("POST", "/import"): "catalogue",
    ("GET", "/import/{job}"): "catalogue",
    ("GET", "/import/{job}/refused.csv"): "catalogue",
    ("GET", "/packs"): "admin",
    ("POST", "/packs/use"): "admin",
    ("GET", "/packs/use/{job}"): "admin",
    ("GET", "/keys"): "admin",
    ("POST", "/keys"): "admin",
    ("DELETE", "/keys/{key_id}"): "admin",
    **{
        (method, f"/{kind}{path}"): "admin"
        for kind in ("rules", "synonyms")
        for method, path in (
            *(("GET", ""), ("PUT", ""), ("DELETE", "")),
            *(("POST", "/publish"), ("GET", "/history"), ("POST", "/rollback"), ("GET", "/export")),
        )
    },
}
"""The scope that each route needs; what is not here is denied.

A picture is public because an <img> cannot carry a key, and its address is a sha256 that only an answer reveals.
"""

VERIFIED_SECONDS = 2.0
"""How long a verified key is believed without asking the store; a key revoked elsewhere must stop within 5 s."""

VERIFIED_KEYS = 1_000

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the name of a key, `local` for a process of this machine's owner, or `loopback` without a key."""

    name: str
    scopes: frozenset[str]
    is_owner: bool = False

    def may(self, scope: Scope) -> bool:
        return scope == "public" or scope in self.scopes or "admin" in self.scopes


class KeyLike(Protocol):
    """What is known of a valid key."""

    @property
    def id(self) -> str: ...
    @property
    def scopes(self) -> Iterable[str]: ...


class KeyBook(Protocol):
    """Where keys are kept: the key of a secret, or None when it is no valid key."""

    def verify(self, secret: str) -> KeyLike | None: ...


EVERYTHING = frozenset({"search", "events", "catalogue", "admin"})


class Gatekeeper:
    """Decides on each request; `host` is the address that the server is bound to."""

    def __init__(self, keys: KeyBook, *, settings: ServeSettings, host: str, local_token: str) -> None:
        self._keys = keys
        self._is_loopback = is_loopback(host)
        self._hosts = frozenset(_listed(settings.allowed_hosts.lower()))
        self.origins = frozenset(_listed(settings.allowed_origins))
        self._public = {"search"} if settings.public_search else set()
        self._local_token = local_token
        self._verified: dict[str, tuple[float, Caller]] = {}

    async def admit(self, request: Request, *, method: str, route: str) -> Caller:
        """The caller, when this one may use this route; AccessError or 401 when not."""
        scope = SCOPES.get((method, route))
        if scope is None:
            raise AccessError(f"{method} {route} is open to nobody.", remedy="Use an address that /docs lists.")
        self._check_host(request)
        caller = await self._identify(request)
        if caller.may(scope):
            return caller
        if caller.name == "nobody":
            raise HTTPException(
                401, f"{method} {request.url.path} needs a key.", headers={"WWW-Authenticate": "Bearer"}
            )
        raise AccessError(
            f"This key lacks the scope '{scope}'; it has: {', '.join(sorted(caller.scopes)) or 'none'}.",
            remedy=f"Create one with `tonggan keys create --scope {scope}`.",
        )

    def forget(self) -> None:
        """Ask the store again for every key: one was just revoked here."""
        self._verified.clear()

    async def _identify(self, request: Request) -> Caller:
        header = request.headers.get("authorization")
        if header is not None:
            return await self._by_key(header)
        if self._is_loopback and _comes_from_here(request):
            self._check_origin(request)
            return Caller("loopback", EVERYTHING)
        return Caller("nobody", frozenset(self._public))

    async def _by_key(self, header: str) -> Caller:
        kind, _, secret = header.partition(" ")
        if kind.lower() != "bearer" or not secret.strip():
            raise _unauthorized("Authorization is not `Bearer KEY`.")
        secret = secret.strip()
        if self._local_token and hmac.compare_digest(secret.encode(), self._local_token.encode()):
            return Caller("local", EVERYTHING, is_owner=True)
        return self._believed(secret) or await self._verify(secret)

    def _believed(self, secret: str) -> Caller | None:
        at, caller = self._verified.get(secret, (0.0, None))
        return caller if time.monotonic() - at < VERIFIED_SECONDS else None

    async def _verify(self, secret: str) -> Caller:
        found = await asyncio.to_thread(self._keys.verify, secret)
        if found is None:
            self._verified.pop(secret, None)
            raise _unauthorized("This key is unknown or was revoked.")
        if len(self._verified) >= VERIFIED_KEYS:
            self._verified.clear()
        caller = Caller(found.id, frozenset(found.scopes) | self._public)
        self._verified[secret] = (time.monotonic(), caller)
        return caller

    def _check_host(self, request: Request) -> None:
        name = host_name(request.headers.get("host", ""))
        is_known = name in self._hosts or name in LOOPBACK_NAMES
        if (self._is_loopback or self._hosts) and not is_known:
            raise AccessError(
                f"This server does not answer to the name {name!r}.",
                remedy="Use 127.0.0.1, or add the name to allowed_hosts in the [serve] table of shop.toml.",
            )

    def _check_origin(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if origin is None or origin in self.origins:
            return
        if urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
            raise AccessError(
                f"Pages of {origin!r} may not use this shop.",
                remedy="Add it to allowed_origins in the [serve] table of shop.toml.",
            )


def is_loopback(host: str) -> bool:
    """Whether an address to bind to is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_bind(host: str, *, has_keys: bool) -> None:
    """InputError when a server would be open to others without any key."""
    if not is_loopback(host) and not has_keys:
        raise InputError(
            f"Serving on {host} would let anyone change this shop: it has no keys.",
            remedy="Create one with `tonggan keys create --scope admin`, or serve on 127.0.0.1.",
        )


def host_name(header: str) -> str:
    """The name in a Host header, without its port.

    >>> host_name("[::1]:8400"), host_name("Shop.example:80")
    ('::1', 'shop.example')
    """
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


def _comes_from_here(request: Request) -> bool:
    """No key is needed by a process of this machine that speaks to it directly: not through a proxy."""
    is_direct = not any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip"))
    is_near = request.client is None or is_loopback(request.client.host)
    return is_direct and is_near and host_name(request.headers.get("host", "")) in LOOPBACK_NAMES


def _unauthorized(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
