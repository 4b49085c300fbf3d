"""Settings: a parameter is a field of its component's frozen dataclass; `shop.toml` is that table.

Precedence: caller, environment (`TONGGAN_SHOP__PER_PAGE=50` is `per_page` of `[shop]`), shop.toml, default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, TypeVar, get_args, get_type_hints

from tonggan.errors import InputError, unknown_name

Table = TypeVar("Table")

PREFIX = "TONGGAN_"
SEPARATOR = "__"


SECTIONS = ("shop", "encode", "retrieval", "rank", "serve")
"""The tables of shop.toml."""


def read_settings(
    kind: type[Table], path: Path, *, section: str, environ: Mapping[str, str] = MappingProxyType({}), **overrides: Any
) -> Table:
    """Build the settings record `kind` from one table of a TOML file, the environment and the caller.

    The file may be absent.

    Raises InputError that names the key and the accepted ones, or the value and the accepted type.
    """
    tables = _read_toml(path)
    for name in tables:
        if name not in SECTIONS:
            raise InputError(f"{path}: {unknown_name('table', name, SECTIONS)}")
    table = dict(tables.get(section, {}))
    prefix = f"{PREFIX}{section.upper()}{SEPARATOR}"
    table |= {name.removeprefix(prefix).lower(): text for name, text in environ.items() if name.startswith(prefix)}
    return _build(kind, table | overrides, where=f"{path} [{section}]")


def _read_toml(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}.", remedy="Correct the line or remove the file.") from error


def _build(kind: type[Table], table: Mapping[str, Any], *, where: str) -> Table:
    types = get_type_hints(kind)
    names = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    for key in table:
        if key not in names:
            raise InputError(f"{where}: {unknown_name('setting', key, names)}")
    return kind(**{key: _convert(types[key], value, where=f"{where}: {key}") for key, value in table.items()})


def _convert(kind: Any, value: Any, *, where: str) -> Any:
    accepted = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    for candidate in accepted:
        if isinstance(value, candidate) and isinstance(value, bool) == (candidate is bool):
            return value
    for candidate in accepted:
        converted = _parse(candidate, value)
        if converted is not None:
            return converted
    raise InputError(
        f"{where} = {value!r} is not {' or '.join(item.__name__ for item in accepted)}.", remedy="Correct the value."
    )


def _parse(kind: Any, value: Any) -> Any:
    if kind is bool:
        return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())
    if kind in (int, float) and not isinstance(value, bool):
        try:
            return kind(value)
        except (TypeError, ValueError):
            return None
    return None
