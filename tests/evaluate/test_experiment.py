"""Trials: which queries count, what is compared, and what others read from the JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tonggan.errors import InputError, NotReadyError
from tonggan.evaluate import (
    EvaluationQuery,
    evaluate,
    evaluate_rows,
    evaluation_table,
    parse_measures,
    read_qrels,
    read_queries,
)

QUERIES = [EvaluationQuery(query_id) for query_id in ("q1", "q2", "hopeless", "unjudged")]
QRELS = {"q1": {"a": 3.0, "b": 1.0}, "q2": {"b": 2.0, "gone": 1.0}, "hopeless": {"a": 0.0}}
CATALOGUE = frozenset("abcdefghij")


def alphabet(query: EvaluationQuery, depth: int) -> Sequence[str]:
    return sorted(CATALOGUE)[:depth]


def backwards(query: EvaluationQuery, depth: int) -> Sequence[str]:
    return sorted(CATALOGUE, reverse=True)[:depth]


def trial(search=alphabet, measures=("nDCG@10", "R@1", "RR"), **options):
    return evaluate(search, QUERIES, QRELS, measures=measures, product_count=10, product_ids=CATALOGUE, **options)


def test_means_are_over_the_queries_that_a_measure_is_defined_for():
    recall, reciprocal = trial().results[1:]
    assert recall.values == {"q1": 1 / 2, "q2": 0.0}
    assert (recall.mean, recall.queries, recall.skipped) == (1 / 4, 2, 2)
    assert reciprocal.values == {"q1": 1.0, "q2": 1 / 2, "hopeless": 0.0}
    assert (reciprocal.queries, reciprocal.skipped) == (3, 1)


def test_queries_that_count_nowhere_are_skipped():
    everywhere, recall_only = trial(), trial(measures=["R@1"])
    assert (everywhere.queries, everywhere.skipped, everywhere.unjudged) == (3, 1, 1)
    assert (recall_only.queries, recall_only.skipped, recall_only.unjudged) == (2, 2, 1)


def test_graded_products_that_the_catalogue_lacks_are_reported_and_never_drawn():
    evaluation = trial(measures=["R@5"])
    assert evaluation.missing == ("gone",)
    assert evaluation.results[0].random == pytest.approx((5 / 10 + 1 / 2 * 5 / 10) / 2)


def test_rankings_are_as_deep_as_the_largest_cut_off():
    assert trial(measures=["P@3", "R@7"]).depth == 7
    assert trial(measures=["P@3", "RR"], depth=5).depth == 5
    assert trial(measures=["P@3", "R@7"]).run["q1"] == tuple("abcdefg")


def test_intervals_hold_the_mean_and_repeat_with_the_seed():
    first, again = trial(seed=3), trial(seed=3)
    assert first == again
    assert all(result.low <= result.mean <= result.high for result in first.results)


def test_the_json_has_the_keys_that_others_rely_on():
    document = json.loads(json.dumps(trial().as_json(), allow_nan=False))
    assert {"queries", "measures", "formula", "skipped"} <= document.keys()
    assert list(document["measures"]) == ["nDCG@10", "R@1", "RR"]
    assert {"mean", "low", "high", "random"} <= document["measures"]["nDCG@10"].keys()
    assert "2^grade - 1" in document["formula"]["nDCG@10"]
    assert document["missing_products"] == ["gone"]


def test_rows_are_compared_query_by_query_with_the_first():
    comparison = evaluate_rows(
        {"words": backwards, "merged": alphabet}, QUERIES, QRELS, measures=["RR"], product_count=10
    )
    words, merged = comparison.rows
    assert not words.differences
    gains = [1 - 1 / 9, 1 / 2 - 1 / 9, 0]
    assert merged.differences["RR"].mean == pytest.approx(sum(gains) / 3)
    assert merged.differences["RR"].p_value == 4 / 2**3


def test_the_json_of_a_comparison_is_that_of_its_last_row_with_all_rows():
    comparison = evaluate_rows(
        {"words": backwards, "merged": alphabet},
        QUERIES,
        QRELS,
        measures=["RR"],
        product_count=10,
        product_ids=CATALOGUE,
    )
    document = json.loads(json.dumps(comparison.as_json(), allow_nan=False))
    assert document["measures"] == trial(measures=["RR"]).as_json()["measures"]
    assert list(document["rows"]) == ["words", "merged"]
    assert "difference" not in document["rows"]["words"]["measures"]["RR"]
    assert {"mean", "low", "high", "p_value"} <= document["rows"]["merged"]["measures"]["RR"]["difference"].keys()
    assert [(row["search"], row["measure"]) for row in comparison.as_rows()] == [("words", "RR"), ("merged", "RR")]


def test_an_answer_with_a_product_twice_is_refused():
    with pytest.raises(InputError, match="query 'q1' holds product 'a' twice"):
        trial(lambda query, depth: ["a", "b", "a"])


def test_a_failing_search_names_its_query_and_keeps_its_class():
    def broken(query: EvaluationQuery, depth: int) -> Sequence[str]:
        raise NotReadyError("No index.", remedy="Build it.")

    with pytest.raises(NotReadyError, match=r"Query .q1.: No index\. Build it\."):
        trial(broken)


def test_ids_that_do_not_agree_are_refused_with_one_of_each():
    with pytest.raises(InputError, match="first query is 'q1', the first graded '1'"):
        evaluate(alphabet, QUERIES, {"1": {"a": 1.0}}, measures=["RR"], product_count=10)


def test_a_measure_without_any_query_is_refused_with_the_highest_grade():
    with pytest.raises(InputError, match=r"R\(rel=4\)@5 is defined for none of the 3 .*highest grade is 3"):
        trial(measures=["R(rel=4)@5"])


@pytest.mark.parametrize("options", [{"measures": []}, {"depth": 0}])
def test_nothing_to_measure_is_refused(options: dict):
    with pytest.raises(InputError):
        trial(**options)


def test_an_empty_table_of_searches_is_refused():
    with pytest.raises(InputError, match="no search"):
        evaluate_rows({}, QUERIES, QRELS, measures=["RR"], product_count=10)


def test_the_table_shows_searches_chance_gains_formulas_and_what_was_left_out():
    comparison = evaluate_rows(
        {"words": backwards, "merged": alphabet},
        QUERIES,
        QRELS,
        measures=["nDCG@10", "R@1"],
        product_count=10,
        product_ids=CATALOGUE,
    )
    console = Console(file=StringIO(), width=100)
    console.print(evaluation_table(comparison.rows))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert f"{comparison.rows[1].results[0].mean:.4f}" in shown
    for part in ("gain over words", "random", "nDCG@10: sum over ranks i <= 10 of (2^grade - 1)", "1 of them", "gone"):
        assert part in shown


@pytest.mark.shared_data
def test_real_grades_leave_the_answerable_queries(shared_data: Path):
    queries = read_queries(shared_data / "icecat" / "queries.csv").queries
    qrels = read_qrels(shared_data / "icecat" / "grades.csv").qrels

    def oracle(query: EvaluationQuery, depth: int) -> Sequence[str]:
        grades = qrels[query.query_id]
        return sorted(grades, key=lambda product: -grades[product])[:depth]

    evaluation = evaluate(oracle, queries, qrels, measures=parse_measures("nDCG@10,R@100"), product_count=19_406)
    assert (evaluation.queries, evaluation.skipped) == (77, 13)
    assert evaluation.results[0].mean == 1
    assert evaluation.results[0].random < 0.01
