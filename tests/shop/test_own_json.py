"""What the shop gives out as JSON comes back unchanged, and what is ill-typed is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tonggan import Shop
from tonggan.catalogue.export import export
from tonggan.catalogue.wire import product_as_json
from tonggan.errors import TongganError
from tonggan.records import Media, Money, Product, Rating, Variant

FULL = Product(
    id="kettle-1",
    title="红色 Kettle, 1.7 l",
    description="Boils fast.\nSwitches itself off.",
    brand="Acme",
    categories=("Home > Kitchen", "Sale"),
    price=Money(2999, "USD"),
    list_price=Money(3999, "USD"),
    rating=Rating(4.5, 12, (0, 0, 1, 4, 7)),
    availability="backorder",
    inventory=0,
    media=(Media("image", "https://shop.example/kettle.jpg", alt="A red kettle"), Media("video", "kettle.mp4")),
    codes={"sku": ("K-1",), "gtin": ("0012345678905",)},
    attributes={"material": ("steel", "plastic")},
    options={"color": ("red", "blue")},
    variants=(
        Variant("K-1-red", {"color": "red"}, {"sku": "K-1-red"}, Money(2999, "USD"), None, "in_stock", 4),
        Variant("K-1-blue", {"color": "blue"}, {}, None, None, "unknown", None, (Media("image", "blue.jpg"),)),
    ),
    tags=("kitchen", "red"),
    language="en",
    url="https://shop.example/kettle",
    metadata={"warehouse": "B7"},
)

YEN = Product(id="tea", title="Tea bowl", price=Money(4800, "JPY"), language="en")
BARE = Product(id="bare", title="Bare", language="en")
HIDDEN = Product(id="hidden", title="Hidden", language="en", metadata={"visibility": "hidden"})


def kept(shop: Shop, product_id: str) -> Product:
    return replace(shop.get(product_id), updated_at="")


@pytest.fixture
def local_shop(tmp_path: Path) -> Any:
    """A shop that fetches nothing."""
    with Shop.open(tmp_path / "local", remote_pictures=False) as shop:
        yield shop


def test_what_get_shows_can_be_put_and_changes_nothing(local_shop: Shop) -> None:
    local_shop.store.put([FULL, YEN, BARE, HIDDEN])
    records = [product_as_json(local_shop.get(item.id)) for item in (FULL, YEN, BARE, HIDDEN)]
    report = local_shop.put(json.loads(json.dumps(records)))
    assert (report.unchanged, report.accepted, report.updated, report.refused) == (4, 0, 0, 0)


def test_every_field_survives_being_put_as_json(local_shop: Shop) -> None:
    report = local_shop.put([product_as_json(item) for item in (FULL, YEN, BARE, HIDDEN)])
    assert report.accepted == 4
    assert [kept(local_shop, item.id) for item in (FULL, YEN, BARE, HIDDEN)] == [FULL, YEN, BARE, HIDDEN]
    assert local_shop.search(filter_by="price:=29.99").found == 1
    assert local_shop.search(filter_by="price:=4800").found == 1


@pytest.mark.parametrize("name", ["catalogue.jsonl", "catalogue.jsonl.gz"])
def test_an_exported_file_is_imported_unchanged(local_shop: Shop, tmp_path: Path, name: str) -> None:
    local_shop.store.put([FULL, YEN, BARE, HIDDEN])
    export(local_shop.store, tmp_path / name)
    assert local_shop.ingest(tmp_path / name).unchanged == 4
    with Shop.open(tmp_path / "other", remote_pictures=False) as other:
        assert other.ingest(tmp_path / name).accepted == 4
        assert [kept(other, item.id) for item in (FULL, YEN, BARE, HIDDEN)] == [FULL, YEN, BARE, HIDDEN]


def test_own_json_and_a_merchants_rows_may_stand_side_by_side(local_shop: Shop) -> None:
    rows = [product_as_json(YEN), {"sku": "L-1", "name": "Lamp", "price": "9,90 €", "category": "Home"}]
    assert local_shop.put(rows).accepted == 2
    assert local_shop.get("tea").price == Money(4800, "JPY")
    assert local_shop.get("L-1").price == Money(990, "EUR")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", {"amount": 9.5, "currency": "USD"}),
        ("price", {"amount": -1, "currency": "USD"}),
        ("price", {"amount": True, "currency": "USD"}),
        ("price", {"amount": 5}),
        ("price", {"amount": 5, "currency": "dollars"}),
        ("price", ["5.00 USD"]),
        ("title", {"en": "Kettle"}),
        ("inventory", {"count": 5}),
        ("rating", {"mean": 9, "count": 2}),
        ("rating", {"mean": 4, "count": 2, "histogram": [1, 2]}),
        ("media", [5]),
        ("media", [{"kind": "smell", "source": "x.jpg"}]),
        ("variants", [{"id": "v"}, {"id": "v"}]),
        ("codes", ["sku"]),
        ("attributes", "red"),
        ("metadata", 5),
    ],
)
def test_an_ill_typed_field_of_our_json_refuses_the_record(toy_writer: Shop, field: str, value: Any) -> None:
    record = product_as_json(YEN) | {"tags": ["tea"], field: value}
    report = toy_writer.put([record])
    assert (report.refused, report.products) == (1, 0)
    assert list(report.reasons) == [field]


@pytest.fixture(scope="module")
def toy_writer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Shop.open(tmp_path_factory.mktemp("writer") / "shop") as shop:
        yield shop


def test_a_key_nobody_knows_stays_as_metadata(local_shop: Shop) -> None:
    local_shop.put([product_as_json(YEN) | {"glaze": "celadon"}])
    assert local_shop.get("tea").metadata["glaze"] == "celadon"
    assert local_shop.search(filter_by="glaze:=celadon").found == 1


@pytest.mark.parametrize("checksum", ["ab" * 32, "../../etc/passwd", "no checksum"])
def test_checksums_are_given_by_the_shop_and_never_taken(local_shop: Shop, checksum: str) -> None:
    media = [{"kind": "image", "source": "https://shop.example/x.jpg", "checksum": checksum}]
    assert local_shop.put([{"id": "p", "title": "P", "media": media}]).accepted == 1
    assert local_shop.get("p").media == (Media("image", "https://shop.example/x.jpg"),)
    assert local_shop.search("P").found == 1


def test_something_else_than_records_is_an_error_or_a_refusal(toy_writer: Shop) -> None:
    assert toy_writer.put([["id", "title"]]).refused == 1  # type: ignore[list-item]
    with pytest.raises(TongganError, match="not int"):
        toy_writer.ingest(5)
