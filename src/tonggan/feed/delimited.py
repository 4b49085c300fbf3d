"""CSV, TSV and their kin: rows by column name, where one open quote costs one row and not the file."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from tonggan.errors import InputError
from tonggan.feed.decoding import BROKEN_GZIP, DAMAGE, Bytes, File, is_cut, physical_lines
from tonggan.feed.limits import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_LINE_CHARACTERS, MAX_QUOTED_LINES
from tonggan.feed.refusals import refuse
from tonggan.records import Refusal

DELIMITERS = "\t,;|"
"""Accepted marks between cells, the first wins a draw."""

PREAMBLE_LINES = 5
"""Lines before the header (`version 1.00`, `sep=;`) that are looked at."""

LEAST_PATIENCE = 20
"""Lines a quoted cell may still span after many open quotes; each open quote halves the patience down to this."""

_BREAKS_OFF = "the file breaks off here: it was cut or damaged"


class DelimitedReader:
    """Rows of a delimited file. `header` holds the column names as they stand there."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._bytes: Bytes | None = None
        self.encoding = file.encoding
        self._start, self.delimiter = _find_header(file.text_head())
        self.header: tuple[str, ...] = ()
        self.header = self._read_header()

    @property
    def bytes_read(self) -> int:
        return self._bytes.bytes_read if self._bytes else 0

    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]:
        records = self._records()
        next(records)
        for line, record in records:
            yield record if isinstance(record, Refusal) else self._row(line, record)

    def _row(self, line: int, record: list[str]) -> tuple[int, Mapping[str, Any]] | Refusal:
        width = len(self.header)
        if len(record) == width or _is_repairable(record, width):
            return line, dict(zip(self.header, record, strict=False))
        reason = f"{len(record)} cells where the header has {width}"
        remedy = "Quote cells that hold the delimiter, or a line break, and double the quotes inside."
        return refuse(line, self.delimiter.join(record), reason, remedy=remedy)

    def _read_header(self) -> tuple[str, ...]:
        _, record = next(self._records(), (0, []))
        name = self._file.path.name
        if isinstance(record, Refusal) or not any(record):
            raise InputError(f"The header of {name} cannot be read.", remedy="Put the column names in the first line.")
        if len(record) > MAX_COLUMNS:
            message = f"{name} has {len(record)} columns; at most {MAX_COLUMNS} are taken."
            raise InputError(message, remedy="Export fewer columns, or check the delimiter.")
        return unique_names(record)

    def _records(self) -> Iterator[tuple[int, list[str] | Refusal]]:
        csv.field_size_limit(MAX_CELL_CHARACTERS)
        self._bytes = source = self._file.open_bytes()
        try:
            text = source.text(self.encoding)
            lines = _Lines(islice(physical_lines(text), self._start, None), start=self._start)
            yield from _parse(lines, self.delimiter, width=len(self.header))
        finally:
            source.close()


def unique_names(header: list[str]) -> tuple[str, ...]:
    """Return column names where each stands once; columns without a name are numbered."""
    names: dict[str, None] = {}
    for position, cell in enumerate(header, start=1):
        name = cell.strip().lstrip("\ufeff") or f"column {position}"
        while name in names:
            name = f"{name} ({position})"
        names[name] = None
    return tuple(names)


class _OpenQuoteError(Exception):
    """A quoted cell went on for too long."""


class _Lines:
    """Physical lines that can be given back; those of the current record are in `taken`."""

    def __init__(self, lines: Iterator[str], *, start: int) -> None:
        self._lines = lines
        self._given_back: deque[str] = deque()
        self.number = start
        self.taken: list[str] = []
        self.characters = 0
        self.patience = MAX_QUOTED_LINES
        self.has_ended = False
        self.is_broken = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= self.patience or self.characters > MAX_LINE_CHARACTERS:
            raise _OpenQuoteError
        line = self._next_line()
        self.number += 1
        self.taken.append(line)
        self.characters += len(line)
        return line

    def begin(self) -> None:
        self.taken = []
        self.characters = 0

    def give_back(self) -> str:
        """Keep the first line of the record as used up, and read the others again; return that first line."""
        first, *others = self.taken
        self.number -= len(others)
        self._given_back.extendleft(reversed(others))
        self.patience = max(LEAST_PATIENCE, self.patience // 2)
        self.has_ended = False
        self.begin()
        return first

    def _next_line(self) -> str:
        if self._given_back:
            return self._given_back.popleft()
        try:
            return next(self._lines)
        except StopIteration:
            self.has_ended = True
            raise
        except BROKEN_GZIP:
            self.has_ended = self.is_broken = True
            raise StopIteration from None


def _parse(lines: _Lines, delimiter: str, *, width: int) -> Iterator[tuple[int, list[str] | Refusal]]:
    """Yield the number of the first line of every record with its cells, or with why it is refused."""
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.begin()
        line = lines.number + 1
        try:
            record = next(reader)
        except StopIteration:
            break
        except (csv.Error, _OpenQuoteError) as error:
            yield line, _refuse_first_line(lines, line, error)
            reader = csv.reader(lines, delimiter=delimiter)
            continue
        is_open = lines.has_ended and bool(lines.taken)
        if is_open or (len(lines.taken) > 1 and not _is_sound(lines.taken, delimiter, width=width)):
            yield line, _refuse_first_line(lines, line, _OpenQuoteError())
            reader = csv.reader(lines, delimiter=delimiter)
        elif record and any(map(str.strip, record)):
            yield line, _damaged(line, lines.taken) or record
    if lines.is_broken:
        remedy = "Rows before this one were read; export or copy the file again."
        yield lines.number + 1, refuse(lines.number + 1, "", _BREAKS_OFF, remedy=remedy)


def _refuse_first_line(lines: _Lines, line: int, error: Exception) -> Refusal:
    first = lines.give_back()
    if isinstance(error, _OpenQuoteError):
        reason = "a quote opens here and is not closed where the row ends"
        return refuse(line, first, reason, remedy='Close the quote; write a quote inside a quoted cell twice: "".')
    return refuse(line, first, f"not a row of a table: {error}", remedy="Shorten or quote the cell.")


def _is_sound(taken: list[str], delimiter: str, *, width: int) -> bool:
    """Tell whether several lines are one row: quotes close only where cells end, and every column has its cell."""
    try:
        record = next(csv.reader(iter(taken), delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return not width or len(record) == width


def _damaged(line: int, taken: list[str]) -> Refusal | None:
    """Refuse a record with NUL bytes, bytes of another encoding, or more text than a row may have."""
    for text in taken:
        if "\0" in text:
            return refuse(line, text, "the row holds NUL bytes", remedy="Remove them, or save the file as UTF-8 text.")
        if not text.isascii() and DAMAGE.search(text):
            return refuse(line, text, "the row holds bytes of another encoding", remedy="Save the whole file as UTF-8.")
        if is_cut(text):
            remedy = f"A row may have {MAX_LINE_CHARACTERS:,} characters."
            return refuse(line, text, "the row is too long", remedy=remedy)
    return None


def _is_repairable(record: list[str], width: int) -> bool:
    """A row may lack up to half its cells at the end, as spreadsheets write it, or have empty ones too many."""
    if len(record) > width:
        return not any(map(str.strip, record[width:]))
    return len(record) * 2 >= width


def _find_header(head: str) -> tuple[int, str]:
    """Return how many lines stand before the header, and the delimiter."""
    lines = head.splitlines()[: PREAMBLE_LINES + 1]
    if lines and lines[0].lower().startswith("sep=") and lines[0][4:5]:
        return 1, lines[0][4]
    counts = [_count_delimiters(line) for line in lines]
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    is_preamble = len(lines) > first + 1 and not max(counts[first]) and max(counts[first + 1]) >= 2
    start = first + 1 if is_preamble and '"' not in lines[first] else first
    best = max(counts[start], default=0) if counts else 0
    return start, DELIMITERS[counts[start].index(best)] if best else ","


def _count_delimiters(line: str) -> list[int]:
    outside = "".join(line.split('"')[::2])
    return [outside.count(mark) for mark in DELIMITERS]
