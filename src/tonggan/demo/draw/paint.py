"""One picture: a figure in its colour, pattern and texture, with light and shadow, on a pale ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from PIL import Image

from tonggan.demo.draw.mask import SIDE, Layer, Plane, silhouette
from tonggan.demo.draw.pattern import pattern
from tonggan.demo.draw.texture import texture

Colour: TypeAlias = tuple[int, int, int]

INKS: dict[str, str] = {
    "black": "#1d2027", "dark": "#3a3f4b", "grey": "#9aa1ac", "silver": "#c9ced6", "white": "#fbfbf9",
    "cream": "#f3e9d6", "wood": "#b98552", "darkwood": "#7a5234", "gold": "#d9ae52", "steel": "#aeb6c1",
    "leaf": "#5f9b4c", "stem": "#6f5a3b", "screen": "#27334a", "sky": "#8fc1e8", "glass": "#d5e8ee",
    "red": "#d8433f", "skin": "#f0c9a4", "hair": "#5b3a29", "rubber": "#2c2e33", "soil": "#5a4233",
    "yellow": "#f2c84b", "green": "#57a773", "blue": "#4a86c5", "pink": "#f0a3b4", "orange": "#ee8f3a",
    "tan": "#c79a6b",
}  # fmt: skip
"""Fixed colours that figures may name beside the product's own."""

SHADOW_INK = np.array([52, 50, 70], np.float32)
"""A shadow with a touch of violet looks softer than grey."""

PALE = 150
"""Mean brightness above which the second colour of a pattern is a deeper tone rather than cream."""


@dataclass(frozen=True, slots=True)
class Look:
    """What makes one product of a kind look different from the next; `ground` tints the paper behind it."""

    colour: Colour
    pattern: str = "plain"
    texture: str = "smooth"
    ground: Colour = (238, 240, 244)


def paint(kind: str, look: Look) -> Image.Image:
    """Paint one product, 512 by 512, sRGB."""
    shape = silhouette(kind)
    canvas = _ground(look.ground).copy()
    canvas += (SHADOW_INK - canvas) * shape.shadow[:, :, None]
    for layer in shape.layers:
        place = canvas[layer.rows, layer.columns]
        place += (_fill(layer, look) - place) * layer.coverage[:, :, None]
    return Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))


def rgb(text: str) -> Colour:
    """Read `#rrggbb`.

    >>> rgb("#ff8000")
    (255, 128, 0)
    """
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _fill(layer: Layer, look: Look) -> np.ndarray:
    """Colour of each pixel of a layer, float32, [height, width, 3]."""
    part = layer.part
    if part.fill != "main":
        ink = np.array(rgb(INKS.get(part.fill, part.fill)), np.float32)
        return _lit(_toned(ink, part.brightness), layer.light)
    light = layer.light * texture(look.texture)[layer.rows, layer.columns]
    first = _toned(np.array(look.colour, np.float32), part.brightness)
    if part.is_plain or look.pattern == "plain":
        return _lit(first, light)
    share = pattern(look.pattern)[layer.rows, layer.columns, None]
    second = _toned(_second(look), min(part.brightness, 1.0))
    return (first + (second - first) * share) * light[:, :, None]


def _lit(colour: np.ndarray, light: Plane) -> np.ndarray:
    return colour * light[:, :, None]


def _toned(colour: np.ndarray, brightness: float) -> np.ndarray:
    """Below 1 towards black, above 1 towards white."""
    if brightness <= 1:
        return colour * np.float32(brightness)
    return colour + (255 - colour) * np.float32(brightness - 1)


def _second(look: Look) -> np.ndarray:
    colour = np.array(look.colour, np.float32)
    if look.pattern == "jaguar":
        return np.array([58, 38, 28], np.float32)
    if look.pattern == "gradient":
        return np.clip(np.roll(colour, 1) * 0.35 + colour * 0.55 + 40, 0, 255)
    return colour * 0.58 if colour.mean() > PALE else np.array([250, 244, 232], np.float32)


@cache
def _ground(tint: Colour) -> np.ndarray:
    """Pale paper, lighter at the upper middle, float32, [512, 512, 3]."""
    down, across = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    fall = np.clip(np.hypot(across - 0.5, (down - 0.38) * 0.9) / 0.8, 0, 1)[:, :, None] ** 1.5
    light = np.array(tint, np.float32)
    return light + (255 - light) * 0.6 * (1 - fall) - 8 * fall
