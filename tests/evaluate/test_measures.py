"""Measures: by hand on small rankings, and against ir_measures on drawn ones."""

from __future__ import annotations

import shutil
from math import isnan, log2

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonggan.errors import InputError
from tonggan.evaluate.measures import KINDS, GradedRanking, grade_ranking, parse_measure, parse_measures, score

JUDGMENTS = {"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.0}
RANKING = ["d", "a", "unjudged", "c"]

ALIKE = [
    ("nDCG(dcg='exp-log2')@3", "nDCG(dcg='exp-log2')@3", 6e-6),
    ("nDCG@10", "nDCG(dcg='exp-log2')@10", 6e-6),
    ("nDCG(dcg='log2')@10", "nDCG@10", 1e-9),
    ("nDCG(dcg='log2')", "nDCG", 1e-9),
    ("RR", "RR", 1e-9),
    ("RR(rel=2)@2", "RR(rel=2)@2", 1e-9),
    ("R@5", "R@5", 1e-9),
    ("R(rel=3)@100", "R(rel=3)@100", 1e-9),
    ("P@5", "P@5", 1e-9),
    ("P(rel=2)@5", "P(rel=2)@5", 1e-9),
    ("AP", "AP", 1e-9),
    ("AP(rel=2)@3", "AP(rel=2)@3", 1e-9),
    ("ERR@4", "ERR@4", 6e-6),
    ("Judged@5", "Judged@5", 1e-9),
    ("Judged", "Judged", 1e-9),
    ("Success@2", "Success@2", 1e-9),
    ("Success(rel=3)@4", "Success(rel=3)@4", 1e-9),
]
"""Our name, theirs, and what rounding explains: their exponential nDCG and ERR are printed with five digits."""


def measured(name: str, ranking: list[str] = RANKING, judgments: dict[str, float] = JUDGMENTS) -> float:
    return score(parse_measure(name), grade_ranking(ranking, judgments))


def test_plain_ndcg_gains_two_to_the_grade_less_one():
    ideal = 7 / log2(2) + 3 / log2(3) + 1 / log2(4)
    assert measured("nDCG@10") == pytest.approx((7 / log2(3) + 1 / log2(5)) / ideal)


def test_linear_ndcg_gains_the_grade():
    ideal = 3 / log2(2) + 2 / log2(3) + 1 / log2(4)
    assert measured("nDCG(dcg='log2')@10") == pytest.approx((3 / log2(3) + 1 / log2(5)) / ideal)


def test_ndcg_of_a_cut_off_divides_by_the_best_order_of_that_length():
    assert measured("nDCG@2", ["a", "c"]) == pytest.approx((7 + 1 / log2(3)) / (7 + 3 / log2(3)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RR", 1 / 2),
        ("RR@1", 0),
        ("RR(rel=4)", 0),
        ("R@10", 2 / 3),
        ("R(rel=2)@10", 1 / 2),
        ("P@2", 1 / 2),
        ("P@10", 2 / 10),
        ("AP", (1 / 2 + 2 / 4) / 3),
        ("ERR@2", 1 / 2 * (2**3 - 1) / 2**4),
        ("Judged@3", 2 / 3),
        ("Success@1", 0),
        ("Success@2", 1),
    ],
)
def test_measures_by_hand(name: str, expected: float):
    assert measured(name) == pytest.approx(expected)


def test_fractional_grades_reach_a_fractional_cut_off():
    thirds = {"a": 8 / 3, "b": 7 / 3, "c": 2.6}
    assert measured("R(rel=2.6)@2", ["b", "a"], thirds) == 1 / 2
    assert measured("R(rel=2.6666666667)@1", ["a"], thirds) == 1
    assert measured("nDCG@1", ["b"], thirds) == pytest.approx((2 ** (7 / 3) - 1) / (2 ** (8 / 3) - 1))


def test_a_grade_below_zero_is_judged_and_gains_nothing():
    judgments = {"a": -2.0, "b": 1.0}
    assert measured("nDCG@2", ["a", "b"], judgments) == pytest.approx(1 / log2(3))
    assert measured("Judged@2", ["a", "b"], judgments) == 1
    assert measured("P@2", ["a", "b"], judgments) == 1 / 2


@pytest.mark.parametrize("name", ["nDCG@10", "R@10", "AP"])
def test_recall_like_measures_are_undefined_without_a_relevant_product(name: str):
    assert isnan(measured(name, ["a"], {"a": 0.0}))


@pytest.mark.parametrize("name", ["nDCG@10", "RR", "R@10", "P@10", "AP", "ERR@10", "Judged@10", "Success@10"])
def test_an_empty_ranking_scores_zero(name: str):
    assert measured(name, []) == 0


def test_every_measure_of_the_best_order_is_at_most_one():
    best = GradedRanking(np.array([4.0, 4.0, 1.0]), np.array([4.0, 4.0, 1.0]))
    for kind in KINDS:
        assert 0 < score(parse_measure(f"{kind}@3"), best) <= 1 + 1e-12


def test_names_keep_their_spelling_and_come_once():
    names = [measure.name for measure in parse_measures("nDCG@10, R(rel=3)@100,P( rel=2 )@5,nDCG@10")]
    assert names == ["nDCG@10", "R(rel=3)@100", "P( rel=2 )@5"]


def test_aliases_of_ir_measures_mean_the_same():
    assert [parse_measure(name).kind for name in ("NDCG@5", "MRR", "MAP", "Recall@5", "Precision@5")] == [
        "nDCG", "RR", "AP", "R", "P",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nDGC@10", "Did you mean 'nDCG'"),
        ("Bpref", "known: AP, ERR, Judged, P, R, RR, Success, nDCG"),
        ("R", "needs a cut-off"),
        ("P@0", "a rank from 1"),
        ("P@ten", "a rank from 1"),
        ("P@-1", "not a measure"),
        ("RR(depth=2)", "RR accepts: rel"),
        ("nDCG(rel=2)@10", "nDCG accepts: dcg"),
        ("ERR(rel=2)@10", "ERR accepts: none"),
        ("nDCG(dcg='exp')@10", "known: exp-log2, log2"),
        ("R(rel=high)@10", "rel=2"),
        ("R(rel=nan)@10", "rel=2"),
        ("R(rel=2@10", "not a measure"),
        ("", "not a measure"),
    ],
)
def test_a_wrong_name_is_refused_with_what_is_accepted(name: str, reason: str):
    with pytest.raises(InputError, match=reason.replace("(", r"\(")):
        parse_measure(name)


def test_no_measure_is_refused():
    with pytest.raises(InputError, match="No measure"):
        parse_measures(" , ")


def test_err_refuses_grades_above_four():
    with pytest.raises(InputError, match="grades up to 4"):
        measured("ERR@3", ["a"], {"a": 5.0})


@pytest.mark.parametrize("name", ["nDCG@10", "RR", "R@10", "P@10", "AP", "ERR@10", "Judged@10", "Success@10"])
def test_formulas_name_their_ranks(name: str):
    formula = parse_measure(name).formula
    assert ("i <= 10" if "@10" in name else "all ranks") in formula
    assert "{" not in formula


def test_the_formula_of_ndcg_states_its_gain():
    assert "(2^grade - 1) / log2(i + 1)" in parse_measure("nDCG@10").formula
    assert "(grade) / log2(i + 1)" in parse_measure("nDCG(dcg='log2')@10").formula


def test_exponential_gain_is_compared_only_where_perl_is():
    assert any("exp-log2" in theirs for _, theirs, _ in comparable()) == bool(shutil.which("perl"))


def comparable() -> list[tuple[str, str, float]]:
    """ir_measures computes exponential nDCG and ERR by a Perl program."""
    return [row for row in ALIKE if shutil.which("perl") or not row[1].startswith(("nDCG(dcg='exp", "ERR"))]


products = st.integers(min_value=1, max_value=12).map(str)


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.integers(min_value=1, max_value=3).map(str),
        st.tuples(
            st.dictionaries(products, st.integers(min_value=0, max_value=4), min_size=1),
            st.lists(products, min_size=1, unique=True),
        ),
        min_size=1,
    )
)
def test_values_equal_those_of_ir_measures(drawn: dict[str, tuple[dict[str, int], list[str]]]):
    qrels = {query_id: grades for query_id, (grades, _) in drawn.items()}
    run = {q: {product: float(-rank) for rank, product in enumerate(order)} for q, (_, order) in drawn.items()}
    theirs = {name: ir_measures.parse_measure(name) for _, name, _ in comparable()}
    values = {
        (str(each.measure), each.query_id): each.value for each in ir_measures.iter_calc(theirs.values(), qrels, run)
    }
    for ours, name, rounding in comparable():
        for query_id, (grades, order) in drawn.items():
            value = measured(ours, order, {product: float(grade) for product, grade in grades.items()})
            expected = values[str(theirs[name]), query_id]
            assert (0.0 if isnan(value) else value) == pytest.approx(expected, abs=rounding), (ours, query_id)
