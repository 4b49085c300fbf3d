"""Suggestions while one types: seconds to learn them, their size, and how long one takes. Prints JSON.

    TONGGAN_DATA=FOLDER python -m benchmarks.suggest --products 200000

The catalogue is recombined from real titles where the working data is at hand, from drawn words where not. Prefixes are
the first 1 to 8 letters of real queries, and of the pinyin of the Chinese ones. `ratio` compares with a bare bisection
of the same keys; `cpu` is what one thread worked, however busy the machine was.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import statistics
import tempfile
import time
import tracemalloc
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from pypinyin import lazy_pinyin

from tonggan.bench.catalogue import read_material, recombined
from tonggan.encode.lexicon import LexiconRow, parse_lexicon
from tonggan.index import IndexSchema, View, index_adapter
from tonggan.index.entries import WORD_FIELDS, entry_of
from tonggan.packs import __file__ as packs_file
from tonggan.records import Product, Rating
from tonggan.understand.suggest.suggestions import Suggestions
from tonggan.understand.suggest.typed import has_han

BATCH = 1_000
QUERIES = 400
"""Queries of each kind whose beginnings are typed."""

LONGEST_PREFIX = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        material = read_material()
        records = recombined(material, options.products, seed=0)
        index = index_adapter("zvec").create(folder, IndexSchema({}, WORD_FIELDS, "benchmark"))
        entries = (entry_of(product_of(record), {}) for record in records)
        for position in range(1, -(-options.products // BATCH) + 1):
            index.apply(list(islice(entries, BATCH)), position=position)
        view = index.view()
        suggestions = learnt(view, options.products)
        for name, prefixes in typed_beginnings(material.queries).items():
            timed(name, suggestions, prefixes)
        index.close()


def learnt(view: View, products: int) -> Suggestions:
    lexicon = read_lexicon()
    started, began = time.perf_counter(), time.thread_time()
    suggestions = Suggestions.learn(view, lexicon=lexicon)
    seconds, cpu_seconds = time.perf_counter() - started, time.thread_time() - began
    tracemalloc.start()
    measured = Suggestions.learn(view, lexicon=lexicon)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print_row(
        "learn", products=products, seconds=seconds, cpu_seconds=cpu_seconds,
        megabytes=kept / 1e6, peak_megabytes=peak / 1e6, queries=len(measured.queries),
        categories=len(measured.categories), keys=len(measured.query_keys.keys),
        title_words=len(measured.titles.words),
    )  # fmt: skip
    return suggestions


def timed(name: str, suggestions: Suggestions, prefixes: Sequence[str]) -> None:
    """One row of times over prefixes in an order that no shopper repeats; nothing was asked before."""
    shuffled = list(prefixes)
    random.Random(0).shuffle(shuffled)
    keys = suggestions.query_keys.keys
    bare = milliseconds(lambda prefix: bisect_left(keys, prefix), shuffled)
    times = milliseconds(suggestions.suggest, shuffled)
    again = milliseconds(suggestions.suggest, shuffled)
    cpu = milliseconds(suggestions.suggest, shuffled, clock=time.thread_time_ns)
    found = statistics.mean(bool(suggestions.suggest(prefix)) for prefix in shuffled)
    print_row(
        name, prefixes=len(shuffled), p50_ms=quantile(times, 50), p95_ms=quantile(times, 95), most_ms=max(times),
        again_p50_ms=quantile(again, 50), again_p95_ms=quantile(again, 95), cpu_p95_ms=quantile(cpu, 95),
        bisect_p50_ms=quantile(bare, 50),
        ratio=quantile(times, 50) / quantile(bare, 50), answered=found,
    )  # fmt: skip


def typed_beginnings(queries: Sequence[str]) -> dict[str, list[str]]:
    latin = [query for query in queries if not has_han(query)][:QUERIES]
    chinese = [*islice(chinese_queries(), QUERIES)] or [query for query in queries if has_han(query)][:QUERIES]
    pinyin = ["".join(lazy_pinyin(query)) for query in chinese]
    return {"Latin": beginnings(latin), "Chinese": beginnings(chinese), "pinyin": beginnings(pinyin)}


def beginnings(queries: Sequence[str]) -> list[str]:
    return list({query[:length]: None for query in queries for length in range(1, min(LONGEST_PREFIX, len(query)) + 1)})


def chinese_queries() -> Iterator[str]:
    path = Path(os.environ.get("TONGGAN_DATA", "../shared/data")) / "zh" / "queries.txt.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from (line.strip() for line in lines)


def product_of(record: dict) -> Product:
    return Product(
        id=record["id"],
        title=record["title"],
        brand=record["brand"],
        categories=(record["category"],),
        rating=Rating(float(record["rating"]), int(record["rating_count"])) if record["rating"] else None,
        attributes={name: (value,) for name, value in record["attributes"].items()},
    )


def read_lexicon() -> list[LexiconRow]:
    return parse_lexicon((Path(packs_file).parent / "default" / "lexicon.tsv").read_text(encoding="utf-8"))


def milliseconds(
    call: Callable[[str], object], prefixes: Sequence[str], *, clock: Callable[[], int] = time.perf_counter_ns
) -> list[float]:
    times = []
    for prefix in prefixes:
        started = clock()
        call(prefix)
        times.append((clock() - started) / 1e6)
    return times


def quantile(times: Sequence[float], percent: int) -> float:
    return float(np.percentile(times, percent))


def print_row(name: str, **values: float) -> None:
    print(json.dumps({"name": name} | {key: round(value, 5) for key, value in values.items()}), flush=True)


if __name__ == "__main__":
    main()
