"""The published models that `tonggan packs get` knows by name: rows of `published.toml`, never code."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from tonggan.errors import InputError, unknown_name

TABLE = "published.toml"

UNKNOWN_LICENCE = "check"
"""Stands where the publisher names no licence, or not one for the weights: whoever fetches it reads and decides."""

FREE_LICENCES = frozenset({"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0"})
"""SPDX names of licences that let a shop earn money with a model; any other is asked about before it is fetched."""


@dataclass(frozen=True, slots=True)
class PublishedPack:
    """A model that others have published, and what it takes to make a pack of it.

    `source` is a hub repository and `revision` a commit of it; `files` are what is fetched.
    `dim` is the length of its vectors, `size_bytes_approximate` that of the fetched files together. `preprocessing`
    overrides what the files say; the prefixes go before each query and document, as the model was trained.
    `checksums` are the sha256 of files, as far as they are known here without asking the hub.
    """

    name: str
    what: str
    source: str
    revision: str
    licence: str
    size_bytes_approximate: int
    languages: tuple[str, ...]
    dim: int
    modalities: tuple[str, ...]
    layout: str
    files: tuple[str, ...]
    query_prefix: str = ""
    document_prefix: str = ""
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_free_licence(self) -> bool:
        """Tell whether a shop may use it for its business without asking."""
        return self.licence in FREE_LICENCES


@functools.cache
def published() -> Mapping[str, PublishedPack]:
    """Return the published packs by name, in the order of the table."""
    table = tomllib.loads(files("tonggan.packs").joinpath(TABLE).read_text(encoding="utf-8"))
    return MappingProxyType({name: _row(name, values) for name, values in table.items()})


def published_pack(name: str) -> PublishedPack:
    """Return the published pack of a name; InputError lists the known ones."""
    if name not in published():
        raise InputError(unknown_name("published pack", name, published()), remedy="See `tonggan packs list`.")
    return published()[name]


def _row(name: str, values: Mapping[str, Any]) -> PublishedPack:
    row: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return PublishedPack(name=name, **row)
