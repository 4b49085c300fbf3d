"""Products as JSON, and the hash that tells a change."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.sample_products import KETTLE
from tonggan.catalogue.wire import content_hash, product_as_json, product_from_json
from tonggan.records import Media, Money, Product, Rating

words = st.text(max_size=8)
money = st.none() | st.builds(Money, st.integers(0, 10**12), st.sampled_from(["USD", "JPY"]))
lists = st.dictionaries(words, st.lists(words, max_size=2).map(tuple), max_size=2)
products = st.builds(
    Product,
    id=words,
    title=words,
    price=money,
    rating=st.none() | st.builds(Rating, st.floats(1, 5), st.integers(0, 99)),
    inventory=st.none() | st.integers(0, 9),
    media=st.lists(st.builds(Media, st.just("image"), words, words, words), max_size=2).map(tuple),
    attributes=lists,
    codes=lists,
    tags=st.lists(words, max_size=2).map(tuple),
    metadata=st.dictionaries(words, words, max_size=2),
)


def hash_of(product: Product) -> bytes:
    return content_hash(product_as_json(product))


@given(products)
def test_any_product_comes_back_the_same(product: Product) -> None:
    assert product_from_json(json.loads(json.dumps(product_as_json(product)))) == product


def test_a_product_with_everything_comes_back_the_same() -> None:
    assert product_from_json(json.loads(json.dumps(product_as_json(KETTLE)))) == KETTLE


def test_money_is_minor_units_with_a_currency() -> None:
    assert product_as_json(KETTLE)["price"] == {"amount": 2999, "currency": "USD"}


def test_empty_fields_are_left_out_and_no_stock_is_not_empty() -> None:
    record = {"id": "a", "title": "Mug", "availability": "unknown", "inventory": 0}
    assert product_as_json(Product("a", "Mug", inventory=0)) == record


def test_the_hash_does_not_see_the_date_or_the_checksums_of_media() -> None:
    fetched = tuple(replace(item, checksum="ab" * 32) for item in KETTLE.media)
    assert hash_of(replace(KETTLE, updated_at="2026-01-01", media=fetched)) == hash_of(KETTLE)


def test_the_hash_does_not_see_the_order_of_attributes() -> None:
    first, second = {"a": ("1",), "b": ("2",)}, {"b": ("2",), "a": ("1",)}
    assert hash_of(replace(KETTLE, attributes=first)) == hash_of(replace(KETTLE, attributes=second))


@pytest.mark.parametrize(
    "change",
    [
        lambda product: replace(product, title="Other"),
        lambda product: replace(product, price=Money(2998, "USD")),
        lambda product: replace(product, inventory=None),
        lambda product: replace(product, variants=product.variants[:1]),
        lambda product: replace(product, media=product.media[:1]),
        lambda product: replace(product, tags=product.tags[::-1]),
    ],
)
def test_the_hash_sees_every_other_change(change: Callable[[Product], Product]) -> None:
    assert hash_of(change(KETTLE)) != hash_of(KETTLE)
