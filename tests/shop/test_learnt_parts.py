"""What a shop has learnt from photos outlives a new fit on the same base, and no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shop.tiny_base import base_pack, library_with, write_feed
from tonggan import Shop
from tonggan.align.heads import Head
from tonggan.align.senses import IMAGE_HEAD, Senses
from tonggan.packs import Part
from tonggan.packs.folder import read_pack
from tonggan.packs.revision import revise_pack

pytest.importorskip("onnx", reason="onnx is not installed; it writes the tiny models")


@pytest.fixture
def shop_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TONGGAN_PACKS", str(tmp_path / "library"))
    library_with(tmp_path / "library", base_pack(tmp_path / "made"), base_pack(tmp_path / "made", name="other"))
    with Shop.open(tmp_path / "shop", pack="tiny") as shop:
        shop.ingest(write_feed(tmp_path / "feed", count=12))
    return tmp_path / "shop"


def taught(shop: Shop) -> Head:
    """Let the shop use a head for pictures, as alignment does."""
    before = shop.projection.standing.senses
    assert before is not None
    width = before.spaces["image"]
    mapping = np.random.default_rng(0).standard_normal((width, 5)).astype(np.float32)
    head = Head(np.zeros(width, np.float32), mapping)
    packs = shop.projection.packs
    pack = revise_pack(
        read_pack(before.folder),
        packs.folder,
        parts={IMAGE_HEAD: Part("head", head.implementation, head.dim)},
        weights={IMAGE_HEAD: head.weights()},
        measures={"photos": 7},
        card="taught",
    )
    shop.projection.change(packs.open(pack.fingerprint))
    return head


def senses_of(shop: Shop) -> Senses:
    senses = shop.projection.standing.senses
    assert senses is not None
    return senses


def test_a_new_fit_keeps_the_head_and_its_measures(shop_folder: Path, tmp_path: Path) -> None:
    with Shop.open(shop_folder) as shop:
        head = taught(shop)
        version = senses_of(shop).fingerprint
        shop.ingest(write_feed(tmp_path / "more", count=30))
        senses = senses_of(shop)
        assert senses.fingerprint != version
        assert senses.fitted_products == 30
        assert senses.spaces["image"] == 5
        assert senses.image_head is not None
        np.testing.assert_array_equal(senses.image_head.map, head.map)
        assert senses.measures["photos"] == 7
        assert "Kept from what was learnt before" in (senses.folder / "card.md").read_text(encoding="utf-8")


def test_another_base_starts_without_it(shop_folder: Path) -> None:
    with Shop.open(shop_folder) as shop:
        taught(shop)
        shop.use_pack("other")
        assert senses_of(shop).image_head is None
