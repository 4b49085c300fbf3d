"""Rules from JSON and back: what is read, and what is refused with its rule, field and value."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tonggan.errors import InputError
from tonggan.rank.rules import Banner, Boost, Pin, Rule, RuleActions, RuleCondition
from tonggan.rank.rules.fields import LONGEST_TEXT, MOST_ITEMS
from tonggan.rank.rules.reading import LONGEST_QUERY, MOST_RULES, rules_as_json, rules_from_json

FULL: dict[str, Any] = {
    "id": "sale",
    "name": "Black Friday",
    "condition": {
        "query": "red dress",
        "match": "starts_with",
        "filter_by": "brand:=[Lumo,`H&M`]",
        "locale": "zh",
        "tags": ["mobile"],
        "facets": {"color": ["red"]},
    },
    "actions": {
        "pins": [{"id": "dress-red", "place": 1}],
        "hides": ["dress-old"],
        "boosts": [{"filter_by": "price:<50", "factor": 1.5}],
        "buries": [{"ids": ["mug-red"], "factor": 0.25}],
        "redirect": "/sale",
        "replace_query": "evening dress",
        "remove_matched_words": True,
        "filter_by": "availability:=in_stock",
        "sort_by": "price:asc",
        "banner": {
            "title": {"": "Sale", "zh": "特价"},
            "text": {"": "Until Monday"},
            "image_url": "https://shop.example/a.png",
            "link": "/sale",
        },
    },
    "starts_at": "2026-11-27T00:00:00+08:00",
    "ends_at": "2026-11-30T00:00:00+08:00",
    "is_enabled": False,
    "priority": -3,
    "is_final": True,
    "metadata": {"colour": [1, None]},
    "kept": {"filter_curated_hits": True},
}

HIDE: dict[str, Any] = {"id": "a", "actions": {"hides": ["x"]}}


def test_a_rule_says_everything_there_is_to_say() -> None:
    (rule,) = rules_from_json({"rules": [FULL]})
    china = timezone(timedelta(hours=8))
    assert rule == Rule(
        id="sale",
        name="Black Friday",
        condition=RuleCondition(
            "red dress", "starts_with", "brand:=[Lumo,`H&M`]", "zh", ("mobile",), {"color": ("red",)}
        ),
        actions=RuleActions(
            pins=(Pin("dress-red", 1),),
            hides=("dress-old",),
            boosts=(Boost(1.5, "price:<50"), Boost(0.25, "", ("mug-red",))),
            redirect="/sale",
            replace_query="evening dress",
            remove_matched_words=True,
            filter_by="availability:=in_stock",
            sort_by="price:asc",
            banner=Banner({"": "Sale", "zh": "特价"}, {"": "Until Monday"}, "https://shop.example/a.png", "/sale"),
        ),
        starts_at=datetime(2026, 11, 27, tzinfo=china),
        ends_at=datetime(2026, 11, 30, tzinfo=china),
        is_enabled=False,
        priority=-3,
        is_final=True,
        metadata={"colour": [1, None]},
        kept={"filter_curated_hits": True},
    )
    assert rules_as_json([rule]) == {"rules": [FULL]}


def test_little_has_to_be_said() -> None:
    (rule,) = rules_from_json([HIDE])
    assert rule == Rule("a", actions=RuleActions(hides=("x",)))
    assert rules_as_json([rule]) == {"rules": [HIDE]}


def test_words_without_a_way_of_comparing_are_the_whole_query() -> None:
    (rule,) = rules_from_json([HIDE | {"condition": {"query": "mug"}}])
    assert rule.condition.match == "exact"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": ""}, "Rule '', id: '' is not a text with something in it"),
        ({"id": 7}, "A rule, id: 7 is not text"),
        ({"id": None}, "id: None is not text"),
        ({"prority": 1}, "Rule 'a': Unknown field 'prority'; known: .* Did you mean 'priority'"),
        ({"condition": []}, r"Rule 'a', condition is \[\], no object"),
        ({"condition": {"query": "x", "match": "regex"}}, "Rule 'a', condition, match: Unknown match 'regex'"),
        ({"condition": {"query": "x", "match": "any"}}, "'any' compares nothing with 'x'"),
        ({"condition": {"match": "contains"}}, "'contains' needs"),
        ({"condition": {"query": "!!!"}}, "'!!!' is not words to compare with"),
        ({"condition": {"query": "buy {brand}"}}, "stands for the values of a field"),
        ({"condition": {"filter_by": "price:<"}}, "Rule 'a', condition, filter_by: Filter, position 8: expected"),
        ({"condition": {"facets": {"brand": "Lumo"}}}, "Rule 'a', condition, facets, brand: 'Lumo' is not a list"),
        ({"condition": {"facets": {"br\0and": ["x"]}}}, "is no name"),
        ({"actions": {}}, "Rule 'a' does nothing"),
        ({"actions": {"pins": [{"id": "x", "place": 0}]}}, "Rule 'a', actions, pins, place: 0 is not a whole number"),
        ({"actions": {"pins": [{"id": "x", "place": True}]}}, "place: True is not a whole number"),
        ({"actions": {"pins": [{"id": "x"}]}}, "place: None is not a whole number"),
        ({"actions": {"pins": ["x"]}}, "Rule 'a', actions, pins is 'x', no object"),
        ({"actions": {"pins": [{"id": "x", "place": 1, "position": 1}]}}, "Unknown field 'position'"),
        ({"actions": {"hides": ["x", 3]}}, "hides: 3 is not text"),
        ({"actions": {"hides": ["x"] * (MOST_ITEMS + 1)}}, "a list of at most 1,000 items"),
        ({"actions": {"boosts": [{"ids": ["x"], "factor": 0.5}]}}, "factor: 0.5 is not above 1"),
        ({"actions": {"buries": [{"ids": ["x"], "factor": 2}]}}, "factor: 2.0 is not below 1"),
        ({"actions": {"boosts": [{"ids": ["x"], "factor": 1e400}]}}, "factor: inf is not a number from 0 to 100"),
        ({"actions": {"boosts": [{"ids": ["x"], "factor": float("nan")}]}}, "factor: nan"),
        ({"actions": {"boosts": [{"ids": ["x"], "factor": 10**400}]}}, "factor: 1000"),
        ({"starts_at": "9999-12-31T23:59:59-14:00", "ends_at": "0001-01-01T00:00:00+14:00"}, "not after its start"),
        ({"actions": {"boosts": [{"factor": 2}]}}, "boosts names no products"),
        ({"actions": {"boosts": [{"factor": 2, "ids": ["x"], "filter_by": "a:=1"}]}}, "or names them twice"),
        ({"actions": {"redirect": "http://x.example"}}, "redirect: 'http://x.example' is not an https:// address"),
        ({"actions": {"redirect": "javascript:alert(1)"}}, "is not an https:// address or a path"),
        ({"actions": {"redirect": "//x.example"}}, "is not an https:// address or a path"),
        ({"actions": {"redirect": "/\\x.example"}}, "is not an https:// address or a path"),
        ({"actions": {"redirect": "https://user@x.example"}}, "is not an https:// address or a path"),
        ({"actions": {"redirect": "https://[x"}}, "is not an https:// address or a path"),
        ({"actions": {"sort_by": "price:up"}}, "Rule 'a', actions, sort_by: Sort, position 7"),
        ({"actions": {"banner": {}}}, "banner shows nothing"),
        ({"actions": {"banner": {"title": {"en": 3}}}}, "banner, title, en: 3 is not text"),
        ({"starts_at": "2026-11-27"}, "starts_at: '2026-11-27' is not a date and time with a time zone"),
        ({"starts_at": 1764201600}, "starts_at: 1764201600 is not a date and time"),
        (
            {"starts_at": "2026-11-27T00:00:00+00:00", "ends_at": "2026-11-27T01:00:00+01:00"},
            "ends_at: 2026-11-27T01:00:00.* is not after its start",
        ),
        ({"is_enabled": "yes"}, "is_enabled: 'yes' is not true or false"),
        ({"priority": 1.5}, "priority: 1.5 is not a whole number"),
        ({"metadata": {"a": float("nan")}}, "metadata is not an object of JSON"),
        ({"metadata": {"a": "\ud800"}}, "metadata is not an object of JSON"),
        ({"name": "a\u202eb"}, "text without control characters"),
        ({"name": "\x1b[31m"}, "text without control characters"),
        ({"condition": {"query": "x" * 100_000}}, f"at most {LONGEST_QUERY} characters; it has 100,000"),
        ({"actions": {"replace_query": "x" * 100_000}}, f"at most {LONGEST_TEXT:,} characters; it has 100,000"),
        ({"metadata": {"a": "x" * 100_000}}, "at most 20,000 characters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_rule_field_and_value(change: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        rules_from_json({"rules": [HIDE | change]})
    assert re.search(told, str(caught.value)), str(caught.value)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize("document", [None, "x", 3, {}, {"rules": {}}, {"rule": []}, {"rules": [], "version": 1}, [3]])
def test_what_is_no_list_of_rules_is_refused(document: Any) -> None:
    with pytest.raises(InputError):
        rules_from_json(document)


def test_nested_beyond_reading_is_refused() -> None:
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(InputError, match="is not an object of JSON"):
        rules_from_json([HIDE | {"metadata": {"a": nested}}])


def test_ten_thousand_rules_are_too_many() -> None:
    assert MOST_RULES < 10_000
    with pytest.raises(InputError, match=r"10,000 rules were given; at most 5,000"):
        rules_from_json([HIDE | {"id": str(number)} for number in range(10_000)])
    assert len(rules_from_json([HIDE | {"id": str(number)} for number in range(MOST_RULES)])) == MOST_RULES


def test_an_id_stands_once() -> None:
    with pytest.raises(InputError, match="two rules with the id 'a'"):
        rules_from_json([HIDE, HIDE])
