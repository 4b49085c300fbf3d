"""A catalogue leaves as one file and comes back the same."""

from __future__ import annotations

import csv
import gzip
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from catalogue.sample_products import KETTLE, many
from tonggan.catalogue.clean import clean, clean_record
from tonggan.catalogue.export import CSV_COLUMNS, export
from tonggan.catalogue.store import SqlStore
from tonggan.errors import InputError
from tonggan.feed import FIELDS, open_feed
from tonggan.feed.grouping import grouped
from tonggan.records import Product, Refusal


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
def test_exported_json_lines_come_back_unchanged(store: SqlStore, tmp_path: Path, name: str) -> None:
    store.put([KETTLE, *many(20), Product("odd", "=1+1 < 𠮷", language="en", metadata={"a": "b\nc"})])
    assert export(store, tmp_path / name) == 22
    opened = gzip.open if name.endswith(".gz") else open
    with opened(tmp_path / name, "rt", encoding="utf-8") as file:
        cleaned = [clean_record(json.loads(line)) for line in file]
    products = [item.product for item in cleaned if item.product]
    assert store.put(products).unchanged == tuple(product.id for product in products)
    assert len(products) == 22


def test_an_export_into_another_shop_gives_the_same_products(store: SqlStore, tmp_path: Path) -> None:
    store.put([KETTLE])
    export(store, tmp_path / "all.jsonl")
    record = json.loads((tmp_path / "all.jsonl").read_text(encoding="utf-8"))
    with closing(SqlStore(tmp_path / "other.db")) as other:
        product = clean_record(record).product
        assert product is not None
        other.put([product])
        assert [replace(item, updated_at="") for item in other.get(["kettle-1"])] == [KETTLE]


def test_csv_has_a_row_for_each_product_and_variant(store: SqlStore, tmp_path: Path) -> None:
    store.put([KETTLE, Product("mug", "Mug")])
    assert export(store, tmp_path / "all.csv") == 2
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["group"]) for row in rows] == [
        ("kettle-1", "kettle-1"),
        ("K-1-red", "kettle-1"),
        ("K-1-blue", "kettle-1"),
        ("mug", ""),
    ]
    assert (rows[0]["price"], rows[0]["categories"], rows[0]["rating"]) == ("29.99 USD", "Home > Kitchen; Sale", "4.5")
    assert json.loads(rows[1]["options"]) == {"color": "red"}


@pytest.mark.parametrize("mark", ["=", "+", "-", "@"])
def test_no_cell_of_a_csv_is_a_formula(store: SqlStore, tmp_path: Path, mark: str) -> None:
    formula = f"{mark}cmd|' /C calc'!A0"
    store.put([Product("x", formula, description=formula, brand=formula, tags=(formula,))])
    export(store, tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert f"'{formula}" in cells


def test_csv_columns_are_fields_that_import_knows() -> None:
    assert set(CSV_COLUMNS) <= {*FIELDS, "options", "attributes"}


def test_csv_comes_back_through_the_import_with_its_variants(store: SqlStore, tmp_path: Path) -> None:
    media = (*KETTLE.media, *KETTLE.variants[1].media)
    plain = replace(many(1)[0], options={}, metadata={"warehouse": "B7"})
    given = [replace(KETTLE, media=media, metadata={"Shelf": "=odd"}), plain]
    store.put(given)
    export(store, tmp_path / "all.csv")
    cleaned = [clean(group) for group in grouped(open_feed(tmp_path / "all.csv")) if not isinstance(group, Refusal)]
    assert [item.product for item in cleaned] == given


def test_a_failed_export_leaves_the_old_file(store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "all.jsonl"
    target.write_text("old")
    store.put([KETTLE])
    monkeypatch.setattr(store, "scan", lambda: iter([[object()]]))
    with pytest.raises(AttributeError):
        export(store, target)
    assert target.read_text() == "old"
    assert not list(tmp_path.glob("*.part"))


def test_an_unknown_ending_is_refused(store: SqlStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Use \.jsonl"):
        export(store, tmp_path / "all.xml")
