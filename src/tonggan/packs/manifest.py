"""`pack.toml`: a pack's manifest to text and back, every key and every value checked."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

from tonggan.errors import NotReadyError, unknown_name
from tonggan.packs import MANIFEST, Origin, Pack, PackFile, Part
from tonggan.packs.toml import to_toml

FORMAT = 2
"""Version of the manifest's layout; a reader refuses what it does not know."""

LARGEST_BYTES = 4 << 30
"""A file beyond 4 GiB is not a pack of ours; the limit keeps a forged manifest from filling memory."""

NO_LICENCE = frozenset({"", "none", "unknown", "unlicensed"})
"""What a manifest says where nobody may use the pack: a licence that is not named gives no right."""

REMEDY = "Remove the folder and fit or fetch the pack again."

_Record = TypeVar("_Record")
_KEYS = ("format", "fingerprint", "base", "origin", "measures", "parts", "files")


def to_manifest(pack: Pack) -> str:
    """Return the manifest as TOML."""
    return to_toml(
        {
            "format": FORMAT,
            "fingerprint": pack.fingerprint,
            "base": pack.base,
            "origin": asdict(pack.origin),
            "measures": dict(pack.measures),
            "parts": _tables(pack.parts),
            "files": _tables(pack.files),
        }
    )


def parse_manifest(folder: Path) -> Pack:
    """Return the pack that the manifest in the folder describes, its files not yet looked at.

    Raises NotReadyError where there is none, or where a key, a value or a file name is not acceptable.
    """
    path = folder / MANIFEST
    table = _table(path)
    if table.get("format") != FORMAT:
        raise NotReadyError(f"{path}: format {table.get('format')!r} is unknown; known: {FORMAT}.", remedy=REMEDY)
    _refuse_unknown(table, _KEYS, where=str(path))
    sections = {key: _section(table, key, where=str(path)) for key in _KEYS[3:]}
    files = {name: _record(PackFile, value, where=f"{path}: files.{name}") for name, value in sections["files"].items()}
    parts = {name: _record(Part, value, where=f"{path}: parts.{name}") for name, value in sections["parts"].items()}
    origin = _record(Origin, sections["origin"], where=f"{path}: origin")
    pack = Pack(
        folder, origin, parts, files, str(table.get("fingerprint")), sections["measures"], str(table.get("base", ""))
    )
    check_pack(pack)
    return pack


def check_pack(pack: Pack) -> None:
    """Raise NotReadyError, with the reason, for a pack without a licence or with a file that is not acceptable."""
    where = str(pack.folder / MANIFEST)
    if pack.origin.licence.strip().lower() in NO_LICENCE:
        raise NotReadyError(
            f"{where}: licence {pack.origin.licence!r} gives no right to use the pack.",
            remedy="Ask its publisher for a licence, and name it in the pack.",
        )
    _check_files(pack, where=where)


def fingerprint(pack: Pack) -> str:
    """Return 32 hexadecimal digits that depend on everything in the pack but its place."""
    return _digest([FORMAT, asdict(pack.origin), pack.measures, pack.base, _tables(pack.parts), _tables(pack.files)])


def part_fingerprint(pack: Pack, name: str) -> str:
    """Return 32 hexadecimal digits that depend on one part and the content of its files alone.

    Rows of an encoder may be kept for as long as this stays the same, whatever else changes in the pack.
    """
    part = pack.parts[name]
    checksums = {role: pack.files[file].sha256 for role, file in part.files.items()}
    return _digest([FORMAT, part.implementation, part.dim, part.parameters, checksums])


def _digest(content: list[Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8")).hexdigest()[:32]


def _tables(records: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asdict(record) for name, record in records.items()}


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotReadyError(f"No pack in {path.parent}: {MANIFEST} is missing.", remedy="Fit or fetch one.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NotReadyError(f"{path} is not TOML: {error}.", remedy=REMEDY) from error


def _check_files(pack: Pack, *, where: str) -> None:
    for name, file in pack.files.items():
        if not name or name.startswith(".") or set(name) & set("/\\:\0"):
            raise NotReadyError(f"{where}: file {name!r} is not a plain name inside the folder.", remedy=REMEDY)
        if not 0 <= file.size_bytes <= LARGEST_BYTES:
            raise NotReadyError(
                f"{where}: file {name!r}: {file.size_bytes} bytes are beyond {LARGEST_BYTES}.", remedy=REMEDY
            )
    for name, part in pack.parts.items():
        for file in part.files.values():
            if file not in pack.files:
                raise NotReadyError(f"{where}: part {name!r}: file {file!r} is not among `files`.", remedy=REMEDY)


def _section(table: Mapping[str, Any], key: str, *, where: str) -> dict[str, Any]:
    section = table.get(key, {})
    if not isinstance(section, dict):
        raise NotReadyError(f"{where}: {key} = {section!r} is not a table.", remedy=REMEDY)
    return section


def _record(kind: type[_Record], values: Any, *, where: str) -> _Record:
    if not isinstance(values, dict):
        raise NotReadyError(f"{where} = {values!r} is not a table.", remedy=REMEDY)
    types = get_type_hints(kind)
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    _refuse_unknown(values, names, where=where)
    try:
        return kind(**{key: _checked(types[key], value, where=f"{where}.{key}") for key, value in values.items()})
    except TypeError as error:
        raise NotReadyError(f"{where}: a key is missing; needed: {', '.join(names)}.", remedy=REMEDY) from error


def _refuse_unknown(values: Mapping[str, Any], known: tuple[str, ...] | list[str], *, where: str) -> None:
    for key in values:
        if key not in known:
            raise NotReadyError(f"{where}: {unknown_name('key', key, known)}", remedy=REMEDY)


def _checked(kind: Any, value: Any, *, where: str) -> Any:
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(value)
    accepted = dict if get_origin(kind) else kind
    if not isinstance(value, accepted) or isinstance(value, bool):
        raise NotReadyError(f"{where} = {value!r} is not {accepted.__name__}.", remedy=REMEDY)
    return value
