"""Texts as sums of vectors of their words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encode.tiny_packs import word_vector_pack
from tonggan.encode import open_encoder
from tonggan.encode.word_vectors import HALF_LIFE, OPENING, UNIT_LIMIT, WordVectorEncoder
from tonggan.packs.folder import PartFiles, write_pack

WORDS = ["red", "shoe", "blue", "power bank", "耳机", "t恤", "#黑", "run", "##ning", "filler"]


@pytest.fixture(scope="module")
def encoder() -> WordVectorEncoder:
    """Each word has a direction of its own; the word at place n counts n + 1."""
    scales = np.arange(1, len(WORDS) + 1, dtype=np.float32) / 127
    return WordVectorEncoder(WORDS, np.eye(len(WORDS), dtype=np.int8) * 127, scales)


def heard(encoder: WordVectorEncoder, text: str) -> np.ndarray:
    """How much each word counts in a text, next to the first of them that counts."""
    row = encoder.encode_document([text])[0] / np.arange(1, len(WORDS) + 1)
    return row / row[np.flatnonzero(row)[0]]


def test_a_text_is_the_sum_of_its_words_by_their_scales(encoder: WordVectorEncoder) -> None:
    (row,) = encoder.encode_query(["red shoe"])
    expected = np.zeros(len(WORDS))
    expected[:2] = [1, 2]
    np.testing.assert_allclose(row, expected / 5**0.5, atol=1e-6)


def test_phrases_pieces_mixed_words_and_characters_are_heard(encoder: WordVectorEncoder) -> None:
    (row,) = encoder.encode_query(["Power Bank running 耳機 T恤 黑 WH-1000XM4"])
    assert [WORDS[at] for at in np.flatnonzero(row)] == WORDS[3:9]


def test_in_a_query_every_word_counts_once(encoder: WordVectorEncoder) -> None:
    once, often = encoder.encode_query(["red shoe", "red red red shoe"])
    np.testing.assert_array_equal(once, often)


def test_in_a_document_the_opening_counts_alike_and_the_rest_less(encoder: WordVectorEncoder) -> None:
    opening = heard(encoder, "red shoe " + "blue " * (OPENING - 2))
    assert opening[1] == pytest.approx(1.0)
    late = heard(encoder, "red " + "filler " * (OPENING + 5) + "shoe")
    assert late[1] == pytest.approx(HALF_LIFE / (HALF_LIFE + 6), rel=1e-4)


def test_words_beyond_the_limit_are_not_heard(encoder: WordVectorEncoder) -> None:
    assert heard(encoder, "red " * UNIT_LIMIT + "shoe")[1] == 0


@pytest.mark.parametrize("text", ["", "  \n", "WH-1000XM4", "🎁", "\x00\x1b", "\ud800", "\u202e", "xylophone", "鑫"])
def test_a_text_without_a_known_word_is_a_zero_row(encoder: WordVectorEncoder, text: str) -> None:
    assert not encoder.encode_query([text]).any()
    assert not encoder.encode_document([text]).any()


@pytest.mark.parametrize(
    "text", ["红" * 100_000, "x" * 100_000, "red " * 25_000, "黑" * 100_000, "耳机\ud83d" * 9, "\u202ered"]
)
def test_odd_texts_have_rows_of_norm_one_or_zero(encoder: WordVectorEncoder, text: str) -> None:
    for rows in (encoder.encode_query([text]), encoder.encode_document([text])):
        length = float(np.linalg.norm(rows))
        assert length == pytest.approx(1, abs=1e-5) or length == 0


def test_a_batch_gives_exactly_the_rows_of_one_at_a_time(encoder: WordVectorEncoder) -> None:
    texts = ["red shoe", "", "blue 耳机 t恤", "黑 power bank", "running red red"]
    for encode in (encoder.encode_query, encoder.encode_document):
        np.testing.assert_array_equal(encode(texts), np.concatenate([encode([text]) for text in texts]))


def test_weights_that_do_not_fit_each_other_are_refused(tmp_path: Path) -> None:
    pack = word_vector_pack(tmp_path)
    weights = PartFiles(pack, "text").arrays()
    weights["scales"] = weights["scales"][:-1]
    part = replace(pack.parts["text"], files={})
    forged = write_pack(
        tmp_path, pack.origin, parts={"text": part}, weights={"text": weights}, measures={}, card="# Tiny"
    )
    with pytest.raises(ValueError, match="units"):
        open_encoder(forged, "text")
