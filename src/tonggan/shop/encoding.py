"""Rows before they are needed: what the encoders of a pack have not seen yet, kept a batch at a time.

A kill costs the batch that was being encoded; what is kept is not encoded twice, whoever asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np

from tonggan.align.senses import Base
from tonggan.catalogue import Store
from tonggan.catalogue.clean import is_visible
from tonggan.encode import COSTLY, Encoder
from tonggan.index.entries import text_of
from tonggan.packs import Pack
from tonggan.packs.manifest import part_fingerprint
from tonggan.records import Product
from tonggan.shop.rows import ROWS_AT_ONCE, RowKeeper, first_checksum, text_key

PRODUCTS_AT_ONCE = 512
"""Products that are read from the store together."""

Listener = Callable[[str, int, int], None]
"""Called with the stage and how many products of how many are done."""


@dataclass(frozen=True, slots=True)
class RowMaker:
    """An encoder whose rows are worth keeping: its space, the pack that brings it, and the fingerprint of its rows."""

    space: str
    encoder: Encoder
    pack: Pack
    fingerprint: str


@dataclass(frozen=True, slots=True)
class EncodeReport:
    """What became of the rows that were missing; unreadable are pictures whose file is lost or damaged."""

    encoded: Mapping[str, int]
    unreadable: int
    products: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return rows a second."""
        return sum(self.encoded.values()) / self.seconds if self.seconds else 0.0


class RowWorkers(Protocol):
    """Who encodes: this process, or many machines. `items_at_once` is how many items are handed over together."""

    items_at_once: int

    def rows(self, maker: RowMaker, items: Mapping[str, str]) -> Iterator[Mapping[str, np.ndarray]]:
        """Give the rows of items by key, in parts as they are ready; what cannot be read is left out.

        An item is the text, or the checksum of a kept picture.
        """
        ...


class ThisProcess:
    """Encodes in the calling thread."""

    items_at_once = ROWS_AT_ONCE

    def __init__(self, rows: RowKeeper) -> None:
        self._rows = rows

    def rows(self, maker: RowMaker, items: Mapping[str, str]) -> Iterator[Mapping[str, np.ndarray]]:
        read = ((key, self._rows.picture(item) if maker.space == "image" else item) for key, item in items.items())
        readable = {key: item for key, item in read if item is not None}
        yield dict(zip(readable, maker.encoder.encode_document(list(readable.values())), strict=True))


def makers_of(base: Base) -> list[RowMaker]:
    """Return the encoders of a base whose rows are worth keeping."""
    parts = base.pack.parts
    return [
        RowMaker(space, encoder, base.pack, part_fingerprint(base.pack, space))
        for space, encoder in base.encoders.items()
        if parts[space].implementation in COSTLY
    ]


def encode_missing(
    store: Store, makers: Sequence[RowMaker], workers: RowWorkers, *, listener: Listener | None = None
) -> EncodeReport:
    """Encode what has no row yet, and keep each part of it as soon as it is there.

    Raises DiskFullError or NotReadyError where rows cannot be kept.
    """
    started, encoded, asked = time.monotonic(), dict.fromkeys((maker.space for maker in makers), 0), 0
    count = store.count()
    for at, maker in enumerate(makers):
        for items, done in _missing(store, maker, most=workers.items_at_once):
            asked += len(items)
            for rows in workers.rows(maker, items) if items else ():
                _keep(store, maker, rows)
                encoded[maker.space] += len(rows)
                _tell(listener, at * count + done, len(makers) * count)
            _tell(listener, at * count + done, len(makers) * count)
    return EncodeReport(encoded, asked - sum(encoded.values()), count, time.monotonic() - started)


def _missing(store: Store, maker: RowMaker, *, most: int) -> Iterator[tuple[dict[str, str], int]]:
    """Give items without a row, `most` of them at a time, and how many products were looked at so far."""
    waiting: dict[str, str] = {}
    looked_at = 0
    for products in store.scan(batch=PRODUCTS_AT_ONCE):
        items = _items(maker.space, products)
        known = store.get_vectors(maker.fingerprint, items)
        waiting |= {key: item for key, item in items.items() if key not in known}
        while len(waiting) >= most:
            yield _taken(waiting, most), looked_at
        looked_at += len(products)
        yield {}, looked_at
    yield waiting, looked_at


def _taken(waiting: dict[str, str], most: int) -> dict[str, str]:
    return {key: waiting.pop(key) for key in list(islice(waiting, most))}


def _items(space: str, products: Sequence[Product]) -> dict[str, str]:
    """What a space sees of products that can be found, by the keys of its rows."""
    shown = [product for product in products if is_visible(product)]
    if space == "image":
        return {checksum: checksum for checksum in map(first_checksum, shown) if checksum}
    return {text_key(text): text for text in map(text_of, shown)}


def _keep(store: Store, maker: RowMaker, rows: Mapping[str, np.ndarray]) -> None:
    store.put_vectors(maker.fingerprint, rows)
    # A picture may have been erased while it was being encoded; then nothing of it stays.
    erased = [key for key in rows if maker.space == "image" and not store.uses_media(key)]
    if erased:
        store.erase_vectors(erased)


def _tell(listener: Listener | None, done: int, total: int) -> None:
    if listener is not None:
        listener("encode", done, total)
