"""What encoders are made of: a folder with `pack.toml`, weights as safetensors or ONNX, and a card.

`pack.toml` names each part's implementation, parameters, dimension and files, and each file's size and sha256. A pack
that is damaged, forged or reaches outside its folder is refused before any weight is read. Nothing in a pack is code:
implementations are names that the stages know. A pack that a shop has fitted on itself may build on a `base`.
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
    """One fitted thing: `kind` says what (`encoder`, `bridge`), `implementation` by which registered name.

    `files` names its files by role: `weights` (safetensors), `model` (ONNX), `tokenizer`, `lexicon`.
    """

    kind: str
    implementation: str
    dim: int
    files: Mapping[str, str] = field(default_factory=dict)
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
    """A verified pack. Vectors of different `fingerprint` are never compared; `measures` are what its card reports.

    `base` is the fingerprint of the pack whose encoders it builds on, empty where all of them are its own.
    """

    folder: Path
    origin: Origin
    parts: Mapping[str, Part]
    files: Mapping[str, PackFile]
    fingerprint: str
    measures: Mapping[str, float] = field(default_factory=dict)
    base: str = ""
