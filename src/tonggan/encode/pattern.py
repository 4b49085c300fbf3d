"""The pattern of a product, where it can be told: plain, striped or dotted; else nothing is said.

Shading is taken off first. Stripes are then like themselves along one direction and unlike across it; dots are many
small discs of one size. Flowers and prints follow no such rule. Checks do in drawings, but in photographs rows of
bottles and tubes repeat like them, and most of what was called checked was not; so nobody is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from tonggan.encode.background import Mask, beside, parts_of
from tonggan.encode.oklab import oklab
from tonggan.records import Picture

SIDE = 192
"""Pixels of the long side at most; at 128 a tenth of the striped drawings is lost."""

LEAST_PIXELS = 300
"""A product of fewer pixels shows no pattern that could be told."""

SHADING = 0.1
"""Half the window, as a share of the product's long side, whose mean is shading; wider repeats are shapes."""

CELLS = 12
"""The product's long side in cells, in each of which a pattern must show; a print on the chest fills few of them."""

BUSY_CELL, BUSY_QUARTER = 0.035, 0.04
"""Deviation (OKLab) that makes a cell busy, and the least that three quarters of a patterned product's cells have;
folds of plain cloth reach .03."""

EVENNESS = 0.8
"""Median over mean deviation of cells: a pattern is as strong everywhere, a face or a collar is not."""

PLAIN_CELLS = 0.25
"""Share of cells that may be busy on a plain product: seams and buttons; printed shirts start at .3."""

DIRECTIONS = 12
"""Directions tried for stripes beside that of the edges, every 15 degrees; likeness changes little within 8."""

STRIPE_EDGES = 0.4
"""Share of the edges that agree on one direction; trousers and bottles reach .35, stripes have .41 to .99."""

STRIPE_UNLIKE, STRIPE_LIKE, STRIPE_ALONG = -0.3, 0.35, 0.65
"""Likeness half a repeat and a whole repeat across stripes, and half a repeat along them; folds reach .6 along."""

STRIPE_REPEATS, STRIPE_LENGTH = 5.0, 2.0
"""Repeats across the product, and its length along the stripes in repeats; brushes, desks and batteries have fewer."""

DOT_CORNERS = 0.18
"""Share of the edges that agree on two directions at right angles: dots mostly under .13, checks .17 to .53."""

DOTS, DOTTED_SHARE = 8, 0.15
"""Least number of equal discs, and their share of all that stands out from the ground."""

DOT_PIXELS, DOT_SIZES, DOT_ROUND, DOT_SOLID = 5, (0.5, 1.7), 0.7, 0.93
"""Least size of a disc, sizes in medians, short over long axis, and area over that of the ellipse with its moments."""

_THRESHOLD_ROUNDS = 6
_LONGEST_LAG = 1 / 3
_FEWEST_PAIRS = 0.15


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern by its name in both languages."""

    name_en: str
    name_zh: str


PLAIN = Pattern("plain", "纯色")
STRIPED = Pattern("striped", "条纹")
DOTTED = Pattern("dotted", "波点")

PATTERNS = (PLAIN, STRIPED, DOTTED)
"""What can be told."""

_Plane = npt.NDArray[np.float32]


def pattern_of(picture: Picture, product: Mask | None) -> Pattern | None:
    """Return the pattern of the product, or None where it is none of `PATTERNS`, or nobody knows where the product is.

    >>> down, right = np.indices((120, 120))
    >>> picture = np.where(down[..., None] // 6 % 2 == 0, np.uint8(40), np.uint8(230)).repeat(3, axis=2)
    >>> pattern_of(picture, (abs(down - 60) < 45) & (abs(right - 60) < 40))
    Pattern(name_en='striped', name_zh='条纹')
    """
    cloth = None if product is None else _cloth(*_cut_out(picture, product))
    if cloth is None:
        return None
    spread = _cell_deviations(cloth)
    is_busy = len(spread) > 0 and np.percentile(spread, 25) > BUSY_QUARTER
    if not is_busy or np.median(spread) < EVENNESS * spread.mean():
        return PLAIN if len(spread) and np.mean(spread > BUSY_CELL) < PLAIN_CELLS else None
    edges = _edges(cloth)
    if edges.agreement > STRIPE_EDGES:
        return STRIPED if _is_striped(cloth, edges.angle) else None
    return DOTTED if edges.corners < DOT_CORNERS and _is_dotted(cloth) else None


@dataclass(frozen=True, slots=True)
class _Cloth:
    """The colour that changes most, less its shading: 0 outside the product; [height, width]."""

    signal: _Plane
    mask: Mask

    @property
    def side(self) -> int:
        return max(self.mask.shape)

    def extent(self, angle: float) -> float:
        """Return how long the product is in a direction, as if it were a bar."""
        down, right = np.nonzero(self.mask)
        return float(np.sqrt(12 * (right * np.cos(angle) + down * np.sin(angle)).var()))


@dataclass(frozen=True, slots=True)
class _Edges:
    """The direction in which edges change, how far all agree on it, and how far they agree on two at right angles."""

    angle: float
    agreement: float
    corners: float


class _Likeness:
    """How like itself the product is when shifted: 1 the same, 0 unrelated, -1 inverted (autocorrelation)."""

    def __init__(self, cloth: _Cloth) -> None:
        self.longest = int(cloth.side * _LONGEST_LAG)
        self._shape = tuple(-(-(length + self.longest) // 32) * 32 for length in cloth.mask.shape)
        products, pairs = self._shifted(cloth.signal), self._shifted(cloth.mask.astype(np.float32))
        mean = products / np.maximum(pairs, _FEWEST_PAIRS * pairs[0, 0])
        self._table: _Plane = (mean / max(float(mean[0, 0]), 1e-9)).astype(np.float32)

    def along(self, angle: float) -> _Plane:
        """Return the likeness at shifts of 0, 1, 2 ... pixels in a direction."""
        steps = np.arange(self.longest)
        down, right = np.rint(steps * np.sin(angle)).astype(int), np.rint(steps * np.cos(angle)).astype(int)
        return self._table[down % self._shape[0], right % self._shape[1]]

    def _shifted(self, plane: _Plane) -> _Plane:
        power = np.abs(np.fft.rfft2(plane, self._shape)) ** 2
        return np.fft.irfft2(power, self._shape).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Repeat:
    """Where a line of likeness first comes back: the least value before, the greatest then, and its shift in pixels."""

    low: float
    high: float
    period: int


def _cut_out(picture: Picture, product: Mask) -> tuple[Picture, Mask]:
    """Return the picture and the mask within the product's box, reduced to SIDE."""
    rows, columns = (np.flatnonzero(product.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return picture[:0], product[:0]
    place = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    inside, mask = np.ascontiguousarray(picture[place]), np.ascontiguousarray(product[place])
    factor = SIDE / max(picture.shape[:2])
    if factor >= 1:
        return inside, mask
    size = (max(1, round(mask.shape[1] * factor)), max(1, round(mask.shape[0] * factor)))
    small = Image.fromarray(inside).resize(size, Image.Resampling.BOX)
    return np.asarray(small), np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))


def _cloth(picture: Picture, product: Mask) -> _Cloth | None:
    mask = _shrunk(_shrunk(product))
    if mask.sum() < LEAST_PIXELS:
        return None
    planes = np.concatenate([np.moveaxis(oklab(picture), -1, 0), np.ones((1, *mask.shape), np.float32)]) * mask
    sums = _window_sums(planes, max(5, round(max(mask.shape) * SHADING)))
    flat = ((planes[:3] - sums[:3] / np.maximum(sums[3], 1)) * mask).reshape(3, -1)
    _, directions = np.linalg.eigh(flat @ flat.T)
    return _Cloth((directions[:, -1] @ flat).reshape(mask.shape).astype(np.float32), mask)


def _cell_deviations(cloth: _Cloth) -> npt.NDArray[np.floating]:
    """Return the deviation of each cell that is mostly product."""
    side = max(6, cloth.side // CELLS)
    area = _cell_sums(cloth.mask.astype(np.float32), side)
    squares = _cell_sums(cloth.signal**2, side)
    is_inside = area > side * side / 2
    return np.sqrt(squares[is_inside] / area[is_inside])


def _edges(cloth: _Cloth) -> _Edges:
    inner = _shrunk(cloth.mask)
    down, right = _slope(cloth.signal), _slope(cloth.signal.T).T
    doubled = np.square(right[inner] + 1j * down[inner])
    strength = np.abs(doubled)
    fourfold = (doubled**2 / np.maximum(strength, 1e-12)).sum()
    total = max(float(strength.sum()), 1e-12)
    agreed = doubled.sum()
    return _Edges(float(np.angle(agreed)) / 2, float(abs(agreed)) / total, float(abs(fourfold)) / total)


def _is_striped(cloth: _Cloth, angle: float) -> bool:
    likeness = _Likeness(cloth)
    angles = [angle, *(np.pi * step / DIRECTIONS for step in range(DIRECTIONS))]
    return any(_has_stripes(cloth, angle, likeness=likeness) for angle in angles)


def _has_stripes(cloth: _Cloth, angle: float, *, likeness: _Likeness) -> bool:
    """Tell whether stripes change in the direction of the angle."""
    across = _repeat(likeness.along(angle))
    if across is None or across.low > STRIPE_UNLIKE or across.high < STRIPE_LIKE:
        return False
    is_even = likeness.along(angle + np.pi / 2)[max(1, across.period // 2)] > STRIPE_ALONG
    is_wide = cloth.extent(angle) >= STRIPE_REPEATS * across.period
    return bool(is_even) and is_wide and cloth.extent(angle + np.pi / 2) >= STRIPE_LENGTH * across.period


def _is_dotted(cloth: _Cloth) -> bool:
    stands_out = _standing_out(cloth)
    number = parts_of(stands_out)
    _, part, size = np.unique(number[stands_out], return_inverse=True, return_counts=True)
    down, right = np.nonzero(stands_out)
    short, long = _axes(part, down=down, right=right)
    rim = cloth.mask & ~_shrunk(cloth.mask)
    is_cut = np.bincount(part, rim[stands_out]) > 0
    is_whole = ~is_cut & (size >= DOT_PIXELS)
    if is_whole.sum() < DOTS:
        return False
    sizes = size / np.median(size[is_whole])
    is_disc = (short > DOT_ROUND * long) & (size > DOT_SOLID * 4 * np.pi * short * long)
    is_dot = is_whole & is_disc & (sizes > DOT_SIZES[0]) & (sizes < DOT_SIZES[1])
    return bool(is_dot.sum() >= DOTS and size[is_dot].sum() > DOTTED_SHARE * size.sum())


def _standing_out(cloth: _Cloth) -> Mask:
    """Return the rarer of the two colours, split at the middle between their means."""
    values = cloth.signal[cloth.mask]
    threshold = 0.0
    for _ in range(_THRESHOLD_ROUNDS):
        threshold = float(values[values > threshold].mean() + values[values <= threshold].mean()) / 2
    is_bright = cloth.signal > threshold
    return cloth.mask & (is_bright if np.mean(values > threshold) < 0.5 else ~is_bright)


def _axes(
    part: npt.NDArray[np.intp], *, down: npt.NDArray[np.intp], right: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the short and long deviation of each part; pixels are squares, not points."""
    size = np.bincount(part)
    mean_down, mean_right = np.bincount(part, down) / size, np.bincount(part, right) / size
    vertical = np.bincount(part, down * down) / size - mean_down**2 + 1 / 12
    horizontal = np.bincount(part, right * right) / size - mean_right**2 + 1 / 12
    mixed = np.bincount(part, down * right) / size - mean_down * mean_right
    half, swing = (vertical + horizontal) / 2, np.hypot((vertical - horizontal) / 2, mixed)
    return np.sqrt(np.maximum(half - swing, 1e-9)), np.sqrt(half + swing)


def _repeat(line: _Plane) -> _Repeat | None:
    """Return where likeness comes back after it was lost, or None where it never is."""
    lost = np.flatnonzero(line < 0)
    lost = lost if len(lost) else np.flatnonzero(line < STRIPE_LIKE)
    if not len(lost):
        return None
    rising = np.flatnonzero(np.diff(line[lost[0] :]) >= 0)
    if not len(rising):
        return None
    lowest = int(lost[0] + rising[0])
    period = lowest + int(np.argmax(line[lowest : 3 * lowest + 2]))
    return _Repeat(float(line[lowest]), float(line[period]), period)


def _window_sums(planes: _Plane, radius: int) -> _Plane:
    """Return the sum over a square window, counting nothing beyond the border; [planes, height, width]."""
    width = 2 * radius + 1
    framed = np.pad(planes, ((0, 0), (radius + 1, radius), (radius + 1, radius)))
    sums = framed.cumsum(axis=1, dtype=np.float32).cumsum(axis=2, dtype=np.float32)
    return sums[:, width:, width:] - sums[:, :-width, width:] - sums[:, width:, :-width] + sums[:, :-width, :-width]


def _cell_sums(values: _Plane, side: int) -> npt.NDArray[np.floating]:
    rows, columns = (length // side for length in values.shape)
    return values[: rows * side, : columns * side].reshape(rows, side, columns, side).sum(axis=(1, 3))


def _slope(values: _Plane) -> _Plane:
    """Return how steeply values rise downwards, by the operator whose directions are truest [Scharr 2000]."""
    framed = np.pad(values, 1, mode="edge")
    smooth = 3 * framed[:, :-2] + 10 * framed[:, 1:-1] + 3 * framed[:, 2:]
    return ((smooth[2:] - smooth[:-2]) / 32).astype(np.float32)


def _shrunk(mask: Mask) -> Mask:
    framed = np.pad(~mask, 1, constant_values=True)
    return mask & ~beside(framed)[1:-1, 1:-1]
