"""Who may do what: scopes, keys, revocation, and other web pages."""

from __future__ import annotations

from typing import Any

import pytest

from serve.conftest import Client, Connect
from serve.pretend_shop import ToyShop
from tonggan.catalogue.keys import Keys
from tonggan.errors import InputError
from tonggan.serve import access
from tonggan.serve.access import SCOPES, check_bind
from tonggan.serve.app import ROUTERS


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def made_key(shop: ToyShop, *scopes: str) -> tuple[str, str]:
    key, secret = Keys(shop.store).create(scopes, name="test")
    return key.id, secret


@pytest.fixture
def public(connect: Connect) -> Client:
    return connect(host="0.0.0.0", client={"base_url": "http://shop.example", "near": "203.0.113.9"})


def test_every_route_is_in_the_scope_table_and_the_table_has_no_other() -> None:
    routes: list[Any] = [route for router in ROUTERS for route in router.routes]
    assert {(method, route.path) for route in routes for method in route.methods} == set(SCOPES)


def test_a_route_outside_the_table_is_denied_to_everyone(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "SCOPES", {})
    assert http("GET", "/healthz").status_code == 403


def test_no_key_is_needed_on_loopback(http: Client) -> None:
    assert http("GET", "/search").status_code == 200
    assert http("GET", "/keys").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/search"), ("PUT", "/products"), ("GET", "/keys"), ("GET", "/metrics")]
)
def test_a_key_is_needed_from_elsewhere(public: Client, method: str, path: str) -> None:
    response = public(method, path)
    assert (response.status_code, response.json()["code"]) == (401, "key_needed")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/readyz", "/openapi.json", "/assets/tonggan.js"])
def test_what_holds_no_product_is_public(public: Client, path: str) -> None:
    assert public("GET", path).status_code == 200


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        ("search", {"/search": 200, "/products/mug-red": 200, "/import/x": 403, "/keys": 403, "/metrics": 403}),
        ("events", {"/search": 403, "/products/mug-red": 403, "/import/x": 403, "/keys": 403, "/metrics": 403}),
        ("catalogue", {"/search": 403, "/products/mug-red": 403, "/import/x": 404, "/keys": 403, "/metrics": 403}),
        ("admin", {"/search": 200, "/products/mug-red": 200, "/import/x": 404, "/keys": 200, "/metrics": 200}),
    ],
)
def test_a_key_opens_its_scope_only(public: Client, shop: ToyShop, scope: str, statuses: dict[str, int]) -> None:
    _, secret = made_key(shop, scope)
    assert {path: public("GET", path, headers=bearer(secret)).status_code for path in statuses} == statuses


def test_a_search_key_cannot_write(public: Client, shop: ToyShop) -> None:
    _, secret = made_key(shop, "search")
    response = public("PUT", "/products", json=[{"id": "a", "title": "b"}], headers=bearer(secret))
    assert (response.status_code, response.json()["code"]) == (403, "access_denied")
    assert "lacks the scope 'catalogue'; it has: search." in response.json()["detail"]
    assert shop.puts == 0


def test_a_key_revoked_here_stops_at_once(public: Client, shop: ToyShop) -> None:
    _, admin = made_key(shop, "admin")
    key_id, secret = made_key(shop, "search")
    assert public("GET", "/search", headers=bearer(secret)).status_code == 200
    assert public("DELETE", f"/keys/{key_id}", headers=bearer(admin)).status_code == 200
    assert public("GET", "/search", headers=bearer(secret)).status_code == 401


def test_a_key_revoked_elsewhere_is_believed_for_a_bounded_time(
    public: Client, shop: ToyShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert access.VERIFIED_SECONDS < 5
    key_id, secret = made_key(shop, "search")
    assert public("GET", "/search", headers=bearer(secret)).status_code == 200
    Keys(shop.store).revoke(key_id)
    monkeypatch.setattr(access, "VERIFIED_SECONDS", 0.0)
    assert public("GET", "/search", headers=bearer(secret)).status_code == 401


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic YTpi", "nonsense"])
def test_a_wrong_key_is_refused_even_on_loopback(http: Client, header: str) -> None:
    assert http("GET", "/search", headers={"Authorization": header}).status_code == 401


def test_the_local_token_is_the_owner(connect: Connect) -> None:
    client = connect(token="secret-token", client={"near": "203.0.113.9"})
    assert client("GET", "/keys", headers=bearer("secret-token")).status_code == 200
    assert client("GET", "/keys", headers=bearer("secret-toke")).status_code == 401


def test_keys_are_made_listed_and_never_shown_again(http: Client) -> None:
    made = http("POST", "/keys", json={"scopes": ["search"], "name": "site"})
    assert made.status_code == 201
    listed = http("GET", "/keys")
    assert [key["id"] for key in listed.json()["keys"]] == [made.json()["id"]]
    assert listed.json()["keys"][0]["scopes"] == ["search"]
    assert made.json()["secret"] not in listed.text


@pytest.mark.parametrize(
    "body", [{}, {"scopes": []}, {"scopes": "search"}, {"scopes": ["all"]}, {"scopes": ["search"], "n": 1}]
)
def test_a_key_without_proper_scopes_is_not_made(http: Client, body: dict[str, Any]) -> None:
    assert http("POST", "/keys", json=body).status_code == 400
    assert http("GET", "/keys").json() == {"keys": []}


def test_revoking_an_unknown_key_is_not_found(http: Client) -> None:
    assert http("DELETE", "/keys/nobody").status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "localhost.evil.example:8400"])
def test_another_host_name_is_refused_on_loopback(http: Client, host: str) -> None:
    response = http("GET", "/search", headers={"Host": host})
    assert (response.status_code, response.json()["code"]) == (403, "access_denied")


@pytest.mark.parametrize("host", ["localhost:8400", "127.0.0.1", "[::1]:8400", "LOCALHOST"])
def test_loopback_names_are_served(http: Client, host: str) -> None:
    assert http("GET", "/search", headers={"Host": host}).status_code == 200


def test_a_proxy_name_is_served_with_a_key_only(connect: Connect, shop: ToyShop) -> None:
    client = connect(allowed_hosts="shop.example", client={"base_url": "http://shop.example"})
    assert client("GET", "/search").status_code == 401
    assert client("GET", "/search", headers=bearer(made_key(shop, "search")[1])).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_what_came_through_a_proxy_is_not_local(http: Client, header: str) -> None:
    assert http("GET", "/search", headers={header: "for=203.0.113.9"}).status_code == 401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999"])
def test_pages_of_other_sites_may_not_use_a_shop_without_keys(http: Client, shop: ToyShop, origin: str) -> None:
    response = http("PUT", "/products", json=[{"id": "a", "title": "b"}], headers={"Origin": origin})
    assert response.status_code == 403
    assert shop.puts == 0


def test_the_own_page_may(http: Client) -> None:
    assert http("POST", "/search", json={}, headers={"Origin": "http://127.0.0.1:8400"}).status_code == 200


def test_no_other_origin_is_told_that_it_may_by_default(http: Client) -> None:
    asked = {"Origin": "http://a.example", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in http("OPTIONS", "/search", headers=asked).headers


def test_an_allowed_origin_may_call(connect: Connect) -> None:
    client = connect(allowed_origins="http://a.example, http://b.example")
    response = client("GET", "/search", headers={"Origin": "http://b.example"})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, "http://b.example")


def test_public_search_opens_search_and_nothing_else(connect: Connect) -> None:
    client = connect(
        host="0.0.0.0", public_search=True, client={"base_url": "http://shop.example", "near": "203.0.113.9"}
    )
    assert client("GET", "/search").status_code == 200
    assert client("GET", "/metrics").status_code == 401
    assert client("DELETE", "/products/mug-red").status_code == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "shop.example"])
def test_a_bind_to_others_without_keys_is_refused(host: str) -> None:
    with pytest.raises(InputError, match="tonggan keys create"):
        check_bind(host, has_keys=False)
    check_bind(host, has_keys=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_a_bind_to_loopback_needs_no_key(host: str) -> None:
    check_bind(host, has_keys=False)
