"""What learnt ranking gains: every row on the same folds, on Icecat (cross-validated) and on Home Depot (held out).

    TONGGAN_DATA=FOLDER python -m benchmarks.ranking icecat [--seeds 0,1,2,3,4] [--learners linear,network]
    TONGGAN_DATA=FOLDER python -m benchmarks.ranking homedepot [--teaching 1000] [--judging 1000]

Nothing is chosen by the queries that judge: a learner chooses inside its training queries. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from benchmarks.pack_claims.texts import RELEVANT, TUNED_ON, TUNED_ON_SEED, read_csv, read_json_lines
from benchmarks.pack_claims.trial import DATA, Stock, filled_shop, tell

from tonggan.evaluate.chance import expected_by_chance
from tonggan.evaluate.measures import GradedRanking, Measure, parse_measure, score
from tonggan.evaluate.statistics import bootstrap_interval, paired_difference
from tonggan.learn.rank.examples import MEASURE, Example, example_of
from tonggan.learn.rank.learnt import Learner
from tonggan.learn.rank.merging import fit_weights, fused, merged
from tonggan.learn.rank.table import DEFAULT, every_learner, learn_ranking
from tonggan.shop import Shop

Grades = Mapping[str, Mapping[str, float]]


def icecat(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the cross-validated table over the queries of Icecat that have an answer."""
    grades: dict[str, dict[str, float]] = defaultdict(dict)
    for row in read_csv(DATA / "icecat" / "grades.csv"):
        grades[row["query_id"]][row["product_id"]] = float(row["grade"])
    asked = [row for row in read_csv(DATA / "icecat" / "queries.csv") if int(row["best_grade"]) > 0]
    products = read_json_lines(DATA / "icecat" / "products.jsonl.gz")
    with filled_shop(Stock(products), "default") as shop:
        examples = _examples(shop, {row["query_id"]: row["query"] for row in asked}, grades)
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    started = time.monotonic()
    learnt = learn_ranking(examples, learners=_learners(arguments), seeds=seeds, progress=_told)
    return {
        "products": len(products),
        "chance": _chance([example.judged for example in examples], MEASURE, products=len(products)),
        "seconds": round(time.monotonic() - started, 1),
        **learnt.as_json(),
    }


def home_depot(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what is learnt from one part of the queries of Home Depot finds on another, with recall."""
    grades: dict[str, dict[str, float]] = defaultdict(dict)
    for row in read_csv(DATA / "homedepot" / "pairs.csv.gz"):
        grades[row["query"]][row["product_uid"]] = float(row["grade"])
    teaching, judging = _drawn(grades, arguments)
    products = read_csv(DATA / "homedepot" / "products.csv.gz")
    with filled_shop(Stock(products), "default") as shop:
        taught = _examples(shop, dict(zip(teaching, teaching, strict=True)), grades)
        held = _examples(shop, dict(zip(judging, judging, strict=True)), grades)
    weights = fit_weights(taught)
    rows: dict[str, Any] = {
        "words": lambda example: np.nan_to_num(example.channels["words"]),
        "rrf": fused,
        DEFAULT: merged,
        "convex-fitted": lambda example: merged(example, weights.of(example.kind)),
    }
    for learner in _learners(arguments):
        tell(f"{learner.name} learns from {len(taught)} queries")
        rows[learner.name] = learner(taught, seed=0).score
    measures = [parse_measure(name) for name in ("nDCG@10", f"R(rel={RELEVANT})@10")]
    found = {name: {each: _values(held, rank, each) for each in measures} for name, rank in rows.items()}
    return {
        "products": len(products),
        "teaching": len(taught),
        "judging": len(held),
        "weights": {"overall": weights.overall, **weights.by_kind},
        "formula": {measure.name: measure.formula for measure in measures},
        "chance": {each.name: _chance([one.judged for one in held], each, products=len(products)) for each in measures},
        "rows": {
            name: {each.name: _figures(own[each], found[DEFAULT][each]) for each in own} for name, own in found.items()
        },
    }


def _examples(shop: Shop, queries: Mapping[str, str], grades: Grades) -> list[Example]:
    """Return what the shop finds for each query, understood as it is served, before any ranker and rule."""
    return [
        example_of(shop.ranked(words, ranker="none", rules="none").results, grades[query_id], query_id=query_id)
        for query_id, words in queries.items()
    ]


def _drawn(grades: Grades, arguments: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Queries that teach and queries that judge; those that settings were once chosen with only teach."""
    answerable = sorted(words for words, own in grades.items() if max(own.values()) >= RELEVANT)
    shuffled = list(answerable)
    random.Random(TUNED_ON_SEED).shuffle(shuffled)
    left = random.Random(0).sample(shuffled[TUNED_ON:], len(shuffled) - TUNED_ON)
    judging, others = left[: arguments.judging], left[arguments.judging :]
    return (shuffled[:TUNED_ON] + others)[: arguments.teaching], judging


def _values(examples: Sequence[Example], rank: Any, measure: Measure) -> np.ndarray:
    values = []
    for example in examples:
        scores, served = rank(example), np.flatnonzero(example.is_served)
        order = served[np.argsort(-scores[served], kind="stable")]
        values.append(score(measure, GradedRanking(example.grades[order], example.judged)))
    return np.array(values)


def _figures(values: np.ndarray, default: np.ndarray) -> dict[str, Any]:
    return asdict(bootstrap_interval(values)) | {"gain": asdict(paired_difference(values, default))}


def _chance(judged: Sequence[np.ndarray], measure: Measure, *, products: int) -> float:
    return float(np.mean([expected_by_chance(measure, each, product_count=products, depth=100) for each in judged]))


def _learners(arguments: argparse.Namespace) -> list[Learner]:
    wanted = arguments.learners.split(",") if arguments.learners else None
    return [learner for learner in every_learner()[0] if wanted is None or learner.name in wanted]


def _told(row: str, step: int, steps: int) -> None:
    tell(f"{row}: {step} of {steps}")


def main() -> None:
    """Print the figures of one data set as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=["icecat", "homedepot"])
    parser.add_argument("--seeds", default="0,1,2,3,4", help="draws of the five folds")
    parser.add_argument("--learners", default="", help="names with commas between; all when left out")
    parser.add_argument("--teaching", type=int, default=1_000, help="queries of Home Depot that teach")
    parser.add_argument("--judging", type=int, default=1_000, help="queries of Home Depot that judge")
    arguments = parser.parse_args()
    found = icecat(arguments) if arguments.data == "icecat" else home_depot(arguments)
    json.dump(found, sys.stdout, ensure_ascii=False, indent=2)
    print()


if __name__ == "__main__":
    main()
