"""The text that is read: visible, bounded, normalized."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonggan.understand.cleaning import LETTERS_READ, clean


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  Red\t\n Dress ", "red dress"),
        ("ＳＨＯＥＳ　＄５０", "shoes $50"),
        ("藍牙耳機", "蓝牙耳机"),
        ("\u202eunder $50", "under $50"),
        ("sho\u200bes\x00", "shoes"),
        ("a\ud800b", "ab"),
        ("a\ufeff\u00adb", "ab"),
        ('15.6″ 6′ 15.6"', '15.6" 6′ 15.6"'),
        ("", ""),
        ("\u200b\u202e", ""),
    ],
)
def test_what_is_typed_is_read_as(typed: str, read: str) -> None:
    assert clean(typed) == read


def test_long_texts_are_cut() -> None:
    assert len(clean("a" * 10_000)) == LETTERS_READ
    assert len(clean("\ufdfa" * 2_000)) <= LETTERS_READ  # One sign that NFKC makes eighteen of.


@settings(deadline=None)
@given(st.text(st.characters(), max_size=200))
def test_any_text_becomes_clean_and_stays_so(typed: str) -> None:
    cleaned = clean(typed)
    assert cleaned == " ".join(cleaned.split())
    assert cleaned.isprintable() or not any(letter < " " for letter in cleaned)
    cleaned.encode("utf-8")
