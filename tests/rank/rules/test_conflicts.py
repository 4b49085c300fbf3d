"""Rules that stand in each other's way are named; rules that cannot meet are not."""

from __future__ import annotations

from typing import Any

import pytest

from tonggan.rank.rules.conflicts import MOST_CONFLICTS, Conflict, conflicts
from tonggan.rank.rules.reading import MOST_RULES, rules_from_json


def rule(name: str, query: str = "", match: str = "exact", **rest: Any) -> dict[str, Any]:
    condition = {"query": query, "match": match} if query else {}
    actions = {
        key: rest.pop(key) for key in ("pins", "hides", "redirect", "banner", "sort_by", "boosts") if key in rest
    }
    more = {key: rest.pop(key) for key in ("locale", "tags", "filter_by", "facets") if key in rest}
    return {"id": name, "condition": condition | more, "actions": actions or {"hides": [name]}, **rest}


def pinning(name: str, product: str, query: str = "", match: str = "exact", **rest: Any) -> dict[str, Any]:
    return rule(name, query, match, pins=[{"id": product, "place": 1}], **rest)


def found(*rules: dict[str, Any], **known: Any) -> list[Conflict]:
    return conflicts(rules_from_json(list(rules)), **known)


def kinds(*rules: dict[str, Any], **known: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(conflict.kind, conflict.rules) for conflict in found(*rules, **known)]


def test_two_rules_that_pin_to_one_place_are_named_with_their_products() -> None:
    (conflict,) = found(pinning("a", "x", "mug"), pinning("b", "y", "mug"))
    assert (conflict.kind, conflict.rules) == ("same_place", ("a", "b"))
    assert conflict.detail == "'a' pins 'x' and 'b' pins 'y' to place 1."
    assert "priority" in conflict.remedy


@pytest.mark.parametrize(
    ("first", "second", "can_meet"),
    [
        ({"query": "red mug"}, {"query": "mug", "match": "contains"}, True),
        ({"query": "mug", "match": "contains"}, {"query": "red mug", "match": "contains"}, True),
        ({"query": "red mug"}, {"query": "red", "match": "starts_with"}, True),
        ({"query": "mug"}, {}, True),
        ({"query": "ＭＵＧ"}, {"query": "mug"}, True),
        ({"query": "mug"}, {"query": "red mug"}, False),
        ({"query": "mug"}, {"query": "dress"}, False),
        ({"query": "mug", "locale": "zh"}, {"query": "mug", "locale": "zh-TW"}, True),
        ({"query": "mug", "locale": "zh"}, {"query": "mug", "locale": "en"}, False),
        ({"query": "mug", "tags": ["a", "b"]}, {"query": "mug", "tags": ["b"]}, True),
        ({"query": "mug", "tags": ["a"]}, {"query": "mug", "tags": ["b"]}, False),
        ({"query": "mug", "tags": ["a"]}, {"query": "mug", "tags": ["*"]}, True),
        ({"query": "mug", "filter_by": "a:=1"}, {"query": "mug", "filter_by": "a:=2"}, False),
        ({"query": "mug", "facets": {"c": ["x"]}}, {"query": "mug", "facets": {"c": ["y"]}}, False),
        ({"query": "mug", "facets": {"c": ["x"]}}, {"query": "mug", "facets": {"d": ["y"]}}, True),
        ({"query": "mug", "priority": 1}, {"query": "mug"}, False),
        ({"query": "mug", "is_enabled": False}, {"query": "mug"}, False),
        ({"ends_at": "2026-01-01T00:00:00+00:00"}, {"starts_at": "2026-01-01T00:00:00+00:00"}, False),
        ({"ends_at": "2026-01-01T00:00:00+00:00"}, {"starts_at": "2026-01-01T00:00:00+01:00"}, True),
    ],
)  # fmt: skip
def test_only_rules_that_can_hold_together_are_in_conflict(
    first: dict[str, Any], second: dict[str, Any], can_meet: bool
) -> None:
    for one, other in ((first, second), (second, first)):
        rules = pinning("a", "x", **one), pinning("b", "y", **other)
        assert [kind for kind, _ in kinds(*rules)] == (["same_place"] if can_meet else [])


def test_a_product_that_is_pinned_and_hidden_is_named() -> None:
    own = rule("a", pins=[{"id": "x", "place": 1}], hides=["x"])
    assert kinds(own) == [("pinned_and_hidden", ("a",))]
    assert kinds(pinning("a", "x", "mug"), rule("b", hides=["x"])) == [("pinned_and_hidden", ("a", "b"))]
    assert kinds(pinning("a", "x", "mug"), rule("b", "dress", hides=["x"])) == []


def test_one_rule_with_one_place_or_product_twice_is_named() -> None:
    twice = rule("a", pins=[{"id": "x", "place": 1}, {"id": "y", "place": 1}, {"id": "x", "place": 2}])
    assert kinds(twice) == [("same_place", ("a",)), ("same_product", ("a",))]


def test_redirects_that_contradict_each_other_are_named_and_equal_ones_are_not() -> None:
    assert kinds(rule("a", redirect="/a"), rule("b", "mug", redirect="/b")) == [("redirects", ("a", "b"))]
    assert kinds(rule("a", redirect="/a"), rule("b", redirect="/a")) == []


def test_campaigns_on_one_condition_whose_dates_overlap_are_named() -> None:
    dates = [f"2026-01-{day:02d}T00:00:00+00:00" for day in (1, 5, 10)]
    banners = [{"title": "One"}, {"title": "Two"}]
    first = rule("a", "mug", banner=banners[0], starts_at=dates[0], ends_at=dates[2])
    (conflict,) = found(first, rule("b", "mug", banner=banners[1], starts_at=dates[1]))
    assert conflict.kind == "overlapping_dates"
    assert f"from {dates[1]} to {dates[2]}" in conflict.detail
    assert kinds(first, rule("b", "mug", banner=banners[1], starts_at=dates[2])) == []
    assert kinds(rule("a", banner=banners[0]), rule("b", banner=banners[1])) == [("several_banner", ("a", "b"))]


def test_products_and_fields_that_the_catalogue_lacks_are_named() -> None:
    rules = [
        rule("a", hides=["x", "gone"], boosts=[{"ids": ["lost"], "factor": 2}]),
        rule("b", filter_by="brnd:=x || !(price:<2)", sort_by="_text_match:desc,stars:asc", facets={"color": ["x"]}),
    ]
    (lacking,) = found(*rules, known_products=lambda ids: [name for name in ids if name in ("x", "b")])
    assert lacking.kind == "unknown_product"
    assert lacking.detail == "'a' names 'gone', 'lost', which the catalogue does not have."
    (unknown,) = found(*rules, known_fields=["price", "color"])
    assert unknown.detail == "'b' filters or sorts by 'brnd', 'stars', which no product has."


def test_a_pin_that_nobody_would_see_is_named() -> None:
    assert kinds(rule("a", pins=[{"id": "x", "place": 1_000}])) == []
    assert kinds(rule("a", pins=[{"id": "x", "place": 1_001}])) == [("far_place", ("a",))]


def test_as_many_rules_as_there_may_be_are_compared() -> None:
    apart = [pinning(str(at), f"p{at}", f"mug{at}") for at in range(MOST_RULES)]
    assert found(*apart) == []
    together = [pinning(str(at), f"p{at}") for at in range(MOST_RULES)]
    assert len(found(*together)) == MOST_CONFLICTS
