"""The first results spread out by likeness and by brand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tonggan.index import Entry, IndexSchema, index_adapter
from tonggan.rank.diversity import NEIGHBOURS, spread, spread_of

RED, BLUE, GREEN = np.eye(3, dtype=np.float32)


def order(
    scores: Sequence[float], vectors: Sequence[np.ndarray], brands: Sequence[str] = (), **how: float
) -> list[int]:
    rows = np.arange(100, 100 + len(scores), dtype=np.int32)
    asked = {"trade_off": 0.0, "most_per_brand": 0, **how}
    done = spread(
        rows,
        np.asarray(scores, np.float32),
        vectors=np.asarray(vectors, np.float32),
        brands=brands or [""] * len(scores),
        **asked,  # type: ignore[arg-type]
    )
    return [int(row) - 100 for row in done]


def test_switched_off_the_order_is_the_same() -> None:
    assert order([3, 2, 1], [RED, RED, RED], ["a", "a", "a"]) == [0, 1, 2]


def test_the_one_least_like_what_stands_comes_next() -> None:
    # On a scale of 0 to 1 the scores are 1, .9, .5 and 0. After the first red one, with a trade-off of half:
    # red .45 - .5 * 1 = -.05, blue .25 - 0 = .25, and green 0 - 0 = 0.
    assert order([1.0, 0.9, 0.5, 0.0], [RED, RED, BLUE, GREEN], trade_off=0.5) == [0, 2, 3, 1]
    assert order([1.0, 0.9, 0.5, 0.0], [RED, RED, BLUE, GREEN], trade_off=0.1) == [0, 1, 2, 3]


def test_the_scale_of_a_merger_does_not_matter() -> None:
    scores = np.asarray([1.0, 0.9, 0.5, 0.0])
    assert order(list(scores / 60), [RED, RED, BLUE, GREEN], trade_off=0.5) == [0, 2, 3, 1]


def test_products_without_a_vector_are_like_nothing() -> None:
    assert order([1.0, 0.9, 0.8], [RED, RED, 0 * RED], trade_off=0.5) == [0, 2, 1]


def test_equal_results_keep_their_order() -> None:
    assert order([1.0] * 5, [RED] * 5, trade_off=0.5) == [0, 1, 2, 3, 4]
    assert order([1.0] * 4, [RED, BLUE, RED, BLUE], trade_off=0.5) == [0, 1, 2, 3]


def test_a_brand_stands_so_often_among_ten_neighbours_as_far_as_others_are_left() -> None:
    brands = ["Lumo"] * 4 + ["Kite", "Nova"]
    scores = [6, 5, 4, 3, 2, 1]
    assert order(scores, [RED] * 6, brands, most_per_brand=2) == [0, 1, 4, 5, 2, 3]
    assert order(scores, [RED] * 6, brands, most_per_brand=1) == [0, 4, 5, 1, 2, 3]


def test_a_brand_comes_again_after_ten_neighbours() -> None:
    brands = ["Lumo", "Lumo", *(f"b{at}" for at in range(20))]
    scores = list(range(22, 0, -1))
    done = order(scores, [RED] * 22, brands, most_per_brand=1)
    assert done.index(1) == NEIGHBOURS


def test_products_without_a_brand_are_no_neighbours_of_each_other() -> None:
    assert order([3, 2, 1], [RED] * 3, ["", "", "Kite"], most_per_brand=1) == [0, 1, 2]


def test_what_lies_behind_the_depth_keeps_its_order() -> None:
    brands = ["a", "a", "b", "a", "a", "b"]
    assert order([6, 5, 4, 3, 2, 1], [RED] * 6, brands, most_per_brand=1, depth=3) == [0, 2, 1, 3, 4, 5]


def test_nothing_is_lost_or_doubled() -> None:
    draw = np.random.default_rng(7)
    vectors = draw.standard_normal((80, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores, brands = sorted(draw.random(80), reverse=True), [f"b{at % 5}" for at in range(80)]
    done = order(scores, list(vectors), brands, trade_off=0.4, most_per_brand=2)
    assert sorted(done) == list(range(80))
    assert done == order(scores, list(vectors), brands, trade_off=0.4, most_per_brand=2)


def test_no_results_stay_none() -> None:
    assert order([], np.zeros((0, 3), np.float32), trade_off=0.5, most_per_brand=1) == []  # type: ignore[arg-type]
    assert order([1.0], [RED], ["a"], trade_off=1.0, most_per_brand=1) == [0]


def test_vectors_and_brands_are_those_of_the_index(tmp_path: Path) -> None:
    index = index_adapter("exact").create(str(tmp_path), IndexSchema({"text": 3}, {"title": 1.0}, "x"))
    told = [("a", RED, "Lumo"), ("b", RED, "Lumo"), ("c", BLUE, "Kite"), ("d", None, "")]
    index.apply(
        [
            Entry(name, texts={"brand": (brand,)} if brand else {}, vectors={} if vector is None else {"text": vector})
            for name, vector, brand in told
        ],
        position=1,
    )
    view = index.view()
    scores = np.asarray([1.0, 0.9, 0.5, 0.0], np.float32)
    rows = view.rows(["a", "b", "c", "d"])
    by_likeness = spread_of(view, rows, scores, space="text", trade_off=0.5, most_per_brand=0)
    by_brand = spread_of(view, rows, scores, space="", trade_off=0.0, most_per_brand=1)
    assert view.ids(by_likeness) == view.ids(by_brand) == ["a", "c", "d", "b"]
    assert view.ids(spread_of(view, rows, scores, space="text", trade_off=0.0, most_per_brand=0)) == list("abcd")
    index.close()
