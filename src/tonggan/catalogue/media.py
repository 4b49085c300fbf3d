"""Pictures kept: checked and re-encoded in a worker process, named by the checksum of the bytes that came in.

The name is the sha256 of the *source* bytes, not of what we made of them: a second import of the same pictures hashes
them and decodes nothing, and a newer decoder does not rename every picture and orphan its vectors.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import re
import tempfile
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeAlias, TypeVar

import numpy as np
from PIL import Image

from tonggan.catalogue.picture_workers import PictureWorkers, check_source_bytes
from tonggan.errors import DiskFullError, InputError, NotFoundError, NotReadyError
from tonggan.records import Picture

Key = TypeVar("Key")

Crop: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height as parts, 0 to 1, of the upright picture."""

QUERY_LONG_SIDE = 512
"""Pixels of a query picture's long side: no encoder looks at more than 448."""

IMPORT_THREADS = 8
"""Pictures in hand at once; fetching and syncing wait on others, so more threads than workers keep the workers busy."""

LOOKAHEAD = 64
"""Pictures asked for before the first of them is handed on; bounds what a slow one holds up."""

PICTURE_SUFFIX = ".jpg"
THUMBNAIL_SUFFIX = ".thumb.webp"
UNFINISHED_SUFFIX = ".part"
CHECKSUM = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class MediaRecord:
    """A picture that is kept: sha256 of its source bytes (hex), and width, height and file size as kept."""

    checksum: str
    width: int
    height: int
    image_bytes: int


class MediaFolder:
    """A folder of pictures: `ab/cdef....jpg` and, beside each, `ab/cdef....thumb.webp`.

    Files appear whole or not at all, and are on disk when a call returns.
    """

    def __init__(self, folder: Path, *, workers: PictureWorkers) -> None:
        self.folder = folder
        self._workers = workers

    def put(self, content: bytes) -> MediaRecord:
        """Check and keep a picture; one that is kept already is not decoded again.

        Raises InputError that says why the bytes cannot be taken, DiskFullError when they do not fit.
        """
        check_source_bytes(len(content))
        checksum = hashlib.sha256(content).hexdigest()
        path = self._file(checksum, PICTURE_SUFFIX)
        if not path.exists():
            kept = self._workers.keepable(content)
            with _disk_errors(path):
                # The picture comes last: where it stands, its thumbnail does too.
                _write_whole(self._file(checksum, THUMBNAIL_SUFFIX), kept.thumbnail)
                _write_whole(path, kept.picture)
                _sync_folder(path.parent)
        return self.record(checksum)

    def put_many(
        self, items: Iterable[tuple[Key, bytes | Callable[[], bytes]]], *, threads: int = IMPORT_THREADS
    ) -> Iterator[tuple[Key, MediaRecord | InputError]]:
        """Check and keep many pictures at once, in the order given; a refused one is handed on as its InputError.

        Bytes may be given as a function that loads them, which is then called in one of the threads.
        """
        remaining = iter(items)
        with _threads(threads) as pool:
            pending: deque[tuple[Key, Future[MediaRecord | InputError]]] = deque()
            while True:
                for key, content in islice(remaining, LOOKAHEAD - len(pending)):
                    pending.append((key, pool.submit(self._put_or_refuse, content)))
                if not pending:
                    return
                key, future = pending.popleft()
                yield key, future.result()

    def record(self, checksum: str) -> MediaRecord:
        """Return what is kept under a checksum; NotFoundError when nothing is."""
        path = self.path(checksum)
        with _opened(path) as image:
            return MediaRecord(checksum, width=image.width, height=image.height, image_bytes=path.stat().st_size)

    def open_picture(self, checksum: str, *, long_side: int | None = None) -> Picture:
        """Return the pixels of a kept picture, reduced to `long_side` where it is larger.

        Raises NotFoundError when it is not kept, NotReadyError when its file is damaged.
        """
        return kept_pixels(self.path(checksum), long_side=long_side)

    def path(self, checksum: str) -> Path:
        """Return the file of a kept picture (JPEG); NotFoundError when there is none."""
        return self._existing(checksum, PICTURE_SUFFIX)

    def thumbnail_path(self, checksum: str) -> Path:
        """Return the file of a kept picture's thumbnail (WebP); NotFoundError when there is none."""
        return self._existing(checksum, THUMBNAIL_SUFFIX)

    def delete(self, checksum: str) -> bool:
        """Erase a picture and its thumbnail; true when it was there."""
        path = self._file(checksum, PICTURE_SUFFIX)
        was_there = path.exists()
        path.unlink(missing_ok=True)
        self._file(checksum, THUMBNAIL_SUFFIX).unlink(missing_ok=True)
        if was_there:
            _sync_folder(path.parent)
        return was_there

    def checksums(self) -> Iterator[str]:
        """Iterate over the checksums of all kept pictures, in order."""
        for path in sorted(self.folder.glob(f"??/*{PICTURE_SUFFIX}")):
            checksum = path.parent.name + path.name.removesuffix(PICTURE_SUFFIX)
            if CHECKSUM.fullmatch(checksum):
                yield checksum

    def sweep(self, keep: Collection[str]) -> int:
        """Erase every picture not in `keep` and what a killed process left half-written; return how many pictures.

        Call it only while nothing is being put: a picture put just now may not be in `keep` yet.
        """
        kept = frozenset(keep)
        unwanted = [checksum for checksum in self.checksums() if checksum not in kept]
        for checksum in unwanted:
            self.delete(checksum)
        for path in [*self.folder.glob(f"??/*{UNFINISHED_SUFFIX}"), *self._lone_thumbnails()]:
            path.unlink(missing_ok=True)
        return len(unwanted)

    def _lone_thumbnails(self) -> list[Path]:
        thumbnails = self.folder.glob(f"??/*{THUMBNAIL_SUFFIX}")
        return [path for path in thumbnails if not Path(str(path).replace(THUMBNAIL_SUFFIX, PICTURE_SUFFIX)).exists()]

    def _put_or_refuse(self, content: bytes | Callable[[], bytes]) -> MediaRecord | InputError:
        try:
            return self.put(content() if callable(content) else content)
        except InputError as error:
            return error

    def _existing(self, checksum: str, suffix: str) -> Path:
        path = self._file(checksum, suffix)
        if not path.exists():
            raise NotFoundError(f"No picture is kept under {checksum}.", remedy="Import its product again.")
        return path

    def _file(self, checksum: str, suffix: str) -> Path:
        if not CHECKSUM.fullmatch(checksum):
            raise InputError(f"{checksum[:80]!r} is not a picture's checksum.", remedy="Give 64 hexadecimal digits.")
        return self.folder / checksum[:2] / (checksum[2:] + suffix)


def kept_pixels(source: Path | BinaryIO, *, long_side: int | None = None) -> Picture:
    """Return the pixels of a file that a media folder keeps, reduced to `long_side` where it is larger.

    Raises NotReadyError when it is damaged.
    """
    with _opened(source) as image:
        if long_side is not None:
            image.draft("RGB", (long_side, long_side))
            image.thumbnail((long_side, long_side))
        return np.array(image)


def decode_query(content: bytes, *, workers: PictureWorkers, crop: Crop | None = None) -> Picture:
    """Return the pixels of a shopper's picture, long side at most 512, cut to `crop`; nothing is stored.

    Raises InputError that says why the bytes or the crop cannot be taken, BusyError when every worker is busy.
    """
    if crop is not None:
        _check_crop(crop)
    return workers.pixels(content, long_side=QUERY_LONG_SIDE, crop=crop)


def parse_crop(text: str) -> Crop:
    """Return the crop written as `x,y,w,h`.

    >>> parse_crop("0.25, 0, 0.5, 1")
    (0.25, 0.0, 0.5, 1.0)

    Raises InputError unless these are four numbers that mark a part of the picture.
    """
    try:
        left, top, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise _crop_error(text) from error
    _check_crop((left, top, width, height))
    return left, top, width, height


CROP_TOLERANCE = 1.5e-3
"""Thirds written with three decimals may add up to a little more than 1; what lies outside is cut off."""


def _check_crop(crop: Crop) -> None:
    left, top, width, height = crop
    is_inside = all(math.isfinite(part) for part in crop) and min(left, top) >= 0 and min(width, height) > 0
    if not is_inside or max(left + width, top + height) > 1 + CROP_TOLERANCE:
        raise _crop_error(",".join(str(part) for part in crop))


def _crop_error(text: str) -> InputError:
    return InputError(
        f"Crop {text[:80]!r} is not a part of the picture.",
        remedy="Give x,y,w,h from 0 to 1, with w and h above 0, x + w and y + h at most 1.",
    )


@contextmanager
def _opened(path: Path | BinaryIO) -> Iterator[Image.Image]:
    """A file of our own making; it was encoded here, so it is opened here."""
    try:
        with Image.open(path, formats=["JPEG"]) as image:
            yield image
    except (OSError, SyntaxError) as error:
        raise NotReadyError(
            f"{path} cannot be read ({error}).", remedy="Delete it and import its product again, or restore a backup."
        ) from error


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(count, thread_name_prefix="media")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFullError(
            f"The disk of {path.parent} is full; the picture was not kept.", remedy="Free some space and import again."
        ) from error


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that is complete and on disk before it has its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(suffix=UNFINISHED_SUFFIX, dir=path.parent)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(unfinished, 0o644)
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
