"""A folder of pictures: every picture is a product, named after its file, in the category of its folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tonggan.feed.refusals import refuse
from tonggan.records import Refusal

PICTURES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"))
"""Endings of pictures that the catalogue takes."""

OTHER_PICTURES = frozenset((".svg", ".eps", ".bmp", ".tif", ".tiff", ".heic", ".psd", ".ico"))
"""Endings of pictures that it does not; each of them is refused by name."""

_GAPS = re.compile(r"[\s_\-]+")


class PictureReader:
    """Rows of a folder, in the order of its paths; links are not followed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.encoding = ""
        self.bytes_read = 0

    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]:
        for number, path in enumerate(_pictures(self._folder), start=1):
            if path.suffix.lower() in PICTURES:
                yield number, _row(path)
            else:
                remedy = f"Save it as one of {', '.join(sorted(PICTURES))}."
                yield refuse(
                    number, path.as_posix(), "a kind of picture that is not taken", column="image", remedy=remedy
                )


def has_pictures(folder: Path) -> bool:
    """Tell whether a folder holds any picture."""
    return next(_pictures(folder), None) is not None


def _pictures(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if path.suffix.lower() in PICTURES | OTHER_PICTURES and not name.startswith(".") and not path.is_symlink():
                yield path.relative_to(folder)


def _row(path: Path) -> dict[str, Any]:
    category = " > ".join(_words(part) for part in path.parts[:-1])
    return {"id": path.as_posix(), "title": _words(path.stem), "category": category, "image": path.as_posix()}


def _words(name: str) -> str:
    return _GAPS.sub(" ", name).strip() or name
