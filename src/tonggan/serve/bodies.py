"""Bodies of requests: read with a cap while they arrive, into memory, a form, or a file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Message

from tonggan.errors import InputError

MOST_FORM_FIELDS = 200
"""More than all parameters of a search with their repetitions."""

LONGEST_FIELD_BYTES = 65_536

DEEPEST_JSON = 40
"""Levels; a product needs six."""

_ENDINGS = re.compile(r"(\.[A-Za-z0-9]{1,8}){1,2}$")


@dataclass(frozen=True, slots=True)
class StoredBody:
    """An upload on disk; `fingerprint` is the sha256 of its bytes."""

    path: Path
    name: str
    fingerprint: str


def media_type(request: Request) -> str:
    """The kind of body, without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def capped(request: Request, *, limit_bytes: int) -> Request:
    """The same request, whose body ends in a 413 problem once it grows beyond the limit."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit_bytes:
        raise _too_large(limit_bytes)
    received = 0
    receive = request.receive

    async def counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit_bytes:
            raise _too_large(limit_bytes)
        return message

    return Request(request.scope, counting)


async def read_json(request: Request, *, limit_bytes: int) -> Any:
    """The JSON of a body; InputError when it is none, nests too deep, or holds NaN."""
    if media_type(request) not in ("application/json", ""):
        raise HTTPException(415, f"{media_type(request)!r} is not application/json.")
    text = await capped(request, limit_bytes=limit_bytes).body()
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The body is not JSON: {error}.", remedy="Send UTF-8 JSON.") from None
    if _depth_exceeds(value, DEEPEST_JSON):
        raise InputError(f"The body nests deeper than {DEEPEST_JSON} levels.", remedy="Flatten it.")
    return value


@asynccontextmanager
async def open_form(request: Request, *, limit_bytes: int) -> AsyncIterator[list[tuple[str, str | UploadFile]]]:
    """The fields and files of a form, in order; the files are gone afterwards."""
    reading = capped(request, limit_bytes=limit_bytes).form(
        max_files=1, max_fields=MOST_FORM_FIELDS, max_part_size=LONGEST_FIELD_BYTES
    )
    async with reading as form:
        yield form.multi_items()


async def keep_upload(chunks: AsyncIterator[bytes], folder: Path, *, name: str) -> StoredBody:
    """Write an upload to a file in `folder` that keeps only the endings of its name."""
    path = folder / f"feed{_suffixes(name)}"
    digest = hashlib.sha256()
    with path.open("wb") as file:
        async for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
    if not path.stat().st_size:
        raise InputError(f"The file {name!r} is empty.", remedy="Send the feed as the form field 'file'.")
    return StoredBody(path, name, digest.hexdigest())


async def chunks_of(upload: UploadFile) -> AsyncIterator[bytes]:
    """The bytes of a form's file, a mebibyte at a time."""
    while chunk := await upload.read(1024 * 1024):
        yield chunk


def _suffixes(name: str) -> str:
    match = _ENDINGS.search(name)
    if match is None:
        raise InputError(
            f"The file name {name[:100]!r} has no ending.", remedy="Name it like products.csv or products.jsonl.gz."
        )
    return match[0].lower()


def _too_large(limit_bytes: int) -> HTTPException:
    return HTTPException(413, f"The body is larger than {limit_bytes} bytes.", headers={"Connection": "close"})


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _depth_exceeds(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
