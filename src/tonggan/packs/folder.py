"""Packs on disk: written so that a reader sees the old pack or the new one, verified before a weight is read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from tonggan.errors import NotReadyError
from tonggan.packs import CARD, MANIFEST, Origin, Pack, PackFile, Part
from tonggan.packs.manifest import REMEDY, fingerprint, parse_manifest, to_manifest

_SUFFIX = ".safetensors"


def write_pack(
    folder: Path,
    origin: Origin,
    *,
    parts: Mapping[str, Part],
    weights: Mapping[str, Mapping[str, np.ndarray]],
    measures: Mapping[str, float],
    card: str,
) -> Pack:
    """Write a pack, replacing the one in the folder at once, and return it.

    `parts` name no file yet: each part's `weights` go into a file named by its content. Until the manifest is replaced
    the old pack stands, then the new one, and the old files go. The card is for people; nothing reads it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, PackFile] = {}
    placed: dict[str, Part] = {}
    for name, part in parts.items():
        content = _safetensors(weights[name])
        sha256 = hashlib.sha256(content).hexdigest()
        file = f"{name}-{sha256[:16]}{_SUFFIX}"
        _replace(folder / file, content)
        files[file] = PackFile(sha256, len(content))
        placed[name] = replace(part, file=file)
    pack = Pack(folder, origin, placed, files, fingerprint(placed, files), dict(measures))
    _replace(folder / MANIFEST, to_manifest(pack).encode("utf-8"))
    _replace(folder / CARD, card.encode("utf-8"))
    _remove_others(pack)
    return pack


def read_pack(folder: Path) -> Pack:
    """Return the pack in the folder after checking its manifest, and size and sha256 of every file.

    Raises NotReadyError when there is no pack or a file is missing or damaged, InputError when the manifest is wrong.
    """
    pack = parse_manifest(folder)
    for name, promised in pack.files.items():
        _verify(folder, name, promised)
    expected = fingerprint(pack.parts, pack.files)
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


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_others(pack: Pack) -> None:
    for path in pack.folder.glob(f"*{_SUFFIX}"):
        if path.name not in pack.files:
            path.unlink()


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
