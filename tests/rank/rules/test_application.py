"""Which rules hold for a request, and what they do to it together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tonggan.errors import InputError
from tonggan.index import Entry, IndexSchema, View, index_adapter
from tonggan.rank.rules import Boost, Pin
from tonggan.rank.rules.application import NOTHING, Applied, applying, boosted, changed
from tonggan.rank.rules.matching import RuleIndex
from tonggan.rank.rules.reading import rules_from_json
from tonggan.records import AllOf, Condition, Query, SortKey, Understanding
from tonggan.understand.filters import parse_filter

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def rule(name: str, condition: dict[str, Any] | None = None, **actions: Any) -> dict[str, Any]:
    return {"id": name, "condition": condition or {}, "actions": actions or {"hides": [name]}}


def applied(*rules: dict[str, Any], query: Query | str = "", **asked: Any) -> Applied:
    asked = {"now": NOW, **asked}
    return applying(
        RuleIndex(rules_from_json(list(rules))), query if isinstance(query, Query) else Query(query), **asked
    )


@pytest.mark.parametrize(
    ("match", "words", "query", "is_held"),
    [
        ("exact", "red dress", "red dress", True),
        ("exact", "red dress", "  ＲＥＤ-Dress ", True),
        ("exact", "red dress", "red dress long", False),
        ("exact", "手機", "手机", True),
        ("contains", "dress", "red dress long", True),
        ("contains", "dress", "red dresses", False),
        ("contains", "red long", "red dress long", False),
        ("contains", "手机", "红色手机壳", True),
        ("contains", "c++", "learn c", False),
        ("starts_with", "red", "red dress", True),
        ("starts_with", "red", "dress red", False),
        ("starts_with", "red", "reddish", False),
        ("exact", "*", "", True),
        ("exact", "*", "*", True),
        ("exact", "*", "dress", False),
    ],
)
def test_words_are_compared_as_whole_words(match: str, words: str, query: str, is_held: bool) -> None:
    assert bool(applied(rule("a", {"query": words, "match": match}), query=query).fired) is is_held


def test_a_rule_without_a_condition_always_holds() -> None:
    assert applied(rule("a")).fired == applied(rule("a"), query="dress").fired == ("a",)


def test_words_that_were_spelt_right_hold_too() -> None:
    query = Query("drses under $50", understood=Understanding("drses under $50", "dress"))
    assert applied(rule("a", {"query": "dress"}), query=query).fired == ("a",)
    assert applied(rule("a", {"query": "drses", "match": "contains"}), query=query).fired == ("a",)


def test_a_rule_is_in_force_from_its_start_up_to_but_without_its_end() -> None:
    dated = rule("a") | {"starts_at": "2026-11-27T00:00:00+08:00", "ends_at": "2026-11-28T00:00:00+08:00"}
    start = datetime(2026, 11, 26, 16, tzinfo=UTC)
    moments = [start - timedelta(seconds=1), start, start + timedelta(hours=23), start + timedelta(hours=24)]
    assert [bool(applied(dated, now=now).fired) for now in moments] == [False, True, True, False]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InputError, match="no time zone"):
        applied(rule("a"), now=datetime(2026, 11, 27))


def test_a_rule_that_is_switched_off_never_holds() -> None:
    assert applied(rule("a") | {"is_enabled": False}) is NOTHING


def test_a_locale_holds_for_its_regions() -> None:
    chinese = rule("a", {"locale": "zh"})
    asked = ["zh", "zh-TW", "ZH_cn", "en", "", "zha"]
    assert [bool(applied(chinese, locale=locale).fired) for locale in asked] == [True, True, True, False, False, False]


def test_a_rule_with_tags_holds_for_requests_with_one_of_them() -> None:
    tagged, any_tag = rule("a", {"tags": ["mobile", "vip"]}), rule("b", {"tags": ["*"]})
    assert applied(tagged, any_tag).fired == ("b",)
    assert applied(tagged, any_tag, tags=["vip"]).fired == ("a", "b")


def test_a_filter_condition_is_the_whole_filter_in_any_order() -> None:
    filtered = rule("a", {"filter_by": "brand:=Lumo && price:<50"})
    for text, is_held in [("price:<50 && brand:=Lumo", True), ("brand:=Lumo", False), ("", False)]:
        assert bool(applied(filtered, query=Query(filters=parse_filter(text))).fired) is is_held


def test_facet_values_hold_once_the_shopper_has_chosen_one_of_each() -> None:
    chosen = rule("a", {"facets": {"brand": ["Lumo", "Kite"], "color": ["red"]}})
    for text, is_held in [
        ("brand:=Kite && color:=red && price:<9", True),
        ("brand:=[Nova,Lumo] && color:=red", True),
        ("brand:=Kite", False),
        ("brand:!=Kite && color:=red", False),
        ("brand:=Kite || color:=red", False),
    ]:
        assert bool(applied(chosen, query=Query(filters=parse_filter(text))).fired) is is_held, text


def test_rules_come_by_priority_then_in_their_order_and_a_final_one_is_the_last() -> None:
    low, high = rule("low") | {"priority": -1}, rule("high") | {"priority": 2}
    assert applied(low, rule("one"), rule("two"), high).fired == ("high", "one", "two", "low")
    assert applied(low, rule("one") | {"is_final": True}, rule("two"), high).fired == ("high", "one")


def test_a_taken_place_moves_a_pin_to_the_next_free_one() -> None:
    first = rule("a", pins=[{"id": "x", "place": 1}, {"id": "y", "place": 2}])
    second = rule("b", pins=[{"id": "z", "place": 1}, {"id": "x", "place": 9}])
    assert applied(first, second).pinned == (Pin("x", 1), Pin("y", 2), Pin("z", 3))


def test_the_first_rule_decides_whether_a_product_is_pinned_or_hidden() -> None:
    pin, hide = rule("a", pins=[{"id": "x", "place": 1}]), rule("b", hides=["x"])
    assert (applied(pin, hide).pinned, applied(pin, hide).hidden) == ((Pin("x", 1),), ())
    assert (applied(hide, pin).pinned, applied(hide, pin).hidden) == ((), ("x",))


def test_filters_all_hold_and_of_redirects_and_orders_the_first_counts() -> None:
    done = applied(
        rule("a", filter_by="brand:=Lumo && price:<50", sort_by="price:asc", redirect="/a"),
        rule("b", filter_by="price:<50", sort_by="rating:desc", redirect="/b"),
    )
    assert done.filter == AllOf((Condition("brand", "=", ("Lumo",)), Condition("price", "<", ("50",))))
    assert (done.sort, done.redirect) == ((SortKey("price", descending=False),), "/a")


def test_a_query_is_replaced_once_and_matched_words_go_otherwise() -> None:
    gone = rule("a", {"query": "cheap", "match": "contains"}, remove_matched_words=True)
    instead = rule("b", {"query": "dress", "match": "contains"}, replace_query="evening dress")
    assert applied(gone, query="Cheap red dresses").words == "red dresses"
    assert applied(gone, instead, query="cheap dress").words == "evening dress"
    assert applied(rule("c"), query="cheap").words is None
    assert applied(gone, query="cheap").words == ""
    both = rule("d", {"query": "red", "match": "contains"}, remove_matched_words=True)
    assert applied(gone, both, query="cheap red dress").words == "dress"


def test_a_banner_is_shown_in_the_language_of_the_request() -> None:
    banner = {"title": {"zh": "特价", "en": "Sale"}, "text": "50 %", "link": "/sale"}
    for locale, title in [("zh-TW", "特价"), ("en", "Sale"), ("de", "Sale")]:
        (shown,) = applied(rule("a", banner=banner), locale=locale).banners
        assert (shown.rule, shown.title, shown.text, shown.link) == ("a", title, "50 %", "/sale")


def test_metadata_goes_out_and_the_first_rule_counts() -> None:
    done = applied(rule("a") | {"metadata": {"x": 1}}, rule("b") | {"metadata": {"x": 2, "y": 3}})
    assert done.metadata == {"x": 1, "y": 3}


def test_what_the_shopper_asked_for_comes_before_the_rules_word() -> None:
    done = applied(rule("a", pins=[{"id": "x", "place": 1}, {"id": "y", "place": 2}], hides=["z"], sort_by="price:asc"))
    query = changed(Query("dress", pinned=("x:5",), hidden=("w",), sort=(SortKey("rating"),)), done)
    assert (query.words, query.pinned, query.hidden) == ("dress", ("x:5", "y:2"), ("w", "z"))
    assert query.sort == (SortKey("rating"),)
    assert changed(Query("dress"), NOTHING) == Query("dress")


def test_a_query_of_a_hundred_thousand_characters_is_looked_at_and_answered() -> None:
    for text in ("red " * 25_000, "红" * 100_000, "\0\x1b\u202e" * 30_000, "\ud800"):
        applied(rule("a", {"query": "red", "match": "contains"}, remove_matched_words=True), query=text)


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    schema = IndexSchema(spaces={}, word_fields={"title": 1.0}, fingerprint="x")
    index = index_adapter("exact").create(str(tmp_path), schema)
    brands = ("Lumo", "Kite", "Lumo", "Nova")
    entries = [Entry(f"p{at}", texts={"brand": (brand,)}, numbers={"price": at}) for at, brand in enumerate(brands)]
    index.apply(entries, position=1)
    yield index.view()
    index.close()


def test_boosts_multiply_scores_and_the_scale_still_ends_at_one(view: View) -> None:
    rows, scores = view.select(), np.asarray([0.5, 0.5, 0.25, 0.1], np.float32)
    half = boosted(scores, view, rows, [Boost(0.5, "brand:=Lumo"), Boost(2.0, "", ("p3", "gone"))])
    assert half == pytest.approx([0.25, 0.5, 0.125, 0.2])
    beyond = boosted(scores, view, rows, [Boost(4.0, "brand:=Lumo"), Boost(2.0, "price:<1")])
    assert beyond == pytest.approx([1.0, 0.5 / 4, 1.0 / 4, 0.1 / 4])
    assert boosted(scores, view, rows, []) == pytest.approx(scores)
    assert scores[0] == 0.5


def test_a_boost_by_a_field_that_is_gone_boosts_nothing(view: View) -> None:
    scores = np.asarray([0.5, 0.5, 0.25, 0.1], np.float32)
    assert boosted(scores, view, view.select(), [Boost(2.0, "colour:=red")]) == pytest.approx(scores)
