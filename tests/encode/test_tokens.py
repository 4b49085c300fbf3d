from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from encode.tiny_packs import static_pack
from tonggan.encode import open_encoder
from tonggan.encode.tokens import TextRules, Tokens
from tonggan.errors import InputError, NotReadyError
from tonggan.packs.folder import PartFiles


def tokens(folder: Path, **rules: object) -> Tokens:
    return Tokens.open(PartFiles(static_pack(folder, special_tokens=True, **rules), "text"))


def test_a_text_is_cut_at_the_most_tokens_and_keeps_its_end(tmp_path: Path) -> None:
    given = tokens(tmp_path, maximum_tokens=5).of("abcdefgh")
    assert given == [2, 3, 4, 5, 1]


def test_a_text_that_says_nothing_has_no_tokens(tmp_path: Path) -> None:
    opened = tokens(tmp_path, drop_punctuation=True)
    assert [opened.of(text, prefix="a ") for text in ("", " \t\n", "!?.")] == [[], [], []]


def test_cleaning_is_lower_case_without_punctuation_and_double_spaces() -> None:
    rules = TextRules(8, lower_case=True, drop_punctuation=True, single_spaces=True)
    assert rules.cleaned("  Men's  RED_shoes, (size\t9.5)! ") == "mens red shoes size 95"


def test_nothing_is_cleaned_unless_asked() -> None:
    assert TextRules(8).cleaned(" Men's\tRED ") == " Men's\tRED "


def test_lone_surrogates_become_one_sign_each_and_pairs_what_they_stand_for() -> None:
    assert TextRules(8).cleaned("a\ud800b\udc00") == "a\ufffdb\ufffd"
    assert TextRules(8).cleaned("\ud83c\udf81") == "🎁"


def test_the_prefix_goes_before_and_counts(tmp_path: Path) -> None:
    opened = tokens(tmp_path, maximum_tokens=4)
    assert opened.of("bc", prefix="a") == [2, 3, 4, 1]
    assert opened.of("bcd", prefix="a") == [2, 3, 4, 1]


@pytest.mark.parametrize(("side", "expected"), [("right", [[2, 3], [4, 9]]), ("left", [[2, 3], [9, 4]])])
def test_padding_is_on_its_side(tmp_path: Path, side: str, expected: list[list[int]]) -> None:
    numbers, mask = tokens(tmp_path, padding_side=side, pad_token=9).padded([[2, 3], [4]])
    assert numbers.tolist() == expected
    assert mask.tolist() == [[int(number != 9) for number in row] for row in expected]


def test_padding_may_always_be_to_the_maximum(tmp_path: Path) -> None:
    numbers, _ = tokens(tmp_path, padding="maximum", maximum_tokens=6).padded([[2]])
    assert numbers.shape == (1, 6)


def test_what_are_no_rules_is_refused() -> None:
    for wrong, told in (
        ({}, "do not say how texts become tokens"),
        ({"maximum_tokens": 0}, "maximum_tokens = 0 is not positive"),
        ({"maximum_tokens": 8, "padding": "longst"}, "Unknown padding 'longst'; known: longest, maximum"),
        ({"maximum_tokens": 8, "padding_side": "top"}, "Unknown padding_side 'top'"),
    ):
        with pytest.raises(InputError, match=told):
            TextRules.of(wrong)


def test_a_file_that_is_no_tokenizer_is_refused_by_name(tmp_path: Path) -> None:
    pack = static_pack(tmp_path)
    with pytest.raises(NotReadyError, match=r"text\.safetensors is not a tokenizer"):
        Tokens.open(PartFiles(pack, "text"), role="weights")


def test_a_text_is_the_mean_of_its_known_tokens(tmp_path: Path) -> None:
    pack = static_pack(tmp_path)
    table = PartFiles(pack, "text").arrays()["embeddings"]
    expected = table[[2, 4]].mean(axis=0)
    row = open_encoder(pack, "text").encode_query(["aZZc"])[0]
    np.testing.assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-6)


def test_fewer_rows_than_tokens_are_refused(tmp_path: Path) -> None:
    from tonggan.encode import EncodeSettings
    from tonggan.encode.static_tokens import StaticTokenEncoder
    from tonggan.packs.folder import write_pack

    pack = static_pack(tmp_path)
    content = PartFiles(pack, "text").content("tokenizer")
    small = {"text": {"embeddings": np.ones((3, 12), np.float32)}}
    other = write_pack(
        tmp_path,
        pack.origin,
        parts=pack.parts,
        weights=small,
        measures={},
        card="#",
        files={"tokenizer.json": content},
    )
    with pytest.raises(InputError, match="do not cover the"):
        StaticTokenEncoder.open(PartFiles(other, "text"), settings=EncodeSettings())
