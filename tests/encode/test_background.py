"""What is product and what is background: drawings whose exact outline is known, and pictures made to be hard."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from tonggan.demo.draw.mask import GLOW_ALPHA, silhouette
from tonggan.demo.draw.paint import Look, paint
from tonggan.encode.background import foreground
from tonggan.records import Picture

SIDE = 192
RED, NAVY, OLIVE = (210, 58, 58), (42, 58, 99), (125, 129, 72)
PLAIN_KINDS = ("tshirt", "dress", "skirt", "trousers", "teapot", "towel", "phone", "hat", "basketball", "toycar")
WITH_HOLES = ("table", "chair", "desk", "handbag")


def drawn(kind: str, look: Look, *, quality: int = 85) -> Picture:
    """A drawing as a shop keeps it: reduced, and through JPEG."""
    stream = io.BytesIO()
    paint(kind, look).resize((SIDE, SIDE)).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def outline(kind: str) -> np.ndarray:
    """Where the figure really is; light and glass count for nothing."""
    layers = [layer for layer in silhouette(kind).layers if layer.part.alpha > GLOW_ALPHA and not layer.part.blur]
    whole = np.zeros((512, 512), np.float32)
    for layer in layers:
        place = whole[layer.rows, layer.columns]
        np.maximum(place, layer.coverage / layer.part.alpha, out=place)
    return np.asarray(Image.fromarray(whole).resize((SIDE, SIDE), Image.Resampling.BOX)) > 0.5


def overlap(found: np.ndarray | None, true: np.ndarray) -> float:
    assert found is not None
    return float((found & true).sum() / (found | true).sum())


@pytest.mark.parametrize("kind", PLAIN_KINDS)
@pytest.mark.parametrize("colour", [RED, NAVY, OLIVE])
def test_the_product_is_cut_out_of_graded_paper_and_without_its_shadow(kind: str, colour: tuple) -> None:
    assert overlap(foreground(drawn(kind, Look(colour))), outline(kind)) >= 0.9


@pytest.mark.parametrize("kind", WITH_HOLES)
def test_holes_show_the_background_again(kind: str) -> None:
    assert overlap(foreground(drawn(kind, Look(NAVY))), outline(kind)) >= 0.85


@pytest.mark.parametrize("pattern", ["stripes", "dots", "checks", "floral", "jaguar", "gradient"])
def test_a_pattern_stays_part_of_the_product(pattern: str) -> None:
    assert overlap(foreground(drawn("dress", Look(RED, pattern))), outline("dress")) >= 0.9


@pytest.mark.parametrize("ground", [(238, 240, 244), (255, 255, 255), (250, 236, 214), (200, 220, 210), (60, 64, 72)])
def test_the_background_may_have_any_colour(ground: tuple) -> None:
    assert overlap(foreground(drawn("tshirt", Look(RED, ground=ground))), outline("tshirt")) >= 0.9


def test_a_white_product_on_pure_white_is_found_by_its_edge() -> None:
    picture = np.full((120, 120, 3), 255, np.uint8)
    picture[30:90, 30:90] = 244
    found = foreground(picture)
    assert found is not None
    assert found[32:88, 32:88].all()
    assert not found[:28].any()


def test_grain_of_the_paper_is_not_product() -> None:
    picture = np.asarray(paint("tshirt", Look(RED)).resize((SIDE, SIDE)), np.float64)
    noisy = picture + np.random.default_rng(0).normal(0, 4, picture.shape)
    assert overlap(foreground(np.clip(noisy, 0, 255).astype(np.uint8)), outline("tshirt")) >= 0.9


def test_a_product_cut_by_the_frame_is_still_found() -> None:
    picture = np.full((90, 90, 3), 255, np.uint8)
    picture[30:, 25:65] = NAVY
    found = foreground(picture)
    assert found is not None
    assert found[32:, 27:63].all()
    assert found.mean() == pytest.approx(60 * 40 / 90**2, abs=0.02)


def test_crumbs_beside_the_product_are_dropped() -> None:
    picture = np.full((100, 100, 3), 255, np.uint8)
    picture[40:80, 30:70] = RED
    picture[5:7, 90:92] = 0
    found = foreground(picture)
    assert found is not None
    assert not found[:20].any()


@pytest.mark.parametrize("seed", range(4))
def test_a_busy_picture_has_no_plain_background(seed: int) -> None:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8)
    assert foreground(np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC))) is None


def test_tiles_are_not_plain() -> None:
    picture = np.full((128, 128, 3), 225, np.uint8)
    picture[::8] = picture[:, ::8] = 150
    picture[40:90, 40:90] = RED
    assert foreground(picture) is None


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (40, 40), (8, 8)])
def test_a_picture_of_one_colour_has_nothing_to_tell_apart(shape: tuple) -> None:
    assert foreground(np.full((*shape, 3), 200, np.uint8)) is None


@pytest.mark.parametrize("shape", [(300, 200), (97, 411), (16, 16), (1000, 30)])
def test_the_mask_has_the_size_of_the_picture(shape: tuple) -> None:
    height, width = shape
    picture = np.full((height, width, 3), 255, np.uint8)
    picture[height // 4 : height // 4 * 3, width // 4 : width // 4 * 3] = NAVY
    found = foreground(picture)
    assert found is not None
    assert (found.shape, found.dtype) == (shape, np.bool_)
    assert found.mean() == pytest.approx(0.25, abs=0.1)


def test_the_picture_is_left_as_it_was() -> None:
    picture = drawn("tshirt", Look(RED))
    before = zlib.crc32(picture.tobytes())
    foreground(picture)
    assert zlib.crc32(picture.tobytes()) == before


def test_a_spiral_is_followed_to_its_end() -> None:
    """The way in winds round, so one sweep is not enough."""
    down, right = np.indices((128, 128)) - 63.5
    turn = np.hypot(down, right) / 16 - np.arctan2(down, right) / (2 * np.pi)
    is_wall = (turn % 1 < 0.4) & (np.hypot(down, right) < 56) & (np.hypot(down, right) > 8)
    picture = np.where(is_wall[..., None], np.uint8(30), np.uint8(255)).repeat(3, axis=2)
    assert overlap(foreground(picture), is_wall) >= 0.9
