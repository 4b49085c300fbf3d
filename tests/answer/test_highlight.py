"""What is marked in a hit."""

from __future__ import annotations

from tonggan.answer.highlight import END, SNIPPET_LETTERS, START, highlighter
from tonggan.records import Product


def marked(query: str, title: str, description: str = "") -> dict[str, str]:
    found = highlighter(query)(Product("p", title, description=description))
    return {name: text.replace(START, "<").replace(END, ">") for name, text in found.items()}


def test_words_of_the_same_stem_are_marked() -> None:
    assert marked("dresses red", "A Red dress") == {"title": "A <Red> <dress>"}


def test_chinese_words_are_marked_inside_their_run() -> None:
    assert marked("连衣裙", "夏季红色连衣裙女") == {"title": "夏季红色<连衣裙>女"}


def test_a_field_without_a_match_is_left_out() -> None:
    assert marked("mug", "Red dress", "not this either") == {}


def test_a_long_description_is_cut_around_its_first_match() -> None:
    text = "word " * 100 + "lamp " + "word " * 100
    cut = marked("lamp", "Nothing", text)["description"]
    assert "<lamp>" in cut
    assert len(cut) <= SNIPPET_LETTERS + 2


def test_marks_are_never_cut_in_half() -> None:
    cut = marked("lamp", "Nothing", "lamp " * 200)["description"]
    assert cut.count("<") == cut.count(">") > 0


def test_what_means_the_same_is_marked_too() -> None:
    found = highlighter("headphones", alike=["耳机"])(Product("p", "蓝牙耳机 Headphones"))
    assert found["title"].replace(START, "<").replace(END, ">") == "蓝牙<耳机> <Headphones>"


def test_a_word_that_was_typed_apart_is_marked_joined() -> None:
    found = highlighter("water proof", stems=["waterproof", "5"])(Product("p", "Waterproof 5 bag"))
    assert found["title"].replace(START, "<").replace(END, ">") == "<Waterproof> 5 bag"
