"""Names learnt from a catalogue: how they are spelt, what they mean, how far they are trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonggan.understand.names.catalogue_names import keys_of, kind_of
from tonggan.understand.names.entities import find_entities
from tonggan.understand.names.gazetteer import PRIOR_PRECISION, PRIOR_TITLES, Gazetteer
from tonggan.understand.retail_words import retail_words, stems_of
from tonggan.understand.segmentation import segment
from understand.names.bilingual_shop import bilingual_records, view_of


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    return Gazetteer.learn(view_of(tmp_path_factory.mktemp("index"), bilingual_records()), retail_words())


def meanings(gazetteer: Gazetteer, key: str) -> set[tuple[str, str]]:
    return {(meaning.kind, meaning.value) for meaning in gazetteer.lookup(key) if meaning.field}


@pytest.mark.parametrize(
    ("key", "meaning"),
    [
        ("apple", ("brand", "Apple")),
        ("apples", ("category", "Food > Fruit > Apples")),
        ("红色", ("colour", "Red")),
        ("雪鹿", ("brand", "雪鹿/Snowdeer")),
        ("snowdeer", ("brand", "雪鹿/Snowdeer")),
        ("running shoe", ("category", "Clothing > Shoes > Running Shoes")),
        ("耐克", ("brand", "Nike")),
        ("wh 1000xm5", ("model", "WH-1000XM5")),
        ("不锈钢", ("material", "Stainless Steel")),
    ],
)
def test_a_name_means_the_value_of_the_catalogue(gazetteer: Gazetteer, key: str, meaning: tuple[str, str]) -> None:
    assert meaning in meanings(gazetteer, key)


def test_apples_are_never_the_brand(gazetteer: Gazetteer) -> None:
    assert ("brand", "Apple") not in meanings(gazetteer, "apples")


def test_precision_is_the_share_of_titles_whose_product_has_the_value(gazetteer: Gazetteer) -> None:
    apple = next(meaning for meaning in gazetteer.names["apple"] if meaning.kind == "brand")
    titles, of_the_brand = 5, 4  # The fifth is apple juice.
    assert apple.precision == pytest.approx((of_the_brand + PRIOR_TITLES * PRIOR_PRECISION) / (titles + PRIOR_TITLES))


def test_an_empty_catalogue_has_the_names_of_the_lexicon(tmp_path: Path) -> None:
    gazetteer = Gazetteer.learn(view_of(tmp_path, []), retail_words())
    assert [(meaning.kind, meaning.value) for meaning in gazetteer.lookup("连衣裙")] == [("category", "")]


def test_surroundings_teach_brands_that_no_field_holds(tmp_path: Path) -> None:
    colours, things = ("red", "blue", "green", "black"), ("lamp", "chair", "table", "mug")
    records = [
        {
            "id": str(number),
            "title": f"official {_invented(number % 97)} {colours[number % 4]} {things[number % 3]}",
            "brand": _invented(number % 97),
            "categories": [things[number % 3]],
        }
        for number in range(400)
    ]
    gazetteer = Gazetteer.learn(view_of(tmp_path, records), retail_words())
    text = "official zorvex red lamp"
    found = [(entity.kind, entity.value) for entity in find_entities(text, segment(text), gazetteer)]
    assert found == [("brand", "zorvex"), ("colour", "red"), ("category", "lamp")]


def test_kinds_are_told_by_the_name_of_a_field() -> None:
    assert [kind_of(field) for field in ("颜色", "picture_color", "attributes.brand", "voltage")] == [
        "colour",
        "colour",
        "brand",
        "attribute",
    ]


def test_a_value_is_called_by_its_last_level_and_its_parts() -> None:
    assert keys_of("category", "Home > Lamps & Lighting") == ("lamps & lighting", "lamps", "lighting")
    assert keys_of("colour", "red 红色") == ("red 红色", "red", "红色")
    assert keys_of("attribute", "Yes") == ()


def test_words_of_the_lexicon_are_found_by_their_stems() -> None:
    assert stems_of("running shoes") == "run shoe"
    assert retail_words().rows("headphone")[0].kind == "product"


def _invented(number: int) -> str:
    return "".join("bdfgklmnprstvz"[(number // 14**place) % 14] + "aeo"[(number + place) % 3] for place in range(3))
