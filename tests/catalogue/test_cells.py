"""Ratings, counts, availability, categories and visibility as merchants write them."""

from __future__ import annotations

import pytest

from tonggan.catalogue.cells import (
    is_hidden,
    read_availability,
    read_categories,
    read_count,
    read_list,
    read_rating,
)
from tonggan.errors import InputError
from tonggan.records import Rating


@pytest.mark.parametrize("cell", ["4.5", "4,5", "4.5/5", "4.5 out of 5", "4.5 stars", "4.5分"])
def test_a_mean_is_read_however_it_is_written(cell: str) -> None:
    assert read_rating(cell, count="1,234") == Rating(4.5, 1234)


@pytest.mark.parametrize(
    ("mean", "count"), [("", ""), ("0", "0"), ("No rating available", ""), ("4.5", "0"), ("", "7")]
)
def test_without_ratings_there_is_no_rating(mean: str, count: str) -> None:
    assert read_rating(mean, count=count) is None


def test_a_mean_without_a_count_is_one_rating() -> None:
    assert read_rating("4.5") == Rating(4.5, 1)


@pytest.mark.parametrize(
    ("mean", "count"),
    [
        ("6", "1"),
        ("0.5", "1"),
        ("0", "3"),
        ("-1", "1"),
        ("NaN", "1"),
        ("inf", "1"),
        ("4", "-2"),
        ("9/10", "1"),
        ("good", "1"),
    ],
)
def test_a_rating_outside_one_to_five_or_a_negative_count_is_refused(mean: str, count: str) -> None:
    with pytest.raises(InputError):
        read_rating(mean, count=count)


def test_a_histogram_gives_mean_and_count() -> None:
    assert read_rating("", histogram="1|0|0|0|3") == Rating((1 + 3 * 5) / 4, 4, (1, 0, 0, 0, 3))
    assert read_rating("", histogram="5: 3, 1: 1") == Rating((1 + 3 * 5) / 4, 4, (1, 0, 0, 0, 3))


@pytest.mark.parametrize(
    ("cell", "count"), [("1,234", 1234), ("1.2k", 1200), ("3万", 30_000), ("500+", 500), ("12 reviews", 12), ("", None)]
)
def test_counts_are_read_as_shops_show_them(cell: str, count: int | None) -> None:
    assert read_count(cell) == count


def test_stock_sold_in_advance_is_no_stock() -> None:
    assert read_count("-3", may_be_negative=True) == 0


@pytest.mark.parametrize(
    ("cell", "availability"),
    [
        ("in stock", "in_stock"),
        ("In_Stock", "in_stock"),
        ("https://schema.org/InStock", "in_stock"),
        ("有货", "in_stock"),
        ("SoldOut", "out_of_stock"),
        ("缺货", "out_of_stock"),
        ("pre-order", "preorder"),
        ("预售", "preorder"),
        ("backorder", "backorder"),
        ("ask us", "unknown"),
        ("", "unknown"),
    ],
)
def test_availability_is_read_in_both_languages(cell: str, availability: str) -> None:
    assert read_availability(cell) == availability


@pytest.mark.parametrize(
    ("cell", "paths"),
    [
        ("A > B, C", ("A > B", "C")),
        ("A>B;C", ("A > B", "C")),
        ("A &gt; B", ("A > B",)),
        ("A/B", ("A > B",)),
        ("A|B", ("A > B",)),
        ("女装＞裙子", ("女装 > 裙子",)),
        ("Default/Men/Tops,Default/Sale", ("Default > Men > Tops", "Default > Sale")),
        ("Food, Beverages & Tobacco > Tea", ("Food, Beverages & Tobacco > Tea",)),
        ("Baby > Towels (Red, Blue)", ("Baby > Towels (Red, Blue)",)),
        ('["Home >> Curtains"]', ("Home > Curtains",)),
        ("Shoes, Shoes", ("Shoes",)),
        (" > ", ()),
    ],
)
def test_categories_become_paths(cell: str, paths: tuple[str, ...]) -> None:
    assert read_categories([cell]) == paths


def test_lists_are_cut_at_any_mark_and_hold_nothing_twice() -> None:
    assert read_list(["sale, new；sale|红", "new"]) == ("sale", "new", "红")


@pytest.mark.parametrize("cells", [("false",), ("TRUE", "draft"), ("true", "archived"), ("下架",), ("0",)])
def test_either_cell_can_hide_a_product(cells: tuple[str, ...]) -> None:
    assert is_hidden(cells)


@pytest.mark.parametrize("cells", [("true", "active"), ("1",), ("Published",)])
def test_a_product_is_visible_when_no_cell_hides_it(cells: tuple[str, ...]) -> None:
    assert not is_hidden(cells)
