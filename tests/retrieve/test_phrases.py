"""Words that stand together in a title speak for it; one word alone is no phrase."""

from __future__ import annotations

import pytest

from tonggan.retrieve.phrases import PHRASE_WORDS, phrase_shares, phrase_words


def test_one_word_is_no_phrase() -> None:
    assert phrase_words("laptop") == ()
    assert phrase_words("") == ()


def test_the_longest_run_of_neighbours_counts() -> None:
    asked = phrase_words("red running shoes")
    titles = ["Red running shoes", "running shoes, red", "Shoes for running in red", "red shoes for running"]
    assert phrase_shares(asked, titles).tolist() == pytest.approx([(3 - 1) / 2, (2 - 1) / 2, 0.0, 0.0])


def test_a_word_meets_the_beginning_of_a_word_and_no_middle() -> None:
    asked = phrase_words("red shoe")
    assert phrase_shares(asked, ["Red shoes", "Tired shoes", "RED-SHOE"]).tolist() == [1.0, 0.0, 1.0]


def test_chinese_words_stand_together_without_a_space() -> None:
    asked = phrase_words("蓝牙耳机")
    assert phrase_shares(asked, ["无线蓝牙耳机", "蓝牙无线耳机"]).tolist() == [1.0, 0.0]


def test_a_long_query_is_looked_for_by_its_first_words() -> None:
    assert len(phrase_words("one two three four five six seven eight")) == PHRASE_WORDS
