"""XLSX workbooks: the first sheet that has rows."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from tonggan.errors import InputError
from tonggan.feed.decoding import File
from tonggan.feed.delimited import unique_names
from tonggan.feed.limits import MAX_COLUMNS, MAX_WORKBOOK_BYTES
from tonggan.records import Refusal

_BLOCK_BYTES = 1_048_576


class SpreadsheetReader:
    """Rows of a workbook under the names of its first row that is not blank."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.encoding = ""
        self.bytes_read = 0
        _check_unfolded_size(file)

    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]:
        """Yield the rows; blank ones are none. Raises InputError for a workbook that cannot be read."""
        header: tuple[str, ...] = ()
        for line, cells in self._sheet_rows():
            texts = [_text(cell) for cell in cells]
            if not any(texts):
                continue
            if header:
                yield line, dict(zip(header, texts, strict=False))
            else:
                header = self._header(texts)
        self.bytes_read = self._file.path.stat().st_size

    def _header(self, texts: list[str]) -> tuple[str, ...]:
        if len(texts) > MAX_COLUMNS:
            message = f"{self._file.path.name} has {len(texts)} columns; at most {MAX_COLUMNS} are taken."
            raise InputError(message, remedy="Remove columns that nobody searches.")
        return unique_names(texts)

    def _sheet_rows(self) -> Iterator[tuple[int, list[Any]]]:
        from python_calamine import CalamineError, CalamineWorkbook

        try:
            workbook = CalamineWorkbook.from_path(str(self._file.path))
            sheets = (workbook.get_sheet_by_index(number) for number in range(len(workbook.sheet_names)))
            sheet = next((sheet for sheet in sheets if sheet.height), None)
        except (CalamineError, OSError) as error:
            message = f"{self._file.path.name} cannot be read as a workbook: {error}."
            raise InputError(message, remedy="Save it again as .xlsx without a password, or as CSV.") from error
        if sheet is None:
            raise InputError(f"{self._file.path.name} has no rows.", remedy="Put the products in the first sheet.")
        first = (sheet.start or (0, 0))[0]
        yield from enumerate(sheet.iter_rows(), start=first + 1)


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell).strip()


def _check_unfolded_size(file: File) -> None:
    """Unpack the workbook once, without keeping it: what its directory says about sizes may be a lie."""
    unfolded_bytes = 0
    name = file.path.name
    try:
        with zipfile.ZipFile(file.path) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream:
                    while block := stream.read(_BLOCK_BYTES):
                        unfolded_bytes += len(block)
                        if unfolded_bytes > MAX_WORKBOOK_BYTES:
                            message = f"{name} unfolds to more than {MAX_WORKBOOK_BYTES // 1024**2} MB."
                            raise InputError(message, remedy="Save it as CSV, which is read in any size.")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InputError(f"{name} is damaged or has a password: {error}.", remedy="Save it again as .xlsx.") from error
