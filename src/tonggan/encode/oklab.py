"""Pictures in OKLab, where equal distances look equally different [Ottosson 2020], and what their background is."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from tonggan.records import Picture

BACKGROUND_TOLERANCE = 0.04
"""OKLab distance within which a pixel is background: twice a just visible step, above JPEG noise."""

PLAIN_SHARE = 0.5
"""A background is plain when this share of the border pixels has one colour; a third crop of the border survives."""

_FROM_LINEAR = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]], np.float32,
)  # fmt: skip
_TO_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]], np.float32,
)  # fmt: skip

Lab = npt.NDArray[np.float32]
"""float32, [height, width, 3]: lightness 0 to 1, green-red and blue-yellow about -0.4 to 0.4."""


def resized(picture: Picture, side: int) -> Picture:
    """Return the picture stretched to a square; pixels are averaged, so noise and compression fade."""
    height, width = picture.shape[:2]
    method = Image.Resampling.BOX if min(height, width) >= side else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize((side, side), method))


def oklab(colours: npt.NDArray[np.uint8]) -> Lab:
    """Return sRGB colours [..., 3] in OKLab."""
    cones = np.cbrt(_linear_light()[colours] @ _FROM_LINEAR.T)
    return cones @ _TO_LAB.T


def foreground(lab: Lab, *, floor: float) -> npt.NDArray[np.float32]:
    """Return a weight per pixel: `floor` on a plain background, rising to 1 off it; all 1 where none is plain."""
    border = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    colour = np.median(border, axis=0)
    is_plain = np.mean(_distance(border, colour) < BACKGROUND_TOLERANCE) >= PLAIN_SHARE
    if not is_plain:
        return np.ones(lab.shape[:2], np.float32)
    rise = _distance(lab, colour) / BACKGROUND_TOLERANCE - 0.5
    return np.clip(floor + rise, floor, 1.0).astype(np.float32)


def _distance(lab: npt.NDArray[np.float32], colour: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    difference = lab - colour
    return np.sqrt(np.einsum("...i,...i->...", difference, difference))


@lru_cache(maxsize=1)
def _linear_light() -> npt.NDArray[np.float32]:
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
