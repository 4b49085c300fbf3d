"""The contract of every encoder, run on every one of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from encode import tiny_packs
from tonggan.encode import ENCODERS, PRETRAINED, Encoder, FittedEncoder, encoder_class, open_encoder
from tonggan.encode.drawings import drawings
from tonggan.errors import InputError
from tonggan.packs import Pack
from tonggan.records import Rating

SUBJECTS = (
    "red cotton shirt",
    "blue wool scarf",
    "steel water bottle",
    "蓝牙耳机 黑色",
    "连衣裙 红色",
    "wooden toy train",
)


@dataclass(frozen=True)
class Case:
    """An encoder fitted on a few items, with more items to encode and the queries that suit it."""

    items: Sequence[Any]
    queries: Sequence[Any]
    odd: Sequence[Any]


def text_case() -> Case:
    items = [
        f"{subject} {number % 7} {'for summer' if number % 2 else 'gift set'}"
        for number in range(40)
        for subject in SUBJECTS
    ]
    return Case(
        items,
        ["red shirt", "耳机"],
        [
            "x" * 100_000,
            "red " * 25_000,
            "🎁🧸",
            " \t\n",
            "",
            "\x00",
            "zzzz",
            "\ud83d red \udc00",
            "\ud800",
            "红\ud83d色",
            "\u202e红色\u2066",
            "紅" * 9_000,
        ],
    )


def picture_case() -> Case:
    pictures = drawings(12, side=64, seed=5)
    grey = np.full((50, 50, 3), 128, np.uint8)
    thin = np.random.default_rng(0).integers(0, 256, (2000, 1, 3), np.uint8)
    return Case(pictures, pictures[:2], [np.zeros((1, 1, 3), np.uint8), thin, thin.transpose(1, 0, 2), grey])


def rating_case() -> Case:
    items = [Rating(1 + number % 9 / 2, 1 + number**2) for number in range(30)]
    return Case(items, [1, 4.5, 5.0], [None, Rating(5.0, 0), Rating(1.0, 10**9), Rating(5.0, 1)])


CASES: Mapping[str, Callable[[], Case]] = {
    "tfidf-svd": text_case,
    "colour-shape-texture": picture_case,
    "rating-block": rating_case,
    "onnx-text": text_case,
    "onnx-image": picture_case,
    "model2vec": text_case,
    "word-vectors": text_case,
}

PACKS: Mapping[str, Callable[[Path], Pack]] = {
    "onnx-text": tiny_packs.text_pack,
    "onnx-image": tiny_packs.picture_pack,
    "model2vec": tiny_packs.static_pack,
    "word-vectors": tiny_packs.word_vector_pack,
}


@pytest.fixture(scope="module", params=sorted(ENCODERS))
def fitted(request: pytest.FixtureRequest) -> tuple[FittedEncoder, Case]:
    case = CASES[request.param]()
    return encoder_class(request.param).fit(case.items, seed=3), case


@pytest.fixture(scope="module", params=sorted([*ENCODERS, *PRETRAINED]))
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Encoder, Case]:
    name: str = request.param
    case = CASES[name]()
    if name in ENCODERS:
        return encoder_class(name).fit(case.items, seed=3), case
    if name.startswith("onnx"):
        pytest.importorskip("onnx", reason="onnx is not installed; it writes the tiny models")
    pack = PACKS[name](tmp_path_factory.mktemp(name))
    return open_encoder(pack, next(iter(pack.parts))), case


def test_rows_are_float32_of_norm_one(opened: tuple[Encoder, Case]) -> None:
    encoder, case = opened
    for rows, count in (
        (encoder.encode_document(case.items), len(case.items)),
        (encoder.encode_query(case.queries), len(case.queries)),
    ):
        assert rows.shape == (count, encoder.dim)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_batch_gives_the_same_rows_as_one_at_a_time(opened: tuple[Encoder, Case]) -> None:
    encoder, case = opened
    alone = np.concatenate([encoder.encode_document([item]) for item in case.items])
    np.testing.assert_allclose(encoder.encode_document(case.items), alone, atol=1e-6)


def test_restored_from_its_weights_it_gives_equal_rows(fitted: tuple[FittedEncoder, Case]) -> None:
    encoder, case = fitted
    copied = {name: array.copy() for name, array in encoder.weights().items()}
    restored = type(encoder).restore(copied, dict(encoder.parameters))
    assert restored.dim == encoder.dim
    np.testing.assert_array_equal(restored.encode_document(case.items), encoder.encode_document(case.items))
    np.testing.assert_array_equal(restored.encode_query(case.queries), encoder.encode_query(case.queries))


def test_fitting_twice_with_one_seed_gives_equal_weights(fitted: tuple[FittedEncoder, Case]) -> None:
    encoder, case = fitted
    again = type(encoder).fit(case.items, seed=3).weights()
    for name, array in encoder.weights().items():
        np.testing.assert_array_equal(array, again[name])


def test_nothing_in_gives_no_rows_out(opened: tuple[Encoder, Case]) -> None:
    encoder, _ = opened
    assert encoder.encode_document([]).shape == (0, encoder.dim)
    assert encoder.encode_query([]).shape == (0, encoder.dim)


def test_odd_items_give_rows_of_norm_one_or_zero(opened: tuple[Encoder, Case]) -> None:
    encoder, case = opened
    lengths = np.linalg.norm(encoder.encode_document(case.odd), axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-5) | (lengths == 0))


def test_an_encoder_fitted_on_nothing_or_on_one_item_works(fitted: tuple[FittedEncoder, Case]) -> None:
    encoder, case = fitted
    for items in ([], case.items[:1]):
        small = type(encoder).fit(items)
        rows = small.encode_document(case.items[:3])
        assert rows.shape == (3, small.dim)
        assert np.isfinite(rows).all()


def test_an_item_is_nearest_to_itself(opened: tuple[Encoder, Case]) -> None:
    encoder, case = opened
    rows = encoder.encode_document(case.items)
    similarity = rows @ rows.T
    assert np.all(np.diagonal(similarity) >= similarity.max(axis=1) - 1e-5)


def test_weights_and_parameters_can_be_kept_in_a_pack(fitted: tuple[FittedEncoder, Case]) -> None:
    encoder, _ = fitted
    assert {array.dtype.kind for array in encoder.weights().values()} <= {"f", "u"}
    assert all(isinstance(value, str | int | float) for value in encoder.parameters.values())


def test_an_unknown_encoder_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        InputError, match="Unknown encoder 'tfidf'; known: colour-shape-texture, rating-block, tfidf-svd"
    ):
        encoder_class("tfidf")


def test_what_a_caller_does_to_a_row_does_not_reach_the_next_caller(opened: tuple[Encoder, Case]) -> None:
    encoder, case = opened
    expected = encoder.encode_query(case.queries).copy()
    encoder.encode_query(case.queries)[:] = 7
    np.testing.assert_array_equal(encoder.encode_query(case.queries), expected)


def test_threads_get_the_rows_of_their_own_items(opened: tuple[Encoder, Case]) -> None:
    encoder, case = opened
    items = [*case.items[:12]] * 4
    expected = encoder.encode_document(items)
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda item: encoder.encode_document([item])[0], items))
    np.testing.assert_allclose(np.stack(rows), expected, atol=1e-5)
