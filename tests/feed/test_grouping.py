"""Rows of one product meet wherever they stand; memory stays flat while they do."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from feed.feed_samples import save
from tonggan.feed import open_feed
from tonggan.feed.grouping import grouped
from tonggan.records import Offer, Refusal

FLAT_BYTES = 40 * 1024**2
"""Python's own memory while a feed of 60 MB is grouped; the spool and the sample take half of it."""


def ids_of(source: object) -> list[list[str]]:
    groups = [group for group in grouped(open_feed(source)) if isinstance(group, list)]
    return [[offer.values["id"][0] for offer in group] for group in groups]


def test_variants_before_their_parent_meet_it_and_it_stands_first() -> None:
    rows = [
        {"sku": "A-1", "parent": "A"},
        {"sku": "B", "parent": None},
        {"sku": "A", "parent": None},
        {"sku": "A-2", "parent": "A"},
    ]
    assert ids_of(rows) == [["A", "A-1", "A-2"], ["B"]]


def test_variants_of_a_parent_that_is_not_there_are_a_group() -> None:
    rows = [{"id": "1", "item_group_id": "X"}, {"id": "2"}, {"id": "3", "item_group_id": "X"}]
    groups = [group for group in grouped(open_feed(rows)) if isinstance(group, list)]
    assert [[offer.group for offer in group] for group in groups] == [["X", "X"], [""]]


def test_a_parent_that_names_itself_is_the_parent() -> None:
    rows = [{"id": "2", "group": "1"}, {"id": "1", "group": "1"}]
    assert ids_of(rows) == [["1", "2"]]


def test_the_same_id_twice_is_two_products_not_one() -> None:
    assert ids_of([{"id": "1"}, {"id": "1"}]) == [["1"], ["1"]]
    assert ids_of([{"id": "1", "parent": ""}, {"id": "1", "parent": ""}, {"id": "3", "parent": "1"}]) == [
        ["1", "3"],
        ["1"],
    ]


def test_what_differs_in_a_variant_is_an_option() -> None:
    rows = [
        {"sku": "A", "parent": None, "attributes": {"material": "wool"}},
        {"sku": "A-1", "parent": "A", "attributes": {"size": "S", "care": "cold"}},
    ]
    ((parent, variant),) = [group for group in grouped(open_feed(rows)) if isinstance(group, list)]
    assert parent.values["attribute:material"] == ("wool",)
    assert variant.values["option:size"] == ("S",)
    assert variant.values["attribute:care"] == ("cold",)


def test_refusals_pass_through_and_every_row_is_counted_once(tmp_path: Path) -> None:
    path = save(tmp_path, "a.csv", "id,title,parent\n1,a,\nbad\n2,b,1\n3,c,4,5\n")
    rows = list(grouped(open_feed(path)))
    assert sum(len(row) for row in rows if isinstance(row, list)) == 2
    assert [row.line for row in rows if isinstance(row, Refusal)] == [3, 5]


@given(some.lists(some.tuples(some.sampled_from("abcdef"), some.sampled_from(["", *"abcxy"])), min_size=1, max_size=30))
def test_no_row_is_lost_or_doubled_by_grouping(pairs: list[tuple[str, str]]) -> None:
    rows = [{"id": name, "parent": parent} for name, parent in pairs]
    groups = [group for group in grouped(open_feed(rows)) if isinstance(group, list)]
    assert sorted(offer.line for group in groups for offer in group) == list(range(1, len(rows) + 1))
    firsts = [min(offer.line for offer in group) for group in groups]
    assert firsts == sorted(firsts)
    for group in groups:
        assert len({offer.group for offer in group}) == 1


@pytest.mark.parametrize("parent", ["item_group_id", "note"])
def test_memory_stays_flat_on_a_large_feed(tmp_path: Path, parent: str) -> None:
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(f"id,title,{parent},description\n")
        file.writelines(f"{number},Title {number},G{number % 2_000},{'word ' * 600}\n" for number in range(20_000))
    assert path.stat().st_size > 60_000_000
    tracemalloc.start()
    try:
        groups = offers = 0
        for row in grouped(open_feed(path)):
            groups += 1
            offers += len(row) if isinstance(row, list) else 0
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (groups, offers) == ((2_000, 20_000) if parent == "item_group_id" else (20_000, 20_000))
    assert peak_bytes < FLAT_BYTES


def test_offers_are_read_lazily() -> None:
    first = next(iter(open_feed([{"id": str(number)} for number in range(10)]).offers()))
    assert isinstance(first, Offer)
