"""What a picture looks like, in numbers that no training gave: its colours and its outlines."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from tonggan.encode.oklab import Lab, foreground

LIGHTNESS_BINS, CHROMA_BINS = 6, 8
"""Bins of the colour histogram: 6 x 8 x 8. Finer ones split one colour under re-compression."""

CHROMA_LIMIT = 0.2
"""Chroma at the outermost bin; stronger colours, rarer than one pixel in a thousand, count there."""

BACKGROUND_FLOOR = 0.1
"""Weight of a plain background pixel: white goods on white keep a colour, the rest is the product's."""

CELLS, ORIENTATIONS = 6, 9
"""Outlines are counted in 6 x 6 cells; 8 x 8 lost .07 of copies found after a crop to 80 % of each side."""

EDGE_CEILING = 0.4
"""One strong edge counts at most this in its neighbourhood (the clipping of Dalal 2005, .2 for two mirror images)."""

_EDGE_NOISE = 1e-3


def colour_histogram(lab: Lab) -> npt.NDArray[np.float32]:
    """Return square roots of the softly binned shares of colours, background down-weighted; norm 1."""
    sizes = np.array([LIGHTNESS_BINS, CHROMA_BINS, CHROMA_BINS])
    chroma = (lab[..., 1:] / CHROMA_LIMIT + 1) / 2
    place = np.concatenate([lab[..., :1], chroma], axis=2).reshape(-1, 3) * (sizes - 1)
    counts = _soft_counts(np.clip(place, 0, sizes - 1.0001), foreground(lab, floor=BACKGROUND_FLOOR).ravel(), sizes)
    return np.sqrt(counts / counts.sum()).astype(np.float32)


def outlines(lab: Lab) -> npt.NDArray[np.float32]:
    """Return histograms of oriented gradients over cells, the same for a picture and its mirror image.

    The picture and its mirror are counted together, so the left half says all [cells * cells / 2 * orientations].
    """
    histogram = _oriented(lab[..., 0])
    mirrored = histogram[:, ::-1, -np.arange(ORIENTATIONS) % ORIENTATIONS]
    both = _contrast_normalised(histogram) + _contrast_normalised(mirrored)
    return both[:, : CELLS // 2].ravel().astype(np.float32)


def _oriented(lightness: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    down, right = np.gradient(lightness)
    angle = np.arctan2(down, right) % np.pi / np.pi * ORIENTATIONS
    place = (np.indices(lightness.shape) + 0.5) * (CELLS / lightness.shape[0]) + 0.5
    sizes = np.array([CELLS + 2, CELLS + 2, ORIENTATIONS + 2])
    points = np.stack([place[0], place[1], np.minimum(angle, ORIENTATIONS)], axis=2).reshape(-1, 3)
    counts = _soft_counts(points, np.hypot(right, down).ravel(), sizes).reshape(sizes)[1:-1, 1:-1]
    counts[..., 0:2] += counts[..., ORIENTATIONS:]
    return counts[..., :ORIENTATIONS]


def _contrast_normalised(histogram: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    energy = np.pad((histogram**2).sum(axis=2), 1, mode="edge")
    around = sliding_window_view(energy, (3, 3)).sum(axis=(2, 3))
    return np.minimum(histogram / np.sqrt(around + _EDGE_NOISE)[..., None], EDGE_CEILING)


def _soft_counts(
    place: npt.NDArray[np.floating], weight: npt.NDArray[np.floating], sizes: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    """Count weighted points [n, 3] in a grid; each is shared among its eight nearest bins."""
    lower = place.astype(np.int64)
    share = place - lower
    flat = (lower[:, 0] * sizes[1] + lower[:, 1]) * sizes[2] + lower[:, 2]
    counts = np.zeros(int(np.prod(sizes)))
    for corner in product((0, 1), repeat=3):
        offset = (corner[0] * sizes[1] + corner[1]) * sizes[2] + corner[2]
        parts = [share[:, axis] if high else 1 - share[:, axis] for axis, high in enumerate(corner)]
        counts += np.bincount(flat + offset, weight * parts[0] * parts[1] * parts[2], minlength=len(counts))
    return counts
