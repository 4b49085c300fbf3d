"""The dominant colours of a picture, with their names in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from tonggan.encode.background import Mask
from tonggan.encode.oklab import oklab
from tonggan.records import Picture

SIDE = 48
"""Pixels of the working square at most: 2,304 pixels tell shares to within a percent."""

LIGHTNESS = 0.5
"""Weight of lightness beside hue: folds and shadows change it most. Luma's colour came first for .65 of its pictures at
1, .74 at .5; at .35 grey and black begin to mix."""

LEAST_SHARE = 0.1
"""A colour on less than a tenth of the product is a detail."""

MOST_COLOURS = 3
"""Colours named at most; a fourth is pattern."""


@dataclass(frozen=True, slots=True)
class Colour:
    """A named colour, its share of the product's pixels, 0 to 1, and its mean sRGB."""

    name_en: str
    name_zh: str
    share: float
    rgb: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Palette:
    """Names (English, Chinese), example colours in OKLab [n, 3], and which name each example has."""

    names: tuple[tuple[str, str], ...]
    examples: npt.NDArray[np.float32]
    name_of_example: npt.NDArray[np.int64]


def dominant_colours(picture: Picture, product: Mask | None) -> tuple[Colour, ...]:
    """Return one to three colours of the product, or of the whole picture where nobody knows which part it is.

    >>> from tonggan.encode.background import foreground
    >>> picture = np.full((20, 20, 3), 255, np.uint8)
    >>> picture[4:16, 4:16] = (215, 20, 26)
    >>> [(colour.name_en, colour.name_zh) for colour in dominant_colours(picture, foreground(picture))]
    [('red', '红色')]

    The greatest share comes first. `product` is true where the product is [height, width].
    """
    rows = _thinned(picture.shape[:2])
    small = picture[rows]
    lab = oklab(small)
    is_product = np.ones(small.shape[:2], bool) if product is None else _without_edge(product[rows])
    named = _named(lab[is_product])
    shares = np.bincount(named, minlength=len(_palette().names)) / len(named)
    kept = [name for name in np.argsort(-shares, kind="stable")[:MOST_COLOURS].tolist() if shares[name] >= LEAST_SHARE]
    pixels = small[is_product]
    return tuple(_colour(name, float(shares[name]), pixels[named == name]) for name in kept or [int(shares.argmax())])


def _thinned(shape: tuple[int, ...]) -> tuple[npt.NDArray[np.intp], ...]:
    """Return the places of at most SIDE x SIDE pixels of the picture; means would invent colours between two."""
    down, right = (np.linspace(0, length - 1, min(length, SIDE)).astype(np.intp) for length in shape)
    return np.ix_(down, right)


def _without_edge(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the mask without pixels that touch what is not in it: there compression blends product and background."""
    framed = np.pad(mask, 1, constant_values=True)
    inner = np.asarray(sliding_window_view(framed, (3, 3)).all(axis=(2, 3)))
    return inner if inner.any() else mask


def _named(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Return for each pixel the number of the name whose example is nearest."""
    palette = _palette()
    weights = np.array([LIGHTNESS, 1, 1], np.float32)
    examples = palette.examples * weights
    return palette.name_of_example[np.argmax(pixels * weights @ examples.T - 0.5 * (examples**2).sum(axis=1), axis=1)]


def _colour(name: int, share: float, pixels: npt.NDArray[np.uint8]) -> Colour:
    english, chinese = _palette().names[name]
    red, green, blue = (int(value) for value in np.rint(pixels.mean(axis=0)))
    return Colour(english, chinese, share, (red, green, blue))


@lru_cache(maxsize=1)
def _palette() -> _Palette:
    table = files("tonggan.encode").joinpath("colour_names.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines()[1:]]
    examples = [(number, _rgb(code)) for number, row in enumerate(rows) for code in row[2].split()]
    colours = np.array([colour for _, colour in examples], np.uint8)
    names = tuple((english, chinese) for english, chinese, _ in rows)
    return _Palette(names, oklab(colours), np.array([number for number, _ in examples]))


def _rgb(code: str) -> Sequence[int]:
    return list(bytes.fromhex(code.removeprefix("#")))
