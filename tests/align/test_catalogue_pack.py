from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from tonggan.align.catalogue_pack import fit_catalogue_pack
from tonggan.align.senses import Senses, load_pack
from tonggan.encode.drawings import drawings
from tonggan.errors import InputError, NotReadyError
from tonggan.packs import MANIFEST
from tonggan.packs.folder import PartFiles, read_pack, write_pack
from tonggan.records import Picture, Rating

COLOURS = {
    "red": (210, 30, 30),
    "blue": (30, 60, 200),
    "green": (30, 150, 60),
    "yellow": (240, 215, 50),
    "黑色": (20, 20, 20),
}
SHAPES = ("tall vase", "wide tray", "small cup", "square box")


def shop(count: int = 160) -> tuple[list[str], list[Picture], list[Rating | None]]:
    """Products whose colour and shape are told by both words and picture."""
    generator = np.random.default_rng(0)
    texts, pictures = [], []
    for number in range(count):
        name, shape = list(COLOURS)[number % 5], SHAPES[number // 5 % 4]
        texts.append(f"{name} {shape} number {number}\nA {shape} in {name}, made by hand.")
        pictures.append(drawn(COLOURS[name], shape, generator))
    return texts, pictures, [Rating(4.0 + number % 2, 1 + number) if number % 3 else None for number in range(count)]


def drawn(colour: tuple[int, int, int], shape: str, generator: np.random.Generator) -> Picture:
    picture = np.full((64, 64, 3), 250.0)
    height, width = {"tall vase": (50, 14), "wide tray": (14, 50), "small cup": (18, 18), "square box": (42, 42)}[shape]
    top, left = 32 - height // 2 + generator.integers(-4, 5), 32 - width // 2 + generator.integers(-4, 5)
    picture[top : top + height, left : left + width] = colour
    return np.clip(picture + generator.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packs")


@pytest.fixture(scope="module")
def senses(packs: Path) -> Senses:
    return fit_catalogue_pack(*shop(), packs, products=500)


def test_the_spaces_are_those_of_the_encoders_and_the_bridge(senses: Senses) -> None:
    assert set(senses.spaces) == {"text", "image", "rating", "shared"}
    assert senses.fitted_products == 500


def test_words_find_pictures_of_products_that_have_no_words(senses: Senses) -> None:
    _, pictures, _ = shop()
    vectors = senses.encode_products([""] * 20, list(senses.encode_pictures(pictures[:20])), [None] * 20)
    shared = np.stack([by_space["shared"] for by_space in vectors])
    nearest = np.argsort(-(shared @ senses.encode_text_query("red")["shared"]))[:4]
    assert {int(at) % 5 for at in nearest} == {0}
    assert all("text" not in by_space for by_space in vectors)


def test_a_picture_finds_words_of_products_that_have_no_picture(senses: Senses) -> None:
    texts, pictures, _ = shop()
    vectors = senses.encode_products(texts[:20], [None] * 20, [None] * 20)
    shared = np.stack([by_space["shared"] for by_space in vectors])
    nearest = np.argsort(-(shared @ senses.encode_image_query(pictures[1])["shared"]))[:2]
    assert {int(at) % 5 for at in nearest} == {1}
    assert all("image" not in by_space for by_space in vectors)


def test_the_shared_vector_of_a_product_is_that_of_its_picture(senses: Senses) -> None:
    texts, pictures, _ = shop(5)
    (vectors,) = senses.encode_products(texts[:1], list(senses.encode_pictures(pictures[:1])), [Rating(4.5, 9)])
    np.testing.assert_array_equal(vectors["shared"], senses.encode_image_query(pictures[0])["shared"])
    assert set(vectors) == {"text", "image", "rating", "shared"}


def test_a_query_without_a_known_word_has_no_vector(senses: Senses) -> None:
    assert senses.encode_text_query("xylophone") == {}
    assert senses.encode_products(["xylophone"], [None], [None]) == [{}]


def test_a_loaded_pack_gives_equal_vectors(senses: Senses) -> None:
    texts, pictures, ratings = shop(10)
    loaded = load_pack(senses.folder)
    assert (loaded.fingerprint, loaded.measures, loaded.spaces) == (senses.fingerprint, senses.measures, senses.spaces)
    first, second = (
        each.encode_products(texts, list(each.encode_pictures(pictures)), ratings) for each in (senses, loaded)
    )
    for one, two in zip(first, second, strict=True):
        assert one.keys() == two.keys()
        for space, vector in one.items():
            np.testing.assert_array_equal(vector, two[space])


def test_fitting_again_gives_the_same_pack(packs: Path, senses: Senses) -> None:
    texts, pictures, ratings = shop()
    loaders = [lambda picture=picture: picture for picture in pictures]
    assert fit_catalogue_pack(texts, loaders, ratings, packs, products=500).fingerprint == senses.fingerprint


def test_the_card_tells_data_seed_and_held_out_recall_beside_chance(senses: Senses) -> None:
    card = (senses.folder / "card.md").read_text(encoding="utf-8")
    for words in ("seed 0", "text_to_image_recall_at_10", "chance_at_10", "held_out_pool", "is on"):
        assert words in card
    assert senses.measures["text_to_image_recall_at_10"] >= 3 * senses.measures["chance_at_10"]


def test_words_and_pictures_that_do_not_belong_together_get_no_bridge(tmp_path: Path) -> None:
    texts, _, ratings = shop()
    senses = fit_catalogue_pack(texts, drawings(len(texts), side=48, seed=3), ratings, tmp_path)
    assert "shared" not in senses.spaces
    assert "shared" not in senses.encode_text_query("red")
    assert senses.measures["held_out_pool"] > 0
    assert "is off" in (senses.folder / "card.md").read_text(encoding="utf-8")


def test_an_empty_shop_has_a_pack_too(tmp_path: Path) -> None:
    senses = fit_catalogue_pack([], [], [], tmp_path)
    assert set(senses.spaces) == {"text", "image", "rating"}
    assert senses.encode_products([], [], []) == []
    assert set(senses.encode_rating_query(4.5)) == {"rating"}


def test_uneven_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 texts, 1 pictures, 0 ratings"):
        fit_catalogue_pack(["a", "b"], [None], [], tmp_path)


def rewritten(senses: Senses, target: Path, *, dim_of: str = "", without: str = "", empty: str = "") -> Path:
    """Write the pack anew, whole and with honest checksums, but wrong inside."""
    pack = read_pack(senses.folder)
    weights = {name: {} if name == empty else PartFiles(pack, name).arrays() for name in pack.parts}
    parts = {name: part for name, part in pack.parts.items() if name != without}
    if dim_of:
        from dataclasses import replace

        parts[dim_of] = replace(parts[dim_of], dim=parts[dim_of].dim + 1)
    return write_pack(target, pack.origin, parts=parts, weights=weights, measures=pack.measures, card="").folder


def test_a_pack_of_wrong_dimension_is_refused(senses: Senses, tmp_path: Path) -> None:
    for name in ("text", "image", "rating", "bridge"):
        with pytest.raises(NotReadyError, match=rf"{name}.safetensors"):
            load_pack(rewritten(senses, tmp_path, dim_of=name))


def test_a_pack_that_lacks_an_encoder_or_its_arrays_is_refused(senses: Senses, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="no encoder for image"):
        load_pack(rewritten(senses, tmp_path, without="image"))
    with pytest.raises(NotReadyError, match=r"text.safetensors: not the weights of 'tfidf-svd'"):
        load_pack(rewritten(senses, tmp_path, empty="text"))


def test_the_manifest_names_implementations_and_no_code(senses: Senses) -> None:
    table = tomllib.loads((senses.folder / MANIFEST).read_text(encoding="utf-8"))
    assert {part["implementation"] for part in table["parts"].values()} == {
        "tfidf-svd", "colour-shape-texture", "rating-block", "ridge-cca",
    }  # fmt: skip
