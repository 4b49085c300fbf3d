"""Colours seen in pictures: a product without a word for its colour is found and filtered by it, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonggan import Shop
from toy_shop import draw


@pytest.fixture
def silent_shop(shop: Shop, tmp_path: Path) -> Shop:
    folder = tmp_path / "pictures"
    folder.mkdir()
    rows = [f"m{at},Mug {at},{draw(folder, 'mug', colour)}" for at, colour in enumerate(("red", "blue", "green"))]
    (folder / "mugs.csv").write_text("\n".join(["id,title,image", *rows]), encoding="utf-8")
    shop.ingest(folder / "mugs.csv")
    return shop


@pytest.mark.parametrize("words", ["red mug", "红色 mug", "紅色 mug"])
def test_the_colour_of_the_picture_is_found_by_its_name(silent_shop: Shop, words: str) -> None:
    assert silent_shop.search(words).hits[0].product.id == "m0"


def test_the_colour_of_the_picture_is_a_facet(silent_shop: Shop) -> None:
    counts = silent_shop.search(facet_by="picture_color").facets["picture_color"]
    assert counts["red 红色"] == 1
    assert silent_shop.search(filter_by="picture_color:=`red 红色`").found == 1
    assert silent_shop.search(filter_by="picture_color:红色").found == 1


def test_a_second_import_sees_nothing_new(silent_shop: Shop, tmp_path: Path) -> None:
    report = silent_shop.ingest(tmp_path / "pictures" / "mugs.csv")
    assert (report.unchanged, report.updated, report.pictures_kept) == (3, 0, 0)


def test_colours_given_from_outside_are_not_believed(shop: Shop) -> None:
    media = [{"kind": "image", "source": "none.png", "checksum": "ab" * 32, "colours": ["gold 金色"]}]
    shop.put([{"id": "x", "title": "Ring", "media": media}])
    assert shop.get("x").media[0].colours == ()
