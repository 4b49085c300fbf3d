"""Terms: what meets what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonggan.encode.words import PART_WEIGHT, TERM_LIMIT, query_terms, terms, words


@pytest.mark.parametrize("query", ["WH-1000XM4", "wh 1000 xm4", "wh1000xm4", "ＷＨ－１０００ＸＭ４", "wh-1000 xm4"])
def test_spellings_of_a_model_number_meet(query: str) -> None:
    shared = set(query_terms(query)) & set(terms("Sony WH-1000XM4 headphones"))
    assert {"wh", "1000", "xm", "4"} <= shared


@pytest.mark.parametrize("query", ["連衣裙", "连衣裙", "連衣裙 "])
def test_traditional_and_simplified_are_one(query: str) -> None:
    assert query_terms(query) == query_terms("连衣裙")


@pytest.mark.parametrize("text", ["连衣裙\ud83d", "\ude00連衣裙", "连衣裙\ud83d\ud83d 🎁"])
def test_half_a_character_beside_chinese_stops_nothing(text: str) -> None:
    assert query_terms(text) == query_terms("连衣裙")
    assert terms(text) == terms("连衣裙")


def test_full_width_and_mixed_forms_are_one() -> None:
    assert query_terms("ｉＰｈｏｎｅ　１３") == query_terms("iphone 13")


def test_a_word_inside_a_longer_run_is_found() -> None:
    assert "连衣裙" in terms("夏季碎花连衣裙女")
    assert set(query_terms("衣裙")) & set(terms("夏季碎花连衣裙女"))
    assert set(query_terms("裙")) & set(terms("夏季碎花连衣裙女"))


def test_parts_of_a_word_weigh_less_than_the_whole() -> None:
    weights = query_terms("连衣裙")
    assert weights["连衣裙"] == 1.0
    assert weights["连衣"] == PART_WEIGHT


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("batteries", "battery"),
        ("15.6 inch", '15.6"'),
        ("15.6inch", "15.6 in."),
        ("10 ft", "10 feet"),
        ("500ml", "500 ML"),
        ("men's", "men"),
        ("1,000 sheets", "1000 sheet"),
        ("t-shirt", "tshirt"),
    ],
)
def test_spellings_that_mean_the_same_share_terms(left: str, right: str) -> None:
    assert set(query_terms(left)) & set(terms(right)) >= set(list(query_terms(right))[:1])


def test_units_are_units_only_behind_a_number() -> None:
    assert "inch" not in terms("built in camera")
    assert "inch" in terms("12 in lamp")


@pytest.mark.parametrize("text", ["", "   ", "!!! ...", "\0", "🙂"])
def test_nothing_to_say_gives_no_terms(text: str) -> None:
    assert terms(text) == []
    assert query_terms(text) == {}


def test_an_absurdly_long_text_is_cut() -> None:
    assert len(terms("red shoe " * 50_000)) == TERM_LIMIT


def test_words_are_what_a_person_sees() -> None:
    assert words("Red Shoes 红色连衣裙") == ["red", "shoes", "红色", "连衣裙"]


@given(st.text(max_size=200))
def test_any_text_gives_terms_without_spaces(text: str) -> None:
    assert all(term and not term.isspace() for term in terms(text))


@given(st.text(max_size=80))
def test_every_query_finds_a_document_of_the_same_text(text: str) -> None:
    assert set(query_terms(text)) <= set(terms(text))
