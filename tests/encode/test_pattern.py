"""Patterns told from pixels: drawings whose pattern is known, and what must not be taken for one."""

from __future__ import annotations

import io
from random import Random

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tonggan.demo.draw.paint import Look, paint, rgb
from tonggan.demo.vocabulary import vocabulary
from tonggan.encode.background import foreground
from tonggan.encode.pattern import DOTTED, PATTERNS, PLAIN, STRIPED, Pattern, pattern_of
from tonggan.records import Picture

WANTED = {"stripes": STRIPED, "dots": DOTTED}
RED = (210, 58, 58)


def kept(image: Image.Image, *, side: int = 192) -> Picture:
    """A drawing as a shop looks at it: through JPEG, and reduced."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=85)
    with Image.open(stream) as opened:
        opened.thumbnail((side, side))
        return np.asarray(opened)


def told(picture: Picture) -> Pattern | None:
    return pattern_of(picture, foreground(picture))


def named(pattern: str, *, count: int) -> list[Pattern | None]:
    """What is told of drawings with one pattern, in kinds, colours and surfaces drawn by lot."""
    random, words = Random(f"test/{pattern}"), vocabulary()
    kinds = [kind for kind in words.kinds if len(kind.patterns) > 1]
    found = []
    for kind in random.sample(kinds, count):
        colour = words.colours[random.choice(kind.colours or ("red",))]
        material = words.materials[random.choice(kind.materials)].texture if kind.materials else "smooth"
        found.append(told(kept(paint(kind.id, Look(rgb(colour.paint), pattern, material)))))
    return found


@pytest.mark.parametrize(("pattern", "wanted"), WANTED.items())
def test_most_drawings_with_a_pattern_are_told_and_none_is_told_wrongly(pattern: str, wanted: Pattern) -> None:
    found = named(pattern, count=16)
    assert found.count(wanted) >= 16 / 2
    assert set(found) <= {wanted, None}


@pytest.mark.parametrize("pattern", ["checks", "floral", "jaguar"])
def test_what_has_no_name_here_is_hardly_ever_given_one(pattern: str) -> None:
    assert named(pattern, count=16).count(None) >= 16 - 1


@pytest.mark.parametrize("kind", ["tshirt", "dress", "skirt", "towel"])
def test_plain_cloth_is_plain_or_says_nothing(kind: str) -> None:
    found = {told(kept(paint(kind, Look(colour)))) for colour in (RED, (42, 58, 99), (165, 220, 195))}
    assert PLAIN in found
    assert found <= {PLAIN, None}


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 140])
def test_stripes_may_run_in_any_direction(angle: int) -> None:
    down, right = np.indices((160, 160)) - 79.5
    along = right * np.cos(np.radians(angle)) + down * np.sin(np.radians(angle))
    picture = np.full((160, 160, 3), 255, np.uint8)
    mask = np.hypot(down, right) < 60
    picture[mask] = np.where(
        np.sin(along * 2 * np.pi / 14)[..., None] > 0, np.array(RED, np.uint8), np.array((250, 240, 220), np.uint8)
    )[mask]
    assert pattern_of(picture, mask) == STRIPED


def test_dots_may_stand_in_disorder() -> None:
    random = Random(3)
    image = Image.new("RGB", (640, 640), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    draw.rectangle((120, 80, 519, 559), fill=(42, 58, 99))
    for row in range(112, 540, 56):
        for column in range(152, 500, 56):
            down, right = row + random.randint(-8, 8), column + random.randint(-8, 8)
            draw.ellipse((right - 15, down - 15, right + 15, down + 15), fill=(250, 248, 240))
    assert told(kept(image)) == DOTTED


def test_two_halves_of_different_colour_are_no_stripes() -> None:
    picture = np.full((160, 160, 3), 255, np.uint8)
    picture[20:80, 30:130], picture[80:140, 30:130] = RED, (42, 58, 99)
    assert told(picture) not in (STRIPED, DOTTED)


def test_a_larger_picture_tells_the_same() -> None:
    drawing = paint("dress", Look(RED, "stripes"))
    assert told(kept(drawing, side=512)) == told(kept(drawing, side=192)) == STRIPED


def test_where_the_product_is_not_known_nothing_is_told() -> None:
    assert pattern_of(kept(paint("dress", Look(RED, "stripes"))), None) is None


@pytest.mark.parametrize("size", [0, 1, 5, 12])
def test_a_product_of_a_few_pixels_tells_nothing(size: int) -> None:
    mask = np.zeros((64, 64), bool)
    mask[:size, :size] = True
    assert pattern_of(np.full((64, 64, 3), 90, np.uint8), mask) is None


def test_a_thin_product_tells_nothing_wrong() -> None:
    mask = np.zeros((192, 192), bool)
    mask[90:96] = True
    noise = np.random.default_rng(0).integers(0, 256, (192, 192, 3), np.uint8)
    assert pattern_of(noise, mask) is None


def test_every_pattern_has_a_name_in_both_languages() -> None:
    assert len({pattern.name_en for pattern in PATTERNS}) == len({pattern.name_zh for pattern in PATTERNS}) == 3
