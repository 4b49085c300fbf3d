"""Rows of pictures and texts, encoded once per encoder, then kept in the store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeAlias

import numpy as np

from tonggan.align.senses import Senses
from tonggan.catalogue import Store
from tonggan.catalogue.media import MediaFolder
from tonggan.encode import Encoder
from tonggan.errors import DiskFullError, NotFoundError, NotReadyError
from tonggan.records import Picture, Product, Vectors

PICTURE_SIDE = 256
"""Pixels of the long side at which pictures are encoded; the models that come with Tonggan work on fewer still."""

ROWS_AT_ONCE = 64
"""Pictures or texts that are encoded and kept together: what a kill can cost."""

READERS = 2
"""Threads that read pictures ahead; decoding lets go of the interpreter."""

ReadPicture: TypeAlias = Callable[[str], Picture | None]
"""Returns the pixels of a picture by its checksum, nothing where it cannot be read."""


class RowKeeper:
    """Gives the rows of a catalogue's pictures and texts, from the store where it has them."""

    def __init__(self, store: Store, media: MediaFolder) -> None:
        self._store = store
        self._media = media

    def picture_rows(
        self, encoder: Encoder, fingerprint: str, checksums: Sequence[str], *, read: ReadPicture | None = None
    ) -> list[np.ndarray | None]:
        """Return the row of each picture, nothing where there is none or it cannot be read any more.

        `read` gives the pixels of pictures that the shop does not keep, by their checksums.
        """
        wanted = sorted({checksum for checksum in checksums if checksum})
        known = dict(self._store.get_vectors(fingerprint, set(wanted)))
        missing = [checksum for checksum in wanted if checksum not in known]
        for pictures in _read_ahead(missing, read or self.picture):
            known |= self._made(fingerprint, list(pictures), lambda _, own=pictures: _encoded(encoder, own))
        return [known.get(checksum) for checksum in checksums]

    def text_rows(self, senses: Senses, texts: Sequence[str]) -> Vectors:
        """Return one row per text; those of a costly encoder are kept."""
        if "text" not in senses.costly:
            return senses.encode_texts(texts)
        keys = [text_key(text) for text in texts]
        by_key = dict(zip(keys, texts, strict=True))
        fingerprint = senses.row_fingerprints["text"]
        known = dict(self._store.get_vectors(fingerprint, set(by_key)))
        missing = [key for key in by_key if key not in known]
        for at in range(0, len(missing), ROWS_AT_ONCE):
            own = missing[at : at + ROWS_AT_ONCE]
            known |= self._made(fingerprint, own, lambda keys: senses.encode_texts([by_key[key] for key in keys]))
        return np.stack([known[key] for key in keys]) if keys else senses.encode_texts([])

    def picture(self, checksum: str) -> Picture | None:
        """Return a kept picture; a lost file costs the product its picture, not its place in the index."""
        try:
            return self._media.open_picture(checksum, long_side=PICTURE_SIDE)
        except (NotFoundError, NotReadyError):
            return None

    def kept_bytes(self, checksum: str) -> bytes:
        """Return the file of a kept picture, to be decoded elsewhere; NotFoundError when there is none."""
        return self._media.path(checksum).read_bytes()

    def _made(
        self, fingerprint: str, keys: Sequence[str], encode: Callable[[Sequence[str]], Vectors]
    ) -> Mapping[str, np.ndarray]:
        if not keys:
            return {}
        fresh = dict(zip(keys, encode(keys), strict=True))
        with suppress(DiskFullError, NotReadyError):  # What cannot be kept now is encoded once more another time.
            self._store.put_vectors(fingerprint, fresh)
        return fresh


def text_key(text: str) -> str:
    """Return the key under which the row of a text is kept: any product that says the same has the same row."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def first_checksum(product: Product) -> str:
    """Return the checksum of the picture by which a product is searched, empty where it has none."""
    return next((media.checksum for media in product.media if media.kind == "image" and media.checksum), "")


def _read_ahead(checksums: Sequence[str], read: ReadPicture) -> Iterator[dict[str, Picture]]:
    """Yield the pictures that can be read, some at once; the next ones are read while these are worked on."""
    with ThreadPoolExecutor(READERS) as pool:
        ahead: list[tuple[str, Future[Picture | None]]] = []
        for at in range(0, len(checksums), ROWS_AT_ONCE):
            following = [(checksum, pool.submit(read, checksum)) for checksum in checksums[at : at + ROWS_AT_ONCE]]
            if ahead:
                yield _opened(ahead)
            ahead = following
        if ahead:
            yield _opened(ahead)


def _opened(ahead: Sequence[tuple[str, Future[Picture | None]]]) -> dict[str, Picture]:
    read = ((checksum, picture.result()) for checksum, picture in ahead)
    return {checksum: picture for checksum, picture in read if picture is not None}


def _encoded(encoder: Encoder, pictures: Mapping[str, Picture]) -> Vectors:
    return encoder.encode_document(list(pictures.values()))
