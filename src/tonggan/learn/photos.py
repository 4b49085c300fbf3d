"""Photos that a shop brings along, joined with the products that they show, each encoded once and then kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tonggan.align.senses import Senses
from tonggan.catalogue.media import decode_query
from tonggan.catalogue.picture_workers import PictureWorkers
from tonggan.errors import InputError
from tonggan.learn.pair_file import PairLine
from tonggan.records import Picture
from tonggan.shop import Shop


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A photo by its checksum, with its row and what it shows: a product of the catalogue, or else only a text."""

    checksum: str
    row: np.ndarray
    product: int | None
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Photos in the order given, and in plain sentences which ones were left out."""

    photos: tuple[Photo, ...]
    remarks: tuple[str, ...]


def join_photos(
    shop: Shop, senses: Senses, lines: Sequence[PairLine], *, ids: Mapping[str, int], titles: Mapping[str, int]
) -> Joined:
    """Return the photos of these lines; `ids` and `titles` (case-folded) tell where a product stands.

    A text that is the title of a product stands for it. Raises InputError where no photo is left.
    """
    known = [line for line in lines if not line.product_id or line.product_id in ids]
    reader = _Reader(shop.settings.picture_workers)
    try:
        checksums = [reader.add(line) for line in known]
        encoder, fingerprint = senses.encoders["image"], senses.row_fingerprints["image"]
        rows = shop.projection.rows.picture_rows(encoder, fingerprint, checksums, read=reader.read)
    finally:
        reader.close()
    photos = [
        Photo(checksum, row, ids.get(line.product_id, titles.get(line.text.casefold())), line.text)
        for line, checksum, row in zip(known, checksums, rows, strict=True)
        if row is not None and row.any()
    ]
    taken = {line.line for line in known}
    unknown = [f"line {line.line}: no product '{line.product_id}'" for line in lines if line.line not in taken]
    remarks = [_told(reasons) for reasons in (unknown, reader.refused) if reasons]
    if lines and not photos:
        raise InputError(f"None of the {len(lines):,} photos can be learnt from. {' '.join(remarks)}".strip())
    return Joined(tuple(photos), tuple(remarks))


class _Reader:
    """Reads photos by their checksums; what cannot be taken is remembered with its line and reason."""

    def __init__(self, workers: int) -> None:
        self.refused: list[str] = []
        self._workers = PictureWorkers(workers)
        self._lines: dict[str, PairLine] = {}

    def add(self, line: PairLine) -> str:
        """Return the checksum of the photo of a line."""
        checksum = hashlib.sha256(_content(line.image)).hexdigest()
        self._lines.setdefault(checksum, line)
        return checksum

    def read(self, checksum: str) -> Picture | None:
        """Return the pixels of a photo as those of a shopper's picture; nothing where they cannot be taken."""
        line = self._lines[checksum]
        try:
            return decode_query(_content(line.image), workers=self._workers)
        except InputError as error:
            self.refused.append(f"line {line.line}: {error.message.rstrip('.')}")
            return None

    def close(self) -> None:
        self._workers.close()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", remedy="Check the file.") from error


def _told(reasons: Sequence[str]) -> str:
    more = f", and {len(reasons) - 1:,} more" if len(reasons) > 1 else ""
    return f"Photos left out: {reasons[0]}{more}."
