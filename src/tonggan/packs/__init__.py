"""What encoders are made of: a folder with `pack.toml`, weights as safetensors, and a card.

`pack.toml` names each part's implementation, parameters, dimension and file, and each file's size and sha256. A pack
that is damaged, forged or reaches outside its folder is refused before any weight is read. Nothing in a pack is code:
implementations are names that the stages know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MANIFEST = "pack.toml"
CARD = "card.md"


@dataclass(frozen=True, slots=True)
class PackFile:
    """A file of a pack, as the manifest promises it; `sha256` is hexadecimal."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    """One fitted thing: `kind` says what (`encoder`, `bridge`), `implementation` by which registered name."""

    kind: str
    implementation: str
    dim: int
    file: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a pack comes from and what may be done with it; `languages` are BCP 47, `und` for any."""

    name: str
    source: str
    revision: str
    licence: str
    languages: tuple[str, ...] = ("und",)


@dataclass(frozen=True, slots=True)
class Pack:
    """A verified pack. Vectors of different `fingerprint` are never compared; `measures` are what its card reports."""

    folder: Path
    origin: Origin
    parts: Mapping[str, Part]
    files: Mapping[str, PackFile]
    fingerprint: str
    measures: Mapping[str, float] = field(default_factory=dict)
