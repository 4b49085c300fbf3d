"""Rows of texts are kept where making them again would cost more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from tonggan.align.senses import Senses
from tonggan.catalogue.media import MediaFolder
from tonggan.catalogue.store import SqlStore
from tonggan.encode import COSTLY
from tonggan.records import Vectors
from tonggan.shop.rows import RowKeeper, text_key

TEXTS = ["red shirt", "蓝牙耳机", "red shirt", "", "\ud800"]


@dataclass
class Counted:
    """Stands for the senses of a shop, and counts the texts that are encoded."""

    costly: frozenset[str]
    encoded: list[str] = field(default_factory=list)
    row_fingerprints: dict[str, str] = field(default_factory=lambda: {"text": "f" * 32})

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        return np.array([[len(text), 1] for text in texts], np.float32).reshape(-1, 2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(str(tmp_path / "shop.db"))
    yield opened
    opened.close()


def keeper(store: SqlStore) -> RowKeeper:
    return RowKeeper(store, cast(MediaFolder, None))


def rows(store: SqlStore, senses: Counted, texts: Sequence[str] = TEXTS) -> Vectors:
    return keeper(store).text_rows(cast(Senses, cast(Any, senses)), texts)


def test_a_costly_encoder_sees_a_text_once_and_never_again(store: SqlStore) -> None:
    senses = Counted(frozenset({"text"}))
    expected = [[len(text), 1] for text in TEXTS]
    np.testing.assert_array_equal(rows(store, senses), expected)
    assert sorted(senses.encoded) == sorted(set(TEXTS))
    np.testing.assert_array_equal(rows(store, senses), expected)
    assert len(senses.encoded) == len(set(TEXTS))


def test_rows_of_a_quick_encoder_are_made_anew_and_not_kept(store: SqlStore) -> None:
    senses = Counted(frozenset({"image"}))
    rows(store, senses)
    rows(store, senses)
    assert senses.encoded == TEXTS * 2
    assert store.get_vectors("f" * 32, map(text_key, TEXTS)) == {}


def test_rows_of_another_encoder_are_not_mistaken_for_its_own(store: SqlStore) -> None:
    rows(store, Counted(frozenset({"text"})))
    other = Counted(frozenset({"text"}), row_fingerprints={"text": "e" * 32})
    rows(store, other, ["red shirt"])
    assert other.encoded == ["red shirt"]


def test_no_texts_give_no_rows(store: SqlStore) -> None:
    for costly in ({"text"}, set()):
        assert len(rows(store, Counted(frozenset(costly)), [])) == 0


def test_encoders_that_run_models_are_costly_and_sums_of_word_vectors_are_not() -> None:
    assert {"onnx-image", "onnx-text", "colour-shape-texture"} <= COSTLY
    assert not {"word-vectors", "model2vec", "tfidf-svd", "rating-block"} & COSTLY
