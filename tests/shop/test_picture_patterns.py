"""Patterns seen in pictures travel as colours do: into the record, the facet and the words, and never from outside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tonggan import Shop
from tonggan.catalogue.wire import content_hash, product_as_json, product_from_json
from tonggan.demo.draw.paint import Look, paint
from tonggan.records import Media, Product

PAINTED = {"d0": "stripes", "d1": "dots", "d2": "plain", "d3": "floral"}


@pytest.fixture
def dresses(shop: Shop, tmp_path: Path) -> Shop:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, pattern in PAINTED.items():
        paint("dress", Look((210, 58, 58), pattern)).save(folder / f"{name}.png")
    rows = [f"{name},Dress {name},{name}.png" for name in PAINTED]
    (folder / "dresses.csv").write_text("\n".join(["id,title,image", *rows]), encoding="utf-8")
    shop.ingest(folder / "dresses.csv")
    return shop


def test_the_pattern_of_a_picture_is_kept_with_it(dresses: Shop) -> None:
    patterns = {name: dresses.get(name).media[0].pattern for name in PAINTED}
    assert patterns == {"d0": "striped 条纹", "d1": "dotted 波点", "d2": "plain 纯色", "d3": ""}


@pytest.mark.parametrize("words", ["striped dress", "条纹 dress", "條紋 dress"])
def test_the_pattern_of_the_picture_is_found_by_its_name(dresses: Shop, words: str) -> None:
    assert dresses.search(words).hits[0].product.id == "d0"


def test_the_pattern_of_the_picture_is_a_facet(dresses: Shop) -> None:
    counts = dresses.search(facet_by="picture_pattern").facets["picture_pattern"]
    assert counts == {"striped 条纹": 1, "dotted 波点": 1, "plain 纯色": 1}
    assert dresses.search(filter_by="picture_pattern:=`dotted 波点`").found == 1
    assert dresses.search(filter_by="picture_pattern:波点").found == 1


def test_a_second_import_keeps_the_pattern(dresses: Shop, tmp_path: Path) -> None:
    report = dresses.ingest(tmp_path / "pictures" / "dresses.csv")
    assert (report.unchanged, report.updated, report.pictures_kept) == (4, 0, 0)
    assert dresses.get("d0").media[0].pattern == "striped 条纹"


def test_a_changed_title_keeps_the_pattern(dresses: Shop, tmp_path: Path) -> None:
    feed = tmp_path / "pictures" / "dresses.csv"
    feed.write_text(feed.read_text("utf-8").replace("Dress d0", "Gown d0"), encoding="utf-8")
    dresses.ingest(feed)
    assert dresses.search("striped gown").hits[0].product.id == "d0"


def test_a_pattern_given_from_outside_is_not_believed(shop: Shop) -> None:
    shop.put([{"id": "x", "title": "Ring", "media": [{"kind": "image", "source": "none.png", "pattern": "gold"}]}])
    assert shop.get("x").media[0].pattern == ""


def test_json_keeps_the_pattern_and_the_content_hash_does_not_see_it() -> None:
    bare = Product("x", "Ring", media=(Media("image", "a.png"),))
    seen = replace(bare, media=(Media("image", "a.png", checksum="ab" * 32, pattern="striped 条纹"),))
    assert product_from_json(product_as_json(seen)) == seen
    assert content_hash(product_as_json(seen)) == content_hash(product_as_json(bare))
