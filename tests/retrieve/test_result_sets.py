"""Result sets over a catalogue drawn by chance, against what looking at every product says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from retrieve.generated_catalogue import (
    BRANDS,
    COLOURS,
    COUNT,
    Record,
    counted,
    generated_records,
    in_order,
    price_of,
    value_of,
    write_catalogue,
)
from tonggan import Shop
from tonggan.records import Answer

SEED = 11
DEPTH = 15
"""Candidates scored by every channel here, so that a few pages reach far behind them."""

SLACK = 2e-3
"""How far similarities of stored vectors may differ from those of an engine that keeps them in half precision."""

Test = Callable[[Record], bool]

CONDITIONS: dict[str, Test] = {
    "price:<60": lambda record: (price_of(record) or 1e9) < 60,
    "price:>=150": lambda record: (price_of(record) or 0) >= 150,
    "price:[50..100]": lambda record: 50 <= (price_of(record) or 0) <= 100,
    "brand:=Lumo": lambda record: record.get("brand") == "Lumo",
    "brand:=[Kite,海风]": lambda record: record.get("brand") in ("Kite", "海风"),
    "brand:=`Nova & Co`": lambda record: record.get("brand") == "Nova & Co",
    "brand:!=Lumo": lambda record: record.get("brand") != "Lumo",
    "color:=[red,blue]": lambda record: record["color"] in ("red", "blue"),
    "color:!=[red,blue]": lambda record: record["color"] not in ("red", "blue"),
    "rating:>=4": lambda record: record.get("rating", 0) >= 4,
    "category:=`Home > mug`": lambda record: record["category"] == "Home > mug",
    "category:=Home": lambda record: True,
    "(brand:=Kite || price:<30)": lambda record: record.get("brand") == "Kite" or (price_of(record) or 1e9) < 30,
    "((color:=red && price:>100) || rating:=5)": lambda record: (
        (record["color"] == "red" and (price_of(record) or 0) > 100) or record.get("rating") == 5
    ),
}
"""Filters as a shopper writes them, and as they are meant."""

RECORDS = generated_records(SEED)


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(tmp_path_factory.mktemp("generated"), SEED)


@pytest.fixture(scope="module", params=["zvec", "exact"])
def generated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, feed: Path) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("generated-shop")
    (folder / "shop.toml").write_text(f"[retrieval]\ndepth = {DEPTH}\n", encoding="utf-8")
    with Shop.open(folder, index=request.param, pack="catalogue") as shop:
        assert shop.ingest(feed).accepted == COUNT
        yield shop


def ids(answer: Answer) -> list[str]:
    return [hit.product.id for hit in answer.hits]


def all_pages(shop: Shop, *, per_page: int = 7, **question: Any) -> list[str]:
    """The ids of all pages, read one page after the other."""
    found = shop.search(**question, per_page=0).found
    pages = [shop.search(**question, per_page=per_page, page=page + 1) for page in range(-(-found // per_page) + 1)]
    assert {page.found for page in pages} == {found}
    assert pages[-1].hits == ()
    return [product_id for page in pages for product_id in ids(page)]


def chosen(filters: tuple[str, ...]) -> list[Record]:
    return [record for record in RECORDS if all(CONDITIONS[name](record) for name in filters)]


def field_of(name: str) -> str:
    return "" if name.startswith("(") else name.partition(":")[0]


FILTERS = st.lists(st.sampled_from(sorted(CONDITIONS)), max_size=3, unique=True).map(tuple)


@settings(max_examples=60, deadline=None)
@given(
    filters=FILTERS,
    sort=st.sampled_from(["price:asc", "price:desc", "rating:asc", "rating:desc"]),
    page=st.integers(1, 8),
)
def test_filtered_pages_are_what_looking_at_every_product_says(
    generated: Shop, filters: tuple[str, ...], sort: str, page: int
) -> None:
    name, _, direction = sort.partition(":")
    expected = in_order(chosen(filters), name, is_descending=direction == "desc")
    answer = generated.search(filter_by=" && ".join(filters), sort_by=sort, page=page, per_page=20)
    assert answer.found == len(expected)
    assert ids(answer) == expected[20 * (page - 1) : 20 * page]


@settings(max_examples=60, deadline=None)
@given(filters=FILTERS, facet=st.sampled_from(["brand", "color"]))
def test_facets_count_without_the_choices_of_their_own_field_and_with_all_other_filters(
    generated: Shop, filters: tuple[str, ...], facet: str
) -> None:
    others = tuple(name for name in filters if field_of(name) != facet or ":!=" in name)
    answer = generated.search(filter_by=" && ".join(filters), facet_by=facet)
    assert answer.facets[facet] == counted(chosen(others), facet)


@settings(max_examples=30, deadline=None)
@given(filters=FILTERS)
def test_numbers_are_summed_up_over_the_set_less_their_own_filters(generated: Shop, filters: tuple[str, ...]) -> None:
    others = tuple(name for name in filters if field_of(name) != "price")
    prices = [price for record in chosen(others) if (price := price_of(record)) is not None]
    stats = generated.search(filter_by=" && ".join(filters), facet_by="price").facet_stats["price"]
    if prices:
        expected = {"count": len(prices), "min": min(prices), "max": max(prices), "sum": sum(prices)}
        assert {name: stats[name] for name in expected} == pytest.approx(expected)
        assert stats["avg"] == pytest.approx(sum(prices) / len(prices))
    else:
        assert stats == {}


@pytest.mark.parametrize("sort", ["price:asc", "price:desc", "rating:asc", "rating:desc"])
def test_products_without_the_field_come_last_both_ways_and_ties_go_by_id(generated: Shop, sort: str) -> None:
    name, _, direction = sort.partition(":")
    assert all_pages(generated, sort_by=sort, per_page=50) == in_order(RECORDS, name, is_descending=direction == "desc")


def test_equal_scores_are_ordered_by_id(generated: Shop) -> None:
    ordered = all_pages(generated, words="mug", channels="words", per_page=50)
    scores = {hit.product.id: hit.score for hit in generated.search("mug", channels="words", per_page=250).hits}
    assert ordered == sorted(ordered, key=lambda product_id: (-scores[product_id], product_id))


@pytest.mark.parametrize("filters", [(), ("color:=[red,blue]",), ("brand:=Lumo",), ("brand:!=Lumo", "price:<60")])
def test_a_picture_reaches_every_product_with_one_that_passes(
    generated: Shop, feed: Path, filters: tuple[str, ...]
) -> None:
    picture = feed.parent / "tint-3.png"
    expected = {record["id"] for record in chosen(filters) if "image" in record}
    assert len(expected) > 2
    ordered = all_pages(generated, image=picture, filter_by=" && ".join(filters))
    assert sorted(ordered) == sorted(expected)


def test_deep_pages_of_a_picture_go_on_in_descending_similarity(generated: Shop, feed: Path) -> None:
    senses = generated.projection.standing.senses
    assert senses is not None
    with Image.open(feed.parent / "tint-3.png") as opened:
        picture = np.asarray(opened.convert("RGB"))
    ordered = all_pages(generated, image=picture, channels="image")
    assert len(ordered) > 3 * DEPTH
    vectors = generated.projection.standing.index.view().vectors("image", ordered)
    query = senses.encode_image_query(picture)["image"]
    similarities = np.array([vectors[product_id] @ query for product_id in ordered])
    assert (np.diff(similarities) <= SLACK).all()


@settings(max_examples=40, deadline=None)
@given(
    question=st.fixed_dictionaries(
        {},
        optional={
            "words": st.sampled_from(["mug", "red lamp", "dress number 7", "chair 海风", "nothing"]),
            "image": st.sampled_from(["tint-3.png", "tint-20.png"]),
            "like": st.sampled_from(["p003", "p100"]),
            "rating": st.sampled_from([1.0, 4.5]),
            "merge": st.sampled_from(["convex", "rrf"]),
        },
    ),
    filters=FILTERS,
)
def test_any_mix_pages_without_gap_or_double_and_keeps_its_filters(
    generated: Shop, feed: Path, question: dict[str, Any], filters: tuple[str, ...]
) -> None:
    pictured = {"image": feed.parent / question["image"]} if "image" in question else {}
    asked: dict[str, Any] = question | pictured | {"filter_by": " && ".join(filters)}
    whole = [product_id for page in (1, 2) for product_id in ids(generated.search(**asked, per_page=150, page=page))]
    assert all_pages(generated, **asked, per_page=40) == whole
    assert len(set(whole)) == len(whole)
    assert set(whole) <= {record["id"] for record in chosen(filters)}


@settings(max_examples=30, deadline=None)
@given(filters=FILTERS, by=st.sampled_from(["brand", "color"]), limit=st.integers(1, 4))
def test_grouping_shows_exactly_so_many_of_each_value_and_all_without_one(
    generated: Shop, filters: tuple[str, ...], by: str, limit: int
) -> None:
    passing = chosen(filters)
    shown = Counter(record.get(by) for record in passing)
    expected = sum(count if value is None else min(count, limit) for value, count in shown.items())
    asked: dict[str, Any] = {"filter_by": " && ".join(filters), "group_by": by, "group_limit": limit}
    ordered = all_pages(generated, **asked, sort_by="price:asc", per_page=50)
    assert len(ordered) == len(set(ordered)) == expected
    kept, seen = [], Counter[Any]()
    by_id = {record["id"]: record for record in passing}
    for product_id in in_order(passing, "price", is_descending=False):
        value = value_of(by_id[product_id], by)
        seen[value] += 1
        if value is None or seen[value] <= limit:
            kept.append(product_id)
    assert ordered == kept


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("colour", COLOURS)
def test_two_fields_chosen_together_show_what_their_facets_said(generated: Shop, brand: str, colour: str) -> None:
    answer = generated.search(filter_by=f"brand:=`{brand}`", facet_by="color,brand")
    both = generated.search(filter_by=f"brand:=`{brand}` && color:={colour}", facet_by="color,brand")
    assert both.found == answer.facets["color"].get(colour, 0)
    assert both.facets["color"] == answer.facets["color"]
    assert both.facets["brand"].get(brand, 0) == both.found


@pytest.mark.parametrize("weights", [{"image": 0.0, "rating": 1.0}, {"text": 1.0}, {"image": 0.0, "text": 0.5}])
def test_weights_of_nothing_still_answer(generated: Shop, feed: Path, weights: dict[str, float]) -> None:
    picture = feed.parent / "tint-3.png"
    questions: list[dict[str, Any]] = [{"image": picture}, {"image": picture, "rating": 4.0}]
    for question in [*questions, {"words": "mug"}, {"like": "p003"}]:
        answer = generated.search(**question, weights=weights)
        assert len(answer.hits) == min(20, answer.found) > 0
        assert np.isfinite([hit.score for hit in answer.hits]).all()
