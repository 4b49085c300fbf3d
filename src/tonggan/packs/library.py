"""The packs that this user has: the one inside the package, and those fetched or added, a folder each."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from tonggan.errors import ConflictError, InputError, NotFoundError, NotReadyError, unknown_name
from tonggan.packs import MANIFEST, Pack
from tonggan.packs.folder import copy_pack, read_pack, sync
from tonggan.packs.manifest import parse_manifest
from tonggan.packs.published import published

FOLDER_VARIABLE = "TONGGAN_PACKS"

DEFAULT = "default"
"""The name of the pack inside the package."""

BUNDLED = Path(__file__).parent / DEFAULT

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a pack may be called: a plain folder name on every system."""

_UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True)
class KeptPack:
    """A pack as it stands in the library, its files not looked at; without `pack`, `problem` says what is wrong."""

    name: str
    folder: Path
    is_bundled: bool
    pack: Pack | None
    problem: str = ""


class PackLibrary:
    """A folder of packs by name, and the bundled one; only `workplace`, `add` and `place` create anything."""

    def __init__(self, folder: Path, *, bundled: Path = BUNDLED) -> None:
        self.folder = folder
        self._bundled = bundled

    @classmethod
    def of_user(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the library of TONGGAN_PACKS, else of the user's data folder."""
        return cls(packs_folder(environ))

    def list(self) -> tuple[KeptPack, ...]:
        """Return what is there, the bundled pack first, then by name; what cannot be read is told, not raised."""
        kept = [self._kept(DEFAULT, self._bundled)] if self._has_bundled else []
        return tuple(kept + [self._kept(name, self.folder / name) for name in self._names()])

    def folder_of(self, name_or_folder: str | Path) -> Path:
        """Return where a pack stands that is named, or whose folder is given; a name wins over a folder of that name.

        Raises NotFoundError with the known names.
        """
        given = str(name_or_folder)
        if given == DEFAULT and self._has_bundled:
            return self._bundled
        if given in self._names():
            return self.folder / given
        if "://" in given:
            raise InputError(
                f"{given!r} is an address; packs are used by name or from a local folder.",
                remedy="See `tonggan packs list` for the names.",
            )
        if (Path(given) / MANIFEST).is_file():
            return Path(given)
        raise self._unknown(given)

    def find(self, name_or_folder: str | Path) -> Pack:
        """Return a verified pack by its name, or by its local folder.

        Raises NotFoundError with the known names, NotReadyError with file and reason where it cannot be trusted.
        """
        return read_pack(self.folder_of(name_or_folder))

    def with_fingerprint(self, fingerprint: str) -> Pack:
        """Return the verified pack with a fingerprint; NotReadyError where it is not here any more."""
        for kept in self.list():
            if kept.pack is not None and kept.pack.fingerprint == fingerprint:
                return read_pack(kept.folder)
        raise NotReadyError(
            f"No pack with fingerprint {fingerprint} in {self.folder}.",
            remedy="Get it again, or let the shop use another: `tonggan packs use NAME`.",
        )

    def add(self, folder: Path, *, name: str = "") -> Pack:
        """Copy a pack into the library, under a name or that of its origin; the same one again changes nothing.

        Raises ConflictError where another pack has that name.
        """
        pack = read_pack(folder)
        name = _require_name(name or pack.origin.name)
        if name in self._names():
            there = self._kept(name, self.folder / name).pack
            if there is not None and there.fingerprint == pack.fingerprint:
                return self.find(name)
            raise ConflictError(f"Another pack is called '{name}'.", remedy=f"First: tonggan packs remove {name}")
        self.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.folder, prefix=f"{_UNFINISHED}-") as unfinished:
            complete = Path(unfinished, "pack")
            complete.mkdir()
            copy_pack(pack, complete)
            return self.place(complete, name=name)

    def place(self, folder: Path, *, name: str) -> Pack:
        """Move a complete pack, which stands inside the library's `workplace`, to its name; an older one goes."""
        read_pack(folder)
        target = self.folder / _require_name(name)
        with TemporaryDirectory(dir=self.folder, prefix=f"{_UNFINISHED}-") as removed:
            if target.exists():
                target.rename(Path(removed, "older"))
            folder.rename(target)
        sync(self.folder)
        return parse_manifest(target)

    def remove(self, name: str) -> None:
        """Remove a pack at once; ConflictError for the bundled one."""
        if name == DEFAULT:
            raise ConflictError(f"'{DEFAULT}' is part of Tonggan.", remedy="Other packs can be removed.")
        if name not in self._names():
            raise self._unknown(name)
        with TemporaryDirectory(dir=self.folder, prefix=f"{_UNFINISHED}-") as removed:
            (self.folder / name).rename(Path(removed, "pack"))

    @contextmanager
    def workplace(self, name: str) -> Iterator[Path]:
        """Give a folder in which a pack is made, for one process at a time; what a failure leaves is found again.

        Raises ConflictError while another process makes the pack of that name.
        """
        place = self.folder / f"{_UNFINISHED}-{_require_name(name)}"
        place.mkdir(parents=True, exist_ok=True)
        with (place / "LOCK").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConflictError(f"Another process is getting '{name}'.", remedy="Wait for it to end.") from error
            yield place
            shutil.rmtree(place, ignore_errors=True)

    @property
    def _has_bundled(self) -> bool:
        return (self._bundled / MANIFEST).is_file()

    def _names(self) -> list[str]:
        folders = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(path.name for path in folders if NAME.fullmatch(path.name) and path.is_dir())

    def _kept(self, name: str, folder: Path) -> KeptPack:
        is_bundled = folder == self._bundled
        try:
            return KeptPack(name, folder, is_bundled, parse_manifest(folder))
        except NotReadyError as error:
            return KeptPack(name, folder, is_bundled, None, error.message)

    def _unknown(self, name: str) -> NotFoundError:
        if name in published():
            return NotFoundError(f"Pack '{name}' is not here yet.", remedy=f"First: tonggan packs get {name}")
        known = [kept.name for kept in self.list()]
        return NotFoundError(unknown_name("pack", name, known), remedy="Name one of them, or the folder of a pack.")


def packs_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where this user's packs are; nothing is created."""
    if environ.get(FOLDER_VARIABLE):
        return Path(environ[FOLDER_VARIABLE]).expanduser()
    home = environ.get("XDG_DATA_HOME") or Path(environ.get("HOME") or Path.home(), ".local", "share")
    return Path(home, "tonggan", "packs")


def _require_name(name: str) -> str:
    if not NAME.fullmatch(name) or name == DEFAULT:
        raise InputError(
            f"{name!r} cannot be the name of a pack.",
            remedy=f"Use at most 64 letters, digits, '.', '_' and '-', and another word than '{DEFAULT}'.",
        )
    return name
