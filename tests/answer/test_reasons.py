"""Why a result is there, in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tonggan import Shop
from tonggan.answer import hit_as_json
from tonggan.answer.phrases import PHRASES
from tonggan.records import Hit


def hit(shop: Shop, words: str, product_id: str, **options: object) -> Hit:
    return next(each for each in shop.search(words, **options).hits if each.product.id == product_id)  # type: ignore[arg-type]


def why(shop: Shop, words: str, product_id: str, **options: object) -> tuple[str, ...]:
    return hit(shop, words, product_id, **options).why


def test_matched_words_and_names_are_told_first(toy_shop: Shop) -> None:
    assert why(toy_shop, "red dress", "dress-red")[:3] == ("matches red, dress", "colour red", "category Dress")
    assert why(toy_shop, "red dress", "mug-red")[:2] == ("matches red", "colour red")


def test_words_are_told_as_they_were_spelt_right(toy_shop: Shop) -> None:
    assert "matches red, dress" in why(toy_shop, "redd dres", "dress-red")


def test_the_language_is_that_of_the_request_else_that_of_the_words(toy_shop: Shop) -> None:
    assert why(toy_shop, "红色连衣裙", "dress-red")[0] == "匹配 红色、连衣裙"
    assert why(toy_shop, "红色连衣裙", "dress-red", locale="en")[0] == "matches 红色, 连衣裙"
    assert why(toy_shop, "red dress", "dress-red", locale="zh-CN")[0] == "匹配 red、dress"


def test_another_language_is_told_only_where_the_typed_word_is_not_there(shop: Shop) -> None:
    shop.ingest([{"id": "a", "title": "wireless headphones"}, {"id": "b", "title": "蓝牙耳机 headphones"}])
    assert why(shop, "耳机", "a", locale="en")[0] == "matches headphones for 耳机"
    assert why(shop, "耳机", "b", locale="en")[0] == "matches 耳机"


def test_a_wish_is_told_of_those_that_meet_it_best(toy_shop: Shop) -> None:
    assert "among the cheapest" in why(toy_shop, "cheap mug", "mug-red")
    assert "among the cheapest" not in why(toy_shop, "cheap mug", "mug-black")


def test_good_stars_speak_for_a_product_and_poor_ones_do_not(toy_shop: Shop) -> None:
    assert "4.8 stars from 200" in why(toy_shop, "mug", "mug-red")
    assert not [said for said in why(toy_shop, "mug", "mug-black") if "stars" in said]


def test_a_similar_picture_is_told_with_its_number(toy_shop: Shop, toy_feed: Path) -> None:
    found = hit(toy_shop, "", "mug-blue", image=toy_feed.parent / "mug-blue.png", explain=True)
    assert found.why[0] == f"picture similar {found.reasons['image']['score']:.2f}"


def test_a_typed_code_and_a_pin_are_told(toy_shop: Shop) -> None:
    assert why(toy_shop, "SKU-003", "dress-black")[0] == "its code was typed"
    assert why(toy_shop, "mug", "dress-red", pinned_hits="dress-red")[0] == "placed by the shop"


def test_reasons_are_in_the_json_and_the_decomposition_stays(toy_shop: Shop) -> None:
    found = hit(toy_shop, "red dress", "dress-red", explain=True)
    shown = hit_as_json(found)
    assert shown["why"] == list(found.why)
    assert sum(part["contribution"] for part in shown["reasons"].values()) == pytest.approx(found.score, abs=1e-6)
    assert hit_as_json(replace(found, why=()))["why"] == []


def test_every_phrase_has_the_same_places_in_both_languages() -> None:
    from string import Formatter

    for name, texts in PHRASES.items():
        english, chinese = ({field for _, field, _, _ in Formatter().parse(text) if field} for text in texts)
        assert english == chinese, name
