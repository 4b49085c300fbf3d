"""Implementations chosen by name: tables of `module:attribute`, imported only when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from tonggan.errors import InputError, unknown_name


def load(kind: str, name: str, table: Mapping[str, str]) -> Any:
    """Return the implementation that `table`, or an installed plug-in, registers under a name.

    Plug-ins register under the entry-point group `tonggan.<kind>`.
    Raises InputError with the known names when there is no such implementation.
    """
    if name in table:
        return _resolve(table[name])
    plugins = {point.name: point for point in entry_points(group=f"tonggan.{kind}")}
    if name in plugins:
        return plugins[name].load()
    raise InputError(unknown_name(kind, name, [*table, *plugins]))


def _resolve(reference: str) -> Any:
    module, _, attribute = reference.partition(":")
    return getattr(import_module(module), attribute)
