"""The packs that a shop has fitted on itself, which of them it uses, and what they are based on."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from tonggan.align.catalogue_pack import PictureRows, fit_catalogue_pack
from tonggan.align.senses import Base, Senses, load_pack, open_base
from tonggan.encode import DEFAULT_SETTINGS, EncodeSettings
from tonggan.errors import NotFoundError, NotReadyError, TongganError
from tonggan.packs import MANIFEST, Pack
from tonggan.packs.folder import read_pack
from tonggan.packs.library import PackLibrary
from tonggan.packs.manifest import parse_manifest, part_fingerprint
from tonggan.records import Rating
from tonggan.shop.rows import RowKeeper

POINTER = "CURRENT"
"""Names the pack in use."""

KEPT_VERSIONS = 5
"""Packs that are kept to go back to, the one in use among them."""

CATALOGUE = "catalogue"
"""The name that stands for no base: every encoder is fitted on the shop's own products."""


@dataclass(frozen=True, slots=True)
class PackVersion:
    """A pack that the shop has used: when it was made (ISO 8601, UTC), and what was measured then."""

    version: str
    made_at: str
    is_used: bool
    measures: Mapping[str, float]


class ShopPacks:
    """A folder of fitted packs with a pointer to the one in use; a lost or damaged pack is fitted anew.

    A shop's first fit is based on the pack named `start`; later ones on the base of the pack in use.
    """

    def __init__(
        self,
        folder: Path,
        *,
        library: PackLibrary | None = None,
        start: str = CATALOGUE,
        settings: EncodeSettings = DEFAULT_SETTINGS,
    ) -> None:
        self.folder = folder
        self.library = library or PackLibrary.of_user()
        self._start = start
        self._settings = settings
        self._pointer = folder / POINTER

    def load(self) -> Senses | None:
        """Return the senses of the pack in use; none where there is none that can be trusted."""
        if not self._pointer.exists():
            return None
        try:
            return self._opened(self.folder / self._pointer.read_text(encoding="utf-8"))
        except (TongganError, ValueError, OSError):  # The pointer itself may be garbage, which no path is made of.
            self._pointer.unlink()
            return None

    def fit(
        self,
        texts: Sequence[str],
        checksums: Sequence[str],
        ratings: Sequence[Rating | None],
        *,
        rows: RowKeeper,
        products: int,
        base: str | None = None,
    ) -> Senses:
        """Fit a pack on a sample of `products` products given side by side, and use it from the next open on.

        `base` names the pack to build on, where it is not the one that is built on already.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        built_on = self._base(base)
        senses = fit_catalogue_pack(
            texts,
            [partial(rows.picture, checksum) if checksum else None for checksum in checksums],
            ratings,
            self.folder,
            base=built_on,
            picture_rows=_rows_of(built_on, checksums, rows),
            settings=self._settings,
            products=products,
        )
        self.point_at(senses)
        return senses

    def point_at(self, senses: Senses) -> None:
        """Use a pack of this folder from the next open on, and remove all but the newest of the others."""
        unfinished = self._pointer.with_suffix(".part")
        unfinished.write_text(senses.folder.name, encoding="utf-8")
        unfinished.replace(self._pointer)
        others = [folder for folder in self._folders() if folder.name != senses.folder.name]
        unfinished_folders = [folder for folder in others if not _made(folder)]
        for folder in {*others[KEPT_VERSIONS - 1 :], *unfinished_folders}:
            shutil.rmtree(folder, ignore_errors=True)

    def versions(self) -> tuple[PackVersion, ...]:
        """Return the packs that can be gone back to and the one in use, newest first; damaged ones are left out."""
        used = self._pointer.read_text(encoding="utf-8") if self._pointer.exists() else ""
        found = []
        for folder in self._folders():
            with suppress(NotReadyError):
                pack = parse_manifest(folder)
                found.append(PackVersion(pack.fingerprint, _made_at(folder), folder.name == used, pack.measures))
        return tuple(found)

    def open(self, version: str) -> Senses:
        """Return the senses of a version, named by its fingerprint or the beginning of it.

        Raises NotFoundError where none or more than one begins so, NotReadyError where it is damaged.
        """
        known = [each.version for each in self.versions()]
        matches = [name for name in known if version and name.startswith(version)]
        if len(matches) != 1:
            raise NotFoundError(
                f"{'No' if not matches else 'More than one'} version begins with '{version}'; "
                f"there are: {', '.join(known) or 'none'}.",
                remedy="Name one of them.",
            )
        return self._opened(self.folder / matches[0])

    def _folders(self) -> list[Path]:
        """The folders of packs, the newest first, and last what a killed process left unfinished."""
        folders = [folder for folder in self.folder.iterdir() if folder.is_dir()] if self.folder.is_dir() else []
        return sorted(folders, key=lambda folder: (_made(folder), folder.name), reverse=True)

    def _opened(self, folder: Path) -> Senses:
        return load_pack(folder, find_base=self.library.with_fingerprint, settings=self._settings)

    def _base(self, name: str | None) -> Base | None:
        pack = self._find(name) if name else self._present_base()
        return open_base(pack, settings=self._settings) if pack else None

    def _present_base(self) -> Pack | None:
        if not self._pointer.exists():
            return self._find(self._start)
        fingerprint = read_pack(self.folder / self._pointer.read_text(encoding="utf-8")).base
        return self.library.with_fingerprint(fingerprint) if fingerprint else None

    def _find(self, name: str) -> Pack | None:
        return None if name == CATALOGUE else self.library.find(name)


def _rows_of(base: Base | None, checksums: Sequence[str], rows: RowKeeper) -> PictureRows | None:
    if base is None or "image" not in base.encoders:
        return None
    encoder, fingerprint = base.encoders["image"], part_fingerprint(base.pack, "image")

    def chosen_rows(positions: Sequence[int]) -> list[np.ndarray | None]:
        return rows.picture_rows(encoder, fingerprint, [checksums[at] for at in positions])

    return chosen_rows


def _made(folder: Path) -> float:
    manifest = folder / MANIFEST
    return manifest.stat().st_mtime if manifest.exists() else 0.0


def _made_at(folder: Path) -> str:
    return datetime.fromtimestamp(_made(folder), UTC).isoformat(timespec="seconds")
