"""One file per set of arrays: a line of JSON with names, shapes and places, then the arrays, aligned for mapping."""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tonggan.errors import DiskFullError, NotReadyError

ALIGNMENT = 64
"""Arrays start at multiples of a cache line."""

REBUILD = "Rebuild the index."
"""What to do about an index that cannot be believed: the store has everything that it held."""

_BLOCK = 1 << 22
"""Bytes read at a time for a checksum."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """Size and CRC-32 of the first `size` bytes of a file."""

    size: int
    checksum: int

    @classmethod
    def parse(cls, record: Mapping[str, Any]) -> FileRecord:
        return cls(int(record["size"]), int(record["checksum"]))

    def verify(self, path: Path) -> None:
        """Raise NotReadyError when the file is gone, shorter, or holds something else."""
        if not path.is_file():
            raise NotReadyError(f"The index file {path.name} is lost.", remedy=REBUILD)
        if path.stat().st_size < self.size:
            raise NotReadyError(f"The index file {path.name} is cut short.", remedy=REBUILD)
        if checksum_of(path, 0, self.size) != self.checksum:
            raise NotReadyError(f"The index file {path.name} is damaged.", remedy=REBUILD)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> FileRecord:
    """Write arrays to a file that is complete and on disk under its name, or not there at all."""
    flat = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    header = json.dumps({name: [array.dtype.str, list(array.shape)] for name, array in flat.items()}).encode() + b"\n"
    checksum = 0
    temporary = path.with_name(path.name + ".part")
    with reporting_full_disk(path), temporary.open("wb") as file:
        for block in _blocks(header, flat):
            checksum = zlib.crc32(block, checksum)
            file.write(block)
        size = file.tell()
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return FileRecord(size, checksum)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Map the arrays of a file, read-only; NotReadyError when it is not such a file."""
    mapped = np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray)
    end = bytes(mapped[:_BLOCK]).find(b"\n")
    arrays: dict[str, np.ndarray] = {}
    place = _align(end + 1)
    try:
        for name, (dtype, shape) in json.loads(bytes(mapped[:end])).items():
            size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
            arrays[name] = mapped[place : place + size].view(dtype).reshape(shape)
            place = _align(place + size)
    except ValueError as error:
        raise NotReadyError(f"The index file {path.name} is damaged.", remedy=REBUILD) from error
    return arrays


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Replace a small JSON file, with its checksum, at once: the old or the new one is there, whatever happens."""
    text = json.dumps(record)
    temporary = path.with_name(path.name + ".part")
    with reporting_full_disk(path), temporary.open("w", encoding="utf-8") as file:
        file.write(f"{zlib.crc32(text.encode()):08x}\n{text}\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def read_record(path: Path) -> dict[str, Any]:
    """Read what `write_record` wrote; NotReadyError when it is lost or damaged."""
    if not path.is_file():
        raise NotReadyError(f"There is no index in {path.parent}: {path.name} is lost.", remedy=REBUILD)
    checksum, _, text = path.read_bytes().partition(b"\n")
    text = text.rstrip(b"\n")
    if checksum != f"{zlib.crc32(text):08x}".encode():
        raise NotReadyError(f"The index file {path.name} is damaged.", remedy=REBUILD)
    return json.loads(text)


def sync_folder(folder: Path) -> None:
    """Make names that were added to or removed from a folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checksum_of(path: Path, start: int, end: int, *, before: int = 0) -> int:
    """CRC-32 of the bytes from start to end, continued from the checksum of what came `before`."""
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (block := file.read(min(_BLOCK, end - start))):
            before = zlib.crc32(block, before)
            start += len(block)
    return before


def pack_strings(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Texts as one array of bytes, and where each ends in characters."""
    ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)))
    return np.frombuffer("".join(texts).encode("utf-8", "surrogatepass"), dtype=np.uint8), ends


def unpack_strings(packed: np.ndarray, ends: np.ndarray) -> list[str]:
    """The texts that `pack_strings` packed."""
    text = packed.tobytes().decode("utf-8", "surrogatepass")
    return [text[start:end] for start, end in pairwise([0, *ends.tolist()])]


@contextmanager
def reporting_full_disk(path: Path) -> Iterator[None]:
    """Turn the system's 'no space left' into DiskFullError."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise DiskFullError(f"No space is left to write {path.name}.", remedy="Free some disk.") from error


def _blocks(header: bytes, arrays: Mapping[str, np.ndarray]) -> list[Any]:
    blocks: list[Any] = [header]
    place = len(header)
    for array in arrays.values():
        blocks.append(b"\0" * (_align(place) - place))
        blocks.append(array.reshape(-1).view(np.uint8).data if array.size else b"")
        place = _align(place) + array.nbytes
    return blocks


def _align(place: int) -> int:
    return -(-place // ALIGNMENT) * ALIGNMENT
