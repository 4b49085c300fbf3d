"""The files of a published pack, from a hub or a folder: nothing but what the table names, each checked."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar

from tonggan.errors import DiskFullError, InputError, NotFoundError, NotReadyError
from tonggan.packs.hub import WORKS_INSTEAD, BrokenOffError, Hub, RemoteFile
from tonggan.packs.published import PublishedPack

Listener = Callable[[int, int], None]
"""Told how many bytes of how many are there."""

ACCEPTED_SUFFIXES = (".safetensors", ".json", ".txt")
"""Weights, settings and vocabularies; nothing that can carry code."""

SIZE_TOLERANCE = 1.25
"""A hub that offers more than this times what the table says offers something else; units and rounding take 5 %."""

DISK_FACTOR = 2
"""The pack that is made of the files is about as large as they are, and both stand on the disk for a while."""

PAUSES_SECONDS = (0.5, 2.0, 5.0)
"""Waits before a broken transfer is taken up again; what arrives in between starts the count anew."""

UNFINISHED = ".part"

SHA256_DIGITS = 64
GIT_HASH_DIGITS = 40
"""A hub marks large files by their sha256, and small ones by the hash that git gives them."""

Answer = TypeVar("Answer")


def download(
    row: PublishedPack,
    target: Path,
    *,
    from_folder: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    listener: Listener | None = None,
) -> Path:
    """Return a folder with the files of a published pack: `target`, fetched, or `from_folder`, looked at.

    What an earlier call left in `target` is taken up. Raises NotReadyError without a network, or where a file is not
    what it should be; NotFoundError where one is missing; DiskFullError before anything is written.
    """
    for name in row.files:
        _require_plain_name(name)
    if from_folder is not None:
        return _checked_folder(row, from_folder)
    with Hub(environ) as hub:
        plan = [_persistently(lambda name=name: hub.describe(row, name)) for name in row.files]
        target.mkdir(parents=True, exist_ok=True)
        _require_same(row, plan)
        _require_room(row, plan, target)
        tally = _Tally(sum(file.size_bytes for file in plan), listener)
        for file in plan:
            _fetch(hub, file, target, sha256=row.checksums.get(file.name, ""), tally=tally)
    return target


class _Tally:
    """Counts bytes over all files."""

    def __init__(self, total: int, listener: Listener | None) -> None:
        self._done = 0
        self._total = total
        self._listener = listener

    def add(self, count: int) -> None:
        """Count bytes that are there; a negative number takes back what has to come again."""
        self._done += count
        if self._listener is not None:
            self._listener(self._done, self._total)


def _require_plain_name(name: str) -> None:
    is_plain = name and not name.startswith(".") and not set(name) & set("/\\:\0")
    if not is_plain or not name.endswith(ACCEPTED_SUFFIXES):
        raise InputError(
            f"File {name!r} is not fetched; accepted are plain names that end in {', '.join(ACCEPTED_SUFFIXES)}.",
            remedy="Correct the row of the published pack.",
        )


def _checked_folder(row: PublishedPack, folder: Path) -> Path:
    missing = [name for name in row.files if not (folder / name).is_file()]
    if missing:
        raise NotFoundError(
            f"{folder} lacks {', '.join(missing)} of {row.source}.",
            remedy=f"Put there: {', '.join(row.files)}, at revision {row.revision}.",
        )
    for name, sha256 in row.checksums.items():
        if _digest(folder / name, "sha256") != sha256:
            raise NotReadyError(
                f"{folder / name} is not that of {row.source} at {row.revision[:12]}: its sha256 is another.",
                remedy="Fetch it again.",
            )
    return folder


def _require_room(row: PublishedPack, plan: Sequence[RemoteFile], target: Path) -> None:
    total = sum(file.size_bytes for file in plan)
    if total > SIZE_TOLERANCE * row.size_bytes_approximate:
        raise NotReadyError(
            f"The hub offers {total:,} bytes for {row.name}, where about {row.size_bytes_approximate:,} were expected.",
            remedy="Nothing was fetched. Check HF_ENDPOINT.",
        )
    free, needed = shutil.disk_usage(target).free, DISK_FACTOR * total
    if free < needed:
        raise DiskFullError(
            f"{row.name} needs {needed:,} bytes of disk while it is made; {target} has {free:,}.",
            remedy="Free some, or set TONGGAN_PACKS to a folder on a larger disk.",
        )


def _require_same(row: PublishedPack, plan: Sequence[RemoteFile]) -> None:
    """Refuse before the transfer what its checksum says is another file."""
    for file in plan:
        known = row.checksums.get(file.name)
        if known and len(file.etag) == SHA256_DIGITS and file.etag != known:
            raise NotReadyError(
                f"The hub has another {file.name} for {row.name}: its sha256 is {file.etag[:12]}, not {known[:12]}.",
                remedy="Nothing was fetched. Check HF_ENDPOINT.",
            )


def _persistently(ask: Callable[[], Answer]) -> Answer:
    for pause in PAUSES_SECONDS:
        try:
            return ask()
        except BrokenOffError:
            time.sleep(pause)
    return ask()


def _fetch(hub: Hub, file: RemoteFile, target: Path, *, sha256: str, tally: _Tally) -> None:
    path = target / file.name
    if path.is_file() and _is_right(path, file, sha256=sha256):
        tally.add(file.size_bytes)
        return
    unfinished = target / f"{file.name}.{(sha256 or file.etag)[:16]}{UNFINISHED}"
    tally.add(_begun_bytes(unfinished, file, is_marked=bool(sha256 or file.etag)))
    _complete(hub, file, unfinished, tally=tally)
    if not _is_right(unfinished, file, sha256=sha256):
        unfinished.unlink()
        raise NotReadyError(
            f"{file.url} arrived damaged: its checksum is another than the one promised.",
            remedy="Nothing of it was kept; run the same command again, or check HF_ENDPOINT.",
        )
    unfinished.replace(path)


def _begun_bytes(unfinished: Path, file: RemoteFile, *, is_marked: bool) -> int:
    """Return how much an earlier call has left; without a mark in its name it may be of another file."""
    count = _size(unfinished)
    if count > file.size_bytes or not is_marked:
        unfinished.unlink(missing_ok=True)
        return 0
    return count


def _complete(hub: Hub, file: RemoteFile, unfinished: Path, *, tally: _Tally) -> None:
    """Ask for what is missing until nothing is; only as many waits in a row as bring no byte count."""
    pauses = iter(PAUSES_SECONDS)
    while True:
        before = _size(unfinished)
        try:
            _append(hub, file, unfinished, tally=tally)
            return
        except BrokenOffError as error:
            pauses = iter(PAUSES_SECONDS) if _size(unfinished) > before else pauses
            pause = next(pauses, None)
            if pause is None:
                raise NotReadyError(
                    f"{error.message} {_size(unfinished):,} of {file.size_bytes:,} bytes of {file.name} are here.",
                    remedy="Run the same command again: it goes on from there.",
                ) from error
        time.sleep(pause)


def _append(hub: Hub, file: RemoteFile, unfinished: Path, *, tally: _Tally) -> None:
    have = _size(unfinished)
    if have == file.size_bytes:
        unfinished.touch()
        return
    with hub.reading(file, start=have) as (start, blocks), unfinished.open("ab") as written:
        if start < have:
            tally.add(start - have)
            written.seek(written.truncate(start))
        _write(blocks, written, file=file, tally=tally)
    if _size(unfinished) < file.size_bytes:
        raise BrokenOffError(f"{file.url} ended early.", remedy=WORKS_INSTEAD)


def _write(blocks: Iterator[bytes], written: BinaryIO, *, file: RemoteFile, tally: _Tally) -> None:
    for block in blocks:
        if written.tell() + len(block) > file.size_bytes:
            written.truncate(0)
            raise NotReadyError(
                f"{file.url} goes on after the {file.size_bytes:,} bytes that it promised.",
                remedy="Nothing of it was kept. Check HF_ENDPOINT.",
            )
        written.write(block)
        tally.add(len(block))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _is_right(path: Path, file: RemoteFile, *, sha256: str) -> bool:
    """Tell whether a file has the size and the checksums that are known for it."""
    if _size(path) != file.size_bytes or (sha256 and _digest(path, "sha256") != sha256):
        return False
    if len(file.etag) == SHA256_DIGITS:
        return file.etag == (sha256 or _digest(path, "sha256"))
    if len(file.etag) == GIT_HASH_DIGITS:
        return file.etag == _digest(path, "sha1", prefix=f"blob {file.size_bytes}\0".encode())
    return True


def _digest(path: Path, algorithm: str, *, prefix: bytes = b"") -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(algorithm, prefix, usedforsecurity=algorithm != "sha1")
        ).hexdigest()
