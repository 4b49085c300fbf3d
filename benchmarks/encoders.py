"""What encoding costs: p50 and p95 per item of every encoder beside a bare matrix-vector product of its shape, as JSON.

`python benchmarks/encoders.py`; the catalogue is made up, so no data is needed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tonggan.encode import Encoder, encoder_class
from tonggan.encode.drawings import drawings
from tonggan.records import Rating

ROUNDS = 300
"""Calls timed per row, after ten that are not."""


def main() -> None:
    rows = [*_text_rows(), *_picture_rows(), *_rating_rows()]
    print(json.dumps(rows, indent=2))


def _text_rows() -> list[dict[str, object]]:
    texts = _made_up_texts(20_000)
    encoder, seconds = _fitted("tfidf-svd", texts)
    queries = [" ".join(text.split()[3:6]) for text in texts[:ROUNDS]]
    shape = (32, encoder.dim)
    return [
        _row("text_query", encoder.encode_query, queries, shape=shape, fit_seconds=seconds),
        _row("text_document", encoder.encode_document, texts[:ROUNDS], shape=shape, fit_seconds=seconds),
    ]


def _picture_rows() -> list[dict[str, object]]:
    pictures = drawings(200, side=224)
    encoder, seconds = _fitted("colour-shape-texture", pictures)
    features = encoder.weights()["projection"].shape
    return [_row("picture", encoder.encode_query, pictures * 2, shape=features, fit_seconds=seconds)]


def _rating_rows() -> list[dict[str, object]]:
    encoder, seconds = _fitted("rating-block", [Rating(1 + number % 9 / 2, number) for number in range(1000)])
    return [_row("rating_query", encoder.encode_query, [4.5] * ROUNDS, shape=(22, 22), fit_seconds=seconds)]


def _fitted(name: str, items: Sequence[Any]) -> tuple[Encoder, float]:
    start = time.perf_counter()
    encoder = encoder_class(name).fit(items)
    return encoder, time.perf_counter() - start


def _row(
    name: str, encode: Callable[[list[Any]], Any], items: Sequence[Any], *, shape: tuple[int, int], fit_seconds: float
) -> dict[str, object]:
    matrix, vector = np.ones(shape, np.float32), np.ones(shape[0], np.float32)
    taken = _milliseconds(lambda item: encode([item]), items)
    bare = _milliseconds(lambda _: vector @ matrix, items)
    return {
        "name": name,
        "dim": shape[1],
        "p50_ms": round(float(np.quantile(taken, 0.5)), 4),
        "p95_ms": round(float(np.quantile(taken, 0.95)), 4),
        "bare_product_ms": round(float(np.quantile(bare, 0.5)), 4),
        "ratio_to_bare": round(float(np.quantile(taken, 0.5) / np.quantile(bare, 0.5)), 1),
        "fit_seconds": round(fit_seconds, 2),
    }


def _milliseconds(call: Callable[[Any], object], items: Sequence[Any]) -> list[float]:
    taken = []
    for item in [*items[:10], *items[:ROUNDS]]:
        start = time.perf_counter()
        call(item)
        taken.append((time.perf_counter() - start) * 1000)
    return taken[10:]


def _made_up_texts(count: int) -> list[str]:
    """Texts of forty words from twenty thousand, some frequent and most rare, as words are."""
    generator = np.random.default_rng(0)
    words = np.array(["".join(generator.choice(list("abcdefghiklmnoprstu"), 7)) for _ in range(20_000)])
    ranks = np.minimum(generator.zipf(1.3, (count, 40)) - 1, len(words) - 1)
    return [" ".join(words[row]) for row in ranks]


if __name__ == "__main__":
    main()
