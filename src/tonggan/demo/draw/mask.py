"""Figures rasterised once per kind: masks with smooth edges, light, and the shadow they cast."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from tonggan.demo.draw.figure import GRID, Figure, Part, figures
from tonggan.errors import NotFoundError, unknown_name

SIDE = 512
"""Pixels along each side of a picture: sharp on a product page, under 25 kB."""

OVERSAMPLING = 3
"""Masks are drawn this much larger and averaged down; beyond 3 the edges look the same."""

RIM_PIXELS = 9
"""How far the darker rim that gives parts their volume reaches in."""

RIM_DEPTH = 0.16
"""Share of light lost at the rim, by eye on the contact sheet."""

GLOW_ALPHA = 0.34
"""Parts no more opaque than this are light or glass and cast no shadow."""

Plane = npt.NDArray[np.float32]
"""float32, [height, width]."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One part ready to paint: its place, coverage 0 to 1, light around 1, and what fills it."""

    part: Part
    rows: slice
    columns: slice
    coverage: Plane
    light: Plane


@dataclass(frozen=True, slots=True)
class Silhouette:
    """One kind ready to paint; `shadow` is 0 to 1 over the whole picture."""

    layers: tuple[Layer, ...]
    shadow: Plane


@cache
def silhouette(kind: str) -> Silhouette:
    """Rasterise the figure of a kind; NotFoundError lists the known kinds."""
    known = figures()
    if kind not in known:
        raise NotFoundError(unknown_name("figure", kind, known))
    return rasterise(known[kind])


def rasterise(figure: Figure) -> Silhouette:
    """Turn every part into a layer, and all together into a shadow."""
    layers: list[Layer] = []
    whole = np.zeros((SIDE, SIDE), np.float32)
    inside = whole
    for part in figure.parts:
        coverage = _coverage(part) * (inside if part.is_clipped else 1)
        if not part.is_clipped:
            inside = coverage
            whole = np.maximum(whole, coverage * (part.alpha > GLOW_ALPHA))
        layer = _layer(part, coverage)
        layers.extend([layer] if layer else [])
    return Silhouette(tuple(layers), _shadow(whole, stands=figure.stands))


def unit_plane(image: Image.Image) -> Plane:
    """Grey levels as 0 to 1."""
    return np.asarray(image, np.float32) / np.float32(255)


def _coverage(part: Part) -> Plane:
    scale = SIDE * OVERSAMPLING / GRID
    image = Image.new("L", (SIDE * OVERSAMPLING, SIDE * OVERSAMPLING))
    draw = ImageDraw.Draw(image)
    for points in part.outlines:
        scaled = [(x * scale, y * scale) for x, y in points]
        if part.width:
            _stroke(draw, scaled, width=part.width * scale)
        else:
            draw.polygon(scaled, fill=255)
    small = image.reduce(OVERSAMPLING)
    if part.blur:
        small = small.filter(ImageFilter.GaussianBlur(part.blur * SIDE / GRID))
    return unit_plane(small)


def _stroke(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], *, width: float) -> None:
    draw.line(points, fill=255, width=round(width), joint="curve")
    for x, y in (points[0], points[-1]):
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)


def _layer(part: Part, coverage: Plane) -> Layer | None:
    rows, columns = np.flatnonzero(coverage.any(axis=1)), np.flatnonzero(coverage.any(axis=0))
    if not len(rows):
        return None
    place = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    cut = coverage[place]
    return Layer(part, *place, cut * np.float32(part.alpha), _light(part, cut))


def _light(part: Part, coverage: Plane) -> Plane:
    """Light from the upper left: 1 is the colour itself."""
    height, width = coverage.shape
    down, across = np.linspace(0, 1, height, dtype=np.float32)[:, None], np.linspace(0, 1, width, dtype=np.float32)
    if part.shade == "flat":
        return np.ones_like(coverage)
    if part.shade == "tube":
        return (0.76 + 0.38 * np.exp(-(((across - 0.34) / 0.3) ** 2)) + 0 * down).astype(np.float32)
    if part.shade == "ball":
        distance = np.hypot(across - 0.36, down - 0.3)
        return (1.22 - 0.62 * np.clip(distance, 0, 1) ** 1.3).astype(np.float32)
    return (1.1 - 0.1 * across - 0.13 * down - RIM_DEPTH * _rim(coverage)).astype(np.float32)


def _rim(coverage: Plane) -> Plane:
    """1 where the edge of the part is near, 0 deep inside."""
    padded = np.pad(coverage, RIM_PIXELS)
    image = Image.fromarray((padded * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(RIM_PIXELS // 2))
    inner = slice(RIM_PIXELS, -RIM_PIXELS)
    return 1 - unit_plane(image)[inner, inner]


def _shadow(whole: Plane, *, stands: bool) -> Plane:
    image = Image.fromarray((whole * 255).astype(np.uint8))
    fallen = Image.new("L", image.size)
    fallen.paste(image, (5, 10))
    shadow = _blurred(fallen, 10) * (0.16 if stands else 0.34)
    return np.maximum(shadow, _ground(whole)) if stands else shadow


def _ground(whole: Plane) -> Plane:
    """A soft ellipse under what stands, as wide as its feet."""
    solid = whole > 0.5
    bottom = int(np.flatnonzero(solid.any(axis=1))[-1])
    feet = np.flatnonzero(solid[max(0, bottom - SIDE // 12) :].any(axis=0))
    left, right = int(feet[0]), int(feet[-1])
    image = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(image).ellipse((left - 14, bottom - 13, right + 18, bottom + 13), fill=255)
    return _blurred(image, 8) * 0.38


def _blurred(image: Image.Image, radius: float) -> Plane:
    return unit_plane(image.filter(ImageFilter.GaussianBlur(radius)))
