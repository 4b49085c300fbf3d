"""Tables: Parquet files, data frames of pandas, polars or pyarrow, and any iterable of dicts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from itertools import islice
from typing import IO, Any, cast

from tonggan.errors import InputError, MissingExtraError
from tonggan.feed.decoding import File
from tonggan.feed.json_lines import check_object
from tonggan.feed.limits import SAMPLE_ROWS
from tonggan.feed.parquet_worker import FAILURE
from tonggan.records import Refusal

WORKER_BYTES = 3 * 1024**3
"""Address space of the process that decodes Parquet, of which 0.2 GB is taken before it reads anything."""

MISSING_TYPES = frozenset(("<class 'pandas._libs.missing.NAType'>", "<class 'pandas._libs.tslibs.nattype.NaTType'>"))
"""Types of the missing values of pandas, which is not imported for them."""


class ParquetReader:
    """Rows of a Parquet file, decoded by a worker process under limits of memory."""

    def __init__(self, file: File) -> None:
        self._path = file.path
        self.encoding = ""
        self.bytes_read = 0
        if find_spec("arro3.io" if find_spec("arro3") else "arro3") is None:
            raise MissingExtraError("Parquet needs one more package.", remedy="pip install 'tonggan[parquet]'")

    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]:
        """Yield the rows. Raises InputError for what is no Parquet, and for what unfolds too far."""
        command = [sys.executable, "-m", "tonggan.feed.parquet_worker", str(self._path), str(WORKER_BYTES)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as worker:
            try:
                yield from self._parse(iter(cast(IO[bytes], worker.stdout)))
                is_whole = worker.wait() == 0
            finally:
                worker.kill()
        if not is_whole:
            raise self._refused("its worker ran out of memory, or was ended")
        self.bytes_read = self._path.stat().st_size

    def _parse(self, lines: Iterator[bytes]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        names: list[str] = []
        for number, line in enumerate(lines):
            cells = json.loads(line, parse_constant=lambda _: None, parse_float=str, parse_int=str)
            if isinstance(cells, dict):
                raise self._refused(cells[FAILURE])
            if number == 0:
                names = cells
            else:
                yield number, dict(zip(names, cells, strict=True))

    def _refused(self, reason: str) -> InputError:
        message = f"{self._path.name} cannot be read as Parquet: {reason}."
        return InputError(message, remedy="Drop columns with huge cells or write it again, as Parquet or CSV.")


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
