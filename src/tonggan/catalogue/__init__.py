"""Stage 2. In: offers. Out: clean products, kept, with a log of every change: the system of record.

`clean.py` turns the offers of one product into a Product or refusals; `store.py` keeps products, the change log,
vectors, keys and imports in SQLite or PostgreSQL; `media.py` fetches, checks and keeps pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tonggan.records import Product, Vectors


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the change log; `sequence` grows by every write and is never used twice."""

    sequence: int
    product_id: str
    is_deletion: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch did, as the ids of products that were new, changed, or the same as before."""

    accepted: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]


class Store(Protocol):
    """The system of record. Every write is one transaction that also appends to the change log.

    Returning from a write means that it is on disk. One writer at a time; readers never wait.
    """

    def put(self, products: Sequence[Product]) -> Written: ...
    def delete(self, product_ids: Sequence[str]) -> tuple[str, ...]: ...
    def get(self, product_ids: Sequence[str]) -> list[Product]: ...
    def scan(self, *, batch: int = 1000) -> Iterator[list[Product]]: ...
    def count(self) -> int: ...
    def changes(self, *, after: int, limit: int = 1000) -> list[Change]: ...
    def last_change(self) -> int: ...
    def put_vectors(self, fingerprint: str, vectors: Mapping[str, Vectors]) -> None: ...
    def get_vectors(self, fingerprint: str, keys: Iterable[str]) -> dict[str, Vectors]: ...
    def close(self) -> None: ...
