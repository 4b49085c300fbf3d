"""What an ONNX file asks for, read before a runtime sees it: operators beyond the standard, and weights in other files.

Only the few fields that matter are looked at; weights are stepped over, so a large file costs no more than a small one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tonggan.errors import NotReadyError
from tonggan.packs.manifest import REMEDY

OPERATOR_DOMAINS: Final = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators that ONNX Runtime carries itself; those of any other domain would need a library, which is code."""

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5

_MESSAGES: Final[Mapping[str, Mapping[int, str]]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute", 7: "domain"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "external"},
}
"""Fields by number that lead to a node's domain or a tensor's external data, as `onnx.proto` numbers them."""


@dataclass(frozen=True, slots=True)
class Demands:
    """Domains of all operators, and locations of all weights that stand in other files."""

    domains: frozenset[str]
    locations: frozenset[str]


def demands(content: bytes) -> Demands:
    """Return what an ONNX file asks for; ValueError where the bytes are not one."""
    found: dict[str, set[str]] = {"domain": set(), "external": set()}
    pending = [("model", memoryview(content))]
    while pending:
        message, view = pending.pop()
        for number, value in _fields(view):
            kind = _MESSAGES[message].get(number, "")
            if kind == "domain":
                found["domain"].add(bytes(value).decode("utf-8"))
            elif kind == "external":
                found["external"].update(_location(value))
            elif kind:
                pending.append((kind, value))
    return Demands(frozenset(found["domain"]), frozenset(found["external"]))


def require_harmless(content: bytes, path: Path) -> frozenset[str]:
    """Return the names of the files beside it that an ONNX file needs.

    Raises NotReadyError where it is no ONNX file, asks for operators that are code, or for files of other folders.
    """
    try:
        asked = demands(content)
    except ValueError as error:
        raise NotReadyError(f"{path} is not ONNX: {error}.", remedy=REMEDY) from error
    for domain in sorted(asked.domains - OPERATOR_DOMAINS):
        raise NotReadyError(f"{path}: operators of domain {domain!r} are code, which no pack may bring.", remedy=REMEDY)
    for location in sorted(asked.locations):
        if set(location) & set("/\\:\0") or location in ("", ".", ".."):
            raise NotReadyError(f"{path}: weights at {location!r} are outside the folder of the pack.", remedy=REMEDY)
    return asked.locations


def _location(entry: memoryview) -> Iterator[str]:
    fields = {number: bytes(value).decode("utf-8") for number, value in _fields(entry)}
    if fields.get(1) == "location":
        yield fields.get(2, "")


def _fields(view: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield number and content of the fields that have a length; the others hold numbers, which ask for nothing."""
    at = 0
    while at < len(view):
        key, at = _number(view, at)
        wire = key & 7
        if wire == _VARINT:
            _, at = _number(view, at)
            continue
        length, at = _number(view, at) if wire == _LENGTH else (_width(wire), at)
        if length > len(view) - at:
            raise ValueError(f"a field of {length} bytes stands where {len(view) - at} are left")
        if wire == _LENGTH:
            yield key >> 3, view[at : at + length]
        at += length


def _width(wire: int) -> int:
    if wire not in (_EIGHT_BYTES, _FOUR_BYTES):
        raise ValueError(f"a field has the unknown wire type {wire}")
    return 8 if wire == _EIGHT_BYTES else 4


def _number(view: memoryview, at: int) -> tuple[int, int]:
    """Return the number that starts at a byte, and where the next field starts."""
    value = 0
    for place, byte in enumerate(view[at : at + 10]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("a number does not end")
