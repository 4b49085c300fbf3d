"""Stage 1. In: a merchant's file, folder or table. Out: offers under our field names, and refused rows with reasons.

Formats are read by one small reader each, named in `READERS`; vendors are data, one TOML each in `vendors/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tonggan.records import Offer, Refusal

FIELDS: tuple[str, ...] = (
    "id", "group", "title", "description", "brand", "categories", "price", "list_price", "currency",
    "availability", "inventory", "image", "image_alt", "sku", "gtin", "mpn", "rating", "rating_count",
    "rating_histogram", "tags", "language", "url", "updated_at", "color", "size", "material", "visible",
)  # fmt: skip
"""Field names an offer may carry, besides `option:NAME` (what variants differ in) and `attribute:NAME`."""


@dataclass(frozen=True, slots=True)
class FeedMapping:
    """How the columns of one feed become fields; `mapping.toml` holds the same and may be edited."""

    vendor: str
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)


class Reader(Protocol):
    """Rows of one file format, lazily, with their line numbers; a row that cannot be read is a Refusal."""

    def rows(self) -> Iterator[tuple[int, Mapping[str, object]] | Refusal]: ...


class Feed(Protocol):
    """A recognised feed: its mapping and, lazily, what it offers."""

    def offers(self) -> Iterator[Offer | Refusal]: ...
