"""Does the shop know when it has no good answer? Prints JSON: the decision on Icecat's 90 queries.

    python -m benchmarks.no_answer [--pack default] [--shop FOLDER] [--seeds 5] [--plots FOLDER]

13 of the queries have no relevant product. The answers are those that the shop serves, understanding included, without
a learnt ranker. Three rows of a model: as it ships, which knows nothing of these queries; learnt from them alone; and
learnt from them with the shipped one as its prior. The last two are held out (five folds, whole pipeline inside).
Signals and penalties come from other shops. The queries were seen with five sets of signals while they were made: 8, 9,
6 and 12 of them gave .81, .82, .77 and .82 without a prior; the set of now was looked at once it was settled.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.pack_claims.texts import read_csv, read_json_lines
from benchmarks.pack_claims.trial import DATA, Stock, filled_shop, tell

from tonggan.encode.words import normalize
from tonggan.evaluate.classification import area_interval, brier_score, confusion, reliability, roc_curve
from tonggan.evaluate.plots import reliability_plot, roc_plot
from tonggan.learn.relevance import HeldOut, cross_validate, report
from tonggan.rank.answer_signals import LEADERS, SIGNAL_NAMES, signals_of_results, titles_of
from tonggan.rank.relevance import RelevanceModel, shipped_model
from tonggan.shop import Shop

SEED_OF_INTERVALS = 0

SHOWN = ("auc", "auc_before_calibration", "accuracy", "precision", "recall", "f1", "brier")


def main() -> None:
    """Measure and print."""
    options = _options()
    queries = read_csv(DATA / "icecat" / "queries.csv")
    texts = [row["query"] for row in queries]
    is_relevant = np.array([int(row["best_grade"]) > 0 for row in queries])
    with _shop(options) as shop:
        rows = np.array([signals_in(shop, text) for text in texts], dtype=np.float64)
    tell("signals taken")
    print(json.dumps(measured(rows, is_relevant, texts, options), indent=1))


def measured(
    rows: np.ndarray, is_relevant: np.ndarray, texts: list[str], options: argparse.Namespace
) -> dict[str, Any]:
    """Return every figure."""
    shipped = shipped_model()
    nothing = replace(
        shipped, means=rows.mean(axis=0), scales=rows.std(axis=0) + 1e-9, coefficients=np.zeros(len(SIGNAL_NAMES))
    )
    decided = as_shipped(shipped, rows)
    with_prior = over_seeds(rows, is_relevant, texts, prior=shipped, seeds=options.seeds)
    alone = {name: single(rows[:, at], is_relevant) for at, name in enumerate(SIGNAL_NAMES)}
    best = max(alone, key=lambda name: alone[name]["auc"]["mean"])
    if options.plots:
        draw(Path(options.plots), is_relevant, decided.probabilities)
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
            "shipped model, no query of this shop": report(is_relevant, decided, seed=SEED_OF_INTERVALS).as_json(),
            "learnt here alone, held out": over_seeds(rows, is_relevant, texts, prior=nothing, seeds=options.seeds),
            "shipped model as prior, held out": with_prior,
        },
        "single_signals": {name: each["auc"]["mean"] for name, each in alone.items()},
        "coefficients": dict(zip(SIGNAL_NAMES, shipped.coefficients.round(3).tolist(), strict=True)),
    }


def as_shipped(model: RelevanceModel, rows: np.ndarray) -> HeldOut:
    """Return what a model says that has seen none of the queries."""
    probabilities = model.probabilities(rows)
    return HeldOut(probabilities, model.log_odds(rows), probabilities < model.threshold)


def over_seeds(
    rows: np.ndarray, is_relevant: np.ndarray, texts: list[str], *, prior: RelevanceModel, seeds: int
) -> dict[str, Any]:
    """Return the whole report of the first draw of the folds, short ones of all, and mean and ends of the areas."""
    groups = [normalize(text) for text in texts]
    held_out = [cross_validate(rows, is_relevant, groups=groups, prior=prior, seed=seed) for seed in range(seeds)]
    reports = [report(is_relevant, each, seed=SEED_OF_INTERVALS).as_json() for each in held_out]
    areas = {name: [each[name]["mean"] for each in reports] for name in SHOWN[:2]}
    return {
        "over_seeds": {
            name: {"mean": round(float(np.mean(each)), 4), "least": min(each), "greatest": max(each)}
            for name, each in areas.items()
        },
        "by_seed": [{key: each[key] for key in SHOWN} for each in reports],
        "seed 0": reports[0],
    }


def signals_in(shop: Shop, text: str) -> np.ndarray:
    """Return the signals of the answer that the shop serves."""
    ranking = shop.ranked(text, ranker="none", rules="none")
    shown = ranking.leading(LEADERS)[:LEADERS]
    return signals_of_results(ranking.results, shown=shown, titles=titles_of(ranking.results.view, shown)).vector()


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


@contextmanager
def _shop(options: argparse.Namespace) -> Iterator[Shop]:
    if options.shop:
        opening = Shop.open(options.shop, remote_pictures=False)
    else:
        opening = filled_shop(Stock(read_json_lines(DATA / "icecat" / "products.jsonl.gz")), options.pack)
    with opening as shop:
        shop.ranked("x", ranker="none", rules="none")
        shop._answering.reader.knowledge.wait()
        yield shop


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default="default")
    parser.add_argument("--shop", default="", help="a shop that holds Icecat already; one is built without it")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--plots", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
