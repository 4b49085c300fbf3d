"""The index alone: how long it takes to build, open, match, find neighbours, count and change. Prints JSON.

    python -m benchmarks.index --products 200000

Words follow Zipf's law, vectors stand in clusters, so that both behave as those of a shop do. The index is built in one
process and measured in a second one that opens it cold; `ratio` compares with the bare engine call on the same vectors.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tonggan.index import Entry, Index, IndexSchema, View, index_adapter
from tonggan.records import Condition

DIM = 256
VOCABULARY = 60_000
CLUSTERS = 2_000
BATCH = 2_000
FACETS = 8
SCHEMA = IndexSchema({"text": DIM}, {"title": 2.0, "description": 1.0, "brand": 1.0, "attributes": 0.3}, "benchmark")
SIZES = {"title": 9, "description": 30, "brand": 1, "attributes": 12}
SHARES = {"half": "50", "hundredth": "1", "thousandth": "0.1"}


class Shop:
    """Entries that depend on nothing but their number."""

    def __init__(self) -> None:
        draw = np.random.default_rng(0)
        self.words = [f"term{number}" for number in range(VOCABULARY)]
        self.centres = draw.standard_normal((CLUSTERS, DIM)).astype(np.float32)

    def terms(self, draw: np.random.Generator, size: int) -> list[str]:
        return [self.words[code] for code in (VOCABULARY ** draw.random(size)).astype(int)]

    def vectors(self, draw: np.random.Generator, count: int) -> np.ndarray:
        spread = self.centres[draw.integers(0, CLUSTERS, count)] + 0.9 * draw.standard_normal((count, DIM))
        return (spread / np.linalg.norm(spread, axis=1, keepdims=True)).astype(np.float32)

    def batches(self, count: int) -> Iterator[list[Entry]]:
        for start in range(0, count, BATCH):
            draw = np.random.default_rng([1, start])
            vectors = self.vectors(draw, BATCH)
            yield [self.entry(draw, start + place, vectors[place]) for place in range(min(BATCH, count - start))]

    def entry(self, draw: np.random.Generator, number: int, vector: np.ndarray) -> Entry:
        terms = {name: self.terms(draw, size) for name, size in SIZES.items()}
        facets = {f"facet{place}": (f"value {draw.zipf(1.3) % 300}",) for place in range(FACETS)}
        shares = tuple(name for name, share in zip(SHARES, (2, 100, 1000), strict=True) if number % share == 0)
        texts = {**facets, "share": shares, "title": (" ".join(terms["title"]),), f"rare{number % 1500}": ("x",)}
        return Entry(f"product-{number:07}", terms, texts, {"price": float(number % 997)}, {"text": vector})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=200_000)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="tonggan-index-")
    try:
        print(json.dumps({"products": options.products, "dim": DIM}))
        for step in (build, measure, measure_changes):
            in_own_process(step, folder, options.products)
    finally:
        shutil.rmtree(folder)


def in_own_process(step: Callable[[str, int], None], *arguments: Any) -> None:
    process = multiprocessing.get_context("spawn").Process(target=step, args=arguments)
    process.start()
    process.join()


def build(folder: str, products: int) -> None:
    shop = Shop()
    index = index_adapter("zvec").create(folder, SCHEMA)
    spent = 0.0
    for number, batch in enumerate(shop.batches(products), start=1):
        started = time.perf_counter()
        index.apply(batch, position=number)
        spent += time.perf_counter() - started
    print_row("apply in batches", seconds=spent, per_second=products / spent)
    print_row("optimize", seconds=seconds(lambda: index.optimize(wait=True)))
    print_row("checkpoint, all", seconds=seconds(index.checkpoint), megabytes=folder_megabytes(folder))
    index.close()


def measure(folder: str, products: int) -> None:
    before = resident_megabytes()
    adapter = index_adapter("zvec")
    opened = time.perf_counter()
    index = adapter.open(folder, SCHEMA)
    index.view().match({"term1": 1.0})
    print_row("open to first answer", seconds=time.perf_counter() - opened)
    shop, view = Shop(), index.view()
    measure_words(view, shop)
    measure_neighbours(view, index, shop)
    measure_sets(view)
    print_row("memory", resident_mb=resident_megabytes(), before_mb=before)
    index.close()


def measure_words(view: View, shop: Shop) -> None:
    draw = np.random.default_rng(7)
    queries = [dict.fromkeys(shop.terms(draw, 3), 1.0) for _ in range(300)]
    found = statistics.median(len(view.match(query).rows) for query in queries)
    print_times("match, 3 words", [lambda query=query: view.match(query) for query in queries], rows=found)
    frequent = {f"term{number}": 1.0 for number in (9, 20, 40)}
    print_times("match, 3 frequent words", [lambda: view.match(frequent)] * 100, rows=len(view.match(frequent).rows))
    print_times("match in one field", [lambda: view.match(frequent, fields=("title",))] * 50)
    match = view.match(frequent)
    print_row("first order, ids are sorted", seconds=seconds(lambda: view.order(match.rows, match.scores, ())))
    print_times("order by score", [lambda: view.order(match.rows, match.scores, ())] * 100)


def measure_neighbours(view: View, index: Index, shop: Shop) -> None:
    queries = shop.vectors(np.random.default_rng(8), 200)
    bare = bare_engine(index, queries)
    for k in (10, 100, 200):
        raw = print_times(f"bare zvec, k={k}", [lambda query=query, k=k: bare(query, k) for query in queries])
        print_nearest(f"nearest, k={k}", view, queries, k=k, within=None, raw=raw)
    for name, percent in SHARES.items():
        within = view.select(Condition("share", "=", (name,)))
        print_nearest(f"nearest, k=100, {percent} %", view, queries, k=100, within=within, raw=raw)
    rows = view.select()[::10]
    print_times(
        f"similarity of {len(rows)} rows",
        [lambda query=query: view.similarity("text", query, rows) for query in queries],
    )


def print_nearest(name: str, view: View, queries: np.ndarray, *, k: int, within: Any, raw: float) -> None:
    calls = [lambda query=query: view.nearest("text", query, k=k, within=within) for query in queries]
    everything = view.select() if within is None else within
    recall = []
    for query in queries[:50]:
        cosines = view.similarity("text", query, everything)
        exact = set(everything[np.argsort(-cosines, kind="stable")[:10]].tolist())
        recall.append(len(exact & set(view.nearest("text", query, k=k, within=within)[0][:10].tolist())) / len(exact))
    print_times(name, calls, recall_at_10=float(np.mean(recall)), raw=raw)


def bare_engine(index: Any, queries: np.ndarray) -> Callable[[np.ndarray, int], object]:
    from zvec import HnswQueryParam, Query

    collection = index._graphs["text"]._collection
    if collection is None:
        return lambda query, k: None

    def search(query: np.ndarray, k: int) -> object:
        parameters = HnswQueryParam(ef=max(k, 128))
        return collection.query(Query("vector", vector=query, param=parameters), topk=k, output_fields=[])

    return search


def measure_sets(view: View) -> None:
    everything = view.select()
    for size in (len(everything), len(everything) // 10, 200):
        rows = everything[:: len(everything) // size][:size]
        calls = [lambda rows=rows: [view.facet(f"facet{place}", rows, limit=100) for place in range(FACETS)]] * 50
        print_times(f"{FACETS} facets over {size} rows", calls)
    zeros = np.zeros(len(everything), dtype=np.float32)
    print_times("order all by id", [lambda: view.order(everything, zeros, ())] * 20)
    print_times("select text =", [lambda: view.select(Condition("share", "=", ("half",)))] * 50)
    print_times("select number ..", [lambda: view.select(Condition("price", "..", ("100", "300")))] * 50)
    print_times("select text ~", [lambda: view.select(Condition("title", "~", ("term12 term3",)))] * 20)
    print_times("statistics of all", [lambda: view.statistics("price", everything)] * 20)


def measure_changes(folder: str, products: int) -> None:
    shop, index = Shop(), index_adapter("zvec").open(folder, SCHEMA)
    entries = [entry for batch in shop.batches(2 * BATCH) for entry in batch]
    place = iter(range(1, 10_000_000))

    def change(entry: Entry) -> None:
        number = next(place)
        changed = Entry(entry.product_id, entry.terms, entry.texts, {"price": 1e6 + number}, entry.vectors)
        index.apply([changed], position=number)
        row = index.view().rows([entry.product_id])
        if index.view().numbers("price", row)[0] != 1e6 + number:
            raise SystemExit("a change was not visible")

    print_times("single change, visible", [lambda entry=entry: change(entry) for entry in entries[:1000]])
    print_row("checkpoint after 1,000 changes", seconds=seconds(index.checkpoint))
    measure_stall(index, shop, products)
    index.close()


def measure_stall(index: Any, shop: Shop, products: int) -> None:
    draw = np.random.default_rng(9)
    extra = shop.vectors(draw, 12_000)
    fresh = [shop.entry(draw, products + place, vector) for place, vector in enumerate(extra)]
    index.apply(fresh, position=10_000_000)
    queries = shop.vectors(draw, 200)
    worker = threading.Thread(target=lambda: index._tidy(threads=1, everything=True))
    is_over = time.perf_counter() + 8
    print_stalls("match and nearest, 12,000 pending", index, shop, queries, lambda: time.perf_counter() < is_over)
    worker.start()
    print_stalls("match and nearest during optimize", index, shop, queries, worker.is_alive)
    worker.join()


def print_stalls(name: str, index: Index, shop: Shop, queries: np.ndarray, is_going_on: Callable[[], bool]) -> None:
    draw, times = np.random.default_rng(10), []
    while is_going_on() and sum(times) < 60:
        words = dict.fromkeys(shop.terms(draw, 3), 1.0)
        started = time.perf_counter()
        view = index.view()
        view.nearest("text", queries[len(times) % len(queries)], k=100)
        view.match(words)
        times.append(time.perf_counter() - started)
    print_row(name, **percentiles(times), longest_ms=1000 * max(times))


def print_times(name: str, calls: Sequence[Callable[..., object]], *, raw: float = 0.0, **more: Any) -> float:
    for call in calls[:3]:
        call()
    times = [seconds(call) for call in calls]
    ratio = {"ratio_to_engine": 1000 * statistics.median(times) / raw} if raw else {}
    print_row(name, **percentiles(times), **ratio, **more)
    return 1000 * statistics.median(times)


def percentiles(times: list[float]) -> dict[str, float]:
    p50, p95, p99 = 1000 * np.percentile(times, [50, 95, 99])
    return {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99}


def print_row(name: str, **figures: float) -> None:
    print(json.dumps({"name": name, **{key: round(float(value), 3) for key, value in figures.items()}}), flush=True)


def seconds(call: Callable[..., object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def folder_megabytes(folder: str) -> float:
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 2**20


if __name__ == "__main__":
    main()
