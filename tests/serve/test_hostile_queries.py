"""Queries that no shopper types: over HTTP each has an answer, or a problem that says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from serve.conftest import Client
from tonggan import Shop
from tonggan.serve import ServeSettings
from tonggan.serve.app import create_app
from toy_shop import toy_records

PATIENT = ServeSettings(import_wait_ms=120_000, timeout_ms=120_000)

ANSWERED = (
    *("a" * 2_000, "红" * 2_000, "under $50 " * 200, '"' * 2_000, "不要" * 1_000),
    *("\0", "\x01\x1b[31m", "\u202ered dress\u202c", "\u200b\u2066", "\ufeff", " "),
    *('"red dress', "red dress'", "「红色", "(((", "\\", "%s", "'; DROP TABLE products; --"),
    *("under 1e400", "over $1e400", "under $NaN", "over $100 under $50", "not red red", "under", "不要"),
)

REFUSED = (
    ({"q": "a" * 10_000}, "at most 2000"),
    ({"q": "不要" * 5_000}, "at most 2000"),
    ({"q": "mug", "filter_by": "price:<1e400"}, "1e400"),
    ({"q": "mug", "filter_by": "price:<NaN"}, "NaN"),
    ({"q": "mug", "filter_by": "brand:=["}, "position"),
    ({"q": "mug", "filter_by": "brand:=`Lumo"}, "closing backtick"),
    ({"q": "mug", "num_typos": 9}, "9"),
)


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with Shop.open(tmp_path_factory.mktemp("shop") / "toy", pack="catalogue") as shop:
        shop.put(toy_records())
        client = Client(create_app(shop, settings=PATIENT))
        yield client
        client.close()


@pytest.mark.parametrize("query", ANSWERED, ids=lambda query: ascii(query[:10]))
def test_any_text_has_an_answer(http: Client, query: str) -> None:
    response = http("POST", "/search", json={"q": query})
    assert response.status_code == 200, response.text
    assert response.json()["found"] >= len(response.json()["hits"])


@pytest.mark.parametrize("body", [b'{"q": "\\ud800 red dress"}', b'{"q": "red \\udfff"}'])
def test_half_a_character_is_answered_or_named(http: Client, body: bytes) -> None:
    response = http("POST", "/search", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (200, 400, 422)
    json.dumps(response.json())


@pytest.mark.parametrize(("asked", "named"), REFUSED, ids=lambda value: ascii(value)[:40])
def test_what_cannot_be_answered_is_named(http: Client, asked: dict[str, Any], named: str) -> None:
    response = http("POST", "/search", json=asked)
    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    assert named in response.text


def test_a_filter_against_the_words_is_kept(http: Client) -> None:
    answer = http("POST", "/search", json={"q": "mug over $50", "filter_by": "price:<5"}).json()
    assert answer["found"] == 0
    assert answer["understood"]["interpretations"][0]["key"] == "price:>50"
