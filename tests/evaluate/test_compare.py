"""Two evaluations side by side, and their page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest

from tonggan.errors import InputError
from tonggan.evaluate import Evaluation, EvaluationQuery, evaluate
from tonggan.evaluate.compare import SideBySide, side_by_side, standard_measures
from tonggan.evaluate.html_report import comparison_page

QUERIES = [EvaluationQuery(name, text=text) for name, text in (("q1", "mug"), ("q2", '<b>"杯"</b>'), ("q3", "cup"))]
QRELS = {"q1": {"a": 1.0}, "q2": {"b": 2.0}, "q3": {"c": 1.0}}


def answering(name: str, rankings: Sequence[str], measures: Sequence[str] = ("RR", "R@10")) -> Evaluation:
    """An evaluation of rankings written as letters, one per query."""
    given = dict(zip(("q1", "q2", "q3"), rankings, strict=True))
    return evaluate(
        lambda query, _: list(given[query.query_id]), QUERIES, QRELS, measures=measures, product_count=10, name=name
    )


@pytest.fixture
def found() -> SideBySide:
    return side_by_side(answering("old", ["xa", "b", "c"]), answering("<new>", ["a", "b", "xc"]), QUERIES)


def test_gains_are_the_second_less_the_first(found: SideBySide) -> None:
    leading = found.measures[0]
    assert leading.gains == {"q1": 1 - 1 / 2, "q2": 0.0, "q3": 1 / 2 - 1}
    assert leading.outcomes == {"wins": 1, "losses": 1, "ties": 1}
    assert leading.difference.mean == 0.0
    assert [each.query_id for each in found.won] == ["q1"]
    assert [each.query_id for each in found.lost] == ["q3"]


def test_the_verdict_follows_the_interval() -> None:
    worse = side_by_side(answering("old", ["a", "b", "c"]), answering("new", ["xa", "xb", "xc"]), QUERIES)
    assert worse.verdict.startswith("new is worse than old: -0.500 RR")
    better = side_by_side(answering("old", ["xa", "xb", "xc"]), answering("new", ["a", "b", "c"]), QUERIES)
    assert better.verdict.startswith("new is better than old: +0.500 RR")


def test_evaluations_of_other_measures_are_not_compared() -> None:
    with pytest.raises(InputError, match="other measures"):
        side_by_side(answering("a", "abc", ["RR"]), answering("b", "abc", ["AP"]), QUERIES)


def test_err_is_left_out_where_grades_are_too_high() -> None:
    names = [measure.name for measure in standard_measures({"q1": {"a": 5.0}})]
    assert names == ["nDCG@10", "RR", "R@100", "AP", "Judged@10"]
    assert "ERR@10" in [measure.name for measure in standard_measures(QRELS)]


def test_the_page_shows_titles_and_escapes_everything(found: SideBySide) -> None:
    page = comparison_page(found, titles={"a": "红色 & <script>alert(1)</script>"})
    assert "红色 &amp; &lt;script&gt;" in page
    assert "<script" not in page
    assert "<new>" not in page
    assert "&lt;b&gt;&quot;杯&quot;" in page
    assert 'lang="en"' in page


def test_every_plot_of_the_page_is_well_formed(found: SideBySide) -> None:
    plots = re.findall(r"<svg.*?</svg>", comparison_page(found), flags=re.DOTALL)
    assert len(plots) == 3 + len(found.measures)
    for plot in plots:
        ElementTree.fromstring(plot)


def test_a_page_of_no_difference_at_all_can_be_made() -> None:
    same = side_by_side(answering("a", ["a", "b", "c"]), answering("b", ["a", "b", "c"]), QUERIES)
    page = comparison_page(same)
    assert page.count("None.") == 2
