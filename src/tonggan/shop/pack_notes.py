"""What a shop has in mind with packs, on disk beside them: which it uses, which it wants, and rows made beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tonggan.packs.folder import sync

CURRENT = "CURRENT"
"""Names the pack in use."""

WANTED = "WANTED"
"""Names the base that the shop is moving to."""

PREPARED = "PREPARED"
"""Fingerprints of rows that `tonggan encode` made for a pack that is not in use yet."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A base pack to move to: its `name` in the library, its fingerprint (empty for none), and how far the shop is.

    `version` is the shop's own pack on that base once it is fitted; `rows` are the fingerprints of rows made for it.
    """

    name: str
    base: str
    version: str = ""
    rows: tuple[str, ...] = ()


class PackNotes:
    """Small files in the folder of packs, each replaced at once and on disk when a call returns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def current(self) -> str:
        """Return the name of the pack in use; empty where there is none."""
        return self._read(CURRENT)

    def use(self, version: str) -> None:
        """Use a pack from the next open on."""
        self._write(CURRENT, version)

    def forget_current(self) -> None:
        """Use no pack: the one that was named cannot be trusted."""
        (self._folder / CURRENT).unlink(missing_ok=True)

    def wanted(self) -> Wish | None:
        """Return what the shop is moving to; none where nothing is wanted, or the note cannot be read."""
        try:
            table = json.loads(self._read(WANTED))
            return Wish(**{**table, "rows": tuple(table["rows"])})
        except (ValueError, TypeError, KeyError):
            return None

    def want(self, wish: Wish) -> None:
        """Move to another base, now or after the next open."""
        self._write(WANTED, json.dumps(asdict(wish)))

    def forget_wanted(self) -> None:
        """Move nowhere any more."""
        (self._folder / WANTED).unlink(missing_ok=True)

    def prepared(self) -> frozenset[str]:
        """Return the fingerprints of rows that are kept for later."""
        return frozenset(self._read(PREPARED).split())

    def prepare(self, fingerprints: Iterable[str]) -> None:
        """Keep exactly these rows for later."""
        self._write(PREPARED, "\n".join(sorted(fingerprints)))

    def _read(self, name: str) -> str:
        try:
            return (self._folder / name).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return ""

    def _write(self, name: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f"{name}.part"
        unfinished.write_text(text, encoding="utf-8")
        sync(unfinished)
        unfinished.replace(self._folder / name)
        sync(self._folder)
