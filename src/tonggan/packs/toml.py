"""The part of TOML that packs write: tables of text, numbers, booleans and lists of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from tonggan.errors import InputError


def to_toml(table: Mapping[str, Any]) -> str:
    """Return the table as TOML, values before inner tables, keys in their order.

    >>> print(to_toml({"name": "shop", "parts": {"text": {"dim": 2}}}))
    name = "shop"
    <BLANKLINE>
    [parts.text]
    dim = 2
    <BLANKLINE>
    """
    return "\n".join([*_lines(table, path=()), ""]).lstrip("\n")


def _lines(table: Mapping[str, Any], *, path: tuple[str, ...]) -> list[str]:
    plain = [f"{_key(key)} = {_value(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
    lines = ["", f"[{'.'.join(map(_key, path))}]", *plain] if plain and path else plain
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines.extend(_lines(value, path=(*path, key)))
    return lines


def _key(key: str) -> str:
    is_bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if is_bare else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    raise InputError(f"{value!r} cannot stand in a pack; text, finite numbers, booleans and lists can.")
