"""Bytes of a merchant's file -> text: unpacking, encoding and physical lines, each within its limit."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, cast

from tonggan.errors import InputError
from tonggan.feed.limits import MAX_DECODED_BYTES, MAX_LINE_CHARACTERS, MAX_RATIO, RATIO_FREE_BYTES, SAMPLE_BYTES

GZIP = b"\x1f\x8b"

BROKEN_GZIP = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading a cut or damaged gzip file raises."""

GOOD_PER_BAD = 10
"""UTF-8 characters per bad byte from which a file counts as UTF-8 with damaged rows, not as another encoding."""

PAIRED_SHARE = 0.9
"""Share of high bytes standing in pairs above which text is Chinese (GB 18030); Latin text has them alone."""

DAMAGE = re.compile("[\udc80-\udcff]")
"""What a byte that is not of the encoding becomes."""

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_UTF8_CHARACTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_PAIRS = re.compile(rb"(?:[\x81-\xfe][\x80-\xfe])+")
_HIGH = re.compile(rb"[\x80-\xff]")
_UNDEFINED_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


@dataclass(frozen=True, slots=True)
class File:
    """A file that was looked at: `encoding` is empty for formats that are not text, `layers` counts gzip in gzip."""

    path: Path
    layers: int
    encoding: str
    head: bytes

    def open_bytes(self) -> Bytes:
        """Open the unpacked bytes."""
        return Bytes(self.path, layers=self.layers)

    def text_head(self) -> str:
        """Return the first part of the text, as far as it was looked at."""
        return self.head.decode(self.encoding, errors="replace").removeprefix("\ufeff")


class Bytes:
    """The unpacked bytes of a file, counted on both sides of the unpacking; one that unfolds too far is refused."""

    def __init__(self, path: Path, *, layers: int) -> None:
        self._path = path
        self._streams: list[IO[bytes]] = [path.open("rb")]
        for _ in range(layers):
            self._streams.append(cast(IO[bytes], gzip.GzipFile(fileobj=self._streams[-1], mode="rb")))
        self._layers = layers
        self._unpacked_bytes = 0
        self.bytes_read = 0
        """How far the file on disk was read."""

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""
        block = self._streams[-1].read(size)
        self.bytes_read = self._streams[0].tell()
        self._unpacked_bytes += len(block)
        if self._layers and self._unpacked_bytes > RATIO_FREE_BYTES:
            self._check_ratio()
        return block

    def text(self, encoding: str) -> io.TextIOWrapper:
        """Return the text, line ends as they are; bytes that are not of the encoding stay visible as DAMAGE."""
        errors = "surrogateescape" if encoding.startswith(("utf-8", "gb")) else "replace"
        return io.TextIOWrapper(io.BufferedReader(_Raw(self), SAMPLE_BYTES), encoding, errors, newline="")

    def close(self) -> None:
        for stream in reversed(self._streams):
            stream.close()

    def _check_ratio(self) -> None:
        ratio = self._unpacked_bytes / max(1, self.bytes_read)
        if ratio > MAX_RATIO or self._unpacked_bytes > MAX_DECODED_BYTES:
            raise InputError(
                f"{self._path.name} unfolds to {ratio:.0f} times its size; at most {MAX_RATIO} times and "
                f"{MAX_DECODED_BYTES // 1024**3} GB are read.",
                remedy="Unpack it yourself and import the unpacked file, in parts if it is that large.",
            )


class _Raw(io.RawIOBase):
    """Lets the text layer of Python read from Bytes."""

    def __init__(self, source: Bytes) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        block = self._source.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def look_at(path: Path) -> File:
    """Return what a file is packed in, its first unpacked bytes and its encoding.

    Raises InputError for an empty file, one that breaks off at once, and one that cannot be opened.
    """
    layers = 0
    head = _head(path, layers)
    while head.startswith(GZIP) and layers < 2:
        layers += 1
        head = _head(path, layers)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise InputError(f"{path.name} is empty.", remedy="Export it again, with at least a header and one row.")
    return File(path, layers, detect_encoding(head), head)


def detect_encoding(head: bytes) -> str:
    """Return the encoding of text by its content: a byte order mark, NULs, UTF-8, paired high bytes, else Latin.

    >>> detect_encoding("标题,价格".encode("gbk")), detect_encoding("café crème".encode("cp1252"))
    ('gb18030', 'cp1252')
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    if head[:4096].count(0) > len(head[:4096]) // 5:
        return "utf-16-le" if head[1:4096:2].count(0) >= head[:4096:2].count(0) else "utf-16-be"
    bad = _bytes_not_utf8(head)
    if not bad or len(_UTF8_CHARACTER.findall(head)) > GOOD_PER_BAD * bad:
        return "utf-8"
    high = len(_HIGH.findall(head))
    if sum(len(run) for run in _PAIRS.findall(head)) >= PAIRED_SHARE * high:
        return "gb18030"
    return "latin-1" if _UNDEFINED_IN_CP1252.search(head) else "cp1252"


def physical_lines(text: IO[str]) -> Iterator[str]:
    """Yield lines with their ends; one longer than MAX_LINE_CHARACTERS comes cut, without its end."""
    read = partial(text.readline, MAX_LINE_CHARACTERS)
    for line in iter(read, ""):
        yield line
        if len(line) == MAX_LINE_CHARACTERS and not line.endswith(("\n", "\r")):
            _skip_line(read)


def is_cut(line: str) -> bool:
    """Tell whether a physical line was longer than is taken."""
    return len(line) >= MAX_LINE_CHARACTERS and not line.endswith(("\n", "\r"))


def _skip_line(read: partial[str]) -> None:
    while (rest := read()) and not rest.endswith(("\n", "\r")):
        pass


def _head(path: Path, layers: int) -> bytes:
    try:
        stream = Bytes(path, layers=layers)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}.", remedy="Check the path and its rights."
        ) from error
    try:
        return _read_what_is_there(stream)
    finally:
        stream.close()


def _read_what_is_there(stream: Bytes) -> bytes:
    """Return up to SAMPLE_BYTES; a packed file that breaks off gives what came before."""
    blocks: list[bytes] = []
    try:
        while len(blocks) * 65_536 < SAMPLE_BYTES and (block := stream.read(65_536)):
            blocks.append(block)
    except BROKEN_GZIP:
        pass
    return b"".join(blocks)


def _bytes_not_utf8(head: bytes) -> int:
    """Count bytes that are not UTF-8, a character cut at the end aside."""
    text = head.decode("utf-8", errors="surrogateescape")
    tail = 3 if len(head) >= SAMPLE_BYTES else 0
    return len(DAMAGE.findall(text[: len(text) - tail] if tail else text))
