"""The demo feed as a stranger meets it: on disk, through the importer, and judged."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tonggan.catalogue.clean import clean
from tonggan.demo import write_demo_feed, write_sample_feeds
from tonggan.demo.feed import feed_rows
from tonggan.demo.products import demo_products
from tonggan.evaluate.files import read_qrels, read_queries
from tonggan.feed import open_feed
from tonggan.feed.grouping import grouped
from tonggan.records import Product, Refusal


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo_feed(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def rows(feed: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def imported(feed: Path) -> dict[str, Product]:
    products, refusals = import_all(feed)
    assert refusals == []
    return {product.id: product for product in products}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_sample_feeds(tmp_path_factory.mktemp("samples"))


def import_all(path: Path) -> tuple[list[Product], list[Refusal]]:
    products: list[Product] = []
    refusals: list[Refusal] = []
    for group in grouped(open_feed(path)):
        if isinstance(group, Refusal):
            refusals.append(group)
            continue
        cleaned = clean(group)
        refusals.extend(cleaned.refusals)
        products.extend([cleaned.product] if cleaned.product else [])
    return products, refusals


def test_every_picture_decodes_is_small_and_not_blank(feed: Path) -> None:
    pictures = sorted((feed.parent / "pictures").iterdir())
    assert len(pictures) >= 400
    for path in pictures:
        assert path.stat().st_size <= 25_000, path.name
        with Image.open(path, formats=["WEBP"]) as picture:
            assert picture.size == (512, 512)
            assert np.asarray(picture.convert("L").resize((64, 64))).std() > 4, path.name


def test_every_row_names_a_picture_that_is_there(feed: Path, rows: list[dict[str, Any]]) -> None:
    assert {row["image"] for row in rows} == {f"pictures/{path.name}" for path in (feed.parent / "pictures").iterdir()}


def test_the_feed_is_the_same_for_the_same_seed(rows: list[dict[str, Any]]) -> None:
    again = [row for product in demo_products(seed=0) for row in feed_rows(product)]
    assert json.loads(json.dumps(again)) == rows


def test_the_importer_takes_every_product_with_its_variants(
    rows: list[dict[str, Any]], imported: dict[str, Product]
) -> None:
    groups = defaultdict(list)
    for row in rows:
        groups[row.get("group_id", row["id"])].append(row["id"])
    assert imported.keys() == groups.keys()
    for product_id, ids in groups.items():
        assert [variant.id for variant in imported[product_id].variants] == (ids if len(ids) > 1 else [])


def test_nothing_that_was_written_is_lost_on_import(imported: dict[str, Product]) -> None:
    for product in demo_products(seed=0):
        taken = imported[product.id]
        assert taken.title == str(product.title)
        assert taken.brand == str(product.brand)
        assert len(taken.categories) == 2
        assert taken.price is not None
        assert (taken.price.amount, taken.price.currency) == (min(form.price_minor for form in product.forms), "CNY")
        assert (taken.rating.histogram if taken.rating else ()) == product.histogram
        assert taken.inventory == sum(form.inventory for form in product.forms)
        assert not taken.metadata


def test_variants_of_a_size_and_of_a_colour_have_that_option(imported: dict[str, Product]) -> None:
    for product in demo_products(seed=0):
        names = {form.option for form in product.forms if form.option}
        colour = {"color"} if len(product.colours) > 1 else set()
        expected = (names if len(product.forms) > len(product.colours) else set()) | colour
        assert set(imported[product.id].options) == expected


def test_reviews_are_of_products_in_the_feed(feed: Path, imported: dict[str, Product]) -> None:
    reviews = [json.loads(line) for line in (feed.parent / "reviews.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(reviews) > 300
    assert {review["product_id"] for review in reviews} <= imported.keys()
    assert {review["language"] for review in reviews} == {"en", "zh"}


def test_the_judged_queries_are_read_by_the_evaluation(feed: Path, imported: dict[str, Product]) -> None:
    queries = read_queries(feed.parent / "queries.csv").queries
    qrels = read_qrels(feed.parent / "qrels.csv").qrels
    assert len(queries) >= 40
    assert sum(query.image is not None for query in queries) >= 8
    assert sum(query.rating is not None for query in queries) >= 3
    assert sum(bool(query.like) for query in queries) >= 3
    assert {query.query_id for query in queries} == qrels.keys()
    for grades in qrels.values():
        assert grades.keys() <= imported.keys()
        assert max(grades.values()) >= 2


def test_a_liked_product_is_not_its_own_answer(feed: Path) -> None:
    qrels = read_qrels(feed.parent / "qrels.csv").qrels
    for query in read_queries(feed.parent / "queries.csv").queries:
        assert not set(query.like) & qrels[query.query_id].keys()


def test_grades_follow_the_colour_that_was_asked_for(feed: Path, imported: dict[str, Product]) -> None:
    queries = {query.text: query.query_id for query in read_queries(feed.parent / "queries.csv").queries}
    for product_id, grade in read_qrels(feed.parent / "qrels.csv").qrels[queries["红色连衣裙"]].items():
        assert "连衣裙" in imported[product_id].title
        assert (grade == 3) == ("Red 红色" in imported[product_id].attributes["color"])


def test_progress_counts_up_to_the_number_of_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    few = list(demo_products(seed=3))[:9]
    told: list[tuple[int, int]] = []
    monkeypatch.setattr("tonggan.demo.feed.demo_products", lambda *, seed: iter(few))
    monkeypatch.setattr("tonggan.demo.feed.write_judgments", lambda folder, products: None)
    write_demo_feed(tmp_path, seed=3, progress=lambda done, total: told.append((done, total)))
    total = sum(len(product.colours) for product in few)
    assert told[-1] == (total, total)
    assert told == sorted(told)


def test_the_sample_feeds_are_recognised_and_taken_whole(samples: list[Path]) -> None:
    assert [open_feed(path).vendor for path in samples] == ["shopify", "google", "taobao", "json_ld"]
    for path in samples:
        products, refusals = import_all(path)
        assert refusals == []
        assert len(products) == 20
        assert any(product.variants for product in products)
        for product in products:
            assert product.price is not None
            assert product.price.amount > 0
            assert all((path.parent / item.source).is_file() for item in product.media)
            assert product.media


def test_the_taobao_sample_is_utf16_and_spells_out_its_options(samples: list[Path]) -> None:
    path = samples[2]
    lines = path.read_bytes().decode("utf-16").split("\n")
    assert lines[0] == "version 1.00"
    assert next(csv.reader([lines[2]], delimiter="\t"))[0] == "宝贝名称"
    products, _ = import_all(path)
    assert not any(value.startswith("-") for product in products for value in product.options.get("size", ()))
