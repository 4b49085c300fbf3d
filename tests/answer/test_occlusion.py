"""Which region of a picture mattered."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from tonggan.answer.occlusion import CELLS, heat_png, occlusion
from tonggan.encode.image import PictureEncoder
from tonggan.records import Picture


@pytest.fixture(scope="module")
def encoder() -> PictureEncoder:
    return PictureEncoder.fit([])


def cornered(top: int, left: int) -> Picture:
    """A red parallelogram in one corner of a light ground, 224 pixels wide."""
    picture = np.full((224, 224, 3), 245, np.uint8)
    for line in range(56):
        picture[top + line, left + line : left + line + 8] = (200, 30, 40)
    return picture


@pytest.mark.parametrize(("top", "left"), [(8, 8), (8, 150), (150, 8), (150, 150)])
def test_the_peak_lies_where_the_only_object_is(encoder: PictureEncoder, top: int, left: int) -> None:
    picture = cornered(top, left)
    target = encoder.encode_document([picture])[0]
    grid, similarity, drop = occlusion(picture, lambda pictures: encoder.encode_query(pictures) @ target)
    row, column = divmod(int(grid.argmax()), CELLS)
    assert (row > CELLS // 2, column > CELLS // 2) == (top > 100, left > 100)
    assert (grid.shape, float(grid.max())) == ((CELLS, CELLS), 1.0)
    assert similarity == pytest.approx(1.0, abs=1e-5)
    assert drop > 0.05


def test_a_plain_picture_gives_a_flat_map(encoder: PictureEncoder) -> None:
    picture = np.full((100, 60, 3), (200, 30, 40), np.uint8)
    target = encoder.encode_document([cornered(8, 8)])[0]
    grid, _, drop = occlusion(picture, lambda pictures: encoder.encode_query(pictures) @ target)
    assert not grid.any()
    assert drop == pytest.approx(0.0, abs=1e-6)


def test_a_map_costs_one_batch_of_all_patches_and_the_whole() -> None:
    sizes: list[int] = []

    def similarities(pictures: Sequence[Picture]) -> np.ndarray:
        sizes.append(len(pictures))
        return np.array([1.0] + [0.5 if at == 9 else 1.0 for at in range(len(pictures) - 1)], np.float32)

    grid, whole, drop = occlusion(cornered(8, 8), similarities)
    assert sizes == [CELLS * CELLS + 1]
    assert (whole, drop, float(grid[1, 2]), float(grid.sum())) == (1.0, 0.5, 1.0, 1.0)


def test_a_region_that_hurts_does_not_count() -> None:
    grid, _, _ = occlusion(
        cornered(8, 8), lambda pictures: np.array([0.5, 0.9, 0.3] + [0.5] * (len(pictures) - 3), np.float32)
    )
    assert (float(grid[0, 0]), float(grid[0, 1])) == (0.0, 1.0)


def test_the_heat_is_a_picture_of_the_same_shape_redder_at_the_peak() -> None:
    grid = np.zeros((CELLS, CELLS), np.float32)
    grid[0, 0] = 1.0
    with Image.open(io.BytesIO(heat_png(np.full((512, 256, 3), 255, np.uint8), grid))) as image:
        pixels = np.asarray(image)
    assert (pixels.shape, pixels[-1, -1].tolist()) == ((256, 128, 3), [255, 255, 255])
    assert pixels[4, 4, 2] < 200
