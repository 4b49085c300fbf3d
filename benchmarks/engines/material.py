"""What all engines are given: products with the vectors of our own encoder, questions, filters, and exact answers."""

from __future__ import annotations

import gzip
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.engines import PAGE, Item, Question, Restriction

from tonggan.bench.catalogue import Material, read_material, recombined
from tonggan.shop import Shop

QUESTIONS = 400
"""Queries of a latency; 4 of them make the 99th percentile."""

CHINESE_QUESTIONS = 200
"""Chinese words looked up for the recall row."""

PRODUCT_WORD = "HCCX"
"""The label that the Taobao titles give to the words for the product itself."""


@dataclass(frozen=True, slots=True)
class Exam:
    """The questions, and per filter the similarity that each question's tenth nearest product has."""

    questions: Sequence[Question]
    restrictions: Sequence[Restriction]
    thresholds: np.ndarray
    chinese: Sequence[str]


def prepare(folder: Path, count: int, *, seed: int) -> dict[str, Any]:
    """Build our shop in `folder/tonggan` and write what the others need beside it; return what that took."""
    folder.mkdir(parents=True, exist_ok=True)
    material = read_material()
    feed = folder / "feed.jsonl"
    with feed.open("w", encoding="utf-8") as lines:
        for record in recombined(material, count, seed=seed):
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    with Shop.open(folder / "tonggan") as shop:
        started = time.perf_counter()
        shop.ingest(feed)
        shop.projection.standing.index.optimize(wait=True)
        seconds = time.perf_counter() - started
        _write_items(folder, feed, shop)
        encoding = _write_questions(folder, material, shop)
    _write_exam(folder)
    return {"seconds": seconds, "is_real": material.is_real, "encoding_milliseconds": encoding}


def read_items(folder: Path) -> list[Item]:
    """Return all products."""
    vectors = np.load(folder / "vectors.npy")
    with (folder / "items.jsonl").open(encoding="utf-8") as lines:
        return [Item(vector=vector, **json.loads(line)) for line, vector in zip(lines, vectors, strict=True)]


def read_exam(folder: Path) -> Exam:
    """Return the questions and what is known of their answers."""
    asked = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    vectors = np.load(folder / "question_vectors.npy")
    restrictions = [Restriction(**fields) for fields in json.loads((folder / "restrictions.json").read_text("utf-8"))]
    questions = [Question(words, vector) for words, vector in zip(asked, vectors, strict=True)]
    chinese = json.loads((folder / "chinese.json").read_text(encoding="utf-8"))
    return Exam(questions, restrictions, np.load(folder / "thresholds.npy"), chinese)


def passes(item: Item, restriction: Restriction) -> bool:
    """Return whether a product passes a filter."""
    if restriction.brand:
        return item.brand == restriction.brand
    return restriction.is_empty or restriction.low <= item.price <= restriction.high


def _write_items(folder: Path, feed: Path, shop: Shop) -> None:
    records = list(_records(feed))
    found = shop.projection.standing.index.view().vectors("text", [record["id"] for record in records])
    dim = len(next(iter(found.values())))
    vectors = np.stack([found.get(record["id"], np.zeros(dim, np.float32)) for record in records])
    np.save(folder / "vectors.npy", vectors)
    with (folder / "items.jsonl").open("w", encoding="utf-8") as lines:
        for record in records:
            fields = {name: record[name] for name in ("id", "title", "brand", "category")}
            price = float(record["price"].split()[0])
            lines.write(json.dumps(fields | {"price": price}, ensure_ascii=False) + "\n")


def _records(feed: Path) -> Iterator[dict[str, Any]]:
    with feed.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _write_questions(folder: Path, material: Material, shop: Shop) -> float:
    """Keep drawn queries that have a vector, as the rivals could not be asked the others; return a vector's time."""
    senses = shop.projection.standing.senses
    if senses is None:
        raise SystemExit("The shop has fitted no encoders: ask for more products.")
    chance = np.random.default_rng(1)
    vectors: dict[str, np.ndarray] = {}
    times = []
    for words in chance.permutation(np.array(material.queries, dtype=object)):
        started = time.perf_counter()
        vector = senses.encode_text_query(words).get("text")
        times.append(1e3 * (time.perf_counter() - started))
        if words.strip() and vector is not None and len(vectors) < QUESTIONS:
            vectors[words] = vector
    (folder / "questions.json").write_text(json.dumps(list(vectors), ensure_ascii=False), encoding="utf-8")
    np.save(folder / "question_vectors.npy", np.stack(list(vectors.values())))
    return float(np.median(times))


def _write_exam(folder: Path) -> None:
    items = read_items(folder)
    matrix, questions = np.load(folder / "vectors.npy"), np.load(folder / "question_vectors.npy")
    restrictions = _restrictions(items)
    thresholds = np.empty((len(restrictions), len(questions)), np.float32)
    for at, restriction in enumerate(restrictions):
        passing = matrix[[passes(item, restriction) for item in items]]
        for number, question in enumerate(questions):
            thresholds[at, number] = np.partition(passing @ question, -PAGE)[-PAGE]
    np.save(folder / "thresholds.npy", thresholds)
    (folder / "restrictions.json").write_text(json.dumps([asdict(item) for item in restrictions]), encoding="utf-8")
    chinese = _chinese_words("\n".join(item.title for item in items))
    (folder / "chinese.json").write_text(json.dumps(chinese, ensure_ascii=False), encoding="utf-8")


def _restrictions(items: Sequence[Item]) -> list[Restriction]:
    """No filter, the tenth of the products in the middle of the prices, and the brand nearest to a hundredth."""
    low, high = np.percentile([item.price for item in items], [45, 55])
    brands = Counter(item.brand for item in items)
    brand = min(brands, key=lambda name: abs(brands[name] - len(items) / 100))
    return [
        Restriction("all"),
        Restriction("10 %", low=round(float(low), 2), high=round(float(high), 2)),
        Restriction("1 %", brand=brand),
    ]


def _chinese_words(titles: str) -> list[str]:
    """Return words that people marked in Taobao titles and that some title holds; none without the working data."""
    path = Path(os.environ.get("TONGGAN_DATA", "../shared/data")) / "zh" / "taobao_titles.jsonl.gz"
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        spans = [span for line in lines for span in json.loads(line)["spans"]]
    words = {span[3] for span in spans if span[0] == PRODUCT_WORD and len(span[3]) > 1 and not span[3].isascii()}
    chance = np.random.default_rng(2)
    drawn = (str(word) for word in chance.permutation(sorted(words)))
    return [word for word, _ in zip((word for word in drawn if word in titles), range(CHINESE_QUESTIONS), strict=False)]
