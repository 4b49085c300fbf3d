"""A source -> a recognised feed: its format by content, its vendor by columns, its mapping by vendor and alias."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from tonggan.errors import InputError
from tonggan.feed import READERS, FeedMapping, Reader
from tonggan.feed.columns import parse_target
from tonggan.feed.conversion import PRICES, Converter
from tonggan.feed.decoding import look_at
from tonggan.feed.formats import FEED_ENDINGS, recognise_format
from tonggan.feed.limits import SAMPLE_ROWS
from tonggan.feed.mapping import column_names, map_columns
from tonggan.feed.own_form import own_record
from tonggan.feed.picture_folder import PictureReader, has_pictures
from tonggan.feed.unpacking import has_decimal_comma
from tonggan.feed.vendors import find_vendor, recognise
from tonggan.records import Offer, Refusal
from tonggan.registry import load


class OpenFeed:
    """A feed that was recognised; it is read anew each time that its offers are asked for."""

    def __init__(self, reader: Reader, *, format: str, path: Path | None, mapping: FeedMapping | None) -> None:
        self._reader = reader
        self.format = format
        self.encoding = reader.encoding
        self.name = path.name if path else "the table"
        self.folder = (path if path.is_dir() else path.parent) if path else Path()
        self.bytes_total = path.stat().st_size if path and path.is_file() else 0
        self.sample = self._sample()
        self._takes_own_form = mapping is None
        foreign = [row for row in self.sample if not self._own_record(row)]
        names = column_names(getattr(reader, "header", ()), foreign or self.sample)
        self.recognised = find_vendor(mapping.vendor) if mapping else recognise(names)
        self.mapping = map_columns(names, self.recognised, given=mapping)
        self._is_decimal_comma = self.recognised.decimal == "detect" and has_decimal_comma(self._sample_prices())

    @property
    def vendor(self) -> str:
        return self.recognised.name

    @property
    def bytes_read(self) -> int:
        return min(self._reader.bytes_read, self.bytes_total)

    def offers(self) -> Iterator[Offer | Refusal]:
        converter = Converter(self.mapping, self.recognised, is_decimal_comma=self._is_decimal_comma)
        for row in islice(self._reader.rows(), self.recognised.rows_after_header, None):
            if isinstance(row, Refusal):
                yield row
            elif record := self._own_record(row[1]):
                yield Offer(row[0], record=record)
            else:
                yield from converter.offers(*row)

    def _own_record(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row where it is a product in our own JSON and nobody has said how to read it otherwise."""
        return own_record(row) if self._takes_own_form else {}

    def _sample(self) -> list[Mapping[str, Any]]:
        rows = list(islice(self._reader.rows(), SAMPLE_ROWS))
        if not rows and not getattr(self._reader, "header", ()):
            raise InputError(f"{self.name} has no rows.", remedy="Export it again, with at least one product.")
        return [row[1] for row in rows if not isinstance(row, Refusal)]

    def _sample_prices(self) -> list[str]:
        columns = [
            name for name, target in self.mapping.columns.items() if set(PRICES).intersection(parse_target(target))
        ]
        return [str(row[name]) for row in self.sample for name in columns if row.get(name)]


def open_source(source: Any, *, mapping: FeedMapping | None = None) -> OpenFeed:
    """Open a path or a table; see `tonggan.feed.open_feed`."""
    from tonggan.feed.tables import TableReader, is_table

    if isinstance(source, str | Path):
        return _open_path(Path(source), mapping)
    if not is_table(source):
        message = f"A feed is a file, a folder or a table, not {type(source).__name__}."
        raise InputError(message, remedy="Pass a path, a data frame, or a list of dicts.")
    return OpenFeed(TableReader(source), format="table", path=None, mapping=mapping)


def _open_path(path: Path, mapping: FeedMapping | None) -> OpenFeed:
    if not path.exists():
        raise InputError(f"{path} does not exist.", remedy="Check the path; it may be relative to another folder.")
    if path.is_dir():
        return _open_folder(path, mapping)
    if not path.is_file():
        raise InputError(f"{path} is neither a file nor a folder.", remedy="Copy what it gives into a file first.")
    file = look_at(path)
    format = recognise_format(file)
    return OpenFeed(load("feed", format, READERS)(file), format=format, path=path, mapping=mapping)


def _open_folder(folder: Path, mapping: FeedMapping | None) -> OpenFeed:
    """Open the one feed that lies in a folder, or else the pictures in it."""
    feeds = _feeds_in(folder)
    if len(feeds) == 1:
        return _open_path(feeds[0], mapping)
    if feeds:
        names = ", ".join(path.name for path in feeds)
        raise InputError(f"{folder} holds several feeds: {names}.", remedy="Name the one to import.")
    if not has_pictures(folder):
        raise InputError(f"{folder} holds neither a feed nor pictures.", remedy="Put a CSV, or JPEG pictures, into it.")
    return OpenFeed(PictureReader(folder), format="pictures", path=folder, mapping=mapping)


def _feeds_in(folder: Path) -> Sequence[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name.lower().endswith(FEED_ENDINGS))
