"""Which pixels of a picture are the product, where the background is plain: one colour, softly shaded or graded.

A smooth surface is fitted to the border. What looks like it, or like its shadow, and hangs together with the border
without a step is background. Everything else is product, down to holes that show the background again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from tonggan.encode.oklab import Lab, oklab
from tonggan.records import Picture

SIDE = 128
"""Pixels of the long side at which the picture is cut; smaller ones lose the legs of chairs."""

LEAST_SIDE = 8
"""A picture thinner than this has no border to speak of."""

LEAST_TOLERANCE, MOST_TOLERANCE = 0.0122, 0.025
"""OKLab distance from the fitted surface within which a pixel is background. The lower end keeps white goods on pale
paper apart (demo drawings, mean overlap: .005 more than .02); the upper one is for the grain of photographs."""

GRAIN = 2.5
"""The tolerance in median distances of the border from the surface, between these two ends."""

PLAIN_SHARE = 0.6
"""Share of the border that the surface must explain, and that must be reached: products may be cut by the frame."""

SHADOW_DEPTH, SHADOW_CHROMA = 0.2, 0.015
"""A shadow is darker by up to the depth and keeps the hue: its chroma moves less than that of any named colour."""

STEP = 0.0262
"""OKLab distance between neighbours that stops the flood: a soft shadow climbs by .02, a grey shirt's edge by .05."""

FLAT, FLAT_STEP = 0.0015, 0.01
"""Where most of the border is one colour to within FLAT, the product was cut out, has hardly a shadow, and white goods
end in a smaller step: white clothes named white went from 8 to 14 of 20 (Luma)."""

GRADED, SLOPE = 0.06, 0.005
"""Farther from the surface a pixel is still background where nothing around it changes by more than the slope."""

HOLE_SHARE = 0.005
"""Least share of the picture of a hole; smaller ones are details of the product."""

HOLE_TOLERANCE, HOLE_SHADOW = 0.0063, 0.045
"""A hole looks like the background on average, nearer than the tolerance: a white print on a shirt is shaded."""

FRINGE = 0.025
"""Beside the background a pixel this near to it is compression, not product."""

DUST_SHARE, MOST_DUST = 0.003, 0.04
"""Crumbs below the first share of the picture are dropped; with more than the second in all it was never plain."""

MOST_CROSSINGS = 8
"""Pieces of the border that may belong to products cut by the frame; tiles and boards make more."""

LEAST_PRODUCT, MOST_PRODUCT = 0.01, 0.97
"""Outside these shares of the picture there is nothing to tell apart."""

Mask: TypeAlias = npt.NDArray[np.bool_]
"""bool, [height, width]; true where the product is."""

_FAR = 0.08
_ROUNDS = (0.04, 0.03, 0.03)
_RIDGE = 1e-3
_RING = 2


@dataclass(frozen=True, slots=True)
class _Ground:
    """A plain background: its colour everywhere, and what of a pixel, a neighbour and a hole is still like it."""

    surface: Lab
    tolerance: float
    step: float
    hole_shadow: float


def foreground(picture: Picture) -> Mask | None:
    """Return where the product is, or None where the background is not plain or would be all or nothing.

    >>> picture = np.full((40, 40, 3), 250, np.uint8)
    >>> picture[10:30, 10:30] = (200, 30, 30)
    >>> mask = foreground(picture)
    >>> int(mask.sum()), foreground(picture[12:28, 12:28])
    (400, None)
    """
    if min(picture.shape[:2]) < LEAST_SIDE:
        return None
    lab = oklab(_reduced(picture))
    background = _background(lab)
    product = None if background is None else _without_dust(~background)
    if product is None or not LEAST_PRODUCT < product.mean() < MOST_PRODUCT:
        return None
    return _enlarged(product, picture)


def parts_of(mask: Mask) -> npt.NDArray[np.int32]:
    """Return a number for each pixel, the same for pixels of one value that hang together by their sides."""
    nowhere = np.zeros((), bool)
    return _parts(mask, nowhere, nowhere)


def beside(mask: Mask) -> Mask:
    """Return the pixels with a neighbour, at one of their four sides, that is in the mask."""
    framed = np.pad(mask, 1)
    return framed[:-2, 1:-1] | framed[2:, 1:-1] | framed[1:-1, :-2] | framed[1:-1, 2:]


def _background(lab: Lab) -> Mask | None:
    """Return what is background, or None where it is not plain."""
    ground = _ground(lab)
    if ground is None:
        return None
    apart = lab - ground.surface
    distance = _length(apart)
    ring = _ring(distance.shape)
    right, down = _steps(lab)
    is_candidate = _looks_like_it(apart, distance, tolerance=ground.tolerance) | _graded(distance, right, down)
    parts = _parts(is_candidate, right > ground.step, down > ground.step)
    is_reached = _holes(parts, apart, shadow=ground.hole_shadow)
    is_reached[parts[ring & (distance < ground.tolerance)]] = True
    background = is_reached[parts] & is_candidate
    if background[ring].mean() < PLAIN_SHARE or _crossings(background) > MOST_CROSSINGS:
        return None
    for _ in range(2):
        background |= beside(background) & (distance < FRINGE)
    return background


def _ground(lab: Lab) -> _Ground | None:
    """Return the background as a quadratic surface through the border; None where too few of its pixels are on it.

    Least squares in rounds, each without what lay too far from the last.
    """
    ring = _ring(lab.shape[:2])
    terms = _quadratic_terms(lab.shape[:2])
    known, colours = terms[ring], lab[ring]
    spread = _length(colours - np.median(colours, axis=0))
    is_near = spread < _FAR
    for limit in _ROUNDS:
        if is_near.mean() < PLAIN_SHARE:
            return None
        weights = _least_squares(known[is_near], colours[is_near])
        rest = _length((colours - known @ weights).astype(np.float32))
        is_near = rest < limit
    tolerance = float(np.clip(GRAIN * np.median(rest[is_near]), LEAST_TOLERANCE, MOST_TOLERANCE))
    if np.mean(rest < tolerance) < PLAIN_SHARE:
        return None
    surface = terms @ weights
    if np.mean(spread < FLAT) >= PLAIN_SHARE:
        return _Ground(surface, tolerance, step=FLAT_STEP, hole_shadow=HOLE_TOLERANCE)
    return _Ground(surface, tolerance, step=max(STEP, tolerance), hole_shadow=HOLE_SHADOW)


def _least_squares(known: npt.NDArray[np.float32], wanted: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the weights of the terms, held back a little but for the constant."""
    ridge = np.full(known.shape[1], _RIDGE * len(known))
    ridge[0] = 0
    return np.linalg.solve(known.T @ known + np.diag(ridge), known.T @ wanted).astype(np.float32)


def _looks_like_it(apart: Lab, distance: npt.NDArray[np.float32], *, tolerance: float) -> Mask:
    """Return the pixels that have the colour of the surface, or of its shadow."""
    lighter = apart[..., 0]
    is_shadow = (lighter < tolerance) & (lighter > -SHADOW_DEPTH)
    is_shadow &= _length(apart[..., 1:]) < max(SHADOW_CHROMA, tolerance)
    return (distance < tolerance) | is_shadow


def _graded(distance: npt.NDArray[np.float32], right: npt.NDArray[np.float32], down: npt.NDArray[np.float32]) -> Mask:
    """Return the pixels a little off the surface around which nothing changes."""
    right, down = np.pad(right, ((0, 0), (1, 1))), np.pad(down, ((1, 1), (0, 0)))
    steepest = np.maximum(np.maximum(right[:, 1:], right[:, :-1]), np.maximum(down[1:], down[:-1]))
    return (distance < GRADED) & (steepest < SLOPE)


def _holes(parts: npt.NDArray[np.int32], apart: Lab, *, shadow: float) -> Mask:
    """Return for each part whether it is large and, on average, background or its light shadow."""
    lighter = apart[..., 0]
    shaded = np.maximum(_length(apart[..., 1:]) / HOLE_TOLERANCE, -lighter / shadow)
    cost = np.where(lighter < 0, shaded, _length(apart) / HOLE_TOLERANCE)
    area = np.bincount(parts.ravel(), minlength=parts.size)
    total = np.bincount(parts.ravel(), cost.ravel(), minlength=parts.size)
    return (area >= HOLE_SHARE * parts.size) & (total < area)


def _crossings(background: Mask) -> int:
    """Return how often one meets something else on a walk along the border."""
    walk = np.concatenate([background[0], background[1:, -1], background[-1, -2::-1], background[-2:0:-1, 0]])
    return int((walk & ~np.roll(walk, -1)).sum())


def _without_dust(product: Mask) -> Mask | None:
    """Return the mask without crumbs; None where it is mostly crumbs."""
    parts = parts_of(product)
    is_crumb = np.bincount(parts.ravel(), minlength=parts.size) < DUST_SHARE * parts.size
    dust = is_crumb[parts] & product
    return None if dust.mean() > MOST_DUST else product & ~dust


def _parts(mask: Mask, stops_right: Mask, stops_down: Mask) -> npt.NDArray[np.int32]:
    """Return for each pixel the number of its part: equal in the mask, and connected over no stop.

    Runs of a row, then of a column, take the least number in them, until nothing changes. `stops_right`
    [height, width - 1] and `stops_down` [height - 1, width] say between which neighbours there is no way.
    """
    height, width = mask.shape
    row_starts, row_of = _runs(mask, stops_right)
    column_starts, column_of = _runs(mask.T, stops_down.T)
    numbers = row_of.reshape(height, width)
    while True:
        by_column = np.minimum.reduceat(numbers.T.ravel(), column_starts)[column_of].reshape(width, height)
        of_run = np.minimum.reduceat(by_column.T.ravel(), row_starts)
        # The number is itself a run's, which may have got a lesser one by now.
        following = of_run[of_run][row_of].reshape(height, width)
        if np.array_equal(following, numbers):
            return numbers
        numbers = following


def _runs(mask: Mask, stops: Mask) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
    """Return where the runs of equal pixels start in the flat mask, and for each pixel the number of its run."""
    is_start = np.ones(mask.shape, bool)
    is_start[:, 1:] = (mask[:, 1:] != mask[:, :-1]) | stops
    flat = is_start.ravel()
    return np.flatnonzero(flat), np.cumsum(flat, dtype=np.int32) - np.int32(1)


def _steps(lab: Lab) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return how far apart neighbours are, to the right and downwards."""
    return _length(lab[:, 1:] - lab[:, :-1]), _length(lab[1:] - lab[:-1])


@lru_cache(maxsize=4)
def _ring(shape: tuple[int, ...]) -> Mask:
    ring = np.ones(shape, bool)
    ring[_RING:-_RING, _RING:-_RING] = False
    return ring


@lru_cache(maxsize=4)
def _quadratic_terms(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    down = np.broadcast_to(np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None], shape)
    right = np.broadcast_to(np.linspace(-1, 1, shape[1], dtype=np.float32), shape)
    return np.stack([np.ones_like(down), right, down, right * right, right * down, down * down], axis=-1)


def _length(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))


def _reduced(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    factor = SIDE / max(height, width)
    if factor >= 1:
        return picture
    size = (max(LEAST_SIDE, round(width * factor)), max(LEAST_SIDE, round(height * factor)))
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize(size, Image.Resampling.BOX))


def _enlarged(mask: Mask, picture: Picture) -> Mask:
    height, width = picture.shape[:2]
    if mask.shape == (height, width):
        return mask
    return np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST))
