from __future__ import annotations

import numpy as np
import pytest

from tonggan.encode.text import SMALL_CATALOGUE, TfidfSvdEncoder

CATALOGUE = [
    *["laptop notebook computer 15 inch", "notebook computer ssd", "laptop ssd 13 inch", "computer laptop notebook"]
    * 3,
    *["cotton shirt red", "shirt blue cotton sleeve", "red sleeve cotton"] * 3,
    *["蓝牙耳机 无线 黑色", "无线耳机 降噪", "连衣裙 夏季 红色"] * 3,
]


@pytest.fixture(scope="module")
def encoder() -> TfidfSvdEncoder:
    return TfidfSvdEncoder.fit(CATALOGUE, dim=6)


def similarity(encoder: TfidfSvdEncoder, query: str, document: str) -> float:
    return float((encoder.encode_query([query]) @ encoder.encode_document([document]).T).item())


def test_words_of_one_topic_meet_without_a_word_in_common(encoder: TfidfSvdEncoder) -> None:
    assert similarity(encoder, "laptop", "notebook computer") > similarity(encoder, "laptop", "cotton shirt") + 0.2


def test_chinese_words_find_their_topic(encoder: TfidfSvdEncoder) -> None:
    assert similarity(encoder, "耳机", "无线 降噪") > similarity(encoder, "耳机", "连衣裙 夏季") + 0.3


def test_scripts_and_widths_meet(encoder: TfidfSvdEncoder) -> None:
    np.testing.assert_array_equal(encoder.encode_query(["藍牙耳機"]), encoder.encode_query(["蓝牙耳机"]))
    np.testing.assert_array_equal(encoder.encode_query(["ＬＡＰＴＯＰ"]), encoder.encode_query(["laptop"]))


def test_a_query_without_a_known_word_is_a_zero_row(encoder: TfidfSvdEncoder) -> None:
    assert not encoder.encode_query(["xylophone", "", "🎁"]).any()


def test_the_dimension_is_at_most_the_rank() -> None:
    assert TfidfSvdEncoder.fit(["red shirt", "blue scarf"]).dim == 2
    assert TfidfSvdEncoder.fit([]).dim == 1


def test_a_large_catalogue_forgets_words_that_occur_once() -> None:
    texts = ["cotton shirt"] * SMALL_CATALOGUE + ["cotton xylophone"]
    assert not TfidfSvdEncoder.fit(texts, dim=2).encode_query(["xylophone"]).any()
    assert TfidfSvdEncoder.fit(texts[-20:], dim=2).encode_query(["xylophone"]).any()
