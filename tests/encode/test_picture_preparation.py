from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from tonggan.encode.pixels import Preparation, prepared
from tonggan.errors import InputError

RED = (200, 10, 10)


def plain(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), RED, np.uint8)


def values(picture: np.ndarray, **changed: Any) -> np.ndarray:
    """Prepare with rows, columns and channels in this order, as whole numbers again."""
    preparation = Preparation(**{"size": (8, 8), "layout": "nhwc", **changed})
    return np.round(prepared(picture, preparation) * 255).astype(int)


def test_mean_and_deviation_are_taken_per_channel() -> None:
    preparation = Preparation((4, 6), "squash", mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 2.0))
    result = prepared(plain(10, 10), preparation)
    assert result.shape == (3, 4, 6)
    assert result.dtype == np.float32
    expected = [(200 / 255 - 0.1) / 0.5, (10 / 255 - 0.2) / 0.25, (10 / 255 - 0.3) / 2.0]
    np.testing.assert_allclose(result[:, 0, 0], expected, rtol=1e-6)


def test_fit_shows_the_whole_picture_on_its_ground() -> None:
    result = values(plain(20, 10), resize="fit", fill=(255, 255, 255))
    assert (result[:, 2:6] == RED).all()
    assert (result[:, :2] == 255).all()
    assert (result[:, 6:] == 255).all()


def test_fit_also_makes_larger() -> None:
    assert (values(plain(2, 2), resize="fit") == RED).all()


def test_shortest_cuts_the_centre_out() -> None:
    picture = plain(8, 24)
    picture[:, 8:16] = 77
    assert (values(picture, resize="shortest") == 77).all()


def test_shortest_may_scale_to_more_than_the_crop() -> None:
    picture = plain(32, 32)
    picture[8:24, 8:24] = 77
    assert (values(picture, resize="shortest", shortest=16, resampling="nearest") == 77).all()


def test_squash_keeps_all_of_the_picture() -> None:
    picture = plain(8, 80)
    picture[:, 40:] = 77
    result = values(picture, resize="squash", resampling="nearest")
    assert (result[:, :4] == RED).all()
    assert (result[:, 4:] == 77).all()


def test_making_smaller_counts_every_pixel() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    for resampling in ("bilinear", "bicubic"):
        assert abs(values(stripes, resize="squash", resampling=resampling).mean() - 127.5) < 2


@pytest.mark.parametrize("resampling", ["nearest", "lanczos", "bilinear", "bicubic"])
def test_names_of_resampling_are_pillows(resampling: str) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (13, 29, 3), np.uint8)
    expected = Image.fromarray(picture).resize((8, 8), getattr(Image.Resampling, resampling.upper()))
    assert (values(picture, resize="squash", resampling=resampling) == np.asarray(expected)).all()


@pytest.mark.parametrize("resize", ["shortest", "squash", "fit"])
@pytest.mark.parametrize("shape", [(1, 1), (2_000, 1), (1, 30_000), (3, 5)])
def test_every_picture_has_a_form(resize: str, shape: tuple[int, int]) -> None:
    result = values(plain(*shape), resize=resize, size=(8, 12))
    assert result.shape == (8, 12, 3)
    assert (result == RED).all(axis=2).any()


def test_what_is_no_preparation_is_refused() -> None:
    for wrong, told in (
        ({}, "do not say the `size`"),
        ({"size": [8, 8], "resize": "sqash"}, "Unknown resize 'sqash'; known: fit, shortest, squash. Did you mean"),
        ({"size": [8, 8], "resampling": "cubic"}, "Unknown resampling 'cubic'"),
        ({"size": [8]}, "has not 2 values"),
        ({"size": [8, 0]}, "is not positive"),
        ({"size": [8, 8], "std": [1, 1, 0]}, "is not positive"),
        ({"size": 8}, "no preparation of pictures"),
        ({"size": ["a", "b"]}, "no preparation of pictures"),
    ):
        with pytest.raises(InputError, match=told):
            Preparation.of(wrong)
