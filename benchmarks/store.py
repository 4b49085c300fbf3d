"""How fast the store writes and reads, beside bare sqlite3 in the same run. Prints JSON, one object a line.

python benchmarks/store.py [--products 20000] [--store URL]
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tonggan.catalogue.store import SqlStore
from tonggan.catalogue.wire import product_as_json
from tonggan.records import Media, Money, Product

BATCH = 500
GETS = 500
PAGE = 20
_NOUNS = "kettle mug lamp chair desk shirt dress boots cable phone 水壶 马克杯 台灯 连衣裙 耳机"
NOUNS = _NOUNS.split()


def drawn_products(count: int, *, seed: int = 0) -> list[Product]:
    """Return products of about one kilobyte of text each."""
    draw = random.Random(seed)
    return [
        Product(
            id=f"p{number:07d}",
            title=f"{draw.choice(NOUNS)} {draw.choice(NOUNS)} {number}",
            description=" ".join(draw.choices(NOUNS, k=100)),
            brand=f"brand {draw.randrange(200)}",
            categories=("Home > Kitchen",),
            price=Money(draw.randrange(100, 99_999), "USD"),
            media=(Media("image", f"https://shop.example/{number}.jpg"),),
            codes={"sku": (f"S-{number}",), "gtin": (f"{number:013d}",)},
            attributes={"color": ("red",)},
            language="en",
        )
        for number in range(count)
    ]


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def raw_puts(products: Sequence[Product], folder: Path) -> float:
    """Insert the same text with bare sqlite3, as durably and in the same batches; seconds."""
    rows = [(product.id, json.dumps(product_as_json(product), ensure_ascii=False)) for product in products]
    with closing(sqlite3.connect(folder / "raw.db", isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("CREATE TABLE products (id TEXT PRIMARY KEY, json TEXT)")

        def insert_all() -> None:
            for start in range(0, len(rows), BATCH):
                raw.execute("BEGIN IMMEDIATE")
                raw.executemany("INSERT INTO products VALUES (?, ?)", rows[start : start + BATCH])
                raw.execute("COMMIT")

        return seconds_of(insert_all)


def put_all(store: SqlStore, products: Sequence[Product]) -> None:
    for start in range(0, len(products), BATCH):
        store.put(products[start : start + BATCH])


def report(name: str, count: int, seconds: float, *, raw_seconds: float) -> None:
    row = {"name": name, "per_second": round(count / seconds), "ratio_to_engine": round(seconds / raw_seconds, 2)}
    print(json.dumps(row))


def report_calls(name: str, work: Callable[[], object]) -> None:
    times = sorted(1e3 * seconds_of(work) for _ in range(GETS))
    cuts = statistics.quantiles(times, n=100)
    print(json.dumps({"name": name, **{f"p{at}_ms": round(cuts[at - 1], 3) for at in (50, 95, 99)}}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--store", default="", help="database URL; a fresh file of SQLite when left out")
    options = parser.parse_args()
    products = drawn_products(options.products)
    dearer = [replace(product, price=Money(product.price.amount + 1, "USD")) for product in products if product.price]
    with tempfile.TemporaryDirectory() as folder:
        raw = raw_puts(products, Path(folder))
        print(
            json.dumps({"name": "sqlite3 executemany", "per_second": round(len(products) / raw), "ratio_to_engine": 1})
        )
        with closing(SqlStore(options.store or Path(folder) / "store.db")) as store:
            for name, given in {"put new": products, "put unchanged": products, "put changed": dearer}.items():
                report(name, len(given), seconds_of(lambda given=given: put_all(store, given)), raw_seconds=raw)
            report("scan", len(products), seconds_of(lambda: [0 for _ in store.scan()]), raw_seconds=raw)
            draw = random.Random(1)
            report_calls("get a page", lambda: store.get([draw.choice(products).id for _ in range(PAGE)]))
            prices = iter(range(10**6, 10**7))
            report_calls("put one changed", lambda: store.put([replace(products[0], price=Money(next(prices), "USD"))]))


if __name__ == "__main__":
    main()
