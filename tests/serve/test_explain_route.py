"""`/explain` over the toy shop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.conftest import Client
from tonggan import Shop
from tonggan.serve import ServeSettings
from tonggan.serve.app import create_app


@pytest.fixture
def http(toy_shop: Shop) -> Iterator[Client]:
    client = Client(create_app(toy_shop, settings=ServeSettings(timeout_ms=120_000)))
    yield client
    client.close()


def test_a_place_is_explained_by_address_and_by_body(http: Client) -> None:
    asked = {"q": "red dress", "product_id": "mug-red", "locale": "zh"}
    by_address = http("GET", "/explain", params=asked)
    assert by_address.status_code == 200
    assert (by_address.json()["is_result"], by_address.json()["language"]) == (True, "zh")
    assert by_address.json()["place"] > 1
    assert http("POST", "/explain", json=asked).json() == by_address.json()


def test_all_parameters_of_a_search_are_heard(http: Client) -> None:
    found = http("GET", "/explain", params={"q": "dress", "product_id": "dress-red", "filter_by": "brand:=Kite"}).json()
    assert [obstacle["kind"] for obstacle in found["obstacles"]] == ["filter"]


def test_a_picture_is_explained_with_a_map(http: Client, toy_feed: Path) -> None:
    files = {"image": ("photo.png", (toy_feed.parent / "mug-blue.png").read_bytes())}
    plain = http("POST", "/explain", data={"product_id": "mug-blue"}, files=files).json()
    assert (plain["place"], plain["occlusion"], plain["heat"]) == (1, None, "")
    mapped = http("POST", "/explain", data={"product_id": "mug-blue", "occlusion": "true"}, files=files).json()
    assert [len(row) for row in mapped["occlusion"]["grid"]] == [7] * 7
    assert mapped["heat"].startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"q": "mug"}, 400, "product_id is missing"),
        ({"q": "mug", "product_id": "none"}, 404, "none"),
        ({"q": "mug", "product_id": "mug-red", "occlusion": "maybe"}, 400, "'maybe' is not true or false"),
        ({"q": "mug", "product_id": "mug-red", "occlusion": "true"}, 400, "no picture"),
        ({"q": "mug", "product_id": "mug-red", "colour": "red"}, 400, "Unknown parameter 'colour'"),
        ({"q": "mug", "product_id": "mug-red", "filter_by": "nothing:=1"}, 400, "nothing"),
        ({"product_id": "mug-red", "image": "aGVsbG8="}, 400, "does not fit into an address"),
    ],
)
def test_a_mistake_is_named(http: Client, asked: dict[str, str], status: int, said: str) -> None:
    response = http("GET", "/explain", params=asked)
    assert (response.status_code, said in response.json()["detail"]) == (status, True), response.text
