"""Rows of small text files with their line numbers: UTF-8, plain or gzip, CSV or TSV with a header."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tonggan.errors import InputError, NotFoundError

GZIP_MAGIC = b"\x1f\x8b"


@contextmanager
def open_lines(path: Path) -> Generator[IO[str]]:
    """Open a UTF-8 text file for reading, unpacking gzip; what is wrong with its bytes is an InputError."""
    try:
        with path.open("rb") as raw:
            is_packed = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            unpacked = gzip.GzipFile(fileobj=raw) if is_packed else raw
            yield io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="")
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no file {path}.", remedy="Correct the path.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error.reason}.", remedy="Save it as UTF-8.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} is a damaged gzip file: {error}.", remedy="Make or fetch it again.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.", remedy="Name a readable file."
        ) from error


class Table:
    """Rows of a CSV or TSV file under our column names, with line numbers.

    `names` maps every accepted header to our name; of two headers with one meaning the earlier in `names` counts.
    """

    def __init__(self, path: Path, lines: Iterable[str], names: Mapping[str, str]) -> None:
        self._path = path
        self._lines = iter(lines)
        first = next(self._lines, "")
        self._delimiter = "\t" if "\t" in first and "," not in first else ","
        self.header = [cell.strip() for cell in next(csv.reader([first], delimiter=self._delimiter), [])]
        self._places = _places(self.header, names)
        self.columns = frozenset(self._places)
        self.ignored = tuple(name for place, name in enumerate(self.header) if place not in self._places.values())

    def require(self, *columns: str, remedy: str) -> None:
        """Raise an InputError that lists the header unless all of the columns are there."""
        missing = [column for column in columns if column not in self.columns]
        if missing:
            found = ", ".join(self.header) or "none"
            raise InputError(f"{self._path}, line 1: no column {', '.join(missing)}; found: {found}.", remedy=remedy)

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Each row that is not blank with the number of its last line; a column left out is not in it."""
        reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num + 1, self._named(cells, line=reader.line_num + 1)
        except csv.Error as error:
            raise InputError(
                f"{self._path}, line {reader.line_num + 1}: {error}.", remedy="Close or double the quotes on this line."
            ) from error

    def _named(self, cells: list[str], *, line: int) -> dict[str, str]:
        if len(cells) != len(self.header):
            raise InputError(
                f"{self._path}, line {line}: {len(cells)} cells under {len(self.header)} columns.",
                remedy="Put cells that hold the separator in double quotes.",
            )
        return {name: cells[place].strip() for name, place in self._places.items()}


def _places(header: list[str], names: Mapping[str, str]) -> dict[str, int]:
    spelled = {name.lower().replace("-", "_"): place for place, name in reversed(list(enumerate(header)))}
    places: dict[str, int] = {}
    for spelling, column in names.items():
        if spelling in spelled:
            places.setdefault(column, spelled[spelling])
    return places
