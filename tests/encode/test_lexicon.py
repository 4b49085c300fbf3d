"""The lexicon's form, and that of the one that comes with the package."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files

import pytest

from tonggan.encode.lexicon import KINDS, LexiconRow, parse_lexicon
from tonggan.encode.word_units import UnitReader, spoken_key
from tonggan.errors import InputError

HEADER = "zh\ten\tkind\n"
HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")


@pytest.fixture(scope="module")
def bundled() -> list[LexiconRow]:
    text = files("tonggan.packs").joinpath("default", "lexicon.tsv").read_text(encoding="utf-8")
    return parse_lexicon(text)


def test_a_row_has_its_meanings_in_order_and_its_kind() -> None:
    (row,) = parse_lexicon(HEADER + "行動電源\tpower bank|portable charger\tregional\n")
    assert row == LexiconRow("行動電源", ("power bank", "portable charger"), "regional")
    assert row.normalized == "行动电源"


def test_a_lexicon_without_rows_is_empty_and_one_without_header_is_refused() -> None:
    assert parse_lexicon(HEADER) == []
    for text in ("", "\n", "zh,en,kind\n", "耳机\theadphones\tproduct\n"):
        with pytest.raises(InputError, match=r"words\.tsv, line 1: .* is not the header"):
            parse_lexicon(text, where="words.tsv")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("耳机\theadphones", "not three filled columns"),
        ("耳机\theadphones\tproduct\t1", "not three filled columns"),
        ("耳机\t\tproduct", "not three filled columns"),
        (" 耳机\theadphones\tproduct", "not three filled columns"),
        ("耳机\theadphones\tproduct\r", "not three filled columns"),
        ("", "not three filled columns"),
        ("耳机\theadphones\tthing", "kind 'thing' is unknown"),
        ("耳机\tHeadphones\tproduct", "are not plain"),
        ("耳机\theadphones||earphones\tproduct", "are not plain"),
        ("耳机\theadphones | earphones\tproduct", "are not plain"),
        ("耳机\tover  ear\tproduct", "are not plain"),
        ("耳机\theadphones|耳塞\tproduct", "meanings 'headphones|耳塞'"),
        ("耳机\theadphones|headphones\tproduct", "meanings 'headphones|headphones'"),
        ("杯子\tmug\tproduct", "'杯子' is looked up as '杯子', as line 2 is"),
    ],
)
def test_an_error_names_the_line(line: str, reason: str) -> None:
    with pytest.raises(InputError, match=rf"words\.tsv, line 3: .*{re.escape(reason)}"):
        parse_lexicon(f"{HEADER}杯子\tcup\tproduct\n{line}\n", where="words.tsv")


@pytest.mark.parametrize(("first", "second"), [("耳机", "耳機"), ("T恤", "t恤"), ("USB线", "ＵＳＢ線")])
def test_forms_that_are_looked_up_alike_are_one_word(first: str, second: str) -> None:
    with pytest.raises(InputError, match="line 3") as refusal:
        parse_lexicon(f"{HEADER}{first}\tone\tproduct\n{second}\ttwo\tregional\n")
    assert "one row" in str(refusal.value.remedy)


def test_a_line_is_a_line_whatever_else_ends_lines_elsewhere() -> None:
    with pytest.raises(InputError, match="line 2"):
        parse_lexicon(HEADER + "耳\u2028机\thead\u2028phones\tproduct")


def test_the_bundled_lexicon_has_at_least_five_thousand_words_of_every_kind(bundled: list[LexiconRow]) -> None:
    kinds = Counter(row.kind for row in bundled)
    assert len(bundled) >= 5000
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 20


def test_the_bundled_lexicon_is_chinese_but_for_brands_and_misspellings(bundled: list[LexiconRow]) -> None:
    latin = [row for row in bundled if not HAN.search(row.written)]
    assert {row.kind for row in latin} <= {"brand", "misspelling"}
    assert all(meaning.isascii() for row in bundled for meaning in row.meanings)
    assert all(row.written.isprintable() for row in bundled)


def test_every_word_of_the_bundled_lexicon_is_found_as_itself(bundled: list[LexiconRow]) -> None:
    keys = [spoken_key(row.written) for row in bundled]
    reader = UnitReader(keys)
    assert [list(reader.units(row.written)) for row in bundled] == [[key] for key in keys]


def test_traditional_characters_say_what_simplified_ones_do(bundled: list[LexiconRow]) -> None:
    reader = UnitReader(row.normalized for row in bundled)
    for traditional, simplified in (("藍牙耳機", "蓝牙耳机"), ("紅色連衣裙", "红色连衣裙"), ("嬰兒推車", "婴儿推车")):
        assert list(reader.units(traditional)) == list(reader.units(simplified)) != []
