"""Pairs whose two views follow from the same hidden numbers by a known map, and photos that differ in a known way."""

from __future__ import annotations

import numpy as np

from tonggan.encode.rows import unit_rows
from tonggan.learn.pairs import Pairs
from tonggan.learn.picture_head import Photos


def known_pairs(count: int, *, noise: float = 0.3, bent: int = 0, seed: int = 0) -> Pairs:
    """Two views, of 24 and 16 dimensions, of the same eight numbers; of `bent` ones the second has lost the sign."""
    generator = np.random.default_rng(seed)
    hidden = generator.standard_normal((count, 8))
    unsigned = np.concatenate([1.6 * np.abs(hidden[:, :bent]) - 1.3, hidden[:, bent:]], axis=1)
    views = [
        numbers @ generator.standard_normal((8, dim)) + noise * generator.standard_normal((count, dim)) + offset
        for numbers, dim, offset in ((hidden, 24, 3.0), (unsigned, 16, -2.0))
    ]
    return Pairs(unit_rows(views[0]), unit_rows(views[1]), np.arange(count), np.arange(count))


def taken_photos(products: int, *, each: int = 8, photographed: int | None = None, seed: int = 0) -> Photos:
    """Photos are the catalogue's picture plus a large change of light in six directions that every photo suffers."""
    generator = np.random.default_rng(seed)
    catalogue = generator.standard_normal((products, 32))
    light = 4 * generator.standard_normal((6, 32))
    belongs_to = np.repeat(np.arange(photographed or products), each)
    rows = catalogue[belongs_to] + generator.standard_normal((len(belongs_to), 6)) @ light
    rows += 0.3 * generator.standard_normal(rows.shape)
    return Photos(unit_rows(rows), belongs_to, unit_rows(catalogue), np.arange(products))
