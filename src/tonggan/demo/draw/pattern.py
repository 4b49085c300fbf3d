"""Patterns of cloth and paper, drawn once: how much of the second colour shows at each pixel."""

from __future__ import annotations

import math
from functools import cache
from random import Random

from PIL import Image, ImageDraw

from tonggan.demo.draw.mask import OVERSAMPLING, SIDE, Plane, unit_plane
from tonggan.errors import NotFoundError, unknown_name

STEP = 40
"""Pixels from one repeat to the next: four to eight repeats show on most products."""


@cache
def pattern(name: str) -> Plane:
    """Share of the second colour, 0 to 1, [512, 512]; NotFoundError lists the known patterns."""
    if name not in PATTERNS:
        raise NotFoundError(unknown_name("pattern", name, PATTERNS))
    image = Image.new("L", (SIDE * OVERSAMPLING, SIDE * OVERSAMPLING))
    PATTERNS[name](ImageDraw.Draw(image), STEP * OVERSAMPLING)
    return unit_plane(image.reduce(OVERSAMPLING))


def _plain(draw: ImageDraw.ImageDraw, step: int) -> None:
    """Nothing to draw."""


def _stripes(draw: ImageDraw.ImageDraw, step: int) -> None:
    for top in range(0, SIDE * OVERSAMPLING, step * 3 // 4):
        draw.rectangle((0, top, SIDE * OVERSAMPLING, top + step * 3 // 10), fill=255)


def _dots(draw: ImageDraw.ImageDraw, step: int) -> None:
    for x, y in _lattice(step * 4 // 5):
        _disc(draw, (x, y), step * 0.17)


def _checks(draw: ImageDraw.ImageDraw, step: int) -> None:
    """Gingham: half tone where one band runs, full where two cross."""
    band = step // 2
    for start in range(0, SIDE * OVERSAMPLING, step):
        draw.rectangle((start, 0, start + band, SIDE * OVERSAMPLING), fill=105)
    for top in range(0, SIDE * OVERSAMPLING, step):
        draw.rectangle((0, top, SIDE * OVERSAMPLING, top + band), fill=105)
        for left in range(0, SIDE * OVERSAMPLING, step):
            draw.rectangle((left, top, left + band, top + band), fill=215)


def _floral(draw: ImageDraw.ImageDraw, step: int) -> None:
    for number, (x, y) in enumerate(_lattice(step * 11 // 10)):
        turn = number * 0.9
        for petal in range(5):
            angle = turn + petal * 2 * math.pi / 5
            _disc(draw, (x + math.cos(angle) * step * 0.2, y + math.sin(angle) * step * 0.2), step * 0.15)
        _disc(draw, (x, y), step * 0.1, fill=0)
        _disc(draw, (x + step * 0.52, y + step * 0.1), step * 0.07, fill=190)


def _gradient(draw: ImageDraw.ImageDraw, step: int) -> None:
    side = SIDE * OVERSAMPLING
    for top in range(0, side, OVERSAMPLING):
        share = min(1.0, max(0.0, (top / side - 0.2) / 0.6))
        draw.rectangle((0, top, side, top + OVERSAMPLING), fill=round(200 * share))


def _jaguar(draw: ImageDraw.ImageDraw, step: int) -> None:
    """Rosettes: broken rings with a spot inside."""
    random = Random(7)
    for x, y in _lattice(step * 3 // 4):
        x, y, radius = x + random.uniform(-9, 9), y + random.uniform(-9, 9), step * random.uniform(0.2, 0.28)
        box = (x - radius, y - radius, x + radius, y + radius)
        for start in (random.uniform(0, 120), random.uniform(150, 260)):
            draw.arc(box, start, start + random.uniform(80, 110), fill=255, width=int(step * 0.11))
        _disc(draw, (x, y), step * 0.05)


PATTERNS = {
    "plain": _plain,
    "stripes": _stripes,
    "dots": _dots,
    "checks": _checks,
    "floral": _floral,
    "gradient": _gradient,
    "jaguar": _jaguar,
}


def _lattice(step: int) -> list[tuple[float, float]]:
    """Points of a grid whose every second row is shifted by half a step."""
    rows = range(0, SIDE * OVERSAMPLING + step, step)
    return [(x + step / 2 * (row % 2), y) for row, y in enumerate(rows) for x in rows]


def _disc(draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, *, fill: int = 255) -> None:
    x, y = centre
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
