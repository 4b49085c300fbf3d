"""The rows of the budget table: each a question to a running shop, timed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tonggan.bench import Listener
from tonggan.bench.catalogue import Material, read_material, recombined
from tonggan.bench.engine import RawEngine
from tonggan.bench.measuring import BenchRow, Latency, time_each
from tonggan.encode.words import terms
from tonggan.shop import Shop

QUERIES = 400
"""Queries of a latency row; 4 of them make the 99th percentile."""

LEARNT_SECONDS = 300.0
"""How long a catalogue's words may take to be learnt before the rows that need them are given up."""

PREFIX_LETTERS = 6
"""Letters of each query of which every beginning is typed, for suggestions."""

CHANGES = 50
"""Single changes timed from the call to their being found."""

FACETS = ("category", "brand", "price")
"""What a results page counts beside its hits."""

PICTURES = 400
"""Products of the picture rows: enough for a rate, drawn in seconds."""


def measure_shop(size: int, folder: Path, *, seed: int, listener: Listener) -> Iterator[BenchRow]:
    """Build a shop of so many products and measure import, queries, changes, opening and memory."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    material = read_material()
    listener(f"{size:,} products from {'real' if material.is_real else 'drawn'} words")
    feed = _write_feed(folder / "feed.jsonl", material, size, seed=seed)
    shop = Shop.open(folder / "shop")
    try:
        yield _import_row(shop, feed, size)
        listener("linking neighbours")
        yield _optimize_row(shop, size)
        listener("learning words")
        yield _learning_row(shop, size)
        listener("queries")
        yield from _query_rows(shop, material, size, folder)
        yield _change_row(shop, size)
    finally:
        shop.close()
    listener("opening in a new process")
    yield from _opened_rows(folder / "shop", size)
    shutil.rmtree(folder, ignore_errors=True)


def measure_pictures(folder: Path, *, seed: int, listener: Listener) -> Iterator[BenchRow]:
    """Measure import with pictures and picture queries on drawings of the demo shop."""
    from tonggan.demo import write_demo_feed

    shutil.rmtree(folder, ignore_errors=True)
    listener("drawing pictures")
    feed = write_demo_feed(folder / "feed", seed=seed)
    with Shop.open(folder / "shop") as shop:
        listener("import with pictures")
        started = time.perf_counter()
        report = shop.ingest(feed)
        rate = round(report.products / (time.perf_counter() - started), 1)
        budget = "120 products a second with the default pack"
        yield BenchRow("import with pictures", report.products, per_second=rate, budget=budget)
        yield _picture_query_row(shop, sorted((folder / "feed" / "pictures").iterdir())[:200], report.products)
    shutil.rmtree(folder, ignore_errors=True)


def _write_feed(path: Path, material: Material, size: int, *, seed: int) -> Path:
    with path.open("w", encoding="utf-8") as lines:
        for record in recombined(material, size, seed=seed):
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    return path


def _import_row(shop: Shop, feed: Path, size: int) -> BenchRow:
    started = time.perf_counter()
    shop.ingest(feed)
    rate = size / (time.perf_counter() - started)
    budget = "3,000 products a second"
    return BenchRow("import, text", size, per_second=round(rate, 1), budget=budget, is_met=rate >= 3000)


def _query_rows(shop: Shop, material: Material, size: int, folder: Path) -> Iterator[BenchRow]:
    chance = np.random.default_rng(1)
    asked = [str(words) for words in chance.choice(list(material.queries), size=QUERIES)]
    raw = _raw_latency(shop, asked, folder / "raw")
    yield raw.row("raw engine: hybrid query", size, ratio_to_engine=1.0)
    answered = time_each(partial(_search, shop), asked)
    ratio = round(answered.percentile(50) / raw.percentile(50), 2)
    is_met = answered.percentile(50) <= 6 and answered.percentile(99) <= 25
    budget = "p50 6 ms, p99 25 ms; three times the raw engine"
    yield answered.row("text query, answered", size, ratio_to_engine=ratio, budget=budget, is_met=is_met)
    yield from _understanding_rows(shop, asked, size)
    filtered = time_each(partial(_search, shop, filter_by="price:[10..40] && availability:=in_stock"), asked)
    yield filtered.row("text query, filtered", size, ratio_to_engine=_ratio(filtered, raw))
    browsed = time_each(lambda _: _search(shop, ""), range(100))
    yield browsed.row("browsing, with facets", size)
    yield _http_row(shop, asked, size)


def _learning_row(shop: Shop, size: int) -> BenchRow:
    """Wait until the words of a large catalogue are learnt behind: until then nothing is suggested."""
    started = time.perf_counter()
    while not shop.suggest(""):
        if time.perf_counter() - started > LEARNT_SECONDS:
            raise RuntimeError(f"the words of {size:,} products were not learnt in {LEARNT_SECONDS:g} s")
        time.sleep(0.01)
    return BenchRow("learning words, in the background", size, value=round(time.perf_counter() - started, 1), unit="s")


def _understanding_rows(shop: Shop, asked: Sequence[str], size: int) -> Iterator[BenchRow]:
    understood = Latency(np.array([shop.search(words).timings_ms["understand"] for words in asked]))
    is_met = understood.percentile(50) <= 1
    yield understood.row("understanding a query", size, budget="p50 1 ms", is_met=is_met)
    typed = [words[:end] for words in asked for end in range(1, min(PREFIX_LETTERS, len(words)) + 1)]
    suggested = time_each(shop.suggest, dict.fromkeys(typed))
    is_met = suggested.percentile(95) <= 10
    yield suggested.row("suggestions while typing", size, budget="p95 10 ms", is_met=is_met)


def _ratio(latency: Latency, raw: Latency) -> float:
    return round(latency.percentile(50) / raw.percentile(50), 2)


def _search(shop: Shop, words: str, **options: Any) -> object:
    return shop.search(words, facet_by=FACETS, **options)


def _raw_latency(shop: Shop, asked: Sequence[str], folder: Path) -> Latency:
    """The raw engine on the vectors and words that the shop holds."""
    standing = shop.projection.standing
    senses, view = standing.senses, standing.index.view()
    if senses is None:
        raise RuntimeError("the shop has fitted no encoders")
    engine = RawEngine(folder, dim=senses.spaces["text"])
    nothing = np.zeros(senses.spaces["text"], np.float32)

    def rows() -> Iterator[tuple[np.ndarray, Sequence[str]]]:
        for products in shop.store.scan():
            vectors = view.vectors("text", [product.id for product in products])
            for product in products:
                yield vectors.get(product.id, nothing), terms(product.title)

    engine.fill(rows())
    questions = [(senses.encode_text_query(words).get("text", nothing), " ".join(terms(words))) for words in asked]
    try:
        return engine.measure([question for question in questions if question[1]])
    finally:
        engine.close()


def _http_row(shop: Shop, asked: Sequence[str], size: int) -> BenchRow:
    from tonggan.bench.load import measure_http

    latency, rate = measure_http(shop, asked)
    is_met = rate >= 250 and latency.percentile(99) <= 80
    return latency.row(
        "over HTTP, 8 clients", size, per_second=round(rate, 1), budget="250 requests/s, p99 80 ms", is_met=is_met
    )


def _change_row(shop: Shop, size: int) -> BenchRow:
    def change(at: int) -> None:
        record = {"id": f"p{at:07d}", "title": f"Changed product {at}", "price": f"{at + 1}.99 USD"}
        shop.put([record])
        found = shop.search(filter_by=f"id:=p{at:07d}").hits[0].product.price
        if found is None or found.amount != 100 * (at + 1) + 99:
            raise RuntimeError(f"product {at} was not found at its new price")

    changed = time_each(change, range(CHANGES), warm_up=0)
    is_met = changed.percentile(50) <= 20
    return changed.row("a changed price, found", size, budget="20 ms after the call", is_met=is_met)


def _optimize_row(shop: Shop, size: int) -> BenchRow:
    """Wait for what goes on in the background after an import: queries are measured in the state that stays."""
    started = time.perf_counter()
    shop.projection.standing.index.optimize(wait=True)
    return BenchRow(
        "linking neighbours, in the background", size, value=round(time.perf_counter() - started, 1), unit="s"
    )


def _opened_rows(folder: Path, size: int) -> Iterator[BenchRow]:
    """Open the shop in a process of its own: nothing of the build is in its memory or its caches of ours."""
    command = [sys.executable, "-m", "tonggan.bench.opening", str(folder)]
    measured = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    seconds, megabytes = measured["seconds"], measured["megabytes"]
    yield BenchRow("open to first answer", size, value=seconds, unit="s", budget="3 s", is_met=seconds <= 3)
    yield BenchRow("resident memory", size, value=megabytes, unit="MB", budget="1.2 GB", is_met=megabytes <= 1200)


def _picture_query_row(shop: Shop, pictures: Sequence[Path], products: int) -> BenchRow:
    from io import BytesIO

    from PIL import Image

    contents = []
    for path in pictures:
        buffer = BytesIO()
        Image.open(path, formats=["WEBP", "JPEG", "PNG"]).convert("RGB").save(buffer, "JPEG")
        contents.append(buffer.getvalue())
    answered = time_each(lambda content: shop.search(image=content), contents)
    decoded = time_each(lambda content: np.asarray(Image.open(BytesIO(content), formats=["JPEG"])), contents)
    budget = "p50 25 ms with the default pack; the ratio is to a bare decode"
    return answered.row("picture query, from JPEG", products, ratio_to_engine=_ratio(answered, decoded), budget=budget)
