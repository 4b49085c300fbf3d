"""Surfaces of materials, made once: how much lighter or darker the colour is at each pixel."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image

from tonggan.demo.draw.mask import SIDE, Plane
from tonggan.errors import NotFoundError, unknown_name


@cache
def texture(name: str) -> Plane:
    """Factor around 1 for each pixel, [512, 512]; NotFoundError lists the known textures."""
    if name not in TEXTURES:
        raise NotFoundError(unknown_name("texture", name, TEXTURES))
    return TEXTURES[name]().astype(np.float32)


def _smooth() -> np.ndarray:
    return np.ones((SIDE, SIDE))


def _knit() -> np.ndarray:
    """Ribs with a slanted stitch."""
    across, down = _axes()
    rib = np.cos(across * 2 * np.pi / 11)
    stitch = np.cos((down + 3 * np.abs(np.sin(across * np.pi / 11))) * 2 * np.pi / 8)
    return 1 + 0.05 * rib + 0.035 * stitch


def _woven() -> np.ndarray:
    """Fine twill, as of cotton, denim and canvas."""
    across, down = _axes()
    return 1 + 0.022 * np.cos((across + down) * 2 * np.pi / 5) + 0.02 * _noise(4, seed=1)


def _grain() -> np.ndarray:
    """Long wavy lines of wood."""
    across, down = _axes()
    wave = down + 9 * np.sin(across / 70) + 5 * _noise(90, seed=2)
    return 1 + 0.055 * np.sin(wave / 4.2) + 0.03 * np.sin(wave / 1.7 + 2)


def _leather() -> np.ndarray:
    return 1 + 0.045 * _noise(5, seed=3) + 0.03 * _noise(24, seed=4)


def _metal() -> np.ndarray:
    """Bright slanted bands, as of brushed metal."""
    across, down = _axes()
    slant = (across * 0.9 + down * 0.5) / SIDE
    return 1 + 0.17 * np.sin(slant * 15) + 0.06 * np.sin(slant * 41 + 1)


def _glaze() -> np.ndarray:
    """Broad soft reflections, as of porcelain, glass and lacquer."""
    across, down = _axes()
    return 1.02 + 0.07 * np.sin((across * 0.8 - down * 0.25) / SIDE * 9 + 0.6)


def _plush() -> np.ndarray:
    return 1 + 0.05 * _noise(3, seed=5) + 0.05 * _noise(11, seed=6)


TEXTURES = {
    "smooth": _smooth,
    "knit": _knit,
    "woven": _woven,
    "grain": _grain,
    "leather": _leather,
    "metal": _metal,
    "glaze": _glaze,
    "plush": _plush,
}


def _axes() -> tuple[np.ndarray, np.ndarray]:
    down, across = np.mgrid[0:SIDE, 0:SIDE]
    return across.astype(np.float64), down.astype(np.float64)


def _noise(scale: int, *, seed: int) -> np.ndarray:
    """Smooth noise from -1 to 1 with blobs of about `scale` pixels."""
    cells = SIDE // scale + 2
    small = np.random.default_rng(seed).integers(0, 256, (cells, cells), dtype=np.uint8)
    large = Image.fromarray(small).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(large, np.float64) / 127.5 - 1
