"""Pictures drawn by rule, from which the picture encoder learns while a shop has few of its own.

Overlapping discs of random size and colour, "dead leaves", have the statistics of natural pictures [Lee 2001].
"""

from __future__ import annotations

import numpy as np

from tonggan.records import Picture

LEAVES = 30
"""Discs on one drawing: enough to cover half of it."""


def drawings(count: int, *, side: int, seed: int = 0) -> list[Picture]:
    """Return pictures of overlapping, striped discs, every second one on white as shops photograph."""
    generator = np.random.default_rng(seed)
    return [_drawing(generator, side=side, is_on_white=number % 2 == 0) for number in range(count)]


def _drawing(generator: np.random.Generator, *, side: int, is_on_white: bool) -> Picture:
    ground = np.full(3, 255.0) if is_on_white else generator.uniform(0, 255, 3)
    canvas = np.broadcast_to(ground, (side, side, 3)).copy()
    down, right = np.indices((side, side)) / side
    for _ in range(int(generator.integers(1, LEAVES))):
        row, column = generator.uniform(0.2, 0.8, 2) if is_on_white else generator.uniform(0, 1, 2)
        radius = 0.04 / generator.uniform(0.1, 1)
        is_inside = (down - row) ** 2 + (right - column) ** 2 < radius**2
        angle, waves = generator.uniform(0, np.pi), generator.uniform(0, 40)
        stripes = np.sin(2 * np.pi * waves * (down * np.sin(angle) + right * np.cos(angle)))
        colour = generator.uniform(0, 255, 3) + stripes[is_inside, None] * generator.uniform(0, 60)
        canvas[is_inside] = colour
    noise = generator.normal(0, 2, canvas.shape)
    return np.clip(canvas + noise, 0, 255).astype(np.uint8)
