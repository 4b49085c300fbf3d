"""The packs that a shop has fitted on itself, and which of them it uses."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

from tonggan.align.catalogue_pack import PictureSource, fit_catalogue_pack, load_pack
from tonggan.align.senses import Senses
from tonggan.errors import TongganError
from tonggan.records import Rating

POINTER = "CURRENT.json"
"""Names the pack in use and how many products the catalogue had when it was fitted."""


class ShopPacks:
    """A folder of fitted packs with a pointer to the one in use; a lost or damaged pack is fitted anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def fitted_products(self) -> int:
        """How many products the catalogue had when the pack in use was fitted; 0 without a pack."""
        return int(self._pointer().get("products", 0))

    def load(self) -> Senses | None:
        """Return the pack in use; none where there is none that can be trusted."""
        name = self._pointer().get("pack", "")
        if not name:
            return None
        try:
            return load_pack(self.folder / name)
        except TongganError:
            (self.folder / POINTER).unlink(missing_ok=True)
            return None

    def fit(
        self,
        texts: Sequence[str],
        pictures: Sequence[PictureSource],
        ratings: Sequence[Rating | None],
        *,
        products: int,
    ) -> Senses:
        """Fit a pack on products given side by side, and use it from the next open on."""
        name = f"catalogue-{uuid.uuid4().hex[:12]}"
        senses = fit_catalogue_pack(texts, pictures, ratings, self.folder / name)
        self._point_to({"pack": name, "products": products})
        for other in self.folder.glob("catalogue-*"):
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)
        return senses

    def _pointer(self) -> dict[str, str | int]:
        path = self.folder / POINTER
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def _point_to(self, pointer: dict[str, str | int]) -> None:
        unfinished = self.folder / f"{POINTER}.part"
        unfinished.write_text(json.dumps(pointer), encoding="utf-8")
        unfinished.replace(self.folder / POINTER)
