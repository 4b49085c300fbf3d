"""Does the shop know when it has no good answer? Prints JSON: the decision on Icecat's 90 queries, cross-validated.

    python -m benchmarks.no_answer [--pack default] [--seeds 5] [--plots FOLDER]

13 of the queries have no relevant product. Every figure of the model is held out (five folds, whole pipeline inside);
rows that learn nothing are measured on all queries. Signals and penalty come from reasoning and from Home Depot, with
the kinds that some queries mean taken out of its catalogue. These queries were seen with four sets of signals while
they were made: 8, 9, 6 and now 12 of them gave .81, .82, .77 and .82, which 13 queries cannot tell apart.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.pack_claims.texts import read_csv, read_json_lines
from benchmarks.pack_claims.trial import DATA, Stock, filled_shop, tell

from tonggan.encode.words import normalize
from tonggan.evaluate.classification import area_interval, brier_score, confusion, reliability, roc_curve
from tonggan.evaluate.plots import reliability_plot, roc_plot
from tonggan.learn.relevance import cross_validate, learn_relevance, report
from tonggan.rank.order import Ranking
from tonggan.rank.relevance import SIGNAL_NAMES, Signals, is_doubtful_untrained, signals_of_results
from tonggan.records import Query
from tonggan.retrieve import RetrievalSettings
from tonggan.retrieve.result_set import find
from tonggan.shop import Shop

HITS = 5
"""Hits of an answer that are looked at as shown."""

SEED_OF_INTERVALS = 0


def main() -> None:
    """Measure and print."""
    options = _options()
    queries = read_csv(DATA / "icecat" / "queries.csv")
    texts = [row["query"] for row in queries]
    is_relevant = np.array([int(row["best_grade"]) > 0 for row in queries])
    records = read_json_lines(DATA / "icecat" / "products.jsonl.gz")
    with filled_shop(Stock(records), options.pack) as shop:
        signals = [signals_in(shop, text) for text in texts]
    tell("signals taken")
    rows = np.array([each.vector() for each in signals], dtype=np.float64)
    print(json.dumps(measured(rows, signals, is_relevant, texts, options), indent=1))


def measured(
    rows: np.ndarray, signals: list[Signals], is_relevant: np.ndarray, texts: list[str], options: argparse.Namespace
) -> dict[str, Any]:
    """Return every figure."""
    groups = [normalize(text) for text in texts]
    held_out = [cross_validate(rows, is_relevant, groups=groups, seed=seed) for seed in range(options.seeds)]
    reports = [report(is_relevant, each, seed=SEED_OF_INTERVALS).as_json() for each in held_out]
    alone = {name: single(rows[:, at], is_relevant) for at, name in enumerate(SIGNAL_NAMES)}
    best = max(alone, key=lambda name: alone[name]["auc"]["mean"])
    doubtful = np.array([is_doubtful_untrained(each) for each in signals])
    model = learn_relevance(rows, is_relevant)
    if options.plots:
        draw(Path(options.plots), is_relevant, held_out[0].probabilities)
    return {
        "data": "icecat: measured only, nothing of it is kept",
        "pack": options.pack,
        "queries": len(texts),
        "without_answer": int((~is_relevant).sum()),
        "positive_class": "no good answer",
        "rows": {
            "chance": chance(is_relevant),
            f"best single signal, chosen afterwards ({best})": alone[best],
            "BM25 alone (best_words)": alone["best_words"],
            "dense similarity alone": alone["best_similarity"],
            "rule without training": confusion(~is_relevant, doubtful).as_json(),
            "model, held out, seed 0": reports[0],
        },
        "model_by_seed": [{key: each[key] for key in SHOWN} for each in reports],
        "model_over_seeds": {name: over_seeds(reports, name) for name in ("auc", "auc_before_calibration")},
        "single_signals": {name: each["auc"]["mean"] for name, each in alone.items()},
        "coefficients": dict(zip(SIGNAL_NAMES, model.coefficients.round(3).tolist(), strict=True)),
    }


SHOWN = ("auc", "auc_before_calibration", "accuracy", "precision", "recall", "f1", "brier")


def over_seeds(reports: list[dict[str, Any]], name: str) -> dict[str, float]:
    """Return mean and ends of an area over the seeds of the folds."""
    areas = [each[name]["mean"] for each in reports]
    return {"mean": round(float(np.mean(areas)), 4), "least": min(areas), "greatest": max(areas)}


def signals_in(shop: Shop, text: str) -> Signals:
    """Return the signals of one query as it is typed, without what understanding would make of it."""
    standing = shop.projection.standing
    view = standing.index.view()
    results = find(Query(words=text, per_page=HITS), view, standing.senses, RetrievalSettings())
    shown, _ = Ranking(results).page()
    titles = {product.id: product.title for product in shop.store.get(view.ids(shown))}
    return signals_of_results(results, shown=shown, titles=[titles[each] for each in view.ids(shown)])


def single(signal: np.ndarray, is_relevant: np.ndarray) -> dict[str, Any]:
    """Return the ROC of one signal, low values meaning no good answer; nothing is learnt but what a cut would be."""
    area = area_interval(~is_relevant, -signal, seed=SEED_OF_INTERVALS)
    auc = {name: round(getattr(area, name), 4) for name in ("mean", "low", "high")}
    return {"auc": auc, "roc": roc_curve(~is_relevant, -signal).as_json()}


def chance(is_relevant: np.ndarray) -> dict[str, Any]:
    """Return what says the same of every query: the share of answerable ones."""
    share = np.full(len(is_relevant), is_relevant.mean())
    never = confusion(~is_relevant, np.zeros(len(is_relevant), np.bool_)).as_json()
    return {"auc": {"mean": 0.5}, **never, "brier": round(brier_score(is_relevant, share), 4)}


def draw(folder: Path, is_relevant: np.ndarray, probabilities: np.ndarray) -> None:
    """Write the plots as SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "roc.svg").write_text(roc_plot(roc_curve(~is_relevant, 1 - probabilities)), encoding="utf-8")
    (folder / "reliability.svg").write_text(reliability_plot(reliability(is_relevant, probabilities)), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default="default")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--plots", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
