"""The drawn pictures: recognisable by colour, different by kind, pattern and surface."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tonggan.demo.draw.figure import figures, read_figure
from tonggan.demo.draw.mask import SIDE, rasterise, silhouette
from tonggan.demo.draw.outline import ellipse, mirror, path, rectangle
from tonggan.demo.draw.paint import Look, paint
from tonggan.demo.draw.pattern import PATTERNS, pattern
from tonggan.demo.draw.texture import TEXTURES, texture
from tonggan.errors import InputError, NotFoundError

RED = (210, 58, 58)
BLUE = (58, 111, 196)


def pixels(kind: str, look: Look) -> np.ndarray:
    return np.asarray(paint(kind, look), np.float64)


def test_a_picture_is_512_pixels_square_and_always_the_same() -> None:
    first, second = paint("dress", Look(RED, "floral", "woven")), paint("dress", Look(RED, "floral", "woven"))
    assert first.size == (SIDE, SIDE) == (512, 512)
    assert first.mode == "RGB"
    assert first.tobytes() == second.tobytes()


def test_a_red_product_is_red_where_it_is_and_pale_at_the_corners() -> None:
    picture = pixels("tshirt", Look(RED))
    red, green, blue = picture[200:400, 180:330].mean(axis=(0, 1))
    assert red > 1.8 * green
    assert red > 1.8 * blue
    assert picture[:20, :20].min() > 200


def test_a_blue_product_is_blue() -> None:
    red, _, blue = pixels("sofa", Look(BLUE))[200:300, 150:350].mean(axis=(0, 1))
    assert blue > 1.5 * red


def test_figures_of_different_kinds_have_different_shapes() -> None:
    shapes = {}
    for kind in figures():
        layers = silhouette(kind).layers
        whole = np.zeros((SIDE, SIDE), np.float32)
        for layer in layers:
            place = whole[layer.rows, layer.columns]
            np.maximum(place, layer.coverage, out=place)
        shapes[kind] = whole[::8, ::8] > 0.5
    assert len(shapes) >= 60
    for first, second in combinations(shapes, 2):
        both, either = shapes[first] & shapes[second], shapes[first] | shapes[second]
        assert both.sum() / either.sum() < 0.97, (first, second)


def test_every_figure_fills_a_good_part_of_the_picture_and_stays_inside() -> None:
    for kind in figures():
        picture = pixels(kind, Look(RED, ground=(255, 255, 255)))
        covered = (np.abs(picture - 250).max(axis=2) > 60).mean()
        assert 0.02 < covered < 0.75, kind


@pytest.mark.parametrize("name", sorted(PATTERNS.keys() - {"plain"}))
def test_each_pattern_shows_two_colours(name: str) -> None:
    share = pattern(name)
    assert share.shape == (SIDE, SIDE)
    assert 0.05 < share.mean() < 0.8
    assert share.max() > 0.7


def test_patterns_and_textures_change_the_picture() -> None:
    plain = pixels("pillow", Look(RED))
    for name in PATTERNS.keys() - {"plain"}:
        assert np.abs(pixels("pillow", Look(RED, name)) - plain).mean() > 1, name
    for name in TEXTURES.keys() - {"smooth"}:
        assert abs(float(texture(name).mean()) - 1) < 0.06
        assert np.abs(pixels("pillow", Look(RED, texture=name)) - plain).mean() > 0.1, name


def test_an_unknown_figure_pattern_or_texture_names_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match=r"Unknown figure 'dres'.*Did you mean 'dress'"):
        paint("dres", Look(RED))
    with pytest.raises(NotFoundError, match="Unknown pattern 'tartan'"):
        paint("dress", Look(RED, "tartan"))
    with pytest.raises(NotFoundError, match="Unknown texture 'fur'"):
        paint("dress", Look(RED, texture="fur"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("main star 1 2 3", "Unknown shape 'star'"),
        ("main ellipse 1 2 3 4 glow=2", "Unknown option 'glow'"),
        ("main ellipse 1 2 3 4 shade=round", "Unknown shade 'round'"),
        ("main path M0 0 A1 1", "Unknown path command 'A'"),
    ],
)
def test_a_figure_that_cannot_be_read_says_why(line: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_figure(line)


def test_a_clipped_part_stays_inside_the_part_before_it() -> None:
    shape = rasterise(read_figure("main rect 50 50 40 40\nwhite rect 70 70 100 100 clip"))
    first, second = shape.layers
    assert second.rows.stop <= first.rows.stop
    assert second.columns.stop <= first.columns.stop


def test_a_mirrored_part_is_symmetrical() -> None:
    layer = rasterise(read_figure("main rect 20 50 30 40 mirror")).layers[0]
    assert np.abs(layer.coverage - layer.coverage[:, ::-1]).max() < 0.35


def test_curves_end_where_they_are_told() -> None:
    points = path("M0 0 C0 10 10 10 10 0 Q15 -5 20 0 H30 V40 Z")
    assert points[20] == (10, 0)
    assert points[40] == (20, 0)
    assert points[-3:] == [(30, 0), (30, 40), (0, 0)]


def test_outlines_keep_to_their_measures() -> None:
    assert max(x for x, _ in ellipse(50, 50, 20, 10)) == 50 + 20
    assert max(y for _, y in rectangle(10, 20, 30, 40, radius=5)) == pytest.approx(20 + 40)
    assert mirror([(20, 5)], axis=100) == [(180, 5)]
