"""Texts cut into the keys of a vocabulary."""

from __future__ import annotations

import pytest

from tonggan.encode.word_units import CHUNKS_KEPT, LONGEST_KEPT, UnitReader, spoken_key, weights_of


def units(text: str, *vocabulary: str) -> list[str]:
    return list(UnitReader(vocabulary).units(text))


def test_the_longest_phrase_is_taken_first() -> None:
    words = ("power", "bank", "power bank", "power bank case")
    assert units("power bank case", *words) == ["power bank case"]
    assert units("power bank", *words) == ["power bank"]
    assert units("bank power", *words) == ["bank", "power"]
    assert units("power, bank", *words) == ["power bank"]


def test_a_phrase_does_not_reach_over_chinese() -> None:
    assert units("power 耳机 bank", "power", "bank", "power bank", "耳机") == ["power", "耳机", "bank"]


def test_an_unknown_word_is_cut_into_known_pieces_or_left_out_whole() -> None:
    words = ("run", "runn", "##ning", "##ing", "##s")
    assert units("running", *words) == ["runn", "##ing"]
    assert units("runs", *words) == ["run", "##s"]
    assert units("runx", *words) == []
    assert units("ru", "r", "##u") == []


@pytest.mark.parametrize("name", ["WH-1000XM4", "wh1000xm4", "B07XJ8C8F5", "SKU-99817", "1200x800"])
def test_what_names_one_model_is_no_unit(name: str) -> None:
    assert units(name, "wh1", "##1000", "##xm4", "b07", "##xj8", "99", "##817", "12", "##00") == []


def test_a_number_that_is_known_is_a_unit() -> None:
    assert units("iphone 15 1TB 128gb", "iphone", "15", "1tb") == ["iphone", "15", "1tb"]


def test_possessives_and_apostrophes_are_read_alike() -> None:
    words = ("women", "shoes", "women shoes", "o'neill")
    assert units("women's shoes", *words) == units("Women’s Shoes", *words) == ["women shoes"]
    assert units("O’Neill", *words) == ["o'neill"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("纯棉T恤", ["纯棉", "t恤"]),
        ("新款t恤裙夏", ["新款", "t恤裙", "夏"]),
        ("天然维生素C片", ["天然", "维生素c", "片"]),
        ("天然维生素CD", ["天然", "维生素"]),
        ("USB数据线", ["usb", "数据线"]),
        ("3D打印机", ["3d打印机"]),
        ("shirt恤", ["shirt"]),
    ],
)
def test_keys_of_two_scripts_are_found_wherever_they_start(text: str, expected: list[str]) -> None:
    words = (
        "纯棉",
        "t恤",
        "t恤裙",
        "新款",
        "夏",
        "天然",
        "维生素",
        "维生素c",
        "片",
        "usb",
        "数据线",
        "3d打印机",
        "shirt",
    )
    assert units(text, *words) == expected


def test_a_chinese_run_is_covered_so_that_little_stays_outside() -> None:
    words = ("蓝牙", "耳机", "蓝牙耳", "机", "无线蓝牙耳机")
    assert units("蓝牙耳机", *words) == ["蓝牙", "耳机"]
    assert units("无线蓝牙耳机", *words) == ["无线蓝牙耳机"]
    assert units("红蓝牙耳机盒", *words) == ["蓝牙", "耳机"]


def test_a_lone_character_stands_for_itself_only_where_the_vocabulary_says_so() -> None:
    assert units("黑耳机", "耳机", "#黑") == ["#黑", "耳机"]
    assert units("黑色", "黑色", "#黑") == ["黑色"]
    assert units("#黑", "#黑") == ["#黑"]


def test_a_word_of_the_vocabulary_may_be_one_character() -> None:
    assert units("红鞋", "红", "鞋", "#红") == ["红", "鞋"]


@pytest.mark.parametrize(
    "text",
    ["", " \t\r\n", "🎧👟", "\x00\x07", "\u202e\u2066", "\ud800", "???", "‍️", "٣٤٥", "ﷺ"],
)
def test_what_says_nothing_has_no_units(text: str) -> None:
    assert units(text, "red", "红色", "#红") == []


@pytest.mark.parametrize(
    "text", ["红色\ud83d", "\ud83d红色\ude00 🎁", "\u202e红色\u202c", "\x00红色\x1f", "紅色", "红色\ufe0f"]
)
def test_odd_characters_do_not_hide_what_stands_beside_them(text: str) -> None:
    assert units(text, "红色") == ["红色"]


def test_a_hundred_thousand_characters_are_read() -> None:
    reader = UnitReader(["红色", "连衣裙", "red", "xxx", "##x", "##xx"])
    assert list(reader.units("红色连衣裙" * 20_000)) == ["红色", "连衣裙"] * 20_000
    assert list(reader.units("x" * 100_000)) == []
    assert list(reader.units("xxx" + "xx" * 30)) == ["xxx", *["##xx"] * 30]
    assert list(reader.units("red " * 25_000)) == ["red"] * 25_000


def test_long_chunks_are_not_remembered() -> None:
    reader = UnitReader(["红色"])
    list(reader.units("红色" * LONGEST_KEPT))
    list(reader.units("红色"))
    kept = reader._chunk.cache_info()
    assert (kept.currsize, kept.maxsize) == (1, CHUNKS_KEPT)


def test_reading_twice_gives_the_same() -> None:
    reader = UnitReader(["red", "t恤", "耳机", "run", "##ning"])
    text = "Red T恤 running 耳机 WH-1"
    assert list(reader.units(text)) == list(reader.units(text)) == ["red", "t恤", "run", "##ning", "耳机"]


@pytest.mark.parametrize(
    "text", ["Men's T-shirt", "e-reader", "pu-erh tea", "7UP", "维生素C", "藍牙耳機", "O'Neill jacket"]
)
def test_a_spoken_key_is_what_the_reader_looks_up(text: str) -> None:
    assert units(text, spoken_key(text)) == [spoken_key(text)]


def test_weights_stay_in_the_opening_then_fall_by_half_life() -> None:
    weights = weights_of(["a", "b", "c", "d"], opening=2, half_life=1.0)
    assert weights == {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1 / (1 + 1)}


def test_a_repetition_adds_little_and_less_the_later_it_comes() -> None:
    weights = weights_of(["a", "a", "b", "a"], opening=1, half_life=1.0)
    assert weights["a"] == pytest.approx(1 + 0.3 * 1 + 0.3 * (1 / (1 + 2)))
