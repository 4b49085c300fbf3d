from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from encode.tiny_packs import picture_pack, text_pack
from tonggan.encode import open_encoder
from tonggan.encode.cache import QueryCache, content_key


class Counting:
    """Encodes a text as its length, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.asked.extend(texts)
        return np.array([[len(text)] for text in texts], np.float32)


def test_a_query_is_encoded_once() -> None:
    cache, encode = QueryCache(), Counting()
    for _ in range(2):
        rows = cache.rows(["a", "bb", "a"], encode, dim=1)
        assert rows.tolist() == [[1], [2], [1]]
    assert encode.asked == ["a", "bb"]


def test_the_least_recently_asked_goes_first() -> None:
    cache, encode = QueryCache(capacity=2), Counting()
    for text in ("a", "b", "a", "c", "a", "b"):
        cache.rows([text], encode, dim=1)
    assert encode.asked == ["a", "b", "c", "b"]
    assert len(cache) == 2


def test_more_queries_at_once_than_are_kept_all_get_their_rows() -> None:
    texts = ["x" * length for length in range(9)]
    assert QueryCache(capacity=2).rows(texts, Counting(), dim=1)[:, 0].tolist() == list(range(9))


def test_a_query_is_known_by_all_of_its_content() -> None:
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    changed = picture.copy()
    changed[1, 3, 2] += 1
    keys = [content_key(query) for query in ("a", "A", "\ud800", "\ud801", picture, changed, picture.reshape(4, 2, 3))]
    assert len(set(keys)) == len(keys)
    assert content_key(picture[:, ::-1][:, ::-1]) == content_key(picture)


def test_threads_that_ask_at_once_get_their_own_rows() -> None:
    cache, encode = QueryCache(capacity=5), Counting()
    texts = ["x" * (number % 11) for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda text: cache.rows([text], encode, dim=1)[0, 0], texts))
    assert rows == [len(text) for text in texts]
    assert len(cache) == 5


@pytest.mark.parametrize(("made", "items"), [(text_pack, ["red"]), (picture_pack, [np.zeros((9, 9, 3), np.uint8)])])
def test_encoders_keep_queries_and_not_documents(tmp_path: Path, made: Any, items: list[Any]) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed; it writes the tiny models")
    pack = made(tmp_path)
    encoder: Any = open_encoder(pack, next(iter(pack.parts)))
    encoder.encode_document(items)
    assert len(encoder._cache) == 0
    encoder.encode_query(items)
    assert len(encoder._cache) == 1
