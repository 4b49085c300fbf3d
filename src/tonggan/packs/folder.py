"""Packs on disk: a folder each that is complete or absent, verified before a weight is read."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import numpy as np

from tonggan.errors import NotReadyError
from tonggan.packs import CARD, MANIFEST, Origin, Pack, PackFile, Part
from tonggan.packs.manifest import REMEDY, check_pack, fingerprint, parse_manifest, to_manifest

_SUFFIX = ".safetensors"


def write_pack(
    packs: Path,
    origin: Origin,
    *,
    parts: Mapping[str, Part],
    weights: Mapping[str, Mapping[str, np.ndarray]],
    measures: Mapping[str, float],
    card: str,
    files: Mapping[str, bytes] = MappingProxyType({}),
    base: str = "",
) -> Pack:
    """Write a pack into a folder of its own in `packs`, named by its fingerprint, and return it.

    A part's `weights` become a file in the role of that name; `files` are those that the parts name already. The
    folder appears at once, complete; it is never changed after, so whoever serves an older pack is not disturbed.
    """
    arrays = {f"{name}{_SUFFIX}": _safetensors(weights[name]) for name in parts if name in weights}
    content = arrays | dict(files) | {CARD: card.encode("utf-8")}
    placed = {name: _placed_part(name, part, has_weights=name in weights) for name, part in parts.items()}
    promised = {name: PackFile(hashlib.sha256(written).hexdigest(), len(written)) for name, written in content.items()}
    pack = Pack(packs, origin, placed, promised, "", dict(measures), base)
    pack = replace(pack, fingerprint=fingerprint(pack))
    return _placed(pack, content | {MANIFEST: to_manifest(pack).encode("utf-8")})


def seal(
    folder: Path, origin: Origin, *, parts: Mapping[str, Part], measures: Mapping[str, float], base: str = ""
) -> Pack:
    """Make a pack of the files that stand in a folder, however large, by writing its `pack.toml`; return it.

    Every file is promised, and on disk when this returns. Raises NotReadyError where the card is missing, a part names
    a file that is not there, or something in the folder is no plain file.
    """
    names = sorted(path.name for path in folder.iterdir() if path.name != MANIFEST)
    promised = {name: measured(folder / name) for name in names}
    if CARD not in promised:
        raise NotReadyError(f"{folder / CARD} is missing.", remedy="Write what the pack was made of, then seal it.")
    pack = Pack(folder, origin, dict(parts), promised, "", dict(measures), base)
    pack = replace(pack, fingerprint=fingerprint(pack))
    check_pack(pack)
    unfinished = folder / f".{MANIFEST}"
    _write_through(unfinished, to_manifest(pack).encode("utf-8"))
    unfinished.replace(folder / MANIFEST)
    sync(folder)
    return pack


def read_pack(folder: Path) -> Pack:
    """Return the pack in the folder after checking its manifest, and size and sha256 of every file.

    Files are read in pieces, so that gigabytes take no memory.

    Raises NotReadyError, with file and reason, when there is no pack or it is not what it claims to be.
    """
    pack = parse_manifest(folder)
    for name, promised in pack.files.items():
        _verify(folder / name, promised)
    expected = fingerprint(pack)
    if pack.fingerprint != expected:
        raise NotReadyError(
            f"{folder / MANIFEST}: fingerprint {pack.fingerprint!r} is not {expected!r}.", remedy=REMEDY
        )
    return pack


def read_card(pack: Pack) -> str:
    """Return what a pack says of itself: data, licences, measures."""
    return _content(pack, CARD).decode("utf-8", "replace")


def copy_pack(pack: Pack, target: Path) -> Pack:
    """Copy the files of a pack, and nothing that stands beside them, into an empty folder; return the verified copy."""
    for name in (MANIFEST, *pack.files):
        shutil.copyfile(pack.folder / name, target / name)
        sync(target / name)
    return read_pack(target)


@dataclass(frozen=True, slots=True)
class PartFiles:
    """The files of one part of a pack, each checked once more against the manifest when it is read."""

    pack: Pack
    name: str

    @property
    def part(self) -> Part:
        return self.pack.parts[self.name]

    def path(self, role: str) -> Path:
        """Return where the file in a role stands; NotReadyError where the part has none."""
        if role not in self.part.files:
            known = ", ".join(self.part.files) or "none"
            reason = f"part '{self.name}' has no file for '{role}'; it has: {known}"
            raise NotReadyError(f"{self.pack.folder / MANIFEST}: {reason}.", remedy=REMEDY)
        return self.pack.folder / self.part.files[role]

    def content(self, role: str) -> bytes:
        """Return the bytes of the file in a role."""
        return _content(self.pack, self.path(role).name)

    def arrays(self, role: str = "weights") -> dict[str, np.ndarray]:
        """Return the arrays of a safetensors file."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        content = self.content(role)
        try:
            return load(content)
        except SafetensorError as error:
            raise NotReadyError(f"{self.path(role)} is not safetensors: {error}.", remedy=REMEDY) from error


def sync(path: Path) -> None:
    """See a file, or the names in a folder, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _content(pack: Pack, name: str) -> bytes:
    path, promised = pack.folder / name, pack.files[name]
    _require_size(path, promised)
    content = path.read_bytes()
    _require_checksum(path, promised, sha256=hashlib.sha256(content).hexdigest())
    return content


def _placed_part(name: str, part: Part, *, has_weights: bool) -> Part:
    files = dict(part.files) | ({"weights": f"{name}{_SUFFIX}"} if has_weights else {})
    return replace(part, files=files, parameters=dict(part.parameters))


def _safetensors(arrays: Mapping[str, np.ndarray]) -> bytes:
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def _placed(pack: Pack, content: Mapping[str, bytes]) -> Pack:
    """Write the files beside the final folder, then rename; a pack that stands there already is the same."""
    folder = pack.folder / pack.fingerprint
    if not _stands(folder):
        pack.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=pack.folder, prefix=".unfinished-") as unfinished:
            complete = Path(unfinished, "pack")
            complete.mkdir()
            for name, written in content.items():
                _write_through(complete / name, written)
            shutil.rmtree(folder, ignore_errors=True)
            complete.rename(folder)
        sync(pack.folder)
    return replace(pack, folder=folder)


def _stands(folder: Path) -> bool:
    try:
        read_pack(folder)
    except NotReadyError:
        return False
    return True


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _verify(path: Path, promised: PackFile) -> None:
    """Raise NotReadyError where a file is not what the manifest promises."""
    _require_size(path, promised)
    with path.open("rb") as file:
        _require_checksum(path, promised, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def _require_size(path: Path, promised: PackFile) -> None:
    _require_plain(path)
    size = path.stat().st_size
    if size != promised.size_bytes:
        raise NotReadyError(f"{path} has {size} bytes; {MANIFEST} promises {promised.size_bytes}.", remedy=REMEDY)


def _require_plain(path: Path) -> None:
    if path.is_symlink() or not path.is_file():
        raise NotReadyError(f"{path} is missing or not a plain file.", remedy=REMEDY)


def _require_checksum(path: Path, promised: PackFile, *, sha256: str) -> None:
    if sha256 != promised.sha256:
        raise NotReadyError(f"{path} is damaged: its sha256 is not that of {MANIFEST}.", remedy=REMEDY)


def measured(path: Path) -> PackFile:
    """Hash a file in place and see it onto the disk."""
    _require_plain(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    sync(path)
    return PackFile(sha256, path.stat().st_size)
