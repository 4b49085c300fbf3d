"""The packs that a shop has fitted on itself, and which of them it uses."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from tonggan.align.catalogue_pack import PictureSource, fit_catalogue_pack
from tonggan.align.senses import Senses, load_pack
from tonggan.errors import TongganError
from tonggan.records import Rating

POINTER = "CURRENT"
"""Names the pack in use."""


class ShopPacks:
    """A folder of fitted packs with a pointer to the one in use; a lost or damaged pack is fitted anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / POINTER

    def load(self) -> Senses | None:
        """Return the pack in use; none where there is none that can be trusted."""
        if not self._pointer.exists():
            return None
        try:
            return load_pack(self.folder / self._pointer.read_text(encoding="utf-8"))
        except (TongganError, ValueError, OSError):  # The pointer itself may be garbage, which no path is made of.
            self._pointer.unlink()
            return None

    def fit(
        self,
        texts: Sequence[str],
        pictures: Sequence[PictureSource],
        ratings: Sequence[Rating | None],
        *,
        products: int,
    ) -> Senses:
        """Fit a pack on a sample of `products` products given side by side, and use it from the next open on."""
        self.folder.mkdir(parents=True, exist_ok=True)
        senses = fit_catalogue_pack(texts, pictures, ratings, self.folder, products=products)
        unfinished = self._pointer.with_suffix(".part")
        unfinished.write_text(senses.folder.name, encoding="utf-8")
        unfinished.replace(self._pointer)
        for other in self.folder.iterdir():
            if other.is_dir() and other.name != senses.folder.name:
                shutil.rmtree(other, ignore_errors=True)
        return senses
