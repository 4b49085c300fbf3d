"""Contributions add up to the score and are LightGBM's own; reasons say the greatest in words."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from tonggan.learn.rank.lightgbm_trees import onnx_of_trees, trees_of_boosters
from tonggan.rank.features import FEATURES, PLACES
from tonggan.rank.rankers import TreeRanker, session_of
from tonggan.rank.reasons import reasons_in_words
from tonggan.rank.shap import TreeExplainer, linear_contributions
from tonggan.rank.trees import Trees

lightgbm = pytest.importorskip("lightgbm")
COLUMNS = 12


def make_table(rows: int, *, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    table = draw.normal(size=(rows, COLUMNS)).astype(np.float32)
    table[draw.random(table.shape) < 0.2] = np.nan
    table[:, 3] = draw.integers(0, 3, rows)
    return table


def make_boosters(count: int = 2) -> list:
    table = make_table(2_000)
    wanted = np.nan_to_num(table[:, 0]) + np.nan_to_num(table[:, 1] * table[:, 2]) + table[:, 3]
    settings = {"num_leaves": 8, "verbose": -1, "num_threads": 1, "bagging_fraction": 0.7, "bagging_freq": 1}
    return [lightgbm.train({**settings, "seed": at}, lightgbm.Dataset(table, wanted), 20) for at in range(count)]


def test_arrays_score_as_lightgbm_does() -> None:
    boosters, table = make_boosters(), make_table(200, seed=1)
    table[:5, 3] = np.nan  # LightGBM saw this column whole, and then takes what is not known for 0.
    expected = np.mean([booster.predict(table) for booster in boosters], axis=0)
    assert np.abs(trees_of_boosters(boosters).score(table) - expected).max() < 1e-5


def test_the_onnx_file_scores_as_lightgbm_does() -> None:
    boosters, table = make_boosters(), make_table(200, seed=1)
    trees = trees_of_boosters(boosters, start=0, start_weight=2.0)
    session = session_of(onnx_of_trees(trees, features=COLUMNS), name="a test")
    names = tuple(str(column) for column in range(COLUMNS))
    expected = np.mean([booster.predict(table) for booster in boosters], axis=0) + 2.0 * np.nan_to_num(table[:, 0])
    assert np.abs(TreeRanker(names, trees, session).score(table) - expected).max() < 1e-5


def test_contributions_are_those_of_lightgbm() -> None:
    boosters, table = make_boosters(), make_table(50, seed=2)
    expected = np.mean([booster.predict(table, pred_contrib=True) for booster in boosters], axis=0)
    found = TreeExplainer(trees_of_boosters(boosters), features=COLUMNS).explain(table)
    assert np.abs(found.values - expected[:, :-1]).max() < 1e-6
    assert found.base == pytest.approx(expected[0, -1], abs=1e-6)


def test_contributions_add_up_to_the_score() -> None:
    table = make_table(20, seed=3)
    trees = trees_of_boosters(make_boosters(), start=1, start_weight=3.0, start_mean=0.2)
    found = TreeExplainer(trees, features=COLUMNS).explain(table)
    assert found.values.sum(axis=1) + found.base == pytest.approx(trees.score(table), abs=1e-5)


def two_feature_tree() -> Trees:
    """Feature 0 at most 0 -> 1; else feature 1 at most 0 -> 5, else 9; of 10 training rows 4, 3 and 3."""
    return Trees(
        features=np.array([0, 1], np.int32),
        thresholds=np.zeros(2, np.float32),
        lefts=np.array([-1, -2], np.int32),
        rights=np.array([1, -3], np.int32),
        missing_left=np.zeros(2, bool),
        covers=np.array([10.0, 6.0]),
        roots=np.zeros(1, np.int32),
        leaf_values=np.array([1.0, 5.0, 9.0]),
        leaf_covers=np.array([4.0, 3.0, 3.0]),
    )


def expectation(known: frozenset[int]) -> float:
    """The mean of the tree for the row (1, 1) where only some features are known."""
    right = 9.0 if 1 in known else (3 * 5.0 + 3 * 9.0) / 6
    return right if 0 in known else (4 * 1.0 + 6 * right) / 10


def test_contributions_are_shapley_values_by_definition() -> None:
    found = TreeExplainer(two_feature_tree(), features=3).explain(np.array([[1.0, 1.0, 0.0]], np.float32))
    for feature in range(3):
        others = [other for other in range(3) if other != feature]
        expected = sum(
            factorial(size) * factorial(2 - size) / factorial(3)
            * (expectation(frozenset(some) | {feature}) - expectation(frozenset(some)))
            for size in range(3)
            for some in combinations(others, size)
        )  # fmt: skip
        assert found.values[0, feature] == pytest.approx(expected)
    assert found.base == pytest.approx(expectation(frozenset()))


def test_a_tree_of_one_leaf_explains_nothing() -> None:
    empty = np.zeros(0)
    trees = Trees(*(empty.astype(kind) for kind in ("i4", "f4", "i4", "i4", "?", "f8")),
                  np.array([-1], np.int32), np.array([2.5]), np.array([10.0]))  # fmt: skip
    found = TreeExplainer(trees, features=2).explain(np.zeros((3, 2), np.float32))
    assert (found.values.tolist(), found.base) == ([[0.0, 0.0]] * 3, 2.5)


def test_linear_contributions_add_up() -> None:
    weights, means = np.array([2.0, -1.0]), np.array([0.5, 3.0])
    found = linear_contributions(np.array([[1.0, np.nan]], np.float32), weights, means)
    assert found.values.tolist() == [[2.0 * (1.0 - 0.5), 0.0]]
    assert found.base == 0.0


def row_of(**known: float) -> np.ndarray:
    row = np.full(len(FEATURES), np.nan, np.float32)
    for name, value in known.items():
        row[PLACES[name]] = value
    return row


def moved(**by: float) -> np.ndarray:
    return np.nan_to_num(row_of(**by)).astype(np.float64)


def phrases(row: np.ndarray, contributions: np.ndarray, language: str) -> list[str]:
    return [reason.phrase for reason in reasons_in_words(row, contributions, language=language)]


def test_reasons_are_told_in_both_languages_greatest_first() -> None:
    row = row_of(brand_match=1.0, image=0.82, rating=4.7, rating_count=np.log1p(312))
    by = moved(brand_match=0.9, image=-0.5, rating=0.3)
    assert phrases(row, by, "en") == ["brand matches", "picture similar 0.82", "4.7 stars from 312"]
    assert phrases(row, by, "zh") == ["品牌相符", "图片相似 0.82", "4.7 星（312 条评价）"]


def test_what_does_not_match_is_said_so() -> None:
    assert phrases(row_of(brand_match=0.0), moved(brand_match=-1.0), "en") == ["brand differs"]
    assert phrases(row_of(colour_match=0.0), moved(colour_match=-1.0), "zh") == ["颜色不符"]


def test_two_features_that_say_the_same_are_one_reason() -> None:
    row = row_of(merged=0.6, merged_relative=1.0, merged_rank=1.0)
    assert phrases(row, moved(merged=1.0, merged_relative=0.8, merged_rank=0.7), "en") == ["merged score 0.60"]


def test_what_all_candidates_share_is_no_reason() -> None:
    assert phrases(row_of(query_terms=3.0, position=1.0), moved(query_terms=1.0, position=1.0), "en") == []
