"""Every row of an import is accounted for, whatever is in it."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tonggan import Shop
from tonggan.records import Money
from tonggan.shop import ImportReport

SHOPIFY = ("Handle", "Title", "Vendor", "Variant SKU", "Option1 Name", "Option1 Value", "Variant Price", "Image Src")

GROUPED_ROWS = (
    ("dress", "Red dress", "Lumo", "D-S", "Size", "S", "20.00", ""),
    ("dress", "", "", "D-M", "", "M", "21.00", ""),
    ("dress", "", "", "D-L", "", "L", "-5.00", ""),
    ("mug", "Blue mug", "Kite", "M-1", "", "", "9.50", ""),
    ("nan", "Not a price", "Kite", "N-1", "", "", "NaN", ""),
    ("untitled", "", "Kite", "U-1", "", "", "7.00", ""),
    ("lamp", "Desk lamp", "Kite", "L-1", "", "", "30.00", ""),
    ("mug", "Blue mug again", "Kite", "M-2", "", "", "9.90", ""),
)
"""Lines 2 to 9: line 4 has a negative price, 6 no price at all, 7 no title; line 9 comes back to `mug`."""

REFUSED_LINES = [4, 6, 7, 9]


def write_csv(path: Path, rows: Sequence[Sequence[str]], *, header: Sequence[str], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def refused_rows(report: ImportReport) -> list[dict[str, str]]:
    with open(report.refusals_path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.accepted, report.updated, report.unchanged, report.refused


def plain(product_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": product_id, "title": f"Product {product_id}", "price": "5.00 USD"} | fields


@pytest.fixture
def grouped_feed(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "export.csv", GROUPED_ROWS, header=SHOPIFY)


@pytest.fixture(scope="module")
def used_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that has `good` and `fine`, and takes nothing else in these tests."""
    with Shop.open(tmp_path_factory.mktemp("used") / "shop") as shop:
        shop.put([plain("good"), plain("fine")])
        yield shop


def test_rows_of_groups_are_all_counted_and_bad_ones_do_not_take_their_product_with_them(
    shop: Shop, grouped_feed: Path
) -> None:
    report = shop.ingest(grouped_feed)
    assert counts(report) == (4, 0, 0, 4)
    assert sum(counts(report)) == len(GROUPED_ROWS)
    assert report.products == shop.health()["products"] == 3
    assert [variant.codes["sku"] for variant in shop.get("dress").variants] == ["D-S", "D-M"]


def test_each_refused_row_stands_in_the_file_with_what_to_correct(shop: Shop, grouped_feed: Path) -> None:
    report = shop.ingest(grouped_feed)
    refused = refused_rows(report)
    assert sorted(int(row["line"]) for row in refused) == REFUSED_LINES
    assert [row["line"] for row in refused if row["column"] == "price"] == ["4", "6"]
    assert [row["value"] for row in refused if row["column"] == "price"] == ["'-5.00", "NaN"]
    assert all(row["reason"] and row["remedy"] for row in refused)
    assert sum(report.reasons.values()) == report.refused


def test_a_second_import_changes_nothing_and_refuses_the_same(shop: Shop, grouped_feed: Path) -> None:
    first = shop.ingest(grouped_feed)
    position = shop.health()["position"]
    second = shop.ingest(grouped_feed)
    assert counts(second) == (0, 0, first.accepted, first.refused)
    assert shop.health()["position"] == position


def test_one_changed_price_is_one_update(shop: Shop, tmp_path: Path) -> None:
    header = ("id", "title", "price")
    rows = [(f"p{at}", f"Product {at}", f"{at}.00 USD") for at in range(1, 6)]
    feed = write_csv(tmp_path / "feed.csv", rows, header=header)
    shop.ingest(feed)
    rows[2] = ("p3", "Product 3", "3.50 USD")
    report = shop.ingest(write_csv(feed, rows, header=header))
    assert counts(report) == (0, 1, 4, 0)
    assert shop.search(filter_by="price:=3.5").found == 1


def test_a_dry_run_predicts_the_import_and_writes_nothing(shop: Shop, grouped_feed: Path) -> None:
    predicted = shop.ingest(grouped_feed, dry_run=True)
    assert predicted.is_dry_run
    assert shop.health()["products"] == shop.health()["position"] == shop.search().found == 0
    report = shop.ingest(grouped_feed)
    assert counts(predicted) == counts(report)
    assert (predicted.products, predicted.reasons) == (report.products, report.reasons)
    assert counts(shop.ingest(grouped_feed, dry_run=True)) == (0, 0, 4, 4)


@pytest.mark.parametrize("distance", [1, 1_200], ids=["adjacent", "in another batch"])
def test_the_second_row_of_an_id_is_refused_and_the_first_one_stays(shop: Shop, distance: int) -> None:
    rows = [plain(f"p{at}") for at in range(distance)]
    report = shop.put([*rows, plain("p0", title="Impostor")])
    assert counts(report) == (distance, 0, 0, 1)
    assert shop.get("p0").title == "Product p0"
    assert refused_rows(report)[0]["line"] == str(distance + 1)
    assert "line 1" in refused_rows(report)[0]["reason"]


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({"price": "-1.00 USD"}, "price"),
        ({"price": "NaN USD"}, "price"),
        ({"price": "ten USD"}, "price"),
        ({"price": "1e30 USD"}, "price"),
        ({"price": "9.00 ZZZ"}, "price"),
        ({"rating": 5.5}, "rating"),
        ({"rating": -1}, "rating"),
        ({"rating": float("inf")}, "rating"),
        ({"rating_count": -3, "rating": 4}, "rating_count"),
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 2_001}, "title"),
        ({"id": "x" * 257}, "id"),
        ({"title": "half \ud800 character"}, "title"),
    ],
)
def test_a_bad_cell_refuses_its_row_alone_and_is_named(used_shop: Shop, fields: dict[str, Any], column: str) -> None:
    report = used_shop.put([plain("good"), plain("bad", **fields), plain("fine")])
    assert counts(report) == (0, 0, 2, 1)
    assert report.reasons == {column: 1}
    assert [(row["line"], row["column"]) for row in refused_rows(report)] == [("2", column)]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_files_in_the_encodings_of_spreadsheets_are_read(shop: Shop, tmp_path: Path, encoding: str) -> None:
    rows = [(f"商品{at}", f"红色连衣裙{at}", "99.00") for at in range(30)]
    feed = write_csv(tmp_path / "feed.csv", rows, header=("货号", "商品名称", "价格"), encoding=encoding)
    assert counts(shop.ingest(feed)) == (30, 0, 0, 0)
    assert shop.get("商品7").title == "红色连衣裙7"
    assert shop.search("连衣裙").found == 30


def test_a_packed_file_is_the_same_feed(shop: Shop, grouped_feed: Path) -> None:
    first = shop.ingest(grouped_feed)
    packed = grouped_feed.with_name("export.csv.gz")
    packed.write_bytes(gzip.compress(grouped_feed.read_bytes()))
    assert counts(shop.ingest(packed)) == (0, 0, first.accepted, first.refused)


def test_prices_without_a_currency_take_the_currency_of_the_shop(tmp_path: Path) -> None:
    with Shop.open(tmp_path / "shop", currency="EUR") as shop:
        shop.put([plain("p", price="12.50")])
        assert shop.get("p").price == Money(1250, "EUR")


def test_short_and_long_descriptions_both_stay(shop: Shop, tmp_path: Path) -> None:
    header = ("ID", "Type", "SKU", "Name", "Published", "Short description", "Description", "Regular price")
    row = ("1", "simple", "W-1", "Kettle", "1", "Boils quickly.", "A steel kettle of 1.7 litres.", "29.90")
    shop.ingest(write_csv(tmp_path / "woo.csv", [row], header=header))
    assert shop.search("boils").found == shop.search("litres").found == 1
    assert shop.search().hits[0].product.description.split("\n") == ["Boils quickly.", "A steel kettle of 1.7 litres."]


def test_a_feed_that_breaks_off_leaves_what_was_taken_searchable(shop: Shop) -> None:
    def rows() -> Any:
        yield from (plain(f"p{at}") for at in range(1_100))
        raise OSError("the line went dead")

    with pytest.raises(OSError, match="dead"):
        shop.ingest(rows())
    assert shop.search().found == shop.health()["products"] == 1_000


def test_progress_counts_every_row_once_it_is_on_disk(shop: Shop, grouped_feed: Path) -> None:
    stages: list[tuple[str, int]] = []
    shop.ingest(grouped_feed, progress=lambda progress: stages.append((progress.stage, progress.rows)))
    assert stages[0] == ("rows", len(GROUPED_ROWS))
    assert {stage for stage, _ in stages} == {"rows", "fit", "index"}


def test_records_put_later_leave_the_refusals_of_an_import_alone(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text("id,title,price\n1,Cup,-5 USD\n", encoding="utf-8")
    refused = Path(shop.ingest(tmp_path / "feed.csv").refusals_path)
    before = refused.read_bytes()
    shop.put([{"id": "2", "title": "Mug"}])
    assert refused.read_bytes() == before
