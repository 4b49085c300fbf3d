"""What the default pack costs: encoding, opening, memory and import, each beside its budget, as JSON.

`TONGGAN_DATA=FOLDER python -m benchmarks.pack_speed [--pack NAME] [--rounds N] [--limit N]`. Encoding is timed call by
call, the bare call in turn with it, so that both meet the same other work. A row is the median over rounds; opening
and memory are those of fresh processes, imports those of new shops. `--limit` cuts calls and products for a first look.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarks.pack_claims.texts import pairs_of_languages
from benchmarks.pack_claims.trial import DATA, Stock, tell, write_feed
from PIL import Image

from tonggan.bench.catalogue import read_material, recombined
from tonggan.catalogue.media import decode_query
from tonggan.catalogue.picture_workers import PictureWorkers
from tonggan.demo import write_demo_feed
from tonggan.encode import DEFAULT_SETTINGS, Encoder, open_encoder
from tonggan.encode.drawings import drawings
from tonggan.encode.pixels import Preparation, prepared
from tonggan.encode.runtime import OnnxModel
from tonggan.encode.word_units import UnitReader
from tonggan.packs import Pack
from tonggan.packs.folder import PartFiles
from tonggan.packs.library import DEFAULT, PackLibrary
from tonggan.shop import Progress, Shop

PICTURES = 2_000
"""Of the shared pictures, for the second import."""

TEXTS = 10_000
"""Products of the import without pictures."""

QUERIES = 200
"""Pictures that are encoded one by one; each is another, so that none is kept."""

PHOTO = (1600, 1200)
"""Pixels of what a shopper's phone may send after the page has made it smaller."""

UNCOUNTED = 5
"""Of the first calls, which warm up."""

FRESH = """
import json, sys, time
from tonggan.bench.measuring import resident_megabytes
from tonggan.align.senses import open_base
from tonggan.packs.library import PackLibrary
before, started = resident_megabytes(), time.perf_counter()
base = open_base(PackLibrary.of_user().find(sys.argv[1]))
seconds, opened = time.perf_counter() - started, resident_megabytes()
import numpy as np
asked = {"text": "红色 running shoes", "image": np.zeros((224, 224, 3), np.uint8)}
for name, encoder in base.encoders.items():
    encoder.encode_query([asked[name]])
print(json.dumps({"seconds": seconds, "opened": opened - before, "used": resident_megabytes() - before}))
"""
"""A process that knows its modules, opens the pack, and then asks each encoder once; memory is in megabytes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which pack, and how much of everything."""

    pack: str
    rounds: int
    limit: int | None

    def few(self, count: int) -> int:
        """Return a count, or the limit where that is less."""
        return min(count, self.limit or count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default=DEFAULT)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args()
    plan = Plan(options.pack, options.rounds, options.limit)
    rows = [*_encoding_rows(plan), *_opening_rows(plan), *_import_rows(plan)]
    cores, load = os.cpu_count(), [round(each, 1) for each in os.getloadavg()]
    print(json.dumps({"pack": plan.pack, "cores": cores, "load average at the end": load, "rows": rows}, indent=2))


def _encoding_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    pack = PackLibrary.of_user().find(plan.pack)
    if pack.parts["text"].implementation == "word-vectors":
        tell("text queries")
        yield _text_row(pack, plan)
    if "image" in pack.parts:
        tell("picture queries")
        for name, jpegs in {"224 pixels": _shared_jpegs(plan), "1600 x 1200 pixels": _photo_jpegs(plan)}.items():
            yield _picture_row(name, pack, jpegs, plan)


def _text_row(pack: Pack, plan: Plan) -> dict[str, Any]:
    """Time queries of both languages against adding up their rows of the table, which were looked up before."""
    encoder = open_encoder(pack, "text")
    queries = [pair[language] for pair in pairs_of_languages() for language in ("zh", "en")][: plan.few(1_000)]
    table, places = _table(pack, queries)
    encode: Callable[[int], object] = lambda at: encoder.encode_query([queries[at]])  # noqa: E731
    bare: Callable[[int], object] = lambda at: table[places[at]].sum(axis=0)  # noqa: E731
    times = _medians({"whole": encode, "bare": bare}, count=len(queries), rounds=plan.rounds)
    return _latency_row("text query", times, bare="sum of its rows", budget="p50 3 ms, .3 ms if static", most=0.3)


def _table(pack: Pack, queries: Sequence[str]) -> tuple[np.ndarray, list[list[int]]]:
    arrays = PartFiles(pack, "text").arrays()
    vocabulary = arrays["vocabulary"].tobytes().decode("utf-8").split("\n")
    rows, reader = {unit: at for at, unit in enumerate(vocabulary)}, UnitReader(vocabulary)
    table = arrays["vectors"].astype(np.float32) * arrays["scales"][:, None]
    return table, [[rows[unit] for unit in dict.fromkeys(reader.units(query))] for query in queries]


def _picture_row(name: str, pack: Pack, jpegs: Sequence[bytes], plan: Plan) -> dict[str, Any]:
    """Time what a shop does with a shopper's picture, decoded in a worker, against the model on ready pixels."""
    files, encoder = PartFiles(pack, "image"), open_encoder(pack, "image")
    model, preparation = OnnxModel.open(files, settings=DEFAULT_SETTINGS), Preparation.of(files.part.parameters)
    pixels = [np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")) for jpeg in jpegs]
    ready = [{next(iter(model.inputs)): prepared(picture, preparation)[None]} for picture in pixels]
    with PictureWorkers() as workers:
        calls: dict[str, Callable[[int], object]] = {
            "whole": lambda at: _encoded(encoder, jpegs[at], workers),
            "decode": lambda at: decode_query(jpegs[at], workers=workers),
            "bare": lambda at: model.run(ready[at]),
        }
        times = _medians(calls, count=len(jpegs), rounds=plan.rounds)
    row = _latency_row(f"picture query from JPEG, {name}", times, bare="ONNX call", budget="p50 25 ms", most=25.0)
    return row | {"decode p50 ms": times["decode"]}


def _encoded(encoder: Encoder, jpeg: bytes, workers: PictureWorkers) -> object:
    return encoder.encode_document([decode_query(jpeg, workers=workers)])


def _shared_jpegs(plan: Plan) -> list[bytes]:
    """Return pictures of a shop as they are; the network sees as many pixels."""
    paths = sorted((DATA / "flipkart" / "images").glob("*.jpg"))
    return [path.read_bytes() for path in paths[: plan.few(QUERIES)]]


def _photo_jpegs(plan: Plan) -> list[bytes]:
    written = []
    for picture in drawings(min(plan.few(QUERIES), 40), side=PHOTO[1]):
        buffer = io.BytesIO()
        Image.fromarray(picture).resize(PHOTO).save(buffer, "JPEG")
        written.append(buffer.getvalue())
    return written


def _medians(calls: Mapping[str, Callable[[int], object]], *, count: int, rounds: int) -> dict[str, float]:
    """Return for each call the median milliseconds of the middle round; all calls are made in turn."""
    medians: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        taken: dict[str, list[float]] = {name: [] for name in calls}
        for at in range(count):
            for name, call in calls.items():
                started = time.perf_counter()
                call(at)
                taken[name].append(1e3 * (time.perf_counter() - started))
        for name, each in taken.items():
            medians[name].append(float(np.median(each[UNCOUNTED:])))
    return {name: round(float(np.median(each)), 4) for name, each in medians.items()}


def _latency_row(name: str, times: Mapping[str, float], *, bare: str, budget: str, most: float) -> dict[str, Any]:
    ratio = round(times["whole"] / times["bare"], 2)
    told = {"p50 ms": times["whole"], f"{bare}, p50 ms": times["bare"], f"ratio to the {bare}": ratio}
    return {"name": name, **told, "budget": budget, "is met": times["whole"] <= most}


def _opening_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    tell("opening")
    command = [sys.executable, "-c", FRESH, plan.pack]
    found = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(2 * plan.rounds - 1)
    ]
    middle = {name: float(np.median([each[name] for each in found])) for name in found[0]}
    seconds = round(middle["seconds"], 3)
    yield {"name": "opening the pack, s", "value": seconds, "budget": "0.5", "is met": seconds <= 0.5}
    yield {
        "name": "memory of the pack, MB, after a query of each kind",
        "value": round(middle["used"], 1),
        "opened only": round(middle["opened"], 1),
        "budget": "150",
        "is met": middle["used"] <= 150,
    }


def _import_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    with TemporaryDirectory(prefix="tonggan-speed-") as folder:
        home = Path(folder)
        tell("demo shop")
        if plan.limit is None:
            yield _import_row("the demo shop with pictures", write_demo_feed(home / "demo", seed=0), plan, least=120)
        tell("shared pictures")
        feed = write_feed(_shared_stock(plan), home / "shared")
        yield _import_row("shared pictures", feed, plan, least=120)
        tell("texts")
        lines = (json.dumps(each, ensure_ascii=False) for each in recombined(read_material(), plan.few(TEXTS), seed=0))
        (home / "texts.jsonl").write_text("\n".join(lines), encoding="utf-8")
        yield _import_row("text only", home / "texts.jsonl", plan, least=3_000)


def _shared_stock(plan: Plan) -> Stock:
    with (DATA / "pictures" / "pictures.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = rows[:: max(1, len(rows) // PICTURES)][: plan.few(PICTURES)]
    own = {f"p{at:05d}": row for at, row in enumerate(chosen)}
    said = {product_id: {"title": f"{row['text_en']} {row['text_zh']}"} for product_id, row in own.items()}
    return Stock.of_pictures({product_id: DATA / "pictures" / row["image"] for product_id, row in own.items()}, said)


def _import_row(name: str, feed: Path, plan: Plan, *, least: float) -> dict[str, Any]:
    """Time imports into new shops, from the call to the products being found, and tell when each stage began."""
    taken = sorted((_imported(feed, plan.pack) for _ in range(plan.rounds)), key=lambda each: each.seconds)
    middle = taken[len(taken) // 2]
    rate = round(middle.products / middle.seconds, 1)
    told = {"products": middle.products, "products/s": rate, "seconds": round(middle.seconds, 1)}
    budget = {"budget": f"{least:,.0f} products a second", "is met": rate >= least}
    return {"name": f"import, {name}", **told, "stages begin at, s": middle.stages, **budget}


@dataclass(frozen=True, slots=True)
class _Import:
    products: int
    seconds: float
    stages: Mapping[str, float]


def _imported(feed: Path, pack: str) -> _Import:
    stages: dict[str, float] = {}

    def note(told: Progress) -> None:
        stages.setdefault(told.stage, round(time.perf_counter() - started, 2))

    with TemporaryDirectory(prefix="tonggan-speed-") as folder, _new_shop(folder, pack) as shop:
        started = time.perf_counter()
        report = shop.ingest(feed, progress=note)
        return _Import(report.products, time.perf_counter() - started, stages)


def _new_shop(folder: str, pack: str) -> Shop:
    return Shop.open(folder, pack=pack, remote_pictures=False)


if __name__ == "__main__":
    main()
