"""Which region of a picture mattered: each one is covered in turn, and the similarity that is lost says how much.

Occlusion sensitivity [Zeiler 2014, https://doi.org/10.1007/978-3-319-10590-1_53]. It costs `CELLS` squared encodings
and one, so it is made on demand only.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from tonggan.records import Picture

CELLS = 7
"""Rows and columns of the map: finer ones cost their square and tell a shopper no more."""

PATCH_CELLS = 2.0
"""Side of the patch in cells: one that overlaps its neighbours hides a whole part and not half of it."""

LONG_SIDE = 256
"""Pixels of the long side while patches slide: what products' pictures are encoded at."""

LEAST_DROP = 0.005
"""Cosine that the most telling region loses at least; under it the map is flat, since differences are rounding."""

HEAT = (230, 60, 20)
"""Colour that is laid over the regions that mattered."""

MOST_OPAQUE = 0.65
"""Share of that colour at the peak, so that the picture stays visible."""

Grid: TypeAlias = npt.NDArray[np.float32]
"""float32, [CELLS, CELLS], 0 to 1, the top row first; 1 at the most telling region, all 0 where none tells."""

Similarities: TypeAlias = Callable[[Sequence[Picture]], npt.NDArray[np.float32]]
"""How near each picture is to what it is compared with, as a cosine."""


@dataclass(frozen=True, slots=True, eq=False)
class OcclusionMap:
    """The map over a picture: the shopper's own (`query`), or the product's where words were asked (`product`).

    `similarity` is that of the whole picture, `drop` what the most telling region takes away from it.
    """

    of: Literal["query", "product"]
    space: str
    picture: Picture
    grid: Grid
    similarity: float
    drop: float


def occlusion(picture: Picture, similarities: Similarities) -> tuple[Grid, float, float]:
    """Return the map of a picture, the similarity of the whole, and the greatest drop."""
    small = _reduced(picture)
    values = similarities([small, *_covered(small)]).astype(np.float64)
    whole, drops = float(values[0]), (values[0] - values[1:]).reshape(CELLS, CELLS)
    greatest = float(drops.max())
    if greatest < LEAST_DROP:
        return np.zeros((CELLS, CELLS), np.float32), whole, max(greatest, 0.0)
    return (drops.clip(0.0) / greatest).astype(np.float32), whole, greatest


def heat_png(picture: Picture, grid: Grid) -> bytes:
    """Return the picture with its map laid over it, as a PNG file."""
    small = _reduced(picture)
    height, width = small.shape[:2]
    fine = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
    share = np.asarray(fine, np.float32).clip(0.0, 1.0)[..., None] * MOST_OPAQUE
    mixed = small * (1.0 - share) + np.array(HEAT, np.float32) * share
    file = io.BytesIO()
    Image.fromarray(mixed.round().astype(np.uint8)).save(file, format="PNG")
    return file.getvalue()


def _covered(picture: Picture) -> list[Picture]:
    """The picture with each region covered, row by row.

    The patch has the median colour of the picture, which is that of its ground: what it covers is gone. A grey patch is
    an object of its own to encoders that look at outlines; it moved the peak of the map away from the only object.
    """
    height, width = picture.shape[:2]
    plain = np.median(picture.reshape(-1, 3), axis=0).astype(np.uint8)
    made = []
    for top, bottom in _spans(height):
        for left, right in _spans(width):
            covered = picture.copy()
            covered[top:bottom, left:right] = plain
            made.append(covered)
    return made


def _spans(length: int) -> list[tuple[int, int]]:
    cell, half = length / CELLS, length / CELLS * PATCH_CELLS / 2
    centres = [(at + 0.5) * cell for at in range(CELLS)]
    return [(max(0, round(centre - half)), min(length, round(centre + half))) for centre in centres]


def _reduced(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    if max(height, width) <= LONG_SIDE:
        return picture
    size = (max(1, width * LONG_SIDE // max(height, width)), max(1, height * LONG_SIDE // max(height, width)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
