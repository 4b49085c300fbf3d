from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tonggan.encode.descriptors import colour_histogram, outlines
from tonggan.encode.drawings import drawings
from tonggan.encode.image import PictureEncoder
from tonggan.encode.oklab import foreground, oklab
from tonggan.records import Picture


def recompressed(picture: Picture, *, quality: int = 60) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


def cropped(picture: Picture, *, side: float) -> Picture:
    height, width = picture.shape[:2]
    top, left = int(height * (1 - side) / 2), int(width * (1 - side) / 2)
    return picture[top : height - top, left : width - left]


def first_found(encoder: PictureEncoder, pictures: list[Picture], copies: list[Picture]) -> float:
    similarity = encoder.encode_query(copies) @ encoder.encode_document(pictures).T
    own = np.diagonal(similarity)
    return float(np.mean(own >= similarity.max(axis=1) - 1e-5))


def test_a_cropped_mirrored_recompressed_copy_finds_its_source_first() -> None:
    pictures = drawings(60, side=120, seed=9)
    copies = [recompressed(cropped(picture, side=0.9)[:, ::-1]) for picture in pictures]
    assert first_found(PictureEncoder.fit(pictures), pictures, copies) == 1.0


def test_the_first_picture_of_a_shop_already_finds_its_copies() -> None:
    pictures = drawings(40, side=120, seed=11)
    copies = [recompressed(cropped(picture, side=0.9)) for picture in pictures]
    assert first_found(PictureEncoder.fit(pictures[:1]), pictures, copies) == 1.0


def test_a_mirror_image_has_the_row_of_its_source() -> None:
    pictures = drawings(6, side=96, seed=1)
    encoder = PictureEncoder.fit(pictures)
    mirrored = [np.ascontiguousarray(picture[:, ::-1]) for picture in pictures]
    similarity = np.sum(encoder.encode_document(pictures) * encoder.encode_document(mirrored), axis=1)
    np.testing.assert_allclose(similarity, 1, atol=1e-4)


def test_outlines_tell_upright_from_lying_stripes_but_not_left_from_right() -> None:
    upright = np.zeros((96, 96, 3), np.float32)
    upright[:, ::8, 0] = 1
    slanted = np.zeros((96, 96, 3), np.float32)
    down, right = np.indices((96, 96))
    slanted[(down + right) % 12 < 6, 0] = 1
    np.testing.assert_allclose(outlines(slanted), outlines(np.ascontiguousarray(slanted[:, ::-1])), atol=1e-4)
    assert np.linalg.norm(outlines(upright) - outlines(upright.transpose(1, 0, 2))) > 1


def test_a_plain_background_counts_little_in_the_colours() -> None:
    shirt = np.full((48, 48, 3), 255, np.uint8)
    shirt[14:34, 14:34] = (200, 20, 30)
    filled = np.full((48, 48, 3), (200, 20, 30), np.uint8)
    white = np.full((48, 48, 3), 255, np.uint8)
    histogram = colour_histogram(oklab(shirt))
    assert histogram @ colour_histogram(oklab(filled)) > histogram @ colour_histogram(oklab(white))


def test_oklab_of_white_black_and_red_are_the_published_values() -> None:
    colours = np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]], np.uint8)
    np.testing.assert_allclose(oklab(colours), [[1, 0, 0], [0, 0, 0], [0.628, 0.225, 0.126]], atol=1e-3)


def test_a_busy_border_is_no_background() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    assert np.all(foreground(oklab(noise), floor=0.0) == 1)


def test_drawings_with_one_seed_are_equal_and_differ_from_each_other() -> None:
    one, two = drawings(2, side=32, seed=4)
    np.testing.assert_array_equal(drawings(2, side=32, seed=4)[1], two)
    assert np.any(one != two)


@pytest.mark.shared_data
def test_copies_of_real_pictures_find_their_source_first(shared_data: Path) -> None:
    with (shared_data / "flipkart" / "products.csv").open(encoding="utf-8", newline="") as file:
        paths = [shared_data / "flipkart" / row["image"] for row in csv.DictReader(file) if row["image"]]
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in paths[:150]]
    copies = [recompressed(cropped(picture, side=0.9)[:, ::-1]) for picture in pictures]
    assert first_found(PictureEncoder.fit(pictures), pictures, copies) >= 0.97
