"""Clicks over expected clicks, worked by hand, and the logs that they come from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tonggan.errors import InputError
from tonggan.evaluate.clicks import ClickJudgment, click_rates, judge_clicks
from tonggan.evaluate.events import Click, Impression, ResultList, Shown, Uncounted, read_events


def searches(count: int, *, text: str, listed: Sequence[str], clicks: dict[str, int]) -> list[Any]:
    """So many searches of one text with one list, of which the first ones click a product."""
    entries: list[Any] = []
    for number in range(count):
        search = f"{text}{number}"
        entries.append(ResultList(search, text, {product: place for place, product in enumerate(listed, start=1)}))
        entries += [Click(search, product) for product, times in clicks.items() if number < times]
    return entries


def test_clicks_are_compared_with_those_that_the_ranks_draw() -> None:
    log = searches(10, text="mug", listed=["a", "b"], clicks={"a": 4, "b": 4})
    log += searches(10, text="cup", listed=["c", "d"], clicks={"c": 4})
    found = {each.product_id: each for each in judge_clicks(log, fewest_at_rank=1).judgments}
    # Rank 1 is clicked 8 times of 20, rank 2 4 times of 20; each product is shown 10 times.
    assert found["a"].expected == pytest.approx(10 * 8 / 20)
    assert found["b"].expected == pytest.approx(10 * 4 / 20)
    assert found["b"].coec == pytest.approx((4 + 1) / (2 + 1))
    assert found["d"].coec == pytest.approx((0 + 1) / (2 + 1))
    assert {name: each.grade for name, each in found.items()} == {"a": 2, "b": 2, "c": 2, "d": 0}


def test_expected_clicks_add_up_to_the_clicks() -> None:
    log = searches(30, text="mug", listed=["a", "b", "c"], clicks={"a": 9, "c": 2})
    log += searches(20, text="cup", listed=["c", "a"], clicks={"a": 7})
    found = judge_clicks(log, fewest_at_rank=1)
    assert sum(each.expected for each in found.judgments) == pytest.approx(found.clicks)


@pytest.mark.parametrize(
    ("clicks", "expected", "grade"), [(7, 3.0, 3), (3, 3.0, 2), (1, 3.0, 1), (0, 3.0, 0), (0, 0.0, 2), (3, 1.0, 3)]
)
def test_grades_follow_the_floors(clicks: int, expected: float, grade: int) -> None:
    assert ClickJudgment("mug", "a", 100, clicks, expected).grade == grade


def test_ranks_with_few_impressions_are_pooled_with_the_next() -> None:
    shown = {Shown(f"s{at}", f"p{at}", rank): "" for at, rank in enumerate([1] * 4 + [2] * 2 + [3] * 2 + [4])}
    clicked = {each for each in shown if each.product_id in ("p0", "p4", "p8")}
    rates = click_rates(shown, clicked, fewest=4)
    assert rates == {1: 1 / 4, 2: 2 / 5, 3: 2 / 5, 4: 2 / 5}


def test_pairs_shown_too_rarely_are_left_out_and_counted() -> None:
    log = searches(10, text="mug", listed=["a"], clicks={"a": 5}) + searches(9, text="cup", listed=["b"], clicks={})
    found = judge_clicks(log)
    assert found.qrels == {"mug": {"a": 2.0}}
    assert found.unused == {"pair shown under 10 times": 1}


def test_a_second_click_in_one_search_does_not_count_again() -> None:
    log = searches(10, text="mug", listed=["a", "b"], clicks={"a": 5})
    assert judge_clicks([*log, *log]).clicks == 5


def test_texts_that_are_the_same_but_for_case_and_width_are_one_query() -> None:
    log = searches(5, text="Mug", listed=["a"], clicks={"a": 2}) + searches(5, text="ｍｕｇ", listed=["a"], clicks={})
    assert judge_clicks(log).judgments[0].impressions == 10


def test_what_cannot_be_used_is_counted_by_reason() -> None:
    log = searches(10, text="mug", listed=["a"], clicks={"a": 1})
    log += [Uncounted("action login"), Click("mug0", "elsewhere"), Impression("unknown", "a", 1)]
    assert judge_clicks(log).unused == {"action login": 1, "no position": 1, "no text of the query": 1}


def test_a_log_of_clicks_alone_teaches_nothing() -> None:
    with pytest.raises(InputError, match="must also hold what was shown"):
        judge_clicks([Click("s1", "a", 1, "mug"), Uncounted("no object_id")])


def test_ubi_events_and_queries_are_read(tmp_path: Path) -> None:
    def event(action: str, ordinal: int | None) -> dict[str, Any]:
        attributes = {"object": {"object_id": "p1"}, "position": {"ordinal": ordinal}}
        return {"action_name": action, "query_id": "s1", "client_id": "c", "user_query": "mug",
                "timestamp": "2026-01-01T00:00:00Z", "event_attributes": attributes}  # fmt: skip

    records = [
        {"query_id": "s1", "user_query": "mug", "query_response_hit_ids": ["p2", "p1"]},
        event("impression", 2),
        event("click", None),
        event("login", 1),
        {"action_name": "click", "query_id": "s1"},
        {"action_name": "click", "event_attributes": {"object": {"object_id": 7}}},
        {"odd": 1},
    ]
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    assert list(read_events(path)) == [
        ResultList("s1", "mug", {"p2": 1, "p1": 2}),
        Impression("s1", "p1", 2, "mug"),
        Click("s1", "p1", None, "mug"),
        Uncounted("action login"),
        Uncounted("no object_id"),
        Uncounted("no query_id"),
        Uncounted("unknown record"),
    ]


def test_algolia_events_and_answers_are_read(tmp_path: Path) -> None:
    events = [
        {"queryID": "s1", "query": "mug", "hits": [{"objectID": "p1"}, {"objectID": "p2"}], "page": 1,
         "hitsPerPage": 20},
        {"eventType": "click", "queryID": "s1", "objectIDs": ["p2"], "positions": [22]},
        {"eventType": "view", "queryID": "s1", "objectIDs": ["p1", "p2"]},
        {"eventType": "conversion", "queryID": "s1", "objectIDs": ["p1"]},
        {"eventType": "click", "objectIDs": ["p1"]},
    ]  # fmt: skip
    path = tmp_path / "events.json"
    path.write_text(json.dumps({"events": events}, indent=1), encoding="utf-8")
    assert list(read_events(path)) == [
        ResultList("s1", "mug", {"p1": 21, "p2": 22}),
        Click("s1", "p2", 22),
        Impression("s1", "p1"),
        Impression("s1", "p2"),
        Uncounted("event conversion"),
        Uncounted("no queryID"),
    ]


def test_a_line_that_is_not_json_is_refused_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"action_name": "login"}\n{"action_name": \n', encoding="utf-8")
    with pytest.raises(InputError, match="line 2: not JSON"):
        list(read_events(path))
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds no event"):
        list(read_events(path))
