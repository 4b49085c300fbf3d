"""Which column feeds which field, and the `mapping.toml` in which a merchant may change that."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tonggan.errors import InputError, unknown_name
from tonggan.feed import FIELDS, FeedMapping
from tonggan.feed.columns import choose_fields, find_aliases, identity, parse_target
from tonggan.feed.limits import MAX_COLUMNS, MAX_DEPTH
from tonggan.feed.vendors import Vendor, find_vendor

METADATA = "metadata"

_KEYS = ("vendor", "constants", "columns")
_INTRODUCTION = """\
# How the columns of {name} become fields. Change the right side, then import with this file.
# A column may feed several fields ("id|sku"), one named value ("option:Colour", "attribute:Voltage"),
# the many named values of one cell ("attributes", "options"), or "metadata": kept, searched, and nothing more.
# Fields: {fields}.
"""


def map_columns(columns: Sequence[str], vendor: Vendor, *, given: FeedMapping | None = None) -> FeedMapping:
    """Map what the merchant gave, then what the vendor names, then what an alias knows; the rest is metadata."""
    chosen = dict(given.columns) if given else {}
    for target in chosen.values():
        parse_target(target)
    for column in columns:
        known = vendor.columns.get(identity(column))
        if known and column not in chosen:
            chosen[column] = known
    taken = {name for target in chosen.values() for name in parse_target(target)}
    rest = [column for column in columns if column not in chosen]
    if "id" not in taken and vendor.columns and "group" in taken:
        taken.add("id")
    chosen |= choose_fields(rest, taken=taken)
    chosen = _with_sku_as_id(chosen, vendor)
    mapped = {column: chosen.get(column, METADATA) for column in [*columns, *chosen]}
    return FeedMapping(vendor.name, _without_parts(mapped), given.constants if given else {})


def column_names(header: Sequence[str], sample: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of all columns; inside objects they are joined by dots."""
    names = dict.fromkeys(header)
    for row in sample:
        for key, cell in row.items():
            names.setdefault(str(key))
            if isinstance(cell, Mapping | list | tuple) and len(names) < MAX_COLUMNS:
                names.update(dict.fromkeys(_inner_names(str(key), cell, depth=0)))
    return list(names)


def write_mapping(path: Path | str, mapping: FeedMapping, *, notes: Mapping[str, str] | None = None) -> None:
    """Write a mapping as TOML that explains itself; `notes` stand behind their columns as comments."""
    lines = [_INTRODUCTION.format(name="the feed", fields=", ".join(FIELDS)), f"vendor = {_quote(mapping.vendor)}", ""]
    lines += ["[constants]", '# currency = "USD"  # fills the field where a row leaves it empty']
    lines += [f"{_quote(name)} = {_quote(value)}" for name, value in mapping.constants.items()]
    lines += ["", "[columns]"]
    for column, target in mapping.columns.items():
        note = _comment((notes or {}).get(column, ""))
        lines.append(f"{_quote(column)} = {_quote(target)}{note}")
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_mapping(path: Path | str) -> FeedMapping:
    """Read a mapping. Raises InputError for an unknown key, vendor or field, with what was probably meant."""
    table = _read_toml(Path(path))
    for key in table:
        if key not in _KEYS:
            raise InputError(f"{path}: {unknown_name('key', key, _KEYS)}")
    vendor = find_vendor(str(table.get("vendor", "any"))).name
    columns = _texts(table, "columns", path)
    constants = _texts(table, "constants", path)
    for column, target in columns.items():
        try:
            parse_target(target)
        except InputError as error:
            raise InputError(f"{path}: column '{column}': {error.message}") from error
    for name in constants:
        if name not in FIELDS:
            raise InputError(f"{path}: constants: {unknown_name('field', name, FIELDS)}")
    return FeedMapping(vendor, columns, constants)


def _with_sku_as_id(chosen: dict[str, str], vendor: Vendor) -> dict[str, str]:
    """Let the stock number name the row where nothing else does; not where the product is named by its group."""
    fields = {name for target in chosen.values() for name in parse_target(target)}
    if "id" in fields or (vendor.columns and "group" in fields):
        return chosen
    return {column: "id|sku" if target == "sku" else target for column, target in chosen.items()}


def _without_parts(mapped: Mapping[str, str]) -> dict[str, str]:
    """Leave out parts of an object that is taken whole, and objects that are taken in parts."""
    whole = {column for column, target in mapped.items() if target not in (METADATA, "")}
    parents = {column.rpartition(".")[0] for column in mapped if "." in column}
    return {
        column: target
        for column, target in mapped.items()
        if not (_ancestors(column) & whole) and not (column in parents and column not in whole)
    }


def _ancestors(column: str) -> set[str]:
    parts = column.split(".")
    return {".".join(parts[:length]) for length in range(1, len(parts))}


def _inner_names(name: str, cell: Any, *, depth: int) -> Iterable[str]:
    if depth > MAX_DEPTH or _is_taken_whole(name):
        return
    if isinstance(cell, Mapping):
        for key, value in cell.items():
            yield f"{name}.{key}"
            yield from _inner_names(f"{name}.{key}", value, depth=depth + 1)
    elif isinstance(cell, list | tuple):
        for item in cell:
            yield from _inner_names(name, item, depth=depth + 1)


def _is_taken_whole(name: str) -> bool:
    return any(alias.field in ("attributes", "options") for alias in find_aliases(name))


def _texts(table: Mapping[str, Any], key: str, path: Path | str) -> dict[str, str]:
    entries = table.get(key, {})
    if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
        raise InputError(f'{path}: [{key}] holds lines like "Column" = "field".', remedy="Quote both sides.")
    return entries


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", remedy="Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}.", remedy="Correct that line; quote both sides.") from error


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(note: str) -> str:
    printable = "".join(mark if mark.isprintable() else " " for mark in note)
    return f"  # {printable}" if printable.strip() else ""
