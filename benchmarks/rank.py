"""What ranking 200 candidates costs: features, the ranker's score, reasons, beside the raw calls of the libraries.

    python -m benchmarks.rank [--products 20000] [--trees 150]

The catalogue is made up. Prints JSON; times are milliseconds on one thread, p50 and p95, and the processor's own p50,
which other programs of a busy machine do not lengthen.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lightgbm
import numpy as np

from tonggan.encode.words import terms
from tonggan.index import Entry, IndexSchema, View, index_adapter
from tonggan.index.entries import WORD_FIELDS
from tonggan.learn.rank.lightgbm_trees import onnx_of_trees, trees_of_boosters
from tonggan.rank.features import NAMES, RankingRequest, feature_table
from tonggan.rank.rankers import TreeRanker, session_of
from tonggan.rank.reasons import reasons_in_words
from tonggan.understand.words import lookup_terms

CANDIDATES, DIM, QUERIES = 200, 256, 200

FIRST = ("ba", "do", "ki", "lu", "me", "no", "pa", "ri", "so", "tu")
LAST = ("ber", "cot", "dan", "fel", "gim", "hol", "jat", "kus", "lem", "mor", "nix", "pol", "ras", "sit", "tov")
WORDS = [first + last for first in FIRST for last in LAST]


def make_view(folder: Path, products: int) -> View:
    """Return a view of made-up products with titles of ten words, brands, prices, ratings and vectors."""
    draw, choose = np.random.default_rng(0), random.Random(0)
    vectors = draw.standard_normal((products, DIM)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = index_adapter("zvec").create(str(folder), IndexSchema({"text": DIM, "image": DIM}, WORD_FIELDS, "bench"))
    entries = [_entry(at, choose, vectors) for at in range(products)]
    for at in range(0, products, 1_000):
        index.apply(entries[at : at + 1_000], position=at + 1)
    index.optimize(wait=True)
    return index.view()


def _entry(at: int, choose: random.Random, vectors: np.ndarray) -> Entry:
    title = " ".join(choose.choices(WORDS, k=10))
    brand = f"Brand {choose.randrange(200)}"
    return Entry(
        f"p{at:06}",
        terms={"title": terms(title), "brand": terms(brand), "description": choose.choices(WORDS, k=40)},
        texts={"title": (title,), "brand": (brand,), "availability": ("in_stock",)},
        numbers={
            "price": choose.uniform(1, 500),
            "rating": choose.uniform(3, 5),
            "rating_count": float(choose.randrange(500)),
            "updated_at": 1.7e9 + choose.uniform(0, 1e7),
        },
        vectors={"text": vectors[at], "image": vectors[-1 - at]},
    )


def make_requests(view: View) -> list[RankingRequest]:
    """Return requests of three words each with their 200 best matches."""
    choose, draw = random.Random(1), np.random.default_rng(1)
    requests = []
    for _ in range(QUERIES):
        words = " ".join(choose.choices(WORDS, k=3))
        asked = lookup_terms(words, view.document_frequency)
        match = view.match(asked)
        best = np.sort(np.argsort(-match.scores)[:CANDIDATES])
        rows, scores = match.rows[best], match.scores[best] / match.scores.max()
        vector = draw.standard_normal(DIM).astype(np.float32)
        raw = {"words": scores, "text": view.similarity("text", vector, rows)}
        requests.append(
            RankingRequest(view, rows, words, asked, raw, raw, merged=scores, vectors={"text": vector, "image": vector})
        )
    return requests


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--trees", type=int, default=150)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        requests = make_requests(make_view(Path(folder, "index"), arguments.products))
        print(json.dumps(_measured(requests, trees=arguments.trees), indent=2))


def _measured(requests: Sequence[RankingRequest], *, trees: int) -> dict[str, Any]:
    cold = _times([lambda request=request: feature_table(request) for request in requests])
    tables = [feature_table(request) for request in requests]
    booster = _booster(tables, trees)
    arrays = trees_of_boosters([booster])
    session = session_of(onnx_of_trees(arrays, features=len(NAMES)), name="the benchmark's trees")
    ranker = TreeRanker(NAMES, arrays, session)
    found = {
        "features, titles met first": cold,
        "features": _times([lambda request=request: feature_table(request) for request in requests]),
        "score": _times([lambda table=table: ranker.score(table) for table in tables]),
        "features and score": _times([lambda request=r: ranker.score(feature_table(request)) for r in requests]),
        "raw onnxruntime": _times([lambda table=table: session.run(None, {"table": table}) for table in tables]),
        "raw lightgbm": _times([lambda table=table: booster.predict(table, num_threads=1) for table in tables]),
        "trees walked in numpy": _times([lambda table=table: arrays.score(table) for table in tables[:20]]),
        "reasons of one product": _times([lambda table=table: _reasons(ranker, table[:1]) for table in tables]),
    }
    ratio = found["features and score"]["p50_ms"] / found["raw onnxruntime"]["p50_ms"]
    return {"candidates": CANDIDATES, "features": len(NAMES), "trees": trees, "times": found, "ratio to raw": ratio}


def _reasons(ranker: TreeRanker, table: np.ndarray) -> None:
    reasons_in_words(table[0], ranker.explain(table).values[0])


def _booster(tables: Sequence[np.ndarray], trees: int) -> Any:
    table = np.concatenate(tables)
    wanted = np.nan_to_num(table).sum(axis=1) + np.random.default_rng(0).standard_normal(len(table))
    settings = {"num_leaves": 6, "learning_rate": 0.05, "verbose": -1, "num_threads": 1}
    return lightgbm.train(settings, lightgbm.Dataset(table, wanted), num_boost_round=trees)


def _times(calls: Sequence[Callable[[], Any]]) -> dict[str, float]:
    spent, worked = [], []
    for call in calls:
        started, began = time.perf_counter(), time.thread_time()
        call()
        worked.append((time.thread_time() - began) * 1_000)
        spent.append((time.perf_counter() - started) * 1_000)
    p50, p95 = np.percentile(spent, [50, 95])
    return {
        "p50_ms": round(float(p50), 3),
        "p95_ms": round(float(p95), 3),
        "processor_p50_ms": round(float(np.median(worked)), 3),
    }


if __name__ == "__main__":
    main()
