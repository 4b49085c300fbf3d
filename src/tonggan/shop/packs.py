"""The packs that a shop has fitted on itself, which of them it uses, and what they are based on."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from tonggan.align.catalogue_pack import PictureRows, fit_catalogue_pack
from tonggan.align.senses import Base, Senses, load_pack, open_base
from tonggan.encode import DEFAULT_SETTINGS, EncodeSettings
from tonggan.errors import TongganError
from tonggan.packs import Pack
from tonggan.packs.folder import read_pack
from tonggan.packs.library import PackLibrary
from tonggan.packs.manifest import part_fingerprint
from tonggan.records import Rating
from tonggan.shop.rows import RowKeeper

POINTER = "CURRENT"
"""Names the pack in use."""

CATALOGUE = "catalogue"
"""The name that stands for no base: every encoder is fitted on the shop's own products."""


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
        """Use a pack of this folder from the next open on, and remove the others."""
        unfinished = self._pointer.with_suffix(".part")
        unfinished.write_text(senses.folder.name, encoding="utf-8")
        unfinished.replace(self._pointer)
        for other in self.folder.iterdir():
            if other.is_dir() and other.name != senses.folder.name:
                shutil.rmtree(other, ignore_errors=True)

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
