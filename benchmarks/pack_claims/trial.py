"""A trial: products in a shop of a pack, questions put to the shop, and the row that is printed of the answers."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np

from tonggan.evaluate import Evaluation, EvaluationQuery, MeasureResult, Qrels, evaluate_rows
from tonggan.shop import Shop

DATA = Path(os.environ.get("TONGGAN_DATA", Path(__file__).parents[3] / "shared" / "data"))

CHANCE = "chance"

PUBLISHED = "MobileNet v1, quoted"
"""The row of MobileNet v1's embeddings, as it was measured before this project; it is quoted here, not measured."""

REMARK = "remark"
"""Key of what a reader must know beside a claim's figures."""

Item = TypeVar("Item")
Row = dict[str, Any]
Rows = dict[str, Any]

MERGED: Mapping[str, Any] = {}
"""What the shop serves."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is measured: packs by name, the seed of every draw, and at most how many of everything."""

    packs: Sequence[str]
    seed: int = 0
    limit: int | None = None

    def few(self, items: Sequence[Item]) -> list[Item]:
        """Return the first so many of these, all where there is no limit."""
        return list(items[: self.limit])


@dataclass(frozen=True, slots=True)
class Stock:
    """Records of a feed, and where the pictures stand that they name."""

    records: Sequence[Mapping[str, Any]]
    pictures: Mapping[str, Path] = field(default_factory=dict)

    @classmethod
    def of_pictures(cls, pictures: Mapping[str, Path], said: Mapping[str, Mapping[str, Any]] | None = None) -> Stock:
        """Return one product per picture by id; without `said`, its title is its id, and no word says what it is."""
        told = said or {product_id: {"title": product_id} for product_id in pictures}
        records = [{"id": product_id, "image": _file(product_id), **told[product_id]} for product_id in pictures]
        return cls(records, {_file(product_id): path for product_id, path in pictures.items()})


@dataclass(frozen=True, slots=True)
class Questions:
    """Judged queries with the measures that they are asked for."""

    queries: Sequence[EvaluationQuery]
    qrels: Qrels
    measures: Sequence[str]

    @classmethod
    def of_words(cls, wanted: Mapping[str, Sequence[str]], measures: Sequence[str]) -> Questions:
        """Return one query for each text, with the products that are right for it."""
        queries = [EvaluationQuery(words, text=words) for words in wanted]
        return cls(queries, {words: dict.fromkeys(right, 1.0) for words, right in wanted.items()}, measures)


@contextmanager
def filled_shop(stock: Stock, pack: str) -> Iterator[Shop]:
    """Give a shop on a pack that has imported the stock as any feed, with pictures beside it."""
    started = time.monotonic()
    with TemporaryDirectory(prefix="tonggan-claims-") as folder:
        feed = write_feed(stock, Path(folder, "feed"))
        with Shop.open(Path(folder, "shop"), pack=pack, remote_pictures=False) as shop:
            report = shop.ingest(feed)
            tell(f"{report.accepted} products on {pack} in {time.monotonic() - started:.0f} s")
            yield shop


def judged(
    shop: Shop, questions: Questions, searches: Mapping[str, Mapping[str, Any]], *, products: int, seed: int = 0
) -> Rows:
    """Return a row for each search, by its parameters, and one for chance; gains are those over the first search."""
    found = evaluate_rows(
        {name: partial(_answers, shop, options) for name, options in searches.items()},
        questions.queries,
        questions.qrels,
        measures=questions.measures,
        product_count=products,
        seed=seed,
    )
    chance = {result.measure.name: round(result.random, 4) for result in found.rows[0].results}
    return {CHANCE: chance} | {row.name: _row(row, over=found.rows[0].name) for row in found.rows}


def claim(questions: Questions, rows: Mapping[str, Rows], *, products: int, **told: Any) -> dict[str, Any]:
    """Return a section of the report: chance once, then the rows of each pack."""
    from tonggan.evaluate import parse_measure

    chance = next((each[CHANCE] for each in rows.values() if CHANCE in each), {})
    own = {name: {key: row for key, row in each.items() if key != CHANCE} for name, each in rows.items()}
    return {
        "formula": {name: parse_measure(name).formula for name in questions.measures},
        "n": len(questions.queries),
        "products": products,
        **told,
        "rows": {CHANCE: chance, **own},
    }


def exact_chance(rows: Rows, measure: str, shares: Sequence[float]) -> Rows:
    """Return the rows with chance as the mean of these shares: each query has a pool of its own."""
    return rows | {CHANCE: {measure: round(float(np.mean(shares)), 4)}}


def tell(what: str) -> None:
    """Say on the error output how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def _answers(shop: Shop, options: Mapping[str, Any], query: EvaluationQuery, depth: int) -> list[str]:
    answer = shop.search(query.text, image=query.image, filter_by=query.filter_by, per_page=depth, **options)
    return [hit.product.id for hit in answer.hits]


def _row(evaluation: Evaluation, *, over: str) -> Row:
    row: Row = {result.measure.name: _figures(result) for result in evaluation.results}
    for name, gain in evaluation.differences.items():
        row[name][f"gain over {over}"] = {
            key: round(getattr(gain, key), 4) for key in ("mean", "low", "high", "p_value")
        }
    return row


def _figures(result: MeasureResult) -> dict[str, float]:
    return {name: round(getattr(result, name), 4) for name in ("mean", "low", "high")}


def write_feed(stock: Stock, folder: Path) -> Path:
    folder.mkdir()
    for name, path in stock.pictures.items():
        shutil.copyfile(path, folder / name)
    lines = (json.dumps(record, ensure_ascii=False) for record in stock.records)
    (folder / "products.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder / "products.jsonl"


def _file(product_id: str) -> str:
    return f"{product_id}.jpg"
