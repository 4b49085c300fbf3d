"""Every published layout answers as its reference library does: tokens, pixels and vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest

from tonggan.encode import open_encoder
from tonggan.encode.drawings import drawings
from tonggan.encode.pixels import Preparation, prepared
from tonggan.encode.tokens import Tokens
from tonggan.packs import Pack
from tonggan.packs.folder import PartFiles, read_pack

Converted: TypeAlias = Callable[[str], tuple[Any, Pack]]

TWO_TOWERS = ("chinese-clip", "clip", "open-clip", "siglip")
EVERY = (*TWO_TOWERS, "bert", "model2vec", "xlm-roberta")
TEXTS = (
    "red running shoes",
    "蓝牙耳机 无线",
    "Men's USB-C (65W) charger_x!",
    "  mixed 中文 and  English ",
    "red " * 50,
    "a",
    "shoes red a 蓝牙 zzz 🎁",
)


def pictures() -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    noise = [generator.integers(0, 256, (*size, 3), np.uint8) for size in ((45, 70), (91, 33), (20, 20))]
    return [*drawings(2, side=64), *noise]


@pytest.mark.parametrize("layout", EVERY)
def test_tokens_are_those_of_the_reference(converted: Converted, layout: str) -> None:
    reference, pack = converted(layout)
    tokens = Tokens.open(PartFiles(pack, "text"))
    unknown = pack.parts["text"].parameters.get("unknown_token")
    for text in TEXTS:
        given = tokens.of(text, prefix=tokens.rules.query_prefix)
        assert [token for token in given if token != unknown] == reference.tokens(text)


@pytest.mark.parametrize("layout", TWO_TOWERS)
def test_pixels_are_those_of_the_reference(converted: Converted, layout: str) -> None:
    reference, pack = converted(layout)
    preparation = Preparation.of(pack.parts["image"].parameters)
    for picture in pictures():
        np.testing.assert_allclose(prepared(picture, preparation), reference.pixels(picture), atol=1e-5)


@pytest.mark.parametrize("layout", EVERY)
def test_text_vectors_are_those_of_the_reference_alone_and_in_a_batch(converted: Converted, layout: str) -> None:
    reference, pack = converted(layout)
    encoder, expected = open_encoder(pack, "text"), reference.text_rows(TEXTS)
    assert encoder.dim == reference.row.dim
    np.testing.assert_allclose(encoder.encode_document(TEXTS), expected, atol=1e-4)
    alone = np.concatenate([encoder.encode_query([text]) for text in TEXTS])
    np.testing.assert_allclose(alone, expected, atol=1e-4)


@pytest.mark.parametrize("layout", TWO_TOWERS)
def test_picture_vectors_are_those_of_the_reference_alone_and_in_a_batch(converted: Converted, layout: str) -> None:
    reference, pack = converted(layout)
    encoder, expected = open_encoder(pack, "image"), reference.picture_rows(pictures())
    assert encoder.dim == reference.row.dim
    np.testing.assert_allclose(encoder.encode_document(pictures()), expected, atol=1e-4)
    alone = np.concatenate([encoder.encode_query([picture]) for picture in pictures()])
    np.testing.assert_allclose(alone, expected, atol=1e-4)


@pytest.mark.parametrize("layout", EVERY)
def test_what_is_converted_is_a_pack_that_says_where_it_is_from(converted: Converted, layout: str) -> None:
    reference, pack = converted(layout)
    assert read_pack(pack.folder) == pack
    assert (pack.origin.name, pack.origin.licence) == (reference.row.name, reference.row.licence)
    assert set(pack.parts) == set(reference.row.modalities)


@pytest.mark.parametrize("layout", EVERY)
def test_two_towers_share_a_space_and_a_single_one_does_not(converted: Converted, layout: str) -> None:
    _, pack = converted(layout)
    spaces = {name: part.parameters.get("space") for name, part in pack.parts.items()}
    assert spaces == ({"text": "shared", "image": "shared"} if layout in TWO_TOWERS else {"text": None})
