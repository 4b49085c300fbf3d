"""One JSON document: a list of products, an object that holds one, or a single product; read piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from tonggan.errors import InputError
from tonggan.feed.columns import vocabulary
from tonggan.feed.decoding import BROKEN_GZIP, Bytes, File
from tonggan.feed.json_lines import check_object
from tonggan.feed.json_text import DECODER, BadJsonError, parse_json
from tonggan.feed.limits import MAX_DEPTH, MAX_LINE_CHARACTERS
from tonggan.feed.refusals import refuse
from tonggan.records import Refusal

BLOCK_CHARACTERS = 262_144
"""Text read at a time; a hundred products or so."""

_BLANK = " \t\r\n\ufeff"
_REMEDY = "Rows before this one were read; correct the document here and import again."


class JsonReader:
    """Rows of a JSON document. The list is found under any key of `containers` in vocabulary.toml, however deep."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._bytes: Bytes | None = None
        self.encoding = file.encoding

    @property
    def bytes_read(self) -> int:
        return self._bytes.bytes_read if self._bytes else 0

    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]:
        self._bytes = source = self._file.open_bytes()
        cursor = _Cursor(source.text(self.encoding))
        try:
            yield from _elements(cursor) if _find_list(cursor, depth=0) else self._single()
        except BadJsonError as error:
            yield refuse(cursor.line, cursor.excerpt(), f"not JSON: {error}", remedy=_REMEDY)
        except BROKEN_GZIP:
            yield refuse(cursor.line, "", "the file breaks off here: it was cut or damaged", remedy=_REMEDY)
        finally:
            source.close()

    def _single(self) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]:
        """Yield the whole document as one row."""
        source = self._file.open_bytes()
        try:
            text = source.text(self.encoding).read(MAX_LINE_CHARACTERS + 1)
        finally:
            source.close()
        if len(text) > MAX_LINE_CHARACTERS:
            names = ", ".join(vocabulary()["containers"]["lists"])
            message = f"{self._file.path.name} holds no list of products under a known key ({names})."
            raise InputError(message, remedy="Write a JSON list, or one object per line.")
        yield check_object(1, parse_json(text.strip(_BLANK)))


class _Cursor:
    """A place in a JSON text that is read in blocks."""

    def __init__(self, text: IO[str]) -> None:
        self._text = text
        self._buffer = ""
        self._position = 0
        self._has_ended = False
        self.line = 1

    def peek(self) -> str:
        """Return the next character that is not blank, or nothing at the end."""
        while True:
            while self._position < len(self._buffer):
                if (mark := self._buffer[self._position]) not in _BLANK:
                    return mark
                self._move(self._position + 1)
            if not self._fill(BLOCK_CHARACTERS):
                return ""

    def skip(self, mark: str) -> None:
        """Step over a character that must stand here."""
        if (found := self.peek()) != mark:
            raise BadJsonError(f"expected '{mark}', found '{found or 'the end'}'")
        self._move(self._position + 1)

    def value(self) -> Any:
        """Return the JSON value that stands here and step behind it."""
        self.peek()
        size = BLOCK_CHARACTERS
        while True:
            try:
                value, end = DECODER.raw_decode(self._buffer, self._position)
            except RecursionError:
                raise BadJsonError("nested too deep") from None
            except json.JSONDecodeError as error:
                if not self._may_go_on(size):
                    raise BadJsonError(error.msg) from error
            else:
                if end < len(self._buffer) or not self._fill(size):
                    self._move(end)
                    return value
            size *= 2

    def excerpt(self) -> str:
        """Return the text that stands here."""
        return self._buffer[self._position : self._position + 400]

    def _may_go_on(self, size: int) -> bool:
        return len(self._buffer) - self._position < MAX_LINE_CHARACTERS and self._fill(size)

    def _fill(self, size: int) -> bool:
        block = "" if self._has_ended else self._text.read(size)
        self._has_ended = not block
        self._buffer = self._buffer[self._position :] + block
        self._position = 0
        return bool(block)

    def _move(self, position: int) -> None:
        self.line += self._buffer.count("\n", self._position, position)
        self._position = position


def _elements(cursor: _Cursor) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]:
    cursor.skip("[")
    if cursor.peek() == "]":
        return
    while True:
        cursor.peek()
        line = cursor.line
        yield check_object(line, cursor.value())
        if cursor.peek() == "]":
            return
        cursor.skip(",")


def _find_list(cursor: _Cursor, *, depth: int) -> bool:
    """Step to the list of products; false where the document is one object without such a list."""
    if cursor.peek() == "[":
        return True
    if cursor.peek() != "{" or depth > MAX_DEPTH:
        return False
    names = vocabulary()["containers"]["lists"]
    cursor.skip("{")
    while cursor.peek() == '"':
        name = cursor.value()
        cursor.skip(":")
        if name in names and cursor.peek() in ("[", "{"):
            if _find_list(cursor, depth=depth + 1):
                return True
        else:
            cursor.value()
        if cursor.peek() == ",":
            cursor.skip(",")
    if cursor.peek() == "}":
        cursor.skip("}")
    return False
