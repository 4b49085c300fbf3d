"""Packs on disk: a folder each that is complete or absent, verified before a weight is read."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tonggan.errors import NotReadyError
from tonggan.packs import CARD, MANIFEST, Origin, Pack, PackFile, Part
from tonggan.packs.manifest import REMEDY, fingerprint, parse_manifest, to_manifest

_SUFFIX = ".safetensors"


def write_pack(
    packs: Path,
    origin: Origin,
    *,
    parts: Mapping[str, Part],
    weights: Mapping[str, Mapping[str, np.ndarray]],
    measures: Mapping[str, float],
    card: str,
) -> Pack:
    """Write a pack into a folder of its own in `packs`, named by its fingerprint, and return it.

    `parts` name no file yet; each part's `weights` become one. The folder appears at once, complete; it is never
    changed after, so whoever serves an older pack is not disturbed.
    """
    content = {f"{name}{_SUFFIX}": _safetensors(weights[name]) for name in parts} | {CARD: card.encode("utf-8")}
    placed = {
        name: replace(part, file=f"{name}{_SUFFIX}", parameters=dict(part.parameters)) for name, part in parts.items()
    }
    files = {name: PackFile(hashlib.sha256(written).hexdigest(), len(written)) for name, written in content.items()}
    pack = Pack(packs, origin, placed, files, "", dict(measures))
    pack = replace(pack, fingerprint=fingerprint(pack))
    return _placed(pack, content | {MANIFEST: to_manifest(pack).encode("utf-8")})


def read_pack(folder: Path) -> Pack:
    """Return the pack in the folder after checking its manifest, and size and sha256 of every file.

    Raises NotReadyError, with file and reason, when there is no pack or it is not what it claims to be.
    """
    pack = parse_manifest(folder)
    for name, promised in pack.files.items():
        _verify(folder, name, promised)
    expected = fingerprint(pack)
    if pack.fingerprint != expected:
        raise NotReadyError(
            f"{folder / MANIFEST}: fingerprint {pack.fingerprint!r} is not {expected!r}.", remedy=REMEDY
        )
    return pack


def read_weights(pack: Pack, name: str) -> dict[str, np.ndarray]:
    """Return the arrays of a part, after checking once more that they are those the manifest promises."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    part = pack.parts[name]
    content = _verify(pack.folder, part.file, pack.files[part.file])
    try:
        return load(content)
    except SafetensorError as error:
        raise NotReadyError(f"{pack.folder / part.file} is not safetensors: {error}.", remedy=REMEDY) from error


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
        _sync_folder(pack.folder)
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


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _verify(folder: Path, name: str, promised: PackFile) -> bytes:
    """Return the content of a file that is what the manifest promises."""
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise NotReadyError(f"{path} is missing or not a plain file.", remedy=REMEDY)
    if path.stat().st_size != promised.size_bytes:
        size = path.stat().st_size
        raise NotReadyError(f"{path} has {size} bytes; {MANIFEST} promises {promised.size_bytes}.", remedy=REMEDY)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != promised.sha256:
        raise NotReadyError(f"{path} is damaged: its sha256 is not that of {MANIFEST}.", remedy=REMEDY)
    return content
