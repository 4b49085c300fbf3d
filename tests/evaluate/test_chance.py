"""Chance: closed forms against every order of small catalogues, and against drawn orders of a larger one."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from tonggan.evaluate.chance import EXPECTATIONS, expected_by_chance
from tonggan.evaluate.measures import KINDS, grade_ranking, parse_measure, score

NAMES = ["nDCG@3", "nDCG(dcg='log2')@4", "nDCG", "RR", "RR@2", "R@3", "R(rel=2)@4", "P@2", "P@9", "AP", "AP@3", "ERR@4"]
NAMES += ["ERR", "Judged@3", "Success@2", "Success(rel=3)@3"]
JUDGMENTS = {"a": 3.0, "b": 2.0, "c": 0.0, "d": 1.0}


def chance(name: str, judgments: dict[str, float], *, product_count: int, depth: int, missing: str = "") -> float:
    present = [grade for product, grade in judgments.items() if product not in missing]
    return expected_by_chance(
        parse_measure(name),
        np.array(list(judgments.values())),
        present=np.array(present),
        product_count=product_count,
        depth=depth,
    )


def test_every_measure_has_a_closed_form():
    assert EXPECTATIONS.keys() == KINDS.keys()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("catalogue", "depth"), [("abcdef", 4), ("abcdef", 6), ("abcd", 9), ("bdxyz", 3)])
def test_closed_forms_are_the_mean_over_all_orders(name: str, catalogue: str, depth: int):
    measure = parse_measure(name)
    orders = [list(order[:depth]) for order in permutations(catalogue)]
    mean = np.mean([score(measure, grade_ranking(order, JUDGMENTS)) for order in orders])
    missing = "".join(set("abcd") - set(catalogue))
    expected = chance(name, JUDGMENTS, product_count=len(catalogue), depth=depth, missing=missing)
    assert expected == pytest.approx(mean, abs=1e-12)


@pytest.mark.parametrize("name", ["nDCG@10", "RR", "AP", "ERR@20", "Success@10"])
def test_closed_forms_meet_drawn_orders_of_a_larger_catalogue(name: str):
    rng = np.random.default_rng(5)
    ids = [str(number) for number in range(200)]
    judgments = {product_id: float(grade) for product_id, grade in zip(ids, rng.integers(0, 4, 60), strict=False)}
    measure = parse_measure(name)
    drawn = [score(measure, grade_ranking([ids[i] for i in rng.permutation(200)], judgments)) for _ in range(1500)]
    error = np.std(drawn) / len(drawn) ** 0.5
    assert chance(name, judgments, product_count=200, depth=200) == pytest.approx(np.mean(drawn), abs=4 * error)


def test_recall_by_chance_is_the_share_looked_at():
    assert chance("R@100", {"a": 1.0}, product_count=1000, depth=100) == 100 / 1000


def test_precision_by_chance_is_the_share_of_relevant_products():
    assert chance("P@10", {"a": 1.0, "b": 2.0}, product_count=1000, depth=10) == pytest.approx(2 / 1000)


def test_large_catalogues_stay_exact():
    judgments = {str(number): 1.0 for number in range(3000)}
    assert 0 < chance("ERR@100", judgments, product_count=10**7, depth=100) < 1e-4
    assert chance("Success@1", judgments, product_count=10**7, depth=1) == pytest.approx(3000 / 10**7)
