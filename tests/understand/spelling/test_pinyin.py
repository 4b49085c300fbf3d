"""Chinese by its sound: typed in Latin letters, begun in Latin letters, written with the wrong characters."""

from __future__ import annotations

import pytest

from tonggan.understand.spelling.homophones import homophones, read_homophones
from tonggan.understand.spelling.pinyin import PinyinIndex, readings, southern_form
from tonggan.understand.spelling.pinyin_reading import looks_like_pinyin, read_pinyin
from understand.spelling.small_catalogue import is_word, pinyin_index, tokens_of

WORDS = (
    ("蓝牙", 9),
    ("耳机", 9),
    ("蓝牙耳机", 5),
    ("连衣裙", 9),
    ("手机壳", 7),
    ("手机", 30),
    ("绿茶", 4),
    ("银行", 2),
)


def read(text: str, words: tuple[tuple[str, int], ...] = WORDS, known: frozenset[str] = frozenset()) -> dict[str, str]:
    found = read_pinyin(text, tokens_of(text), PinyinIndex.learn(words), is_known=known.__contains__)
    return {each.text: each.replacement for each in found}


@pytest.mark.parametrize(
    "typed", ["lanya erji", "lanyaerji", "lan ya er ji", "lan yaer ji", "lan'ya er'ji", "lanyaer ji"]
)
def test_breaks_may_stand_between_any_syllables(typed: str) -> None:
    assert read(typed) == {typed: "蓝牙耳机"}


def test_a_break_within_a_syllable_is_not_pinyin() -> None:
    assert read("li anyiqun") == {}


def test_what_was_read_is_told_with_its_place() -> None:
    text = "red shouji ke"
    (found,) = read_pinyin(text, tokens_of(text), PinyinIndex.learn(WORDS), is_known={"red"}.__contains__)
    assert (found.kind, found.key, found.text) == ("pinyin", "pinyin:shouji ke", "shouji ke")
    assert text[found.start : found.end] == "shouji ke"


def test_the_commonest_word_of_a_sound_is_meant() -> None:
    assert read("shiji shiji", (("世纪", 2), ("试剂", 8))) == {"shiji shiji": "试剂试剂"}


def test_u_and_v_are_both_typed_for_the_umlaut() -> None:
    assert read("lvcha") == {"lvcha": "绿茶"}
    assert read("lucha") == {"lucha": "绿茶"}


def test_a_word_of_several_readings_is_read_as_its_phrase_says() -> None:
    assert readings("银行")[0] == ("yin", "hang")
    assert readings("行李箱")[0] == ("xing", "li", "xiang")


@pytest.mark.parametrize("typed", ["pan", "can", "wan", "hang", "long", "china", "bang", "stainless", "lan", "shou"])
def test_english_and_single_syllables_stay(typed: str) -> None:
    assert read_pinyin(typed, tokens_of(typed), pinyin_index(), is_known=is_word) == []


def test_words_that_english_knows_are_read_only_within_a_longer_word() -> None:
    known = frozenset({"lian", "yi", "qun", "shou", "ji"})
    assert read("lian yi qun", known=known) == {"lian yi qun": "连衣裙"}
    assert read("shou ji", known=known) == {}


def test_an_english_word_within_a_run_is_kept() -> None:
    assert read("lanya nike erji", known=frozenset({"nike"})) == {"lanya": "蓝牙", "erji": "耳机"}


def test_southern_readings_are_tried_second() -> None:
    assert read("souji ke") == {"souji ke": "手机壳"}
    assert read("souji ke", (*WORDS, ("搜集", 1), ("可乐", 1), ("搜集壳", 1))) == {"souji ke": "搜集壳"}
    assert southern_form("zhuang") == southern_form("zuan")


def test_initials_are_read_where_they_are_the_whole_query_and_one_word_is_far_commoner() -> None:
    assert read("lyej") == {"lyej": "蓝牙耳机"}
    assert read("lyej red", known=frozenset({"red"})) == {}
    assert read("lyej", (*WORDS, ("老爷耳机", 4))) == {}
    assert read("lyq", (("连衣裙", 2),)) == {}


def test_a_typed_word_of_letters_that_fit_no_syllables_is_refused_at_once() -> None:
    assert not looks_like_pinyin("nanananananananananananananananananan" + "xx")
    assert looks_like_pinyin("zhuangshipin")


@pytest.mark.parametrize(
    ("run", "meant"), [("兰牙耳机", "蓝牙耳机"), ("莲衣裙", "连衣裙"), ("手机客", "手机壳"), ("兰牙", "蓝牙")]
)
def test_wrong_characters_of_the_right_sound_are_put_right(run: str, meant: str) -> None:
    assert homophones(run, PinyinIndex.learn(WORDS))[0][0] == meant


def test_a_word_must_keep_one_of_the_characters_typed() -> None:
    assert homophones("守机", PinyinIndex.learn(WORDS))[0][0] == "手机"
    assert homophones("守鸡", PinyinIndex.learn(WORDS)) == []


def test_known_words_and_single_characters_have_no_homophones() -> None:
    assert [homophones(run, PinyinIndex.learn(WORDS)) for run in ("手机", "手机耳机", "机", "鸡" * 40)] == [[]] * 4


def test_runs_that_a_product_has_are_not_read_by_their_sound() -> None:
    text, index = "兰牙 耳机", PinyinIndex.learn(WORDS)
    (found,) = read_homophones(text, tokens_of(text), index)
    assert (found.kind, found.key, found.replacement, found.start) == ("homophone", "homophone:兰牙", "蓝牙", 0)
    assert read_homophones(text, tokens_of(text), index, is_held={"兰牙"}.__contains__) == []


def test_words_begin_with_their_pinyin_or_their_initials_the_commonest_first() -> None:
    index = PinyinIndex.learn(WORDS)
    assert index.starting("shouj", 5) == ["手机", "手机壳"]
    assert index.starting("sj", 5) == ["手机", "手机壳"]
    assert index.starting("Lan Y", 2) == ["蓝牙", "蓝牙耳机"]
    assert [index.starting("x", 5), index.starting("", 5), index.starting("l", 0)] == [[], [], []]


def test_an_index_without_words_finds_nothing() -> None:
    assert read("lanya erji", ()) == {}
    assert homophones("兰牙", PinyinIndex.learn(())) == []
