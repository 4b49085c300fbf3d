"""The pairs that search across languages is measured on: enough of them, and none that could be looked up."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tonggan.encode.lexicon import parse_lexicon
from tonggan.encode.word_units import spoken_key
from tonggan.packs.library import BUNDLED


@pytest.fixture(scope="module")
def pairs() -> list[dict[str, str]]:
    with Path(__file__).with_name("cross_language_pairs.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_there_are_at_least_three_hundred_pairs_each_once(pairs: list[dict[str, str]]) -> None:
    assert len(pairs) >= 300
    assert len({spoken_key(pair["zh"]) for pair in pairs}) == len(pairs)


def test_chinese_stands_left_and_english_right(pairs: list[dict[str, str]]) -> None:
    assert all(not pair["zh"].isascii() and pair["en"].isascii() for pair in pairs)
    assert all(value.strip() == value != "" for pair in pairs for value in pair.values())


def test_no_chinese_of_a_pair_is_a_whole_row_of_the_lexicon(pairs: list[dict[str, str]]) -> None:
    rows = parse_lexicon((BUNDLED / "lexicon.tsv").read_text(encoding="utf-8"))
    known = {spoken_key(row.written) for row in rows}
    assert [pair["zh"] for pair in pairs if spoken_key(pair["zh"]) in known] == []
