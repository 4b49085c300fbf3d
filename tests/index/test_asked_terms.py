"""Alternatives cover the typed term that they stand for, once, and never raise a score above the typed term's worth."""

from __future__ import annotations

import pytest

from tonggan.index import NOBODY
from tonggan.index.asked_terms import TERMS_PER_BYTE, arrange


def test_typed_terms_keep_their_order_and_leave_no_gap() -> None:
    asked = arrange(dict.fromkeys("abcdefghij", 1.0), NOBODY)
    assert list(asked.terms) == list("abcdefghij")


def test_a_group_stands_in_one_byte() -> None:
    terms = dict.fromkeys("abcdefg", 1.0) | {"x": 0.5, "y": 0.5}
    asked = arrange(terms, {"x": "g", "y": "g"})
    places = [asked.terms.index(term) // TERMS_PER_BYTE for term in "gxy"]
    assert places == [1, 1, 1]
    assert asked.weights[6] == 0.0


def test_an_alternative_covers_its_share_of_the_typed_term() -> None:
    asked = arrange(
        {"耳机": 1.0, "蓝牙": 1.0, "earphone": 0.5, "headphone": 0.8}, {"earphone": "耳机", "headphone": "耳机"}
    )
    gains = asked.gains([2.0, 2.0, 1.0, 3.0] if asked.terms[1] == "蓝牙" else [2.0, 3.0, 1.0, 2.0])
    (table,) = asked.share_tables(gains)
    bit = {term: 1 << place for place, term in enumerate(asked.terms)}
    assert table[bit["headphone"]] == pytest.approx(2.0 * 0.8 / 4.0)
    assert table[bit["耳机"] | bit["headphone"]] == pytest.approx(2.0 / 4.0)
    assert table[bit["earphone"] | bit["headphone"]] == pytest.approx(2.0 * min(1.0, 0.5 + 0.8) / 4.0)
    assert table[bit["蓝牙"] | bit["earphone"]] == pytest.approx((2.0 + 2.0 * 0.5) / 4.0)


def test_an_alternative_gains_no_more_than_the_typed_term_at_its_weight() -> None:
    asked = arrange({"a": 1.0, "b": 0.5}, {"b": "a"})
    assert asked.gains([2.0, 9.0]) == [2.0, 0.5 * 2.0]


def test_alternatives_beyond_a_byte_are_left_out_the_lightest_first() -> None:
    others = {f"o{number}": 0.1 + number / 100 for number in range(10)}
    asked = arrange({"a": 1.0, **others}, dict.fromkeys(others, "a"))
    assert len(asked.groups[0]) == TERMS_PER_BYTE
    assert "o0" not in asked.terms


def test_an_alternative_of_a_term_that_nobody_asked_for_is_a_typed_one() -> None:
    asked = arrange({"b": 0.5}, {"b": "a"})
    assert [list(group) for group in asked.groups] == [[0]]
