from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from learn.photographed_shop import PHOTOS, PRODUCTS, photo_name, write_shop
from tonggan import Shop
from tonggan.errors import InputError, NotFoundError, NotReadyError
from tonggan.learn.own_catalogue import ShopAlignment, align_shop
from tonggan.learn.pair_file import PairLine, read_pairs
from tonggan.learn.picture_head import TOP_1
from tonggan.shop.packs import KEPT_VERSIONS


@dataclass(frozen=True)
class Place:
    folder: Path
    photos: list[PairLine]

    def answers(self, shop: Shop) -> list[tuple[str, float]]:
        """The first product for a photo of each that was never learnt from, with its score."""
        hits = [
            shop.search(image=self.folder / photo_name(number, PHOTOS - 1), per_page=1).hits[0]
            for number in range(PRODUCTS)
        ]
        return [(hit.product.id, round(hit.score, 5)) for hit in hits]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("photographed")
    feed, pairs = write_shop(folder)
    with Shop.open(folder / "shop") as shop:
        shop.ingest(feed)
    return Place(folder, read_pairs(pairs))


@pytest.fixture
def shop(place: Place, tmp_path: Path) -> Iterator[Shop]:
    with Shop.open(shutil.copytree(place.folder / "shop", tmp_path / "shop")) as opened:
        yield opened


def learnt(shop: Shop, place: Place) -> ShopAlignment:
    return align_shop(shop, photos=place.photos, stage=0)


def right(answers: list[tuple[str, float]]) -> int:
    return sum(found == f"t{number}" for number, (found, _) in enumerate(answers))


def test_photos_never_learnt_from_find_their_products_and_going_back_restores_the_answers(
    place: Place, tmp_path: Path
) -> None:
    folder = shutil.copytree(place.folder / "shop", tmp_path / "shop")
    with Shop.open(folder) as shop:
        before = place.answers(shop)
        found = learnt(shop, place)
        assert found.version != found.previous
        assert found.comparisons[-1].row("stage 0").interval(TOP_1).mean > 0.8
        after = place.answers(shop)
        assert right(after) > max(right(before), 0.8 * PRODUCTS)
    with Shop.open(folder) as again:
        assert "rebuilt_because" not in again.health()["index"]
        assert place.answers(again) == after
        again.projection.change(again.projection.packs.open(found.previous[:10]))
        assert place.answers(again) == before
    with Shop.open(folder) as back:
        assert "rebuilt_because" not in back.health()["index"]
        assert place.answers(back) == before


def test_nothing_is_encoded_twice(shop: Shop, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt(shop, place)
    senses = shop.projection.standing.senses
    assert senses is not None

    def refuse(items: object) -> None:
        raise AssertionError(f"{items} are encoded again")

    monkeypatch.setattr(senses.encoders["image"], "encode_document", refuse)
    assert not learnt(shop, place).comparisons[-1].choice.is_changed


def test_the_new_version_keeps_the_other_parts_and_tells_its_figures(shop: Shop, place: Place) -> None:
    found = learnt(shop, place)
    senses = shop.projection.standing.senses
    assert senses is not None
    card = (senses.folder / "card.md").read_text(encoding="utf-8")
    assert "Learnt from the shop's own pairs" in card
    assert TOP_1 in card
    assert senses.fitted_products == PRODUCTS
    versions = {each.version: each for each in shop.projection.packs.versions()}
    assert set(versions) == {found.version, found.previous}
    assert versions[found.version].is_used
    assert not versions[found.previous].is_used
    assert versions[found.version].measures["photos"] == len(place.photos)
    assert versions[found.version].made_at.endswith("+00:00")


def test_the_same_shop_and_seed_give_the_same_version(shop: Shop, place: Place) -> None:
    first = learnt(shop, place)
    shop.projection.change(shop.projection.packs.open(first.previous))
    assert learnt(shop, place).version == first.version


def test_photos_of_unknown_products_and_unreadable_ones_are_told_and_left_out(shop: Shop, place: Place) -> None:
    broken = place.folder / "broken.png"
    broken.write_bytes(b"no picture")
    odd = [PairLine(901, place.photos[0].image, product_id="nobody"), PairLine(902, broken, product_id="t0")]
    found = align_shop(shop, photos=[*place.photos, *odd], stage=0)
    told = " ".join(found.remarks)
    assert "line 901: no product 'nobody'" in told
    assert "line 902" in told
    with pytest.raises(InputError, match="None of the 2 photos can be learnt from"):
        align_shop(shop, photos=odd, stage=0)


def test_words_that_are_a_title_stand_for_the_product(shop: Shop, place: Place) -> None:
    titled = [PairLine(each.line, each.image, text=f"tile {each.product_id[1:]} 瓷砖") for each in place.photos]
    assert align_shop(shop, photos=titled, stage=0).version == learnt(shop, place).version


def test_without_photos_a_small_shop_stays_as_it_is(shop: Shop) -> None:
    found = align_shop(shop, stage=0)
    assert found.version == found.previous
    assert found.comparisons == ()
    assert "24 pairs are too few to learn a space from." in found.remarks


def test_an_empty_shop_has_nothing_to_learn_from(tmp_path: Path) -> None:
    with Shop.open(tmp_path / "empty") as empty, pytest.raises(NotReadyError, match="no products"):
        align_shop(empty)


def test_an_unknown_version_is_told_with_the_known_ones(shop: Shop) -> None:
    (version,) = shop.projection.packs.versions()
    with pytest.raises(NotFoundError, match=version.version):
        shop.projection.packs.open("zzz")
    with pytest.raises(NotFoundError):
        shop.projection.packs.open("")


def test_the_oldest_versions_give_way_and_the_one_in_use_stays(shop: Shop) -> None:
    import os

    packs, senses = shop.projection.packs, shop.projection.standing.senses
    assert senses is not None
    for at in range(KEPT_VERSIONS + 2):
        copy = shutil.copytree(senses.folder, packs.folder / f"{at:032}")
        os.utime(copy / "pack.toml", (1e9 + at, 1e9 + at))
    os.utime(senses.folder / "pack.toml", (1, 1))
    packs.point_at(senses)
    kept = {folder.name for folder in packs.folder.iterdir() if folder.is_dir()}
    newest = {f"{at:032}" for at in range(3, KEPT_VERSIONS + 2)}
    assert kept == {senses.folder.name, *newest}
