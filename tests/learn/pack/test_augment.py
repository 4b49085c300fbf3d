"""Views of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from learn.pack.toy_pictures import save_square

torch = pytest.importorskip("torch", reason="torch is not installed; it trains")

from tonggan.learn.pack.augment import augmented, scaled, square, squares  # noqa: E402


def views(pictures: Any, side: int = 32, *, seed: int = 0) -> np.ndarray:
    return augmented(pictures, side, generator=torch.Generator().manual_seed(seed)).numpy()


@pytest.fixture
def pictures(tmp_path: Path) -> Any:
    paths = []
    for number, colour in enumerate(("red", "green", "blue")):
        paths.append(tmp_path / f"{colour}.png")
        save_square(paths[-1], colour, seed=number)
    return squares(paths, 48)


def test_a_picture_is_fitted_into_the_middle_of_a_white_square(tmp_path: Path) -> None:
    Image.new("RGB", (40, 10), (200, 0, 0)).save(tmp_path / "wide.png")
    pixels = square(tmp_path / "wide.png", 20)
    assert pixels.shape == (20, 20, 3)
    assert pixels.dtype == np.uint8
    is_white = (pixels == 255).all(axis=(1, 2))
    assert np.flatnonzero(~is_white).tolist() == list(range(7, 12))
    np.testing.assert_array_equal(pixels[9], [[200, 0, 0]] * 20)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (3, 2)])
def test_a_picture_of_any_size_has_its_square(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, (10, 20, 30)).save(tmp_path / "odd.png")
    assert square(tmp_path / "odd.png", 16).shape == (16, 16, 3)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_a_picture_of_any_mode_has_its_square(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (8, 8)).save(tmp_path / "odd.tiff")
    assert square(tmp_path / "odd.tiff", 16).shape == (16, 16, 3)


def test_a_photo_is_set_upright(tmp_path: Path) -> None:
    lying = Image.new("RGB", (20, 10), (0, 0, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    lying.save(tmp_path / "photo.jpg", exif=exif)
    is_white = (square(tmp_path / "photo.jpg", 20) == 255).all(axis=(0, 2))
    assert np.flatnonzero(~is_white).tolist() == list(range(5, 15))


def test_what_is_clear_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (200, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (square(tmp_path / "clear.png", 16) == 255).all()


def test_squares_are_one_tensor_channels_first(pictures: Any) -> None:
    assert tuple(pictures.shape) == (3, 3, 48, 48)
    assert pictures.dtype == torch.uint8
    assert pictures[0, 0, 24, 24] > 200 > pictures[0, 1, 24, 24]


def test_scaled_pictures_go_from_minus_one_to_one() -> None:
    pixels = scaled(torch.tensor([[[[0, 255]]]], dtype=torch.uint8))
    assert pixels.flatten().tolist() == [-1, 1]


def test_views_have_their_own_side_and_the_range_of_the_network(pictures: Any) -> None:
    seen = views(pictures)
    assert seen.shape == (3, 3, 32, 32)
    assert seen.dtype == np.float32
    assert -1 <= seen.min() < seen.max() <= 1


def test_the_same_seed_gives_the_same_views_and_another_gives_others(pictures: Any) -> None:
    np.testing.assert_array_equal(views(pictures, seed=3), views(pictures, seed=3))
    assert np.abs(views(pictures, seed=3) - views(pictures, seed=4)).max() > 0.1


def test_pictures_of_one_batch_are_changed_each_in_its_own_way(pictures: Any) -> None:
    seen = views(pictures[[0, 0, 0]])
    assert np.abs(seen[0] - seen[1]).max() > 0.1


def test_what_comes_in_from_outside_is_the_white_of_the_ground() -> None:
    white = torch.full((24, 3, 40, 40), 255, dtype=torch.uint8)
    for view in views(white):
        assert view.max() - view.min() < 1e-4
