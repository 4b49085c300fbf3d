"""The same routes over a real shop: feed in, results out, pictures served."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.conftest import Client
from tonggan import Shop
from tonggan.serve import ServeSettings
from tonggan.serve.app import create_app
from toy_shop import toy_records

PATIENT = ServeSettings(import_wait_ms=120_000, timeout_ms=120_000)
"""A busy machine may take long to fit a pack; these tests are not about time."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Iterator[Client]:
    """Twelve products, taken in from a file beside their pictures by the owner's command line."""
    feed = pictures / "feed.jsonl"
    feed.write_text("\n".join(json.dumps(record) for record in toy_records(pictures)), encoding="utf-8")
    with Shop.open(tmp_path_factory.mktemp("shop") / "toy") as shop:
        client = Client(create_app(shop, settings=PATIENT, local_token="owner"))
        report = client("POST", "/import", json={"path": str(feed)}, headers={"Authorization": "Bearer owner"})
        assert report.status_code == 200, report.text
        assert (report.json()["accepted"], report.json()["refused"]) == (12, 0)
        yield client
        client.close()


def ids(http: Client, **asked: object) -> list[str]:
    response = http("POST", "/search", json=asked)
    assert response.status_code == 200, response.text
    return [hit["id"] for hit in response.json()["hits"]]


def test_both_languages_find_the_product(http: Client) -> None:
    assert ids(http, q="red dress")[0] == "dress-red"
    assert ids(http, q="红色连衣裙")[0] == "dress-red"


def test_a_picture_finds_its_product(http: Client, pictures: Path) -> None:
    file = io.BytesIO((pictures / "mug-blue.png").read_bytes())
    answer = http("POST", "/search", files={"image": ("photo.png", file)}).json()
    assert answer["hits"][0]["id"] == "mug-blue"


def test_a_stored_picture_and_a_crop_search_too(http: Client) -> None:
    checksum = http("GET", "/products/mug-blue").json()["media"][0]["checksum"]
    assert ids(http, image_id=checksum, crop=[0, 0, 1, 1])[0] == "mug-blue"


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"\xff\xd8\xff\xe0 cut", b"\x89PNG\r\n\x1a\n" + bytes(64)])
def test_what_is_no_picture_is_a_problem_and_the_shop_lives(http: Client, content: bytes) -> None:
    response = http("POST", "/search", files={"image": ("photo.png", io.BytesIO(content))})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")
    assert ids(http, q="mug")


def test_the_filters_that_the_page_writes_are_understood(http: Client) -> None:
    found = ids(http, filter_by="`brand`:=[`Lumo`,`no ``such``, one`] && price:>=20 && price:<=70 && rating:>=4")
    assert sorted(found) == sorted(each for each in found if each.endswith(("red", "green")))
    assert found


def test_the_page_gets_its_facets_and_its_price_range(http: Client) -> None:
    fields = http("GET", "/facets").json()["fields"]
    assert {"brand", "price", "rating"} <= set(fields)
    answer = http("GET", "/search", params={"facet_by": ",".join(fields), "filter_by": "brand:=Lumo"}).json()
    assert answer["facets"]["brand"] == {"Kite": 6, "Lumo": 6}
    assert answer["found"] == 6
    assert answer["facet_stats"]["price"]["max"] == 110.0


@pytest.mark.parametrize("order", ["price:asc", "price:desc", "rating:desc"])
def test_every_order_that_the_page_offers_works(http: Client, order: str) -> None:
    assert len(ids(http, sort_by=order)) == 12


def test_more_like_this(http: Client) -> None:
    assert {each.partition("-")[0] for each in ids(http, like="mug-red", per_page=3)} == {"mug"}


@pytest.mark.parametrize(
    "asked",
    [
        {"filter_by": "nothing:=1"}, {"filter_by": "brand:="}, {"facet_by": "nothing"}, {"sort_by": "nothing:asc"},
        {"weights": {"smell": 1}}, {"like": ["no such product"]}, {"q": "mug", "query_by": ["nothing"]},
        {"group_by": "nothing"},
        {"image": "aGVsbG8="}, {"image_id": "zz"}, {"crop": [2, 2, 2, 2], "image": "aGVsbG8="},
    ],
)  # fmt: skip
def test_what_the_shop_does_not_know_is_the_callers_mistake(http: Client, asked: dict[str, object]) -> None:
    response = http("POST", "/search", json=asked)
    assert response.status_code in (400, 404), response.text
    assert response.json()["detail"]


def test_products_are_put_read_and_deleted(http: Client) -> None:
    record = {"id": "lamp", "title": "gold desk lamp", "price": "12.50 EUR"}
    assert http("PUT", "/products", json=[record]).json()["accepted"] == 1
    assert http("GET", "/products/lamp").json()["price"] == {"amount": 1250, "currency": "EUR"}
    assert ids(http, q="gold lamp")[0] == "lamp"
    assert http("PUT", "/products", json=[record]).json()["unchanged"] == 1
    assert http("DELETE", "/products/lamp").json() == {"deleted": ["lamp"]}
    assert "lamp" not in ids(http, q="gold lamp")


def test_a_product_that_was_read_may_be_put_back(http: Client) -> None:
    product = http("GET", "/products/mug-red").json()
    report = http("PUT", "/products", json=[product]).json()
    assert (report["accepted"], report["refused"]) == (0, 0)
    assert http("GET", "/products/mug-red").json()["price"] == product["price"]


def test_refused_products_come_back_with_reasons(http: Client) -> None:
    report = http("PUT", "/products", json=[{"id": "bad", "title": "bad", "price": "minus one"}]).json()
    assert (report["accepted"], report["refused"]) == (0, 1)
    assert report["refusals"][0]["column"] == "price"
    assert report["refusals"][0]["reason"]


def test_a_file_is_taken_in_and_its_refused_rows_are_a_file(http: Client) -> None:
    feed = b"id,title,price\ncup,gold cup,3.00 EUR\nbad,bad cup,-1 EUR\n"
    report = http("POST", "/import", files={"file": ("feed.csv", io.BytesIO(feed))}).json()
    assert (report["accepted"], report["refused"], "refusals_path" in report) == (1, 1, False)
    http("PUT", "/products", json=[{"id": "cup", "title": "gold cup"}])
    assert "3,price,'-1 EUR," in http("GET", report["refused_csv"]).text
    http("DELETE", "/products/cup")


def test_a_file_that_is_no_feed_is_a_problem(http: Client) -> None:
    response = http("POST", "/import", files={"file": ("feed.xlsx", io.BytesIO(b"PK\x03\x04 cut off"))})
    assert (response.status_code, response.json().get("code")) == (400, "invalid_input"), response.text


def test_pictures_of_products_are_served(http: Client) -> None:
    checksum = http("GET", "/products/mug-blue").json()["media"][0]["checksum"]
    assert http("GET", f"/media/{checksum}").content.startswith(b"\xff\xd8\xff")
    assert http("GET", f"/media/{checksum}/thumbnail").content[8:12] == b"WEBP"


def test_the_shop_is_ready_and_counted(http: Client) -> None:
    assert http("GET", "/readyz").json()["status"] == "ready"
    assert "tonggan_products 12.0" in http("GET", "/metrics").text
