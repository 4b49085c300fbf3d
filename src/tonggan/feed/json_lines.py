"""JSON lines: one object per line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tonggan.feed.decoding import BROKEN_GZIP, DAMAGE, Bytes, File, is_cut, physical_lines
from tonggan.feed.json_text import BadJsonError, parse_json
from tonggan.feed.limits import MAX_COLUMNS, MAX_LINE_CHARACTERS
from tonggan.feed.refusals import refuse
from tonggan.records import Refusal


class JsonLinesReader:
    """Rows of a file with one JSON object per line; blank lines are no rows."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._bytes: Bytes | None = None
        self.encoding = file.encoding

    @property
    def bytes_read(self) -> int:
        return self._bytes.bytes_read if self._bytes else 0

    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]:
        self._bytes = source = self._file.open_bytes()
        number = 0
        try:
            for number, line in enumerate(physical_lines(source.text(self.encoding)), start=1):
                if not line.isspace():
                    yield _parse_line(number, line)
        except BROKEN_GZIP:
            reason = "the file breaks off here: it was cut or damaged"
            yield refuse(
                number + 1, "", reason, remedy="Rows before this one were read; export or copy the file again."
            )
        finally:
            source.close()


def check_object(line: int, row: Any) -> tuple[int, Mapping[str, Any]] | Refusal:
    """Return a row of JSON, or why it is none."""
    if not isinstance(row, dict):
        return refuse(line, row, "not a JSON object", remedy='Write one {"title": ...} object per product.')
    if len(row) > MAX_COLUMNS:
        return refuse(
            line, "", f"{len(row)} keys; at most {MAX_COLUMNS} are taken", remedy="Drop keys nobody searches."
        )
    return line, row


def _parse_line(number: int, line: str) -> tuple[int, Mapping[str, Any]] | Refusal:
    if is_cut(line):
        return refuse(number, line, f"longer than {MAX_LINE_CHARACTERS:,} characters", remedy="Split the product.")
    if "\0" in line or (not line.isascii() and DAMAGE.search(line)):
        return refuse(number, line, "NUL bytes or bytes of another encoding", remedy="Save the whole file as UTF-8.")
    try:
        return check_object(number, parse_json(line.removeprefix("\ufeff")))
    except BadJsonError as error:
        return refuse(number, line, f"not JSON: {error}", remedy="Write one complete JSON object on each line.")
