"""GET /suggest: what it passes on, what it adds, what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from serve.conftest import Client, Connect
from serve.pretend_shop import PICTURE, ToyShop
from tonggan.understand.suggest.suggestions import Suggestion

FOUND = [
    Suggestion("query", "red mug", ((0, 3),), 12, correction="red"),
    Suggestion("category", "Kitchen > Mugs", ((10, 12),), 6, path="Home > Kitchen > Mugs"),
    Suggestion("product", "red mug", ((0, 3),), 1, product_id="mug-red"),
    Suggestion("product", "gone", (), 1, product_id="gone"),
]


class SuggestingShop(ToyShop):
    """Suggests the same to everybody, and remembers what it was asked."""

    def suggest(self, prefix: str, *, limit: int = 8, locale: str = "") -> list[Suggestion]:
        self.asked.append({"prefix": prefix, "limit": limit, "locale": locale})
        return FOUND[:limit]


@pytest.fixture
def shop(shop: ToyShop) -> SuggestingShop:
    return SuggestingShop(shop.folder, store=shop.store)


def test_suggestions_say_what_they_have_and_products_their_price_and_picture(http: Client) -> None:
    body: dict[str, Any] = http("GET", "/suggest", params={"q": "re"}).json()
    price = {"amount": 1000, "currency": "EUR"}
    assert body["suggestions"] == [
        {"kind": "query", "text": "red mug", "highlight": [[0, 3]], "count": 12, "correction": "red"},
        {
            "kind": "category",
            "text": "Kitchen > Mugs",
            "highlight": [[10, 12]],
            "count": 6,
            "path": "Home > Kitchen > Mugs",
        },
        {"kind": "product", "text": "red mug", "highlight": [[0, 3]], "count": 1, "product_id": "mug-red"}
        | {"price": price, "picture": PICTURE},
    ]
    assert body["took_ms"] >= 0


def test_a_product_deleted_meanwhile_is_left_out(http: Client) -> None:
    assert "gone" not in http("GET", "/suggest").text


def test_what_was_asked_is_passed_on(http: Client, shop: SuggestingShop) -> None:
    http("GET", "/suggest", params={"q": "手机ke", "limit": "3", "locale": "zh"})
    http("GET", "/suggest")
    assert shop.asked == [
        {"prefix": "手机ke", "limit": 3, "locale": "zh"},
        {"prefix": "", "limit": 8, "locale": ""},
    ]


@pytest.mark.parametrize("limit", ["-1", "51", "many", "1e400", "９", "9" * 5000])
def test_a_limit_out_of_bounds_is_named(http: Client, limit: str) -> None:
    response = http("GET", "/suggest", params={"limit": limit})
    assert response.status_code == 400
    assert "not a number of suggestions" in response.json()["detail"]


def test_an_endless_prefix_and_an_unknown_parameter_are_refused(http: Client) -> None:
    assert http("GET", "/suggest", params={"q": "x" * 2_001}).status_code == 400
    assert "Did you mean 'limit'?" in http("GET", "/suggest?limt=3").json()["detail"]


def test_suggestions_need_the_scope_of_a_search(connect: Connect, shop: SuggestingShop) -> None:
    stranger = connect(host="0.0.0.0", allowed_hosts="127.0.0.1", client={"near": "203.0.113.9"})
    assert stranger("GET", "/suggest").status_code == 401
    public = connect(host="0.0.0.0", allowed_hosts="127.0.0.1", public_search=True, client={"near": "203.0.113.9"})
    assert public("GET", "/suggest").status_code == 200
