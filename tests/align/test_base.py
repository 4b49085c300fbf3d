"""A shop on the encoders of a base: topics of its own catalogue beside them, and the better of two bridges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encode.tiny_packs import ORIGIN, WIDTH, word_vector_pack
from tonggan.align.bridge import LEAST_PAIRS, Bridge, solve
from tonggan.align.catalogue_pack import fit_catalogue_pack
from tonggan.align.heads import Head
from tonggan.align.senses import TOPICS, TOPICS_SHARE, Base, Senses, load_pack, open_base
from tonggan.encode import encoder_class
from tonggan.encode.drawings import drawings
from tonggan.encode.rows import unit_rows
from tonggan.packs import Part
from tonggan.packs.folder import read_pack, write_pack

TEXTS = [
    f"{colour} {thing} {brand}"
    for colour in ("red", "blue", "红色", "黑色")
    for thing in ("shirt", "scarf", "bottle", "耳机")
    for brand in ("quantro", "veloria", "zumbe")
]
"""The base knows colours and things, and none of the brands."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return open_base(word_vector_pack(tmp_path_factory.mktemp("base")))


@pytest.fixture(scope="module")
def senses(base: Base, tmp_path_factory: pytest.TempPathFactory) -> Senses:
    nothing = [None] * len(TEXTS)
    return fit_catalogue_pack(TEXTS, nothing, nothing, tmp_path_factory.mktemp("packs"), base=base)


def halves(senses: Senses, row: np.ndarray) -> tuple[float, float]:
    """Squared length of what the base hears and of what the topics hear."""
    return float(row[:WIDTH] @ row[:WIDTH]), float(row[WIDTH:] @ row[WIDTH:])


def test_the_space_of_texts_is_as_wide_as_both_together(senses: Senses) -> None:
    assert senses.topics is not None
    assert senses.spaces["text"] == WIDTH + senses.topics.dim
    assert len(senses.encode_text_query("red shirt")["text"]) == senses.spaces["text"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("red shirt", (1 - TOPICS_SHARE, TOPICS_SHARE)),
        ("veloria", (0, 1)),
        ("wool train", (1, 0)),
    ],
)
def test_each_has_its_share_where_both_hear_and_all_where_one_does(
    senses: Senses, words: str, expected: tuple[float, float]
) -> None:
    (product,) = senses.encode_products([words], [None], [None])
    for row in (senses.encode_text_query(words)["text"], product["text"]):
        assert halves(senses, row) == pytest.approx(expected, abs=1e-5)


def test_what_neither_hears_has_no_row(senses: Senses) -> None:
    assert senses.encode_text_query("xylophone") == {}
    assert senses.encode_products(["xylophone"], [None], [None]) == [{}]


def test_a_brand_that_the_base_does_not_know_finds_its_products(senses: Senses) -> None:
    rows = np.stack([product["text"] for product in senses.encode_products(TEXTS, [None] * 48, [None] * 48)])
    nearest = np.argsort(-(rows @ senses.encode_text_query("veloria")["text"]), kind="stable")
    assert all("veloria" in TEXTS[at] for at in nearest[:16])


def test_topics_are_kept_in_the_pack_and_what_the_base_has_is_not(senses: Senses, base: Base) -> None:
    pack = read_pack(senses.folder)
    assert set(pack.parts) == {"image", "rating", TOPICS}
    assert (pack.base, pack.origin.name) == (base.pack.fingerprint, base.pack.origin.name)
    loaded = load_pack(senses.folder, find_base=lambda _: base.pack)
    one, two = (each.encode_products(TEXTS[:5], [None] * 5, [None] * 5) for each in (senses, loaded))
    for product, again in zip(one, two, strict=True):
        np.testing.assert_array_equal(product["text"], again["text"])


def test_rows_given_are_those_of_the_base_alone_and_topics_join_them(senses: Senses) -> None:
    given = senses.encode_texts(TEXTS[:3])
    assert given.shape == (3, WIDTH)
    one = senses.encode_products(TEXTS[:3], [None] * 3, [None] * 3, text_rows=given)
    two = senses.encode_products(TEXTS[:3], [None] * 3, [None] * 3)
    for product, again in zip(one, two, strict=True):
        np.testing.assert_array_equal(product["text"], again["text"])


def test_without_a_base_there_are_no_topics(tmp_path: Path) -> None:
    senses = fit_catalogue_pack(TEXTS, [None] * len(TEXTS), [None] * len(TEXTS), tmp_path)
    assert senses.topics is None
    assert senses.spaces["text"] == senses.encoders["text"].dim


PAIRS = 1_200
"""Products that the base has seen; a shop sells the first few of them."""


class Tied:
    """Words and pictures that share eight hidden numbers, and a base that has tied them."""

    def __init__(self, folder: Path) -> None:
        generator = np.random.default_rng(0)
        image = encoder_class("colour-shape-texture").fit(drawings(3, side=32, seed=0))
        hidden = generator.standard_normal((PAIRS, 8))
        text, seen = (
            unit_rows(hidden @ generator.standard_normal((8, dim)) + 3.0 * generator.standard_normal((PAIRS, dim)))
            for dim in (24, image.dim)
        )
        self.texts = [f"p{number}" for number in range(PAIRS)]
        self.pictures = seen
        self.bridge = solve(np.round(text * 127).astype(np.float32) / 127, seen, ridge=0.1)
        words = {
            "vocabulary": np.frombuffer("\n".join(self.texts).encode(), np.uint8),
            "vectors": np.round(text * 127).astype(np.int8),
            "scales": np.full(PAIRS, 1 / 127, np.float32),
        }
        parts = {
            "text": Part("encoder", "word-vectors", 24),
            "image": Part("encoder", "colour-shape-texture", image.dim, parameters=image.parameters),
            "bridge": Part("bridge", self.bridge.implementation, self.bridge.dim),
        }
        weights = {"text": words, "image": image.weights(), "bridge": self.bridge.weights()}
        self.pack = write_pack(folder, ORIGIN, parts=parts, weights=weights, measures={}, card="# Tied")

    def shop(self, folder: Path, count: int, *, bridge: Bridge | None = None) -> Senses:
        """Fit a shop of the first products, on the base with its bridge or another one."""
        base = open_base(self.pack)
        return fit_catalogue_pack(
            self.texts[:count],
            [lambda: None] * count,
            [None] * count,
            folder,
            base=replace(base, bridge=bridge) if bridge else base,
            picture_rows=lambda chosen: [self.pictures[at] for at in chosen],
        )


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Tied:
    return Tied(tmp_path_factory.mktemp("tied"))


@pytest.mark.parametrize("count", [100, 200])
def test_the_bridge_of_the_base_is_used_where_it_finds_more_and_is_centred_on_the_shop(
    tied: Tied, tmp_path: Path, count: int
) -> None:
    senses = tied.shop(tmp_path, count)
    assert senses.measures["ridge"] == 0
    assert senses.bridge is not None
    np.testing.assert_array_equal(senses.bridge.text.map, tied.bridge.text.map)
    np.testing.assert_allclose(senses.bridge.image.mean, tied.pictures[:count].mean(axis=0), atol=1e-6)


def test_the_own_bridge_is_used_where_that_of_the_base_finds_less(tied: Tied, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    maps = [generator.standard_normal((24, 64)), generator.standard_normal((tied.pictures.shape[1], 64))]
    astray = Bridge(*(Head(np.zeros(len(each), np.float32), each.astype(np.float32)) for each in maps))
    senses = tied.shop(tmp_path, PAIRS, bridge=astray)
    assert senses.measures["ridge"] > 0
    assert senses.measures["text_to_image_recall_at_10"] > 3 * senses.measures["chance_at_10"]
    assert senses.bridge is not None


@pytest.mark.parametrize("count", [0, 1, LEAST_PAIRS - 1])
def test_with_too_few_pairs_the_bridge_of_the_base_stays_as_it_is(tied: Tied, tmp_path: Path, count: int) -> None:
    senses = tied.shop(tmp_path, count)
    assert "pairs" not in senses.measures
    assert senses.bridge is not None
    for name, array in tied.bridge.weights().items():
        np.testing.assert_array_equal(senses.bridge.weights()[name], array)


def test_no_bridge_is_used_where_neither_is_confirmed(tied: Tied, tmp_path: Path) -> None:
    shuffled = np.random.default_rng(1).permutation(PAIRS)
    base = open_base(tied.pack)
    senses = fit_catalogue_pack(
        tied.texts,
        [lambda: None] * PAIRS,
        [None] * PAIRS,
        tmp_path,
        base=base,
        picture_rows=lambda chosen: [tied.pictures[shuffled[at]] for at in chosen],
    )
    assert senses.bridge is None
    assert senses.measures["pairs"] == PAIRS
