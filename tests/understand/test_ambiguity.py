"""Readings are weighed by the results that hold them, and by past clicks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from tonggan.index import Rows, View
from tonggan.records import Condition, Entity, Reading
from tonggan.understand.ambiguity import CLEAR_SHARE, CLICK_WEIGHT, SHARPNESS, weigh
from understand.names.bilingual_shop import view_of

RECORDS = [
    {"id": "a", "title": "Apple phone", "brand": "Apple", "categories": ["Phones"]},
    {"id": "b", "title": "Apple laptop", "brand": "Apple", "categories": ["Laptops"]},
    {"id": "c", "title": "Apples", "brand": "Green", "categories": ["Fruit"]},
    {"id": "d", "title": "Apple pie", "brand": "Green", "categories": ["Cakes"]},
]
BRAND = Reading(Entity("brand", "apple", 0, 5, "Apple", "brand"), "Apple", Condition("brand", "=", ("Apple",)))
FRUIT = Reading(Entity("category", "apple", 0, 5, "Fruit", "category"), "Fruit", Condition("category", "=", ("Fruit",)))
WORD = Reading(Entity("word", "apple", 0, 5), "apple", Condition("category", "=", ("Cakes",)))


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    folder: Path = tmp_path_factory.mktemp("index")
    return view_of(folder, RECORDS)


def weighed(
    view: View, scores: Mapping[str, float], readings: Sequence[Reading], clicks: Mapping[str, float] = {}
) -> tuple[Reading, ...]:
    order = view.rows(sorted(scores))

    def best(count: int) -> Rows:
        return np.array(sorted(order, key=lambda row: -scores[view.ids(np.array([row]))[0]])[:count], np.int32)

    def scores_of(rows: Rows) -> np.ndarray:
        return np.array([scores[product_id] for product_id in view.ids(rows)], np.float32)

    return weigh(readings, view, best=best, scores=scores_of, clicks=clicks)


def test_shares_are_those_of_the_sharpened_scores(view: View) -> None:
    first, second = weighed(view, {"a": 1.0, "c": 0.9}, (BRAND, FRUIT))
    total = 1.0 + 0.9**SHARPNESS
    assert (first.label, second.label) == ("Apple", "Fruit")
    assert first.share == pytest.approx(1.0 / total)
    assert second.share == pytest.approx(0.9**SHARPNESS / total)
    assert (first.found, first.product_ids, second.product_ids) == (1, ("a",), ("c",))


def test_one_that_holds_nearly_all_is_what_was_meant(view: View) -> None:
    assert 1.0 / (1.0 + 0.6**SHARPNESS) > CLEAR_SHARE
    assert weighed(view, {"a": 1.0, "c": 0.6}, (BRAND, FRUIT)) == ()


def test_clicks_open_what_scores_alone_would_close(view: View) -> None:
    first, _ = weighed(view, {"a": 1.0, "c": 0.6}, (BRAND, FRUIT), {"c": 4.0})
    assert first.label == "Fruit"
    assert first.share == pytest.approx((0.6**SHARPNESS + 4 * CLICK_WEIGHT) / (1.0 + 0.6**SHARPNESS + 4 * CLICK_WEIGHT))


def test_a_mere_word_is_called_by_the_category_of_its_results(view: View) -> None:
    assert [each.label for each in weighed(view, {"a": 1.0, "d": 0.95}, (BRAND, WORD))] == ["Apple", "Cakes"]


def test_a_handful_of_strays_is_no_reading(view: View) -> None:
    labels = [each.label for each in weighed(view, {"a": 1.0, "c": 0.9, "d": 0.3}, (BRAND, FRUIT, WORD))]
    assert labels == ["Apple", "Fruit"]


@pytest.mark.parametrize("scores", [{}, {"a": 0.0, "c": 0.0}])
def test_nothing_to_weigh_leaves_nothing_open(view: View, scores: dict[str, float]) -> None:
    assert weighed(view, scores, (BRAND, FRUIT)) == ()


def test_one_reading_is_not_open(view: View) -> None:
    assert weighed(view, {"a": 1.0, "c": 0.9}, (BRAND,)) == ()
