"""Synonyms: read, written, and found in a query."""

from __future__ import annotations

from typing import Any

import pytest

from tonggan.errors import InputError
from tonggan.rank.rules.synonyms import (
    MOST_EXPANSIONS,
    SYNONYM_WEIGHT,
    SynonymIndex,
    synonyms_as_json,
    synonyms_from_json,
)

SYNONYMS: list[dict[str, Any]] = [
    {"id": "coats", "synonyms": ["blazer", "coat", "jacket"]},
    {"id": "phones", "synonyms": ["iphone", "android"], "root": "smart phone"},
    {"id": "headphones", "synonyms": ["耳机", "headphones"], "locale": "zh"},
]


def expansions(words: str, locale: str = "") -> list[tuple[str, str]]:
    found = SynonymIndex(synonyms_from_json(SYNONYMS)).expansions(words, locale=locale)
    assert {each.weight for each in found} <= {SYNONYM_WEIGHT}
    return [(each.stands_for, each.text) for each in found]


def test_synonyms_come_back_as_they_were() -> None:
    for document in (SYNONYMS, {"synonyms": SYNONYMS}, {"items": SYNONYMS}):
        assert synonyms_as_json(synonyms_from_json(document)) == {"synonyms": SYNONYMS}


def test_words_of_several_ways_mean_each_other() -> None:
    assert expansions("red Coat") == [("coat", "blazer"), ("coat", "jacket")]
    assert expansions("red coats") == []


def test_a_root_means_its_synonyms_and_not_the_reverse() -> None:
    assert expansions("cheap smart-phone case") == [("smart-phone", "iphone"), ("smart-phone", "android")]
    assert expansions("iphone case") == []


def test_the_longest_stretch_comes_first() -> None:
    assert [stretch for stretch, _ in expansions("coat smart phone")] == ["smart phone"] * 2 + ["coat"] * 2


def test_a_locale_holds_for_its_requests() -> None:
    assert expansions("红色耳机", "zh-TW") == [("耳机", "headphones")]
    assert expansions("headphones", "zh") == [("headphones", "耳机")]
    assert expansions("headphones", "en") == []


def test_a_query_gets_a_bounded_number_of_texts() -> None:
    many = SynonymIndex(synonyms_from_json([{"id": "a", "synonyms": [f"word{at}" for at in range(100)]}]))
    assert len(many.expansions("word5")) == MOST_EXPANSIONS
    assert many.expansions("word5 " * 20_000)


@pytest.mark.parametrize(
    ("synonym", "told"),
    [
        ({"id": "a", "synonyms": ["x"]}, "Synonym 'a' needs two words"),
        ({"id": "a", "synonyms": ["x", "x"]}, "Synonym 'a' needs two words"),
        ({"id": "a", "synonyms": [], "root": "x"}, "Synonym 'a' needs one synonym of its root"),
        ({"id": "a", "synonyms": ["x", "!"]}, "synonyms: '!' is not a text with a word"),
        ({"id": "a", "synonyms": ["x", "y"], "symbols_to_index": ["+"]}, r"_index: \['\+'\] is not supported"),
        ({"id": "a", "synonyms": ["x", "y\x00"]}, "without control characters"),
        ({"id": "a", "synonyms": "x,y"}, "'x,y' is not a list"),
        ({"id": "a", "synonyms": ["x", "y" * 100_000]}, "at most 200 characters; it has 100,000"),
        ({"id": "a", "synonyms": ["x", "y"], "weight": 2}, "Unknown field 'weight'"),
        ({"synonyms": ["x", "y"]}, "A synonym, id: None is not text"),
    ],
)  # fmt: skip
def test_what_is_no_synonym_is_refused(synonym: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        synonyms_from_json([synonym])
