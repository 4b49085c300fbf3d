"""Stage 2. In: offers. Out: clean products, kept, with a log of every change: the system of record.

`clean.py` turns the offers of one product into a Product and refusals; `store.py` keeps products, the change log and
vectors in SQLite or PostgreSQL, `keys.py` and `ledger.py` what else is remembered; `lock.py` admits one writer;
`media.py` fetches, checks and keeps pictures; `health.py` reports what is missing or double; `backup.py` and
`export.py` take it all elsewhere.
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

    Returning from a write means that it is on disk. One writer at a time; readers never wait. After a write has failed
    the store is read-only, for the reason in `unwritable_reason`, until `reopen` has verified it.
    """

    @property
    def shop_id(self) -> str: ...
    @property
    def is_writable(self) -> bool: ...
    @property
    def unwritable_reason(self) -> str: ...

    def put(self, products: Sequence[Product]) -> Written: ...
    def delete(self, product_ids: Sequence[str]) -> tuple[str, ...]: ...
    def get(self, product_ids: Sequence[str]) -> list[Product]: ...
    def get_by_code(self, code: str) -> list[Product]: ...
    def uses_media(self, checksum: str) -> bool: ...
    def scan(self, *, batch: int = 1000) -> Iterator[list[Product]]: ...
    def count(self) -> int: ...
    def changes(self, *, after: int, limit: int = 1000) -> list[Change]: ...
    def last_change(self) -> int: ...
    def put_vectors(self, fingerprint: str, vectors: Mapping[str, Vectors]) -> None: ...
    def get_vectors(self, fingerprint: str, keys: Iterable[str]) -> dict[str, Vectors]: ...
    def erase_vectors(self, keys: Iterable[str]) -> None: ...
    def delete_vectors(self, *, keeping: Iterable[str]) -> None: ...
    def verify(self) -> list[str]: ...
    def reopen(self) -> None: ...
    def close(self) -> None: ...
