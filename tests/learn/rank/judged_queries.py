"""Made-up judged queries in which one feature tells more than the merged score does."""

from __future__ import annotations

import numpy as np

from tonggan.learn.rank.examples import Example
from tonggan.rank.features import NAMES, PLACES

CANDIDATES = 30


def make_examples(count: int, *, told_by: str = "core_share", noise: float = 1.0, seed: int = 0) -> list[Example]:
    """Return queries whose grades follow a feature; the merged score follows them with noise, `text` with less."""
    return [_example(number, told_by=told_by, noise=noise, seed=seed) for number in range(count)]


def _example(number: int, *, told_by: str, noise: float, seed: int) -> Example:
    draw = np.random.default_rng([number, seed])
    grades = draw.choice([0.0, 1.0, 3.0], size=CANDIDATES, p=[0.6, 0.3, 0.1])
    grades[draw.integers(CANDIDATES)] = 3.0
    merged = _squeezed(grades + noise * 3 * draw.standard_normal(CANDIDATES))
    table = np.full((CANDIDATES, len(NAMES)), np.nan, np.float32)
    table[:, PLACES["merged"]] = merged
    table[:, PLACES["merged_relative"]] = merged
    table[:, PLACES[told_by]] = grades / 3 + 0.1 * draw.standard_normal(CANDIDATES)
    table[:, PLACES["price"]] = draw.standard_normal(CANDIDATES)
    text = _squeezed(grades + noise * draw.standard_normal(CANDIDATES))
    return Example(
        query_id=f"query {number}",
        kind="name" if number % 3 else "code",
        product_ids=tuple(f"p{at:03}" for at in range(CANDIDATES)),
        table=table,
        channels={"words": merged, "text": text},
        weights={"words": 0.9, "text": 0.1},
        merged=merged,
        grades=np.where(draw.random(CANDIDATES) < 0.9, grades, np.nan),
        judged=grades,
        is_served=np.ones(CANDIDATES, bool),
        modalities={"text": (draw.standard_normal(6).astype(np.float32), _vectors(draw, grades))},
    )


def _squeezed(values: np.ndarray) -> np.ndarray:
    return ((values - values.min()) / (values.max() - values.min())).astype(np.float32)


def _vectors(draw: np.random.Generator, grades: np.ndarray) -> np.ndarray:
    vectors = draw.standard_normal((len(grades), 6)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
