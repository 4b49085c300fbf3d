"""Rebuild aside and swap: an index folder holds generations, and a file that names the one that serves.

A new generation is built in its own folder while the old one answers; making it current is one rename. What a killed
build left behind is removed when the current generation is opened.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tonggan.errors import NotReadyError
from tonggan.index import Index, IndexAdapter, IndexSchema
from tonggan.index.array_files import REBUILD, read_record, write_record

CURRENT = "CURRENT"
"""The file that names the generation that serves."""

PREFIX = "generation-"
"""How the folders of generations begin; a number follows that is never used twice while it stands."""


class Generations:
    """The generations of one shop's index, under one folder; one process uses it."""

    def __init__(self, folder: str | Path, *, adapter: IndexAdapter) -> None:
        self._folder = Path(folder)
        self._adapter = adapter
        self._records: dict[int, dict[str, str]] = {}

    def open(self, schema: IndexSchema) -> Index:
        """Open the current generation and remove the others; NotReadyError when it is lost or cannot be believed."""
        current = self.current()
        index = self._adapter.open(str(self._folder / current), schema)
        self._records[id(index)] = _record(current, schema)
        self._remove_all_but({current})
        return index

    def create(self, schema: IndexSchema) -> Index:
        """A new, empty generation aside; whoever is current goes on serving until `promote`."""
        numbers = [int(name.removeprefix(PREFIX)) for name in self._standing()]
        name = f"{PREFIX}{max(numbers, default=0) + 1}"
        index = self._adapter.create(str(self._folder / name), schema)
        self._records[id(index)] = _record(name, schema)
        return index

    def promote(self, index: Index) -> None:
        """Make a checkpointed generation the current one, which `open` finds from now on.

        The one before stays on disk for its last readers, until the next `promote` or `open`.
        """
        before = self._read_current()
        record = self._records[id(index)]
        write_record(self._folder / CURRENT, record)
        self._remove_all_but({record["generation"], before})

    def fingerprint(self) -> str:
        """Return the fingerprint of the encoders whose vectors serve; empty where that is not known."""
        return self._read_current("fingerprint")

    def current(self) -> str:
        """The name of the generation that serves; NotReadyError when there is none."""
        name = self._read_current()
        if name not in self._standing():
            raise NotReadyError(f"There is no index in {self._folder}.", remedy=REBUILD)
        return name

    def _read_current(self, key: str = "generation") -> str:
        try:
            return str(read_record(self._folder / CURRENT).get(key, ""))
        except NotReadyError:
            return ""

    def _standing(self) -> list[str]:
        return [path.name for path in self._folder.glob(f"{PREFIX}*") if path.name.removeprefix(PREFIX).isdecimal()]

    def _remove_all_but(self, kept: set[str]) -> None:
        for name in set(self._standing()) - kept:
            shutil.rmtree(self._folder / name, ignore_errors=True)


def _record(name: str, schema: IndexSchema) -> dict[str, str]:
    return {"generation": name, "fingerprint": schema.fingerprint}
