"""Figures as data: one short text per kind, one line per part, painted from back to front on a grid of 200 by 200.

A line is `fill shape numbers options`:
fill: `main` (the product's colour, pattern, texture), a name of `INKS`, or `#rrggbb`; `*.8` darkens, `*1.2` lightens;
shape: `path` (SVG commands), `ellipse cx cy rx ry`, `rect x y w h [radius]`, `line x y x y ...`;
options: `mirror` (adds the reflection at x = 100), `width=4` (stroke), `shade=tube`, `alpha=.3`, `blur=2`, `clip`
(stays in the last part that is not clipped), `plain` (no pattern).
A first line `stand` puts the figure on the ground; else it lies flat.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tonggan.demo.draw import outline
from tonggan.demo.draw.outline import Point
from tonggan.errors import InputError, unknown_name

GRID = 200
"""Units along each side of a figure."""

SHAPES = ("path", "ellipse", "rect", "line")
SHADES = ("soft", "tube", "ball", "flat")
FLAGS = ("mirror", "clip", "plain")
SETTINGS = ("width", "shade", "alpha", "blur")


@dataclass(frozen=True, slots=True)
class Part:
    """One painted shape; `width` above 0 strokes the outlines instead of filling them."""

    fill: str
    outlines: tuple[tuple[Point, ...], ...]
    brightness: float = 1.0
    width: float = 0.0
    shade: str = "soft"
    alpha: float = 1.0
    blur: float = 0.0
    is_clipped: bool = False
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """What one kind of product looks like."""

    parts: tuple[Part, ...]
    stands: bool


@cache
def figures() -> dict[str, Figure]:
    """All figures of the demo shop, by kind."""
    found: dict[str, Figure] = {}
    for file in sorted((files("tonggan.demo.draw") / "figures").iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            found.update({name: read_figure(text) for name, text in tomllib.loads(file.read_text("utf-8")).items()})
    return found


def read_figure(text: str) -> Figure:
    """Read the lines of one figure.

    >>> read_figure("main ellipse 100 100 50 50 shade=ball").parts[0].shade
    'ball'
    """
    lines = [line for line in text.strip().splitlines() if line.strip()]
    stands = bool(lines) and lines[0].strip() == "stand"
    return Figure(tuple(_part(line) for line in lines[stands:]), stands)


def _part(line: str) -> Part:
    fill, shape, *words = line.split()
    if shape not in SHAPES:
        raise InputError(unknown_name("shape", shape, SHAPES))
    settings = dict(word.split("=") for word in words if "=" in word)
    flags = [word for word in words if word in FLAGS]
    for key in settings.keys() - set(SETTINGS):
        raise InputError(unknown_name("option", key, SETTINGS))
    if settings.get("shade", "soft") not in SHADES:
        raise InputError(unknown_name("shade", settings["shade"], SHADES))
    points = _points(shape, [word for word in words if "=" not in word and word not in FLAGS])
    mirrored = [outline.mirror(points, axis=GRID / 2)] if "mirror" in flags else []
    name, _, brightness = fill.partition("*")
    return Part(
        fill=name,
        outlines=tuple(tuple(item) for item in [points, *mirrored]),
        brightness=float(brightness or 1),
        width=float(settings.get("width", 3 if shape == "line" else 0)),
        shade=settings.get("shade", "soft"),
        alpha=float(settings.get("alpha", 1)),
        blur=float(settings.get("blur", 0)),
        is_clipped="clip" in flags,
        is_plain="plain" in flags,
    )


def _points(shape: str, words: list[str]) -> list[Point]:
    if shape == "path":
        return outline.path(" ".join(words))
    numbers = [float(word) for word in words]
    if shape == "ellipse":
        return outline.ellipse(*numbers)
    if shape == "rect":
        return outline.rectangle(*numbers[:4], radius=numbers[4] if len(numbers) > 4 else 0)
    return outline.polyline(numbers)
