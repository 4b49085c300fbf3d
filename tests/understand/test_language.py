"""The language of a query by its scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonggan.understand.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *(
            ("red dress", "en"),
            ("café", "en"),
            ("红色连衣裙", "zh"),
            ("t恤", "zh"),
            ("5g手机", "zh"),
            ("500ml水杯", "zh"),
        ),
        *(("nike跑鞋", "mixed"), ("iphone 手机壳", "mixed"), ("usb线", "mixed")),
        *(
            ("12345", ""),
            ("", ""),
            ("¥!?", ""),
            ("ωμω", "el"),
            ("ドレス", "ja"),
            ("赤いドレス", "ja"),
            ("드레스", "ko"),
        ),
        *(("платье", "ru"), ("فستان", "ar"), ("שמלה", "he"), ("ชุดเดรส", "th"), ("पोशाक", "hi"), ("10ω", "")),
    ],
)
def test_a_text_is_in(text: str, language: str) -> None:
    assert language_of(text) == language


@given(st.text(max_size=80))
def test_any_text_has_an_answer(text: str) -> None:
    assert language_of(text).islower() or language_of(text) == ""
