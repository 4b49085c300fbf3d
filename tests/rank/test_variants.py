"""Variants that a feed sells as several products count and show as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tonggan.index import Entry, IndexSchema, View, index_adapter
from tonggan.rank.variants import VARIANT_FIELD, title_core, variant_groups, with_variants
from tonggan.retrieve.grouping import collapse, collapsed_facet

PRODUCTS = [
    ("a", "Red mug 350 ml", "Lumo", "", "mug"),
    ("b", "Blue mug, 500ml", "Lumo", "", "mug"),
    ("c", "Blue mug", "Kite", "", "mug"),
    ("d", "红色连衣裙 大号", "Lumo", "", "dress"),
    ("e", "浅蓝色連衣裙 小号", "Lumo", "", "dress"),
    ("f", "Alpha", "Lumo", "set-1", "lamp"),
    ("g", "Beta", "Kite", "set-1", "shade"),
    ("h", "Red", "Lumo", "", "mug"),
    ("i", "Blue", "Lumo", "", "mug"),
]


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    schema = IndexSchema(spaces={}, word_fields={"title": 1.0}, fingerprint="x")
    index = index_adapter("exact").create(str(tmp_path), schema)
    entries = [
        Entry(name, texts={"title": (title,), "brand": (brand,), "kind": (kind,)} | _group(group))
        for name, title, brand, group, kind in PRODUCTS
    ]
    index.apply(entries, position=1)
    yield index.view()
    index.close()


def _group(name: str) -> dict[str, tuple[str, ...]]:
    return {"item_group_id": (name,)} if name else {}


@pytest.mark.parametrize(
    ("title", "core"),
    [
        ("iPhone 15 Pro 256GB black", "iphone 15 pro"),
        ("iPhone 14 Pro 128 GB, deep purple", "iphone 14 pro"),
        ("Running shoe size 10.5 - light blue", "running shoe"),
        ("T-Shirt X-Large", "t shirt"),
        ("运动鞋 42码 深藍色", "运动鞋"),
        ("矿泉水 500毫升", "矿泉水"),
        ("5 in 1 cable", "5 in 1 cable"),
        ("3 in 1 cable", "3 in 1 cable"),
        ("Redwood table", "redwood table"),
        ("iPad mini", "ipad mini"),
        ("Red", ""),
        ("", ""),
        ("x" * 100_000, "x" * 100_000),
    ],
)
def test_a_title_is_told_by_its_words_other_than_colour_size_and_capacity(title: str, core: str) -> None:
    assert title_core(title) == core


def test_products_of_one_brand_and_core_or_of_one_group_are_variants(view: View) -> None:
    rows = view.select()
    titles = [values[0] for values in view.values("title", rows)]
    groups = dict(zip(view.ids(rows), variant_groups(view, rows, titles), strict=True))
    assert groups["a"] == groups["b"] != groups["c"]
    assert groups["d"] == groups["e"]
    assert groups["f"] == groups["g"] == ("group", "set-1")
    assert groups["h"] == groups["i"] == ()


def test_the_best_of_each_group_is_shown_and_what_has_no_group_stays(view: View) -> None:
    best_first = view.rows([name for name, *_ in PRODUCTS])[::-1]
    kept = collapse(with_variants(view), best_first, by=VARIANT_FIELD, limit=1)
    assert [view.ids(np.asarray([row]))[0] for row in kept] == ["i", "h", "g", "e", "c", "b"]


def test_a_facet_counts_what_choosing_its_value_would_show(view: View) -> None:
    grouped = with_variants(view)
    assert collapsed_facet(grouped, "kind", view.select(), by=VARIANT_FIELD, limit=1) == {
        "mug": 1 + 1 + 2,
        "dress": 1,
        "lamp": 1,
        "shade": 1,
    }


def test_a_grouped_view_answers_all_else_as_the_view_does(view: View) -> None:
    grouped = with_variants(view)
    assert (grouped.count, grouped.position, grouped.text_fields) == (view.count, 1, view.text_fields)
    assert grouped.values("brand", view.select()) == view.values("brand", view.select())
