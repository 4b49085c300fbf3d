"""Learn the model of relevance that ships with the package: `python -m tonggan.learn.relevance_prior SHOPS`.

SHOPS is a folder of small shops that may train shipped weights, one folder each with `products*.jsonl`; beside them
stands the demo shop. Every shop is built and asked for what it sells and for what only others sell
(`relevance_examples.py`); penalty and signals were chosen by shops held out. Nothing of the shops is kept but numbers.
What it was learnt from, by whom and how well it does, stands in `rank/relevance.md`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tonggan.evaluate.classification import area_interval
from tonggan.learn.relevance import Labels, Rows, fit_logistic, isotonic_curve, write_model
from tonggan.learn.relevance_examples import KIND_FIELDS, Example, Stocked, examples_of
from tonggan.rank.answer_signals import LEADERS, SIGNAL_NAMES, signals_of_results, titles_of
from tonggan.rank.relevance import SHIPPED, RelevanceModel
from tonggan.shop import Shop

PENALTY = 1000.0
"""As in `relevance.py`, towards 0, for 6,000 examples. Held-out shops alone would have less (an AUC of .949 at 300,
.946 here), real catalogues of 20,000 products and more, with other queries, have more (Home Depot with kinds taken out
.915 and .920; its queries without a product that people found relevant .796 and .805): it keeps what travels."""

DOUBTFUL_SHARE = 0.15
"""Share of queries without an answer that the probabilities are for: one in seven, between a shop that people know and
one that they do not. A shop that judges its queries learns its own."""

ANSWERABLE_DOUBTED = 0.05
"""Share of the queries with an answer that may be called doubtful, over all shops held out, most of them in the three
of 140 to 600 products: a shop that says "nothing fits" over a page that fits is worse than one that stays silent. Over
half of the queries without an answer are called so then; of all that are, weighted as above, .67 have none."""

PARTS = {"aws_retail_demo": (0.4, 0.4, 0.7), "demo": (1.0, 0.5)}
"""Large shops are taken several times, with such shares of their kinds: to lack what its neighbours suggest that it has
is how a real shop lacks it."""

TOGETHER = {
    "sap_espm": "electronics",
    "contoso_traders": "electronics",
    "adventureworks": "sports",
    "dotnet_eshop": "sports",
    "tailwind_traders": "home",
    "saleor": "home",
}
"""Small shops that make one of a usual assortment together."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Examples with the signals of the answers that they got; `weights` make every shop and label count the same."""

    rows: Rows
    labels: Labels
    sources: np.ndarray
    weights: Rows


def main() -> None:
    """Build the shops, learn, and write the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shops", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "rank" / SHIPPED)
    options = parser.parse_args()
    shops = list(stocked_shops(options.shops))
    examples = list(examples_of(shops))
    with TemporaryDirectory(prefix="tonggan-relevance-") as folder:
        rows = [row for shop in shops for row in _answered(shop, examples, folder=Path(folder, shop.name))]
    table = table_of(rows, examples)
    write_model(options.out, learn_prior(table))
    sys.stdout.write(json.dumps(measured(table), indent=1) + "\n")


def stocked_shops(folder: Path) -> Iterator[Stocked]:
    """Return the demo shop and those of a folder, small ones together, large ones in parts."""
    found = {"demo": _demo_records()}
    for path in sorted(folder.glob("*/products*.jsonl")):
        name = TOGETHER.get(path.parent.name, path.parent.name)
        lines = path.read_text(encoding="utf-8").splitlines()
        found.setdefault(name, []).extend(_record(json.loads(line), prefix=f"{path.parent.name}-") for line in lines)
    for name, records in found.items():
        for number, share in enumerate(PARTS.get(name, (1.0,))):
            yield Stocked(f"{name}-{number}", name, _part(records, share=share, seed=f"{name}/{number}"))


def table_of(rows: Sequence[np.ndarray], examples: Sequence[Example]) -> Table:
    """Return rows of signals, in the order of the examples, as a table."""
    labels = np.array([each.is_relevant for each in examples], np.bool_)
    sources = np.array([each.source for each in examples])
    shops = np.array([each.shop for each in examples])
    weights = np.zeros(len(labels))
    for shop in np.unique(shops):
        for label in (False, True):
            own = (shops == shop) & (labels == label)
            weights[own] = 1 / max(1, np.count_nonzero(own))
    return Table(np.array(rows, np.float64), labels, sources, weights * len(labels) / weights.sum())


def learn_prior(table: Table, *, penalty: float = PENALTY) -> RelevanceModel:
    """Fit the regression to all shops, curve and threshold to log odds of shops held out."""
    unseen = held_out(table, penalty=penalty)
    share = np.where(table.labels, 1 - DOUBTFUL_SHARE, DOUBTFUL_SHARE) * table.weights
    knots, levels = isotonic_curve(unseen, table.labels, weights=share)
    threshold = _threshold(np.interp(unseen, knots, levels)[table.labels], table.weights[table.labels])
    return replace(_regression(table, penalty=penalty), knots=knots, levels=levels, threshold=threshold)


def held_out(table: Table, *, penalty: float = PENALTY) -> Rows:
    """Return log odds of each row by a regression that has seen no shop of its source."""
    unseen = np.zeros(len(table.labels))
    for source in np.unique(table.sources):
        own = table.sources == source
        seen = Table(table.rows[~own], table.labels[~own], table.sources[~own], table.weights[~own])
        unseen[own] = _regression(seen, penalty=penalty).log_odds(table.rows[own])
    return unseen


def measured(table: Table) -> dict[str, Any]:
    """Return how well shops held out are told apart, and what the threshold does to them."""
    unseen, model = held_out(table), learn_prior(table)
    doubted = np.interp(unseen, model.knots, model.levels) < model.threshold
    told: dict[str, Any] = {"examples": len(table.labels), "threshold": round(model.threshold, 4)}
    for source in np.unique(table.sources):
        own = table.sources == source
        area = area_interval(~table.labels[own], -unseen[own], seed=0)
        told[str(source)] = {
            "examples": int(own.sum()),
            "auc": [round(area.mean, 3), round(area.low, 3), round(area.high, 3)],
            "recall": round(float(doubted[own & ~table.labels].mean()), 3),
            "answerable_doubted": round(float(doubted[own & table.labels].mean()), 3),
        }
    return told | {"coefficients": dict(zip(SIGNAL_NAMES, model.coefficients.round(3).tolist(), strict=True))}


def _answered(shop: Stocked, examples: Sequence[Example], *, folder: Path) -> list[np.ndarray]:
    with Shop.open(folder, remote_pictures=False) as opened:
        opened.ingest([_fed(record) for record in shop.records])
        return [_signals(opened, each.query) for each in examples if each.shop == shop.name]


def _signals(shop: Shop, query: str) -> np.ndarray:
    ranking = shop.ranked(query, ranker="none", rules="none")
    shown = ranking.leading(LEADERS)[:LEADERS]
    return signals_of_results(ranking.results, shown=shown, titles=titles_of(ranking.results.view, shown)).vector()


def _fed(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as the shop takes it in: what it says of kinds in one column."""
    kinds = [str(record[name]) for name in KIND_FIELDS if record.get(name)]
    fed = {name: value for name, value in record.items() if name not in KIND_FIELDS and name != "english" and value}
    return {"product_type": " > ".join(kinds), **fed} if kinds and "product_type" not in fed else fed


def _record(row: Mapping[str, Any], *, prefix: str) -> dict[str, Any]:
    named = {name: row.get(name) or row.get(name.capitalize()) or "" for name in ("id", "brand", "description")}
    kinds = {name: row[name] for name in KIND_FIELDS if row.get(name)}
    title = row.get("name") or row.get("Name") or ""
    return {"title": title, **named, "id": f"{prefix}{named['id']}", **kinds}


def _demo_records() -> list[dict[str, Any]]:
    from tonggan.demo.products import demo_products

    return [
        {
            "id": each.id,
            "title": str(each.title),
            "english": each.title.english,
            "description": f"{each.description.english}\n{each.description.chinese}",
            "brand": str(each.brand),
            "kind": each.kind.name.english.lower(),
            "product_type": f"{each.kind.department.name.english} > {each.kind.category.english}",
        }
        for each in demo_products()
    ]


def _part(records: Sequence[Mapping[str, Any]], *, share: float, seed: str) -> list[Mapping[str, Any]]:
    """The records of a share of the kinds."""
    kept: dict[str, bool] = {}
    for record in records:
        kind = "/".join(str(record.get(name, "")) for name in KIND_FIELDS)
        kept.setdefault(kind, Random(f"{seed}/{kind}").random() < share)
    kinds = ("/".join(str(record.get(name, "")) for name in KIND_FIELDS) for record in records)
    return [record for record, kind in zip(records, kinds, strict=True) if kept[kind] and record["title"]]


def _regression(table: Table, *, penalty: float) -> RelevanceModel:
    means, deviations = table.rows.mean(axis=0), table.rows.std(axis=0)
    scales = np.where(deviations > 0, deviations, 1.0)
    coefficients, intercept = fit_logistic(
        (table.rows - means) / scales,
        table.labels,
        start=np.zeros(len(means)),
        penalty=penalty,
        counts=table.weights,
    )
    ends = np.array([-1.0, 1.0])
    return RelevanceModel(means, scales, coefficients, intercept, ends, 1 / (1 + np.exp(-ends)), threshold=0.0)


def _threshold(probabilities: Rows, weights: Rows) -> float:
    """The greatest probability of an answerable query under which no more of them are than may be."""
    order = np.argsort(probabilities, kind="stable")
    under = np.cumsum(weights[order]) / weights.sum()
    return float(probabilities[order][np.searchsorted(under, ANSWERABLE_DOUBTED)])


if __name__ == "__main__":
    main()
