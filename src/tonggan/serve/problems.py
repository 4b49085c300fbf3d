"""Failures on the wire: RFC 9457 `application/problem+json`, from one table."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from tonggan import errors

MEDIA_TYPE = "application/problem+json"

TITLES: Mapping[str, str] = MappingProxyType(
    {
        errors.InputError.code: "The request is wrong",
        errors.AccessError.code: "Not allowed",
        errors.NotFoundError.code: "Not found",
        errors.ConflictError.code: "In conflict with what is there",
        errors.BusyError.code: "Too much at once",
        errors.MissingExtraError.code: "Not part of this installation",
        errors.NotReadyError.code: "Not ready",
        errors.DiskFullError.code: "Too little disk",
        errors.TongganError.code: "Something failed inside",
        "key_needed": "A key is needed",
        "method_not_allowed": "This address knows other methods",
        "too_large": "Too large",
        "unsupported_media_type": "This kind of body is not understood",
        "too_late": "The deadline passed",
    }
)
"""What each code means in a few words; the docs page lists this table."""

CODE_BY_STATUS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        400: (errors.InputError.code, "Correct the request; /docs lists what each address accepts."),
        401: ("key_needed", "Send `Authorization: Bearer KEY`; `tonggan keys create` makes a key."),
        403: (errors.AccessError.code, "Use a key with the scope that this address needs."),
        404: (errors.NotFoundError.code, "See /docs for the addresses that exist."),
        405: ("method_not_allowed", "See /docs for the methods of this address."),
        409: (errors.ConflictError.code, "Look at what is there and try again."),
        413: ("too_large", "Send less, or raise the limit in the [serve] table of shop.toml."),
        415: ("unsupported_media_type", "See /docs for the kinds of body that this address reads."),
        504: ("too_late", "Ask for less or allow more time with X-Timeout-Ms."),
    }
)
"""Code and next step of the failures that only HTTP knows."""

RETRY_AFTER_SECONDS: Mapping[int, int] = MappingProxyType({429: 1, 503: 5})
"""When to come back: a search queue drains within a second, a rebuild or a repair takes longer."""


def problem(
    status: int, *, code: str, detail: str, remedy: str = "", headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One failure as a response; `type` points to its line on the docs page."""
    body = {
        "type": f"/docs#{code}",
        "title": TITLES.get(code, HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
        "code": code,
        "remedy": remedy,
        **more,
    }
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=_with_retry(status, headers))


def problem_of(error: errors.TongganError) -> JSONResponse:
    """A failure of the shop as a response."""
    return problem(error.status, code=error.code, detail=error.message, remedy=error.remedy)


def problem_of_http(error: HTTPException) -> JSONResponse:
    """A failure that only HTTP knows, as a response."""
    code, remedy = CODE_BY_STATUS.get(error.status_code, (errors.TongganError.code, ""))
    return problem(error.status_code, code=code, detail=str(error.detail), remedy=remedy, headers=error.headers)


def unexpected(request_id: str) -> JSONResponse:
    """What a caller hears of a bug: nothing of the inside, but the name under which the log has it."""
    return problem(
        500,
        code=errors.TongganError.code,
        detail="The server failed on this request.",
        remedy=f"Its log has the reason under request id {request_id}.",
    )


def add_handlers(app: FastAPI) -> None:
    """Answer every expected failure of the application with a problem."""
    app.add_exception_handler(errors.TongganError, _on_tonggan_error)
    app.add_exception_handler(HTTPException, _on_http_error)


async def _on_tonggan_error(request: Request, error: Exception) -> JSONResponse:
    return problem_of(error if isinstance(error, errors.TongganError) else errors.TongganError(str(error)))


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    known = error if isinstance(error, HTTPException) else HTTPException(500, str(error))
    if known.status_code == 404 and known.detail == "Not Found":
        return problem_of_http(HTTPException(404, f"There is nothing at {request.url.path}."))
    if known.status_code == 405:
        detail = f"{request.url.path} does not know {request.method}."
        return problem_of_http(HTTPException(405, detail, headers=known.headers))  # type: ignore[arg-type]
    return problem_of_http(known)


def _with_retry(status: int, headers: Mapping[str, str] | None) -> dict[str, str]:
    seconds = RETRY_AFTER_SECONDS.get(status)
    return {**({"Retry-After": str(seconds)} if seconds else {}), **(headers or {})}
