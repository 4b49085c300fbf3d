"""Vendors as data: one TOML each, recognised by the columns it names."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from tonggan.errors import InputError, unknown_name
from tonggan.feed.columns import identity, parse_target

ANY = "any"
"""Name of a feed that no vendor file knows; its columns are mapped by alias alone."""

NUMBERED = "{n}"
"""Stands in a column name for a number."""

MOST_NUMBERED = 50
"""Highest such number; WooCommerce shops have at most about 30 attributes."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """How one shop system writes its products. Column names are identities (see `columns.identity`).

    `order` says where rows of a product stand: `adjacent`, or `scattered`. `variants` names a cell that holds rows of
    its own, `links` a cell that names the rows that are variants, `transforms` what unpacks a cell.
    """

    name: str
    detect: tuple[frozenset[str], ...] = ()
    order: Literal["adjacent", "scattered"] = "scattered"
    columns: Mapping[str, str] = field(default_factory=dict)
    separators: Mapping[str, str] = field(default_factory=dict)
    levels: str = ""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    transforms: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    rows_after_header: int = 0
    decimal: Literal["", "detect"] = ""
    has_minor_units: bool = False
    has_attributes_as_options: bool = False


def recognise(columns: Iterable[str]) -> Vendor:
    """Return the vendor whose marks all occur among the columns, the one that knows most columns, or `any`."""
    present = {identity(column) for column in columns}
    found = [vendor for vendor in load_vendors().values() if any(marks <= present for marks in vendor.detect)]
    return max(found, key=lambda vendor: len(present & vendor.columns.keys()), default=find_vendor(ANY))


def find_vendor(name: str) -> Vendor:
    """Return a vendor by name; InputError names those that are known."""
    vendors = load_vendors()
    if name not in vendors:
        raise InputError(unknown_name("vendor", name, vendors))
    return vendors[name]


@cache
def load_vendors() -> Mapping[str, Vendor]:
    """Return all vendors by name."""
    folder = files("tonggan.feed.vendors")
    tables = (item for item in sorted(folder.iterdir(), key=lambda item: item.name) if item.name.endswith(".toml"))
    vendors = [_read(item.name.removesuffix(".toml"), tomllib.loads(item.read_text("utf-8"))) for item in tables]
    return {vendor.name: vendor for vendor in [*vendors, Vendor(ANY, decimal="detect")]}


def _read(name: str, table: dict[str, Any]) -> Vendor:
    columns = dict(pair for item in table.pop("columns").items() for pair in _numbered(*item))
    for target in columns.values():
        parse_target(target)
    return Vendor(
        name=name,
        detect=tuple(frozenset(map(identity, marks)) for marks in table.pop("detect")),
        columns={identity(column): target for column, target in columns.items()},
        transforms={identity(column): transform for column, transform in table.pop("transforms", {}).items()},
        **table,
    )


def _numbered(column: str, target: str) -> list[tuple[str, str]]:
    if NUMBERED not in column:
        return [(column, target)]
    numbers = map(str, range(1, MOST_NUMBERED + 1))
    return [(column.replace(NUMBERED, number), target.replace(NUMBERED, number)) for number in numbers]
