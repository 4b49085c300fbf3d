"""What two views of the same products have to answer alike, asked by product id since rows are each index's own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from index.index_shop import BRANDS, DIM, WORDS
from tonggan.index import View
from tonggan.records import AllOf, AnyOf, Condition, Filter, Not, SortKey

WORD_SCORE_TOLERANCE = 0.02
"""Relative: average field lengths may be out of date by this share while segments are not merged."""

FILTERS: Sequence[Filter] = (
    Condition("brand", "=", ("Apple",)),
    Condition("brand", "=", ("ＡＰＰＬＥ", "sony")),
    Condition("brand", "!=", ("Apple",)),
    Condition("tags", "=", ("红色", "red")),
    Condition("name", "~", ("连衣 red",)),
    Condition("name", "~", ("re", "phone case")),
    Condition("price", "=", ("7", "9.0")),
    Condition("price", "!=", ("7",)),
    Condition("price", "<", ("10",)),
    Condition("price", "<=", ("10",)),
    Condition("price", ">", ("10.5",)),
    Condition("price", ">=", ("40",)),
    Condition("price", "..", ("10", "20")),
    Condition("id", "=", ("p0001", "p0002", "nobody")),
    Condition("id", "!=", ("p0001",)),
    AllOf(()),
    AnyOf(()),
    AllOf((Condition("brand", "=", ("Sony",)), Condition("price", "<", ("25",)))),
    AnyOf((Condition("tags", "=", ("lamp",)), Not(Condition("price", ">", ("5",))))),
)

ORDERS: Sequence[Sequence[SortKey]] = (
    (),
    (SortKey("_text_match", descending=False),),
    (SortKey("price", descending=False),),
    (SortKey("price"), SortKey("_text_match")),
    (SortKey("brand", descending=False), SortKey("price")),
    (SortKey("id"),),
)


def assert_same_answers(view: View, oracle: View, *, tolerance: float = WORD_SCORE_TOLERANCE) -> None:
    """Ask both views everything."""
    assert view.position == oracle.position
    assert view.count == oracle.count
    assert sorted(view.ids(view.select())) == sorted(oracle.ids(oracle.select()))
    assert list(view.text_fields) == list(oracle.text_fields)
    assert list(view.number_fields) == list(oracle.number_fields)
    for terms, fields in itertools.product(
        ({"red": 1.0}, {"连衣裙": 2.0, "phone": 0.5, "unknown": 1.0}), ((), ("title",))
    ):
        assert_same_match(view, oracle, terms, fields, tolerance=tolerance)
    assert view.document_frequency([*WORDS, "unknown"]) == oracle.document_frequency([*WORDS, "unknown"])
    if {"brand", "tags", "name"} <= set(oracle.text_fields) and "price" in oracle.number_fields:
        for tree in FILTERS:
            assert_same_selection(view, oracle, tree)
    for space, dim in (("text", DIM), ("image", 8)):
        assert_same_neighbours(view, oracle, space, np.ones(dim, dtype=np.float32))


def assert_same_match(
    view: View, oracle: View, terms: dict[str, float], fields: Sequence[str], *, tolerance: float
) -> None:
    """The same products with the same scores and coverage."""
    match, wanted = view.match(terms, fields=fields), oracle.match(terms, fields=fields)
    expected = {
        name: values for name, *values in zip(oracle.ids(wanted.rows), wanted.scores, wanted.coverage, strict=True)
    }
    assert (np.diff(match.rows) > 0).all()
    assert set(view.ids(match.rows)) == set(expected)
    for name, score, coverage in zip(view.ids(match.rows), match.scores, match.coverage, strict=True):
        assert score == pytest.approx(expected[name][0], rel=tolerance)
        assert coverage == pytest.approx(expected[name][1], rel=1e-4)


def assert_same_selection(view: View, oracle: View, tree: Filter) -> None:
    """The same products pass, with the same facets, statistics, values and orders."""
    rows, wanted = view.select(tree), oracle.select(tree)
    assert sorted(view.ids(rows)) == sorted(oracle.ids(wanted)), tree
    for name, limit in (("brand", 100), ("brand", 2), ("tags", 3), ("price", 5)):
        assert list(view.facet(name, rows, limit=limit).items()) == list(
            oracle.facet(name, wanted, limit=limit).items()
        )
    assert view.statistics("price", rows) == pytest.approx(oracle.statistics("price", wanted))
    assert by_id(view, rows, view.values("tags", rows)) == by_id(oracle, wanted, oracle.values("tags", wanted))
    assert str(by_id(view, rows, view.numbers("price", rows).tolist())) == str(
        by_id(oracle, wanted, oracle.numbers("price", wanted).tolist())
    )
    for keys in ORDERS:
        assert view.ids(view.order(rows, scores_of(view, rows), keys)) == oracle.ids(
            oracle.order(wanted, scores_of(oracle, wanted), keys)
        ), keys


def assert_same_neighbours(view: View, oracle: View, space: str, vector: np.ndarray) -> None:
    """The same nearest products with the same cosines, with and without a filter."""
    for share in (None, 2, 100):
        within = None if share is None else every(view, share)
        among = None if share is None else every(oracle, share)
        rows, scores = view.nearest(space, vector, k=10, within=within)
        wanted, expected = oracle.nearest(space, vector, k=10, within=among)
        assert scores.tolist() == pytest.approx(expected.tolist(), abs=2e-6)
        assert view.similarity(space, vector, rows).tolist() == pytest.approx(scores.tolist(), abs=2e-6)
        assert len(set(view.ids(rows)) & set(oracle.ids(wanted))) >= len(wanted) - 1


def every(view: View, share: int) -> Any:
    """Rows of about one product in `share`, chosen by id."""
    rows = view.select()
    return rows[[int(product_id[1:]) % share == 0 for product_id in view.ids(rows)]]


def by_id(view: View, rows: Any, values: Sequence[Any]) -> dict[str, Any]:
    """Values by product id, in order of ids."""
    return dict(sorted(zip(view.ids(rows), values, strict=True)))


def scores_of(view: View, rows: Any) -> Any:
    """A score per row that has many ties."""
    return np.array([int(product_id[-1]) % 3 for product_id in view.ids(rows)], dtype=np.float32)


HOSTILE = (*BRANDS, "' OR 1=1 --", "a\0b", "x" * 10_000, "]]><", "price:<1", "\ud800", "%", "\\", "")
"""Values that break engines whose filters are text."""
