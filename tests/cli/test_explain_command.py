"""`tonggan explain` on the shop of three products, alone and through a server."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from cli.toy_feed import Tonggan, serving


def test_people_see_place_reasons_words_and_the_merge(tonggan: Tonggan) -> None:
    said = tonggan("explain", "red", "mug", "--product", "mug-red").out
    assert "Red mug 红色马克杯: place 1 of 3, page 1" in said
    assert "Why: matches red, mug" in said
    assert "title" in said
    assert "merged" in said


def test_people_see_why_not_and_what_to_do(tonggan: Tonggan) -> None:
    said = tonggan("explain", "mug", "--product", "mug-red", "--filter", "price:>11").out
    assert "no result" in said
    assert "- The filter price:>11 leaves it out: its price is 10. Remove the filter price:>11." in said


def test_an_unknown_product_is_an_error_of_its_own(tonggan: Tonggan) -> None:
    assert tonggan("explain", "mug", "--product", "none", "--json").error["code"] == "not_found"


def test_a_server_explains_the_same(tonggan: Tonggan, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (200, 30, 40)).save(tmp_path / "photo.png")
    asked = ["explain", "red", "mug", "--product", "mug-blue", "--image", tmp_path / "photo.png", "--json"]
    alone = tonggan(*asked).record
    with serving(tonggan.shop):
        assert tonggan(*asked).record == alone


def test_a_map_needs_a_picture_to_compare(tonggan: Tonggan, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (200, 30, 40)).save(tmp_path / "photo.png")
    ran = tonggan("explain", "--product", "mug-red", "--image", tmp_path / "photo.png", "--heat", tmp_path / "heat.png")
    assert (ran.code, "no picture" in ran.err, (tmp_path / "heat.png").exists()) == (2, True, False)
