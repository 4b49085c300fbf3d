"""Stretches of a query that may be a code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonggan.understand.codes import code_candidates, is_barcode


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("4006381333931", "4006381333931"),
        ("4 006381 333931", "4006381333931"),
        ("４００６３８１３３３９３１", "4006381333931"),
        ("036000291452", "036000291452"),
        ("73513537", "73513537"),
        ("barcode 4006381333931 pen", "4006381333931"),
        ("sony wh-1000xm4", "WH-1000XM4"),
        ("sony wh-1000xm4", "WH1000XM4"),
        ("WH 1000XM4", "WH1000XM4"),
        ("SKU-001", "SKU-001"),
        ("SKU-001", "sku-001"),
        ("c4872a", "C4872A"),
        ("佳能mf4752硒鼓", "MF4752"),
        ("12345", "12345"),
    ],
)
def test_a_code_is_spelt_as_it_may_be_stored(text: str, spelling: str) -> None:
    assert spelling in code_candidates(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "red dress",
        "500ml",
        "15.6 inch",
        "iphone 15 pro",
        "1920x1080",
        "2xl",
        "100-200元",
        "50元以下",
        "耳机",
        "10-pack",
    ]
    + ["size 42", "mp3 player 8gb", "5kg dumbbell", "lamp 4006381333932", "usb 3.0", "100-200"],
)
def test_most_queries_have_none(text: str) -> None:
    assert code_candidates(text) == []


def test_the_last_digit_checks_the_others() -> None:
    digits, check = "400638133393", 1
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    assert (odd + 3 * even + check) % 10 == 0
    assert is_barcode(digits + str(check))
    assert not is_barcode(digits + "2")


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert all(candidate for candidate in code_candidates(text))
