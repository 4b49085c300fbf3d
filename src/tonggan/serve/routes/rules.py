"""`/rules` and `/synonyms`: drafted, checked, published and rolled back, by admins."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from tonggan.errors import InputError
from tonggan.serve.bodies import read_json
from tonggan.serve.openapi import DOCUMENT_BODY, DOCUMENT_RESPONSES, EXPORT_QUERY, PUBLISH_BODY, ROLLBACK_BODY
from tonggan.serve.parameters import check_names
from tonggan.serve.routes.products import once
from tonggan.serve.service import json_response, service_of
from tonggan.shop.rule_book import RuleDesk, desk_of

BODY_BYTES = 64 * 1024
"""A note and a number are a few hundred; a document may have as many bytes as any JSON."""

Handler = Callable[..., Awaitable[Response]]


async def draft(request: Request) -> Response:
    """What would be published, whether it differs from what is live, and its conflicts."""
    check_names(list(request.query_params), [])
    return json_response(await asyncio.to_thread(_desk(request).draft))


async def save(request: Request) -> Response:
    """Keep a whole document as the draft, in our form or Typesense's; conflicts are told and do not stop it."""
    check_names(list(request.query_params), ["form"])
    form = request.query_params.get("form", "")
    body = await read_json(request, limit_bytes=service_of(request).settings.json_bytes)
    return await _written(request, body, form, work=partial(_desk(request).save, body, form=form))


async def discard(request: Request) -> Response:
    """Forget the draft; what is live stands again."""
    check_names(list(request.query_params), [])
    return await _written(request, work=_desk(request).discard)


async def publish(request: Request) -> Response:
    """Make the draft live; rules in conflict are refused (409) unless forced with a note."""
    body = await _options(request, note=str, force=bool)
    work = partial(_desk(request).publish, note=body.get("note", ""), is_forced=body.get("force", False))
    return await _written(request, body, work=work)


async def history(request: Request) -> Response:
    """Number, time, note and size of each revision, the latest first."""
    check_names(list(request.query_params), [])
    return json_response(await asyncio.to_thread(_desk(request).history))


async def roll_back(request: Request) -> Response:
    """Make an earlier revision live again, as a new one; nothing is lost."""
    body = await _options(request, number=int, note=str)
    if "number" not in body:
        raise InputError("The body names no revision.", remedy='Send {"number": 3}; the history lists them.')
    work = partial(_desk(request).roll_back, body["number"], note=body.get("note", ""))
    return await _written(request, body, work=work)


async def export(request: Request) -> Response:
    """What is live, the draft, or a revision, in our form or Typesense's."""
    check_names(list(request.query_params), ["form", "which", "number"])
    asked = dict(request.query_params)
    number = _number(asked.pop("number", "0"))
    return json_response(await asyncio.to_thread(partial(_desk(request).export, number=number, **asked)))


ADDRESSES: tuple[tuple[str, str, Handler, str, dict[str, Any]], ...] = (
    ("GET", "", draft, "The draft of the {}", {}),
    ("PUT", "", save, "Save the draft of the {}", DOCUMENT_BODY),
    ("DELETE", "", discard, "Discard the draft of the {}", {}),
    ("POST", "/publish", publish, "Publish the {}", PUBLISH_BODY),
    ("GET", "/history", history, "What was published of the {}", {}),
    ("POST", "/rollback", roll_back, "Go back to earlier {}", ROLLBACK_BODY),
    ("GET", "/export", export, "The {} as a document", EXPORT_QUERY),
)
"""Method, path behind the kind, handler, summary, and what the description says of bodies and parameters."""


def _routes(kind: str) -> APIRouter:
    router = APIRouter(tags=[kind])
    for method, path, handler, summary, extra in ADDRESSES:
        router.add_api_route(
            f"/{kind}{path}",
            handler,
            methods=[method],
            summary=summary.format(kind),
            openapi_extra=extra,
            responses=DOCUMENT_RESPONSES,
        )
    return router


def _desk(request: Request) -> RuleDesk:
    """The desk of the kind that the address begins with."""
    return desk_of(service_of(request).shop, request.scope["route"].path.split("/")[1])


async def _written(request: Request, *body: Any, work: Callable[[], dict[str, Any]]) -> Response:
    """Run a write, once for each Idempotency-Key; it does not wait for an import, which writes other tables."""
    fingerprint = hashlib.sha256(repr(body).encode("utf-8", "surrogatepass")).hexdigest()
    return await once(request, fingerprint=fingerprint, respond=partial(_run, work))


async def _run(work: Callable[[], dict[str, Any]]) -> Response:
    return json_response(await asyncio.to_thread(work))


async def _options(request: Request, **known: type) -> dict[str, Any]:
    """A small body of named options, each of its type."""
    check_names(list(request.query_params), [])
    body = await read_json(request, limit_bytes=BODY_BYTES)
    if not isinstance(body, dict):
        raise InputError(
            f"The body is a JSON {type(body).__name__}.", remedy=f"Send an object with {', '.join(known)}."
        )
    check_names(list(body), list(known))
    for name, kind in known.items():
        if name in body and type(body[name]) is not kind:
            raise InputError(f"{name} is {body[name]!r:.80}, no {kind.__name__}.", remedy="Correct it.")
    return body


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InputError(f"number {text[:40]!r} is no revision.", remedy="Give a whole number; the history lists them.")
    return int(text)


rules = _routes("rules")
synonyms = _routes("synonyms")
