"""Rules and synonyms over HTTP: a draft, what is live, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from serve.conftest import Client
from tonggan import Shop
from tonggan.catalogue.keys import Keys
from tonggan.serve import ServeSettings
from tonggan.serve.app import create_app

PIN = {"id": "a", "condition": {"query": "mug", "match": "exact"}, "actions": {"pins": [{"id": "x", "place": 1}]}}
OTHER = PIN | {"id": "b", "actions": {"pins": [{"id": "y", "place": 1}]}}
ADDRESSES = [
    *(("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/publish")),
    *(("GET", "/history"), ("POST", "/rollback"), ("GET", "/export")),
]


@pytest.fixture
def http(shop: Shop) -> Iterator[Client]:  # type: ignore[override]
    shop.put([{"id": "x", "title": "Red mug"}, {"id": "y", "title": "Blue mug"}])
    made = Client(create_app(shop, settings=ServeSettings(json_bytes=2_000_000)))
    yield made
    made.close()


@pytest.fixture
def shop(tmp_path: Any) -> Iterator[Shop]:
    with Shop.open(tmp_path / "shop", pack="catalogue") as opened:
        yield opened


def test_a_draft_goes_live_by_publish_and_comes_back_by_rollback(http: Client) -> None:
    assert http("GET", "/rules").json() == {
        "kind": "rules",
        "published": 0,
        "is_changed": False,
        "rules": [],
        "conflicts": [],
    }
    saved = http("PUT", "/rules", json={"rules": [PIN]}).json()
    assert (saved["is_changed"], saved["rules"]) == (True, [PIN])
    assert http("GET", "/rules/export").json() == {"rules": []}
    assert http("GET", "/rules/export?which=draft").json() == {"rules": [PIN]}
    assert http("POST", "/rules/publish", json={"note": "autumn"}).json()["number"] == 1
    http("PUT", "/rules", json={"rules": []})
    assert http("POST", "/rules/publish", json={}).json()["count"] == 0
    assert http("POST", "/rules/rollback", json={"number": 1}).json()["number"] == 3
    assert http("GET", "/rules/export").json() == {"rules": [PIN]}
    history = http("GET", "/rules/history").json()["revisions"]
    assert [(each["number"], each["note"]) for each in history] == [(3, "Back to revision 1."), (2, ""), (1, "autumn")]
    assert http("GET", "/rules/export?number=2").json() == {"rules": []}


def test_typesense_comes_in_and_goes_out(http: Client) -> None:
    override = {"id": "o", "rule": {"query": "mug", "match": "exact"}, "excludes": [{"id": "x"}]}
    assert http("PUT", "/rules?form=typesense", json=[override]).json()["rules"][0]["actions"] == {"hides": ["x"]}
    exported = http("GET", "/rules/export?form=typesense&which=draft").json()
    assert exported == {"overrides": [override | {"remove_matched_tokens": False, "stop_processing": True}]}


def test_synonyms_have_the_same_addresses(http: Client) -> None:
    synonym = {"id": "s", "synonyms": ["mug", "cup"]}
    assert http("PUT", "/synonyms", json={"synonyms": [synonym]}).json()["synonyms"] == [synonym]
    assert http("POST", "/synonyms/publish", json={}).json()["kind"] == "synonyms"
    assert http("GET", "/synonyms/export").json() == {"synonyms": [synonym]}
    assert http("DELETE", "/synonyms").json()["is_changed"] is False


def test_conflicts_are_told_and_refused_unless_forced_with_a_note(http: Client) -> None:
    told = http("PUT", "/rules", json={"rules": [PIN, OTHER]}).json()["conflicts"]
    assert [(each["kind"], each["rules"]) for each in told] == [("same_place", ["a", "b"])]
    refused = http("POST", "/rules/publish", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert refused.headers["content-type"] == "application/problem+json"
    assert http("POST", "/rules/publish", json={"force": True}).status_code == 400
    assert http("POST", "/rules/publish", json={"force": True, "note": "for the app"}).status_code == 200


def test_a_publication_that_is_sent_twice_happens_once(http: Client) -> None:
    http("PUT", "/rules", json={"rules": [PIN]})
    headers = {"Idempotency-Key": "k"}
    first, second = (http("POST", "/rules/publish", json={}, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert len(http("GET", "/rules/history").json()["revisions"]) == 1
    assert http("POST", "/rules/publish", json={"note": "x"}, headers=headers).status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("PUT", "/rules", {"rules": [PIN | {"action": 1}]}, 400, "Unknown field 'action'"),
        ("PUT", "/rules", {"rules": [PIN, PIN]}, 400, "two rules with the id 'a'"),
        ("PUT", "/rules", {"rules": [{"id": str(at)} for at in range(10_000)]}, 400, "at most 5,000"),
        ("PUT", "/rules", {"rules": [PIN | {"name": "x" * 100_000}]}, 400, "has 100,000"),
        ("PUT", "/rules", {"rules": [PIN | {"name": "\x00"}]}, 400, "control characters"),
        ("PUT", "/rules", {"rules": [PIN | {"metadata": {"a": "\ud800"}}]}, 400, "not an object of JSON"),
        ("PUT", "/rules", {"rules": [PIN | {"ends_at": "2026-02-30T00:00:00Z"}]}, 400, "is not a date"),
        ("PUT", "/rules", 3, 400, "no list of rules"),
        ("PUT", "/rules?form=algolia", [], 400, "known: tonggan, typesense"),
        ("PUT", "/rules?from=typesense", [], 400, "Did you mean 'form'"),
        ("PUT", "/rules", {"rules": ["x" * 2_000_000]}, 413, "larger than"),
        ("POST", "/rules/publish", [], 400, "The body is a JSON list"),
        ("POST", "/rules/publish", {"force": "yes"}, 400, "force is 'yes', no bool"),
        ("POST", "/rules/publish", {"notes": "x"}, 400, "Did you mean 'note'"),
        ("POST", "/rules/publish", {}, 409, "nothing to publish"),
        ("POST", "/rules/rollback", {}, 400, "names no revision"),
        ("POST", "/rules/rollback", {"number": True}, 400, "number is True"),
        ("POST", "/rules/rollback", {"number": 9}, 404, "none was published yet"),
        ("POST", "/rules/rollback", {"number": 10**30}, 404, "none was published yet"),
        ("GET", "/rules/export?number=x", None, 400, "'x' is no revision"),
        ("GET", "/rules/export?number=9", None, 404, "no revision 9"),
        ("GET", "/rules/export?which=live", None, 400, "known: draft, published"),
        ("GET", "/rules?which=draft", None, 400, "Unknown parameter"),
        ("POST", "/rules", {}, 405, "does not know POST"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(http: Client, method: str, path: str, body: Any, status: int, told: str) -> None:
    content = json.dumps(body) if body is not None else None
    response = http(method, path, content=content)
    assert (response.status_code, told in response.json()["detail"]) == (status, True), response.text


@pytest.mark.parametrize("kind", ["rules", "synonyms"])
def test_rules_are_for_admins(shop: Shop, kind: str) -> None:
    key = Keys(shop.store).create(["search", "catalogue", "events"])[1]
    made = Client(create_app(shop, settings=ServeSettings(), host="0.0.0.0"), near="10.0.0.1")
    try:
        for method, path in ADDRESSES:
            response = made(method, f"/{kind}{path}", headers={"Authorization": f"Bearer {key}"})
            assert response.status_code == 403, path
    finally:
        made.close()


def test_the_addresses_are_described(http: Client) -> None:
    paths = http("GET", "/openapi.json").json()["paths"]
    assert set(paths["/rules"]) == {"get", "put", "delete"}
    assert paths["/synonyms/publish"]["post"]["summary"] == "Publish the synonyms"
    assert http("GET", "/docs").status_code == 200
