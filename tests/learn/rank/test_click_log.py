"""What a log of clicks says before anything is learnt from it."""

from __future__ import annotations

import pytest

from tonggan.errors import InputError, NotReadyError
from tonggan.evaluate.clicks import Seen
from tonggan.evaluate.events import Shown
from tonggan.learn.rank.click_log import GREATEST_LIFT, click_log


def make_seen(clicked: dict[str, int], *, searches: int = 20, first: int = 1) -> Seen:
    """Searches that show products at places of their own; each is clicked in its first so many searches."""
    places = {product_id: place for place, product_id in enumerate(clicked, start=first)}
    shown = [Shown(f"s{at}", product_id, place) for at in range(searches) for product_id, place in places.items()]
    hits = {each for each in shown if int(each.search[1:]) < clicked[each.product_id]}
    return Seen(dict.fromkeys(shown, "red mug"), hits, {"no position": 2})


def test_lifts_are_clicks_over_those_expected_less_one() -> None:
    log = click_log(make_seen({"a": 12, "b": 4}))
    expected = 20 * (12 + 4) / 40
    assert log.lifts == {
        "red mug": {
            "a": pytest.approx((12 + 1) / (expected + 1) - 1, abs=1e-3),
            "b": pytest.approx((4 + 1) / (expected + 1) - 1, abs=1e-3),
        }
    }


def test_one_favourite_is_held_back() -> None:
    clicks = {"a": 100} | {f"p{at}": 0 for at in range(30)}
    log = click_log(make_seen(clicks, searches=100))
    assert log.report.judgments[0].coec - 1 < (100 + 1) / 1
    assert log.lifts["red mug"]["a"] <= GREATEST_LIFT


def test_pairs_that_were_shown_too_seldom_say_nothing_and_are_told() -> None:
    log = click_log(make_seen({"a": 5, "b": 1}, searches=9))
    assert (log.lifts, log.impressions) == ({}, {})
    assert log.as_json()["refused"] == {"no position": 2, "pair shown under 10 times": 2}
    assert log.as_json()["clicks_used"] == 0


def test_places_that_are_counted_from_nought_become_places_from_one() -> None:
    log = click_log(make_seen({"a": 80, "b": 40}, searches=100, first=0))
    assert {each.position for each in log.impressions["red mug"]} == {1, 2}
    assert log.require_examination().clicks == 120


def test_too_few_clicks_are_told_and_refused_only_where_they_are_needed() -> None:
    log = click_log(make_seen({"a": 12, "b": 4}))
    assert log.as_json()["power"] is None
    with pytest.raises(NotReadyError, match=r"16 clicks at 2 positions .* leave --inverse-propensity out"):
        log.require_examination()


def test_a_log_of_clicks_alone_is_refused() -> None:
    seen = make_seen({"a": 20})
    with pytest.raises(InputError, match="No impression without a click"):
        click_log(Seen(seen.shown, set(seen.shown)))
