"""Cells that name pictures, clips and sounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from tonggan.catalogue.cell_reader import CellReader
from tonggan.catalogue.cells import unique
from tonggan.catalogue.plain_text import one_line
from tonggan.records import Media

MOST_MEDIA = 250
"""Media of one row; the largest shop system allows as many for a whole product."""

_SUFFIXES = {
    "video": (".mp4", ".webm", ".mkv", ".mov", ".m4v"),
    "voice": (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".opus"),
}
_SPACES = re.compile(r"[^\S\n]+")
_BETWEEN_ADDRESSES = re.compile(r"[|;, ] ?(?=https?://|//)|[|\n]")
_BETWEEN_FILES = re.compile(r"[|;,\n]")


def read_media(reader: CellReader, values: Sequence[str], *, alts: Sequence[str] = ()) -> tuple[Media, ...]:
    """Return the media that cells name, each source once, the n-th described by the n-th alternative text."""
    sources = unique(_source(reader, part) for value in values for part in _parts(value))
    if len(sources) > MOST_MEDIA:
        reader.refuse("image", f"{len(sources):,} pictures; at most {MOST_MEDIA}", remedy="Keep the best ones.")
    texts = [*(one_line(alt) for alt in _alts(alts, count=len(sources))), *[""] * len(sources)]
    return tuple(Media(media_kind(source), source, alt=alt) for source, alt in zip(sources, texts, strict=False))


def media_kind(source: str) -> Literal["image", "video", "voice"]:
    """Return the kind that the file name of a source promises; a picture where it promises nothing."""
    path = re.split("[?#]", source)[0].lower()
    if path.endswith(_SUFFIXES["video"]):
        return "video"
    return "voice" if path.endswith(_SUFFIXES["voice"]) else "image"


def distinct(media: Iterable[Media]) -> tuple[Media, ...]:
    """Return media with each source once, the first description kept."""
    kept: dict[str, Media] = {}
    for item in media:
        kept.setdefault(item.source, item)
    return tuple(kept.values())


def _alts(alts: Sequence[str], *, count: int) -> Sequence[str]:
    """Part a single cell that holds a text for every picture."""
    parted = alts[0].split("|") if len(alts) == 1 else []
    return parted if len(parted) == count else alts


def _parts(value: str) -> list[str]:
    cell = _SPACES.sub(" ", value).strip()
    if cell.startswith("data:"):
        return [cell]
    return (_BETWEEN_ADDRESSES if "//" in cell else _BETWEEN_FILES).split(cell)


def _source(reader: CellReader, part: str) -> str:
    source = part.strip()
    if source.startswith("data:"):
        reader.refuse("image", "a picture inside the cell", value=source, remedy="Give its address or its file name.")
    elif source:
        source = reader.text("image", source.replace("&amp;", "&").replace("<", "%3C"))
    return "https:" + source if source.startswith("//") else source
