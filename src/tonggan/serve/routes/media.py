"""`/media`: the shop's own pictures, named by their content and so never changing."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from tonggan.errors import NotFoundError
from tonggan.serve.service import service_of

FOR_EVER = "public, max-age=31536000, immutable"

KINDS = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
"""What the media pipeline writes; anything else in its folder is not served."""

_CHECKSUM = re.compile(r"[0-9a-f]{64}")

router = APIRouter(tags=["media"])


@router.get("/media/{checksum}", summary="A picture", response_class=FileResponse)
async def picture(request: Request, checksum: str) -> Response:
    """A picture as the shop keeps it."""
    return _file(service_of(request).shop.picture_path(_checked(checksum)), checksum)


@router.get("/media/{checksum}/thumbnail", summary="A small picture", response_class=FileResponse)
async def thumbnail(request: Request, checksum: str) -> Response:
    """A picture in the size of a card."""
    return _file(service_of(request).shop.thumbnail_path(_checked(checksum)), checksum)


def _checked(checksum: str) -> str:
    if not _CHECKSUM.fullmatch(checksum):
        raise NotFoundError(f"{checksum[:80]!r} is no checksum of a picture.", remedy="It has 64 hex digits.")
    return checksum


def _file(path: Path, checksum: str) -> FileResponse:
    kind = KINDS.get(path.suffix.lower())
    if kind is None or not path.is_file():
        raise NotFoundError(f"There is no picture {checksum}.", remedy="The media of a product name its pictures.")
    return FileResponse(path, media_type=kind, headers={"Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff"})
