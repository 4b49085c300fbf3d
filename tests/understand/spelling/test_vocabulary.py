"""The words of a catalogue, their counts, and those near a typed word."""

from __future__ import annotations

import pytest

from tonggan.encode.lexicon import LexiconRow
from tonggan.understand.spelling.typos import CHANGED, FIRST_LETTER, LEFT_OUT, NEAR_KEY, slip_cost
from tonggan.understand.spelling.vocabulary import LEXICON_PRIOR, LONGEST_WORD, NAME_PRIOR, Vocabulary
from understand.spelling.small_catalogue import TITLES, lexicon


def learnt(*titles: str, names: tuple[str, ...] = (), rows: tuple[LexiconRow, ...] = ()) -> Vocabulary:
    return Vocabulary.learn(titles, names=names, lexicon=rows)


def test_a_word_counts_once_for_each_title_that_holds_it() -> None:
    words = learnt("red mug, red lid", "Red bowl", "blue bowl")
    assert [words.count(word) for word in ("red", "bowl", "blue", "green")] == [2, 2, 1, 0]


def test_words_are_kept_as_written_and_not_as_stems() -> None:
    words = learnt("running shoes")
    assert "running" in words
    assert "run" not in words


def test_what_touches_a_digit_is_no_word() -> None:
    words = learnt("WH-1000XM4 headphones 500ml")
    assert [word in words for word in ("wh", "headphones", "xm", "ml", "1000xm4")] == [True, True, False, False, False]


def test_chinese_words_are_cut_out_of_runs_and_phrases_of_the_lexicon_are_put_together() -> None:
    words = learnt("蓝牙耳机 黑色", rows=(LexiconRow("蓝牙耳机", ("bluetooth headphones",), "product"),))
    assert {word: count for word, count in words.han() if len(word) > 1} == {
        "蓝牙": 1,
        "耳机": 1,
        "黑色": 1,
        "蓝牙耳机": 1,
    }


def test_traditional_titles_give_simplified_words() -> None:
    assert learnt("藍牙耳機").count("耳机") == 1


def test_names_and_the_lexicon_weigh_little_beside_titles() -> None:
    row = LexiconRow("灯", ("lamp",), "product")
    words = learnt("desk lamp", names=("Orbix",), rows=(row,))
    assert words.prior("lamp") == pytest.approx(1 + LEXICON_PRIOR)
    assert words.prior("orbix") == pytest.approx(NAME_PRIOR)
    assert (words.is_name("orbix"), words.is_name("lamp"), words.is_fixed("lamp")) == (True, False, True)


def test_a_misspelling_of_the_lexicon_is_no_known_word() -> None:
    words = learnt(rows=(LexiconRow("batery", ("battery",), "misspelling"),))
    assert "batery" not in words
    assert words.misspelt["batery"] == ("battery",)


def test_a_chinese_misspelling_stands_for_the_word_of_its_meaning_that_looks_like_it() -> None:
    rows = (
        LexiconRow("平底锅", ("frying pan", "pan"), "product"),
        LexiconRow("不粘锅", ("non stick pan",), "product"),
        LexiconRow("不粘郭", ("non stick pan",), "misspelling"),
    )
    assert learnt(rows=rows).misspelt["不粘郭"] == ("不粘锅",)


@pytest.mark.parametrize("typed", ["ottle", "botle", "bottlee", "xbottle", "bottke", "obttle", "botlte"])
def test_every_word_one_edit_away_is_found(typed: str) -> None:
    assert learnt("water bottle").neighbours(typed, distance=1) == ["bottle"]


@pytest.mark.parametrize("typed", ["efrigerato", "rfrigertor", "xrefrigeratorx", "rfeirgerator", "refrigerxxor"])
def test_common_words_two_edits_away_are_found(typed: str) -> None:
    words = learnt("quiet refrigerator", "large refrigerator")
    assert words.neighbours(typed, distance=2) == ["refrigerator"]


def test_words_of_one_title_are_not_looked_for_two_edits_away() -> None:
    assert learnt("quiet refrigerator").neighbours("rfrigertor", distance=2) == []


def test_words_with_accents_are_near_to_those_without() -> None:
    assert learnt("Café table").neighbours("cafe", distance=1) == ["café"]


def test_absurdly_long_words_are_left_out() -> None:
    words = learnt("a" * LONGEST_WORD + " " + "b" * (LONGEST_WORD + 1))
    assert ("a" * LONGEST_WORD in words, "b" * (LONGEST_WORD + 1) in words) == (True, False)


def test_an_empty_catalogue_has_no_words() -> None:
    words = learnt()
    assert (len(words), words.count("mug"), words.neighbours("mugs", distance=1)) == (0, 0, [])


def test_halves_of_characters_and_control_characters_are_looked_up_without_an_exception() -> None:
    assert [word in learnt("red \ud800 mug\x00") for word in ("red", "\ud800", "mug")] == [True, False, True]


def test_restored_words_are_those_that_were_kept() -> None:
    words = Vocabulary.learn(TITLES, names=("Orbix",), lexicon=lexicon())
    again = Vocabulary.restore(words.weights(), lexicon=lexicon())
    assert len(again) == len(words)
    assert again.neighbours("botle", distance=1) == words.neighbours("botle", distance=1)
    assert (again.count("waterproof"), again.is_name("orbix")) == (words.count("waterproof"), True)


def test_likely_slips_cost_less() -> None:
    assert slip_cost("bottke", "bottle") == NEAR_KEY
    assert slip_cost("bottxe", "bottle") == CHANGED
    assert slip_cost("ottle", "bottle") == LEFT_OUT + FIRST_LETTER
