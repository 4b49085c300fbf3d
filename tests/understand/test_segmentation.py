"""Words of a query with their places and parts of speech."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonggan.encode.words import normalize
from tonggan.understand.segmentation import segment


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("red dress", [("red", "ADJ"), ("dress", "NOUN")]),
        ("nike shoes for men", [("nike", "PROPN"), ("shoes", "NOUN"), ("for", "ADP"), ("men", "NOUN")]),
        ("sony wh-1000xm4", [("sony", "PROPN"), ("wh-1000xm4", "PROPN")]),
        ("under 50", [("under", "ADP"), ("50", "NUM")]),
        ("500ml 1,000.5", [("500ml", "NUM"), ("1,000.5", "NUM")]),
        ("蓝牙耳机", [("蓝牙", "ADJ"), ("耳机", "NOUN")]),
        ("耳机, (new)!", [("耳机", "NOUN"), ("new", "ADJ")]),
        ("qwxz and the", [("qwxz", "X"), ("and", "CCONJ"), ("the", "DET")]),
        ("", []),
        ("!?。", []),
    ],
)
def test_words_have_a_part_of_speech(text: str, words: list[tuple[str, str]]) -> None:
    assert [(token.text, token.tag) for token in segment(text)] == words


@settings(deadline=None)
@given(text=st.text())
def test_words_stand_where_they_say(text: str) -> None:
    cleaned = normalize(text)
    tokens = segment(cleaned)
    assert all(cleaned[token.start : token.end] == token.text for token in tokens)
    assert all(first.end <= second.start for first, second in pairwise(tokens))
