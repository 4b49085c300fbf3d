"""What surrounds every response: ids, headers, problems, counters, and the description of the server."""

from __future__ import annotations

import json
import re

import pytest

from serve.conftest import Client
from serve.pretend_shop import PICTURE, ToyShop
from tonggan.serve.problems import TITLES


def test_every_problem_has_the_same_shape(http: Client) -> None:
    for method, path in (("GET", "/nothing"), ("PATCH", "/search"), ("GET", "/search?x=1"), ("GET", "/products/none")):
        response = http(method, path)
        problem = response.json()
        assert response.headers["content-type"] == "application/problem+json"
        assert set(problem) == {"type", "title", "status", "detail", "code", "remedy"}
        assert (problem["status"], problem["title"]) == (response.status_code, TITLES[problem["code"]])
        assert problem["type"] == f"/docs#{problem['code']}"
        assert problem["detail"]
        assert problem["remedy"]


def test_the_docs_explain_every_code(http: Client) -> None:
    page = http("GET", "/docs").text
    assert [code for code in TITLES if f'id="{code}"' not in page] == []


def test_a_method_that_an_address_does_not_know_is_named(http: Client) -> None:
    response = http("PATCH", "/search")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_a_bug_shows_nothing_of_the_inside(http: Client, shop: ToyShop) -> None:
    shop.failure = ZeroDivisionError("secret inside")
    response = http("GET", "/search", headers={"X-Request-ID": "mine"})
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert "secret" not in response.text
    assert "mine" in response.json()["remedy"]


def test_a_request_id_comes_back(http: Client) -> None:
    assert http("GET", "/healthz", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"


@pytest.mark.parametrize("given", ["a b", "", "x" * 101, "a<b>"])
def test_a_strange_request_id_is_replaced(http: Client, given: str) -> None:
    answered = http("GET", "/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", answered)


@pytest.mark.parametrize("path", ["/", "/search", "/nothing", "/docs", f"/media/{PICTURE}", "/assets/tonggan.css"])
def test_every_response_is_safe_to_show(http: Client, path: str) -> None:
    headers = http("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


def test_a_ready_shop_says_so(http: Client) -> None:
    assert http("GET", "/healthz").json() == {"status": "alive"}
    assert http("GET", "/readyz").json() == {"status": "ready", "degraded": []}


def test_a_shop_that_takes_no_writes_is_not_ready_and_says_why(http: Client, shop: ToyShop) -> None:
    shop.reason = "the disk failed"
    response = http("GET", "/readyz")
    assert (response.status_code, response.json()["code"]) == (503, "not_ready")
    assert "the disk failed" in response.json()["detail"]


def test_metrics_count_requests_stages_products_and_degraded_parts(http: Client, shop: ToyShop) -> None:
    shop.degraded = ("image: worker died",)
    http("GET", "/search")
    http("GET", "/products/mug-red")
    http("GET", "/nothing")
    response = http("GET", "/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        'tonggan_requests_total{method="GET",route="/search",status="200"} 1.0',
        'tonggan_requests_total{method="GET",route="/products/{product_id:path}",status="200"} 1.0',
        'tonggan_requests_total{method="GET",route="unmatched",status="404"} 1.0',
        'tonggan_request_seconds_count{method="GET",route="/search"} 1.0',
        'tonggan_search_stage_seconds_sum{stage="retrieve"} 0.0015',
        'tonggan_degraded_answers_total{part="image"} 1.0',
        "tonggan_products 12.0",
        "tonggan_change_position 7.0",
        "tonggan_writable 1.0",
        "tonggan_degraded 1.0",
        'tonggan_requests_held{gate="search"} 0.0',
    ):
        assert line in response.text


def test_a_picture_is_kept_for_ever_and_never_guessed_at(http: Client) -> None:
    for path, kind in ((f"/media/{PICTURE}", "image/jpeg"), (f"/media/{PICTURE}/thumbnail", "image/webp")):
        headers = http("GET", path).headers
        assert (headers["content-type"], headers["x-content-type-options"]) == (kind, "nosniff")
        assert headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("name", ["0" * 64, "AB" * 32, "..%2f..%2fetc%2fpasswd", "x"])
def test_what_is_no_kept_picture_is_not_found(http: Client, name: str) -> None:
    assert http("GET", f"/media/{name}").status_code == 404


def test_the_description_is_openapi_and_lists_every_address(http: Client) -> None:
    schema = http("GET", "/openapi.json").json()
    assert schema["openapi"].startswith("3.1.")
    operations = [(path, name, part) for path, item in schema["paths"].items() for name, part in item.items()]
    identifiers = [part["operationId"] for _, _, part in operations]
    assert len(identifiers) == len(set(identifiers)) >= 22
    for path, _, part in operations:
        named = {parameter["name"] for parameter in part.get("parameters", []) if parameter["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))
        assert part["responses"]
        assert part["summary"]


def test_references_of_the_description_lead_somewhere(http: Client) -> None:
    text = http("GET", "/openapi.json").text
    schema = json.loads(text)
    for reference in re.findall(r'"\$ref": ?"#/([^"]+)"', text):
        place = schema
        for step in reference.split("/"):
            place = place[step]


def test_the_description_offers_what_search_takes(http: Client) -> None:
    paths = http("GET", "/openapi.json").json()["paths"]
    offered = {each["name"] for each in paths["/search"]["get"]["parameters"]}
    assert {"q", "filter_by", "weights", "image_id", "like"} <= offered
    assert not {"voice", "image"} & offered
    assert set(paths["/search"]["post"]["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
