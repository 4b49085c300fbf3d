"""Stage 1. In: a merchant's file, folder or table. Out: offers under our field names, and refused rows with reasons.

Formats are read by one small reader each, named in `READERS`; vendors are data, one TOML each in `vendors/`, and the
names that columns go by are data too, in `aliases.toml`. Rows of one product are joined by `grouping.grouped`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tonggan.records import Offer, Refusal

FIELDS: tuple[str, ...] = (
    "id", "group", "title", "description", "brand", "categories", "price", "list_price", "currency",
    "availability", "inventory", "image", "image_alt", "sku", "gtin", "mpn", "rating", "rating_count",
    "rating_histogram", "tags", "language", "url", "updated_at", "color", "size", "material", "visible",
)  # fmt: skip
"""Field names an offer may carry, besides `option:NAME` (what variants differ in) and `attribute:NAME`."""

READERS: Mapping[str, str] = {
    "delimited": "tonggan.feed.delimited:DelimitedReader",
    "json": "tonggan.feed.json_document:JsonReader",
    "jsonl": "tonggan.feed.json_lines:JsonLinesReader",
    "xml": "tonggan.feed.xml_items:XmlReader",
    "xlsx": "tonggan.feed.spreadsheet:SpreadsheetReader",
    "parquet": "tonggan.feed.tables:ParquetReader",
    "pictures": "tonggan.feed.picture_folder:PictureReader",
}
"""Readers of files by format; each is built as `Reader(File)`, and `tables.TableReader` takes objects in memory."""


@dataclass(frozen=True, slots=True)
class FeedMapping:
    """How the columns of one feed become fields; `mapping.toml` holds the same and may be edited.

    A column feeds one field, several joined with `|` (`id|sku`), or `metadata`; besides FIELDS it may feed those of
    `columns.SPECIAL`. `constants` fill a field where the row leaves it empty.
    """

    vendor: str
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)


class Reader(Protocol):
    """Rows of one file format, lazily, with their line numbers; a row that cannot be read is a Refusal."""

    @property
    def encoding(self) -> str: ...
    @property
    def bytes_read(self) -> int: ...
    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]: ...


class Feed(Protocol):
    """A recognised feed: its mapping and, lazily and as often as asked, what it offers.

    The offer whose `group` is empty or its own id is the product itself; others of that group are its variants.
    `folder` is where relative picture paths start; `bytes_total` is 0 where the size is not known.
    """

    @property
    def vendor(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def encoding(self) -> str: ...
    @property
    def mapping(self) -> FeedMapping: ...
    @property
    def folder(self) -> Path: ...
    @property
    def bytes_read(self) -> int: ...
    @property
    def bytes_total(self) -> int: ...
    def offers(self) -> Iterator[Offer | Refusal]: ...


def open_feed(source: Any, *, mapping: FeedMapping | None = None) -> Feed:
    """Recognise a file, a folder or a table in memory by its content, without reading all of it.

    Raises InputError where the whole source cannot be taken, with what it is and the next step.
    """
    from tonggan.feed.opening import open_source

    return open_source(source, mapping=mapping)
