"""Tables: Parquet files, data frames of pandas, polars or pyarrow, and any iterable of dicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from tonggan.errors import InputError, MissingExtraError
from tonggan.feed.decoding import File
from tonggan.feed.json_lines import check_object
from tonggan.feed.limits import MAX_COLUMNS, SAMPLE_ROWS
from tonggan.records import Refusal

BATCH_ROWS = 64
"""Rows of Parquet decoded at once: few, since each may hold a cell of megabytes."""

MAX_BATCH_BYTES = 256 * 1024**2
"""Decoded size of one batch; 64 rows of real feeds have 200 kB."""

MISSING_TYPES = frozenset(("<class 'pandas._libs.missing.NAType'>", "<class 'pandas._libs.tslibs.nattype.NaTType'>"))
"""Types of the missing values of pandas, which is not imported for them."""


class ParquetReader:
    """Rows of a Parquet file, a batch at a time."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.encoding = ""
        self.bytes_read = 0

    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]:
        """Yield the rows. Raises MissingExtraError without the extra, InputError for what is no Parquet or a bomb."""
        number = 0
        for batch in self._batches():
            if batch.nbytes > MAX_BATCH_BYTES:
                message = f"{self._file.path.name} unfolds to {batch.nbytes:,} bytes from row {number + 1} on."
                raise InputError(
                    message, remedy=f"At most {MAX_BATCH_BYTES:,} are taken; drop the columns with huge cells."
                )
            columns = [batch.column(position).to_pylist() for position in range(batch.num_columns)]
            for cells in zip(*columns, strict=True):
                number += 1
                yield number, dict(zip(batch.column_names, cells, strict=True))
        self.bytes_read = self._file.path.stat().st_size

    def _batches(self) -> Iterator[Any]:
        read_parquet = _parquet_function()
        name = self._file.path.name
        try:
            reader = read_parquet(str(self._file.path), batch_size=BATCH_ROWS)
            if len(reader.schema) > MAX_COLUMNS:
                message = f"{name} has {len(reader.schema)} columns; at most {MAX_COLUMNS} are taken."
                raise InputError(message, remedy="Select fewer columns.")
            yield from reader
        except InputError:
            raise
        except Exception as error:  # arro3 raises a class per cause
            raise InputError(
                f"{name} cannot be read as Parquet: {error}.", remedy="Write it again, or as CSV."
            ) from error


class TableReader:
    """Rows of a table in memory; one that can be iterated only once is offered only once."""

    def __init__(self, table: Any) -> None:
        self._table = _Once(table) if isinstance(table, Iterator) else table
        self.encoding = ""
        self.bytes_read = 0

    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]:
        for number, row in enumerate(_dicts(self._table), start=1):
            yield check_object(number, row)


def is_table(source: Any) -> bool:
    """Tell whether an object holds rows."""
    return any(hasattr(source, name) for name in ("iter_rows", "to_batches", "itertuples")) or (
        isinstance(source, Iterable) and not isinstance(source, str | bytes | Mapping)
    )


class _Once:
    """An iterator whose first rows may be looked at as often as wanted, and the others once."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._first = list(islice(rows, SAMPLE_ROWS))
        self._rest = rows
        self._is_used = False

    def __iter__(self) -> Iterator[Any]:
        if self._is_used:
            raise InputError(
                "These rows were read already and cannot be read again.", remedy="Pass a list, or a table."
            )
        yield from self._first
        for row in self._rest:
            self._is_used = True
            yield row


def _dicts(table: Any) -> Iterator[Any]:
    if hasattr(table, "iter_rows"):
        return table.iter_rows(named=True)
    if hasattr(table, "to_batches"):
        return (row for batch in table.to_batches() for row in batch.to_pylist())
    if hasattr(table, "itertuples"):
        return _pandas_rows(table)
    return iter(table)


def _pandas_rows(table: Any) -> Iterator[dict[str, Any]]:
    names = [str(name) for name in table.columns]
    for cells in table.itertuples(index=False, name=None):
        yield {name: None if _is_missing(cell) else cell for name, cell in zip(names, cells, strict=True)}


def _is_missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and cell != cell) or str(type(cell)) in MISSING_TYPES


def _parquet_function() -> Any:
    try:
        from arro3.io import read_parquet
    except ImportError as error:
        raise MissingExtraError("Parquet needs one more package.", remedy="pip install 'tonggan[parquet]'") from error
    return read_parquet
