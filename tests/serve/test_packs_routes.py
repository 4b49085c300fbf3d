"""The pack of a served shop: what is used, what is here, and a change as a job."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serve.conftest import Client
from shop.tiny_base import base_pack, library_with, records
from tonggan import Shop
from tonggan.serve import ServeSettings
from tonggan.serve.app import create_app
from tonggan.shop import encoding

pytest.importorskip("onnx", reason="onnx is not installed; it writes the tiny models")

OWNER = {"Authorization": "Bearer owner"}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("TONGGAN_PACKS", str(tmp_path / "library"))
    library_with(tmp_path / "library", base_pack(tmp_path / "made"))
    with Shop.open(tmp_path / "shop") as opened:
        opened.put(records(12))
        yield opened


def client(shop: Shop, **settings: Any) -> Client:
    return Client(create_app(shop, settings=ServeSettings(**settings), local_token="owner"))


@pytest.fixture
def http(shop: Shop) -> Iterator[Client]:
    made = client(shop, import_wait_ms=120_000)
    yield made
    made.close()


def test_what_is_used_and_what_is_here_is_told(http: Client, shop: Shop) -> None:
    told = http("GET", "/packs").json()
    version = shop.health()["pack"]["fingerprint"]
    assert told["used"] == {"name": "default", "version": version, "base": shop.health()["pack"]["base"]}
    assert told["used"]["base"] == shop.library.find("default").fingerprint
    assert told["change"] is None
    (tiny,) = [each for each in told["packs"] if each["name"] == "tiny"]
    assert (tiny["state"], tiny["licence"], tiny["dims"]) == ("installed", "Apache-2.0", {"text": 12, "image": 12})
    assert str(shop.library.folder) not in http("GET", "/packs").text


def test_a_short_change_is_answered_when_it_is_through(http: Client, shop: Shop) -> None:
    job = http("POST", "/packs/use", json={"name": "tiny"}).json()
    used = http("GET", "/packs").json()["used"]
    assert (job["state"], job["name"], job["version"]) == ("finished", "tiny", used["version"])
    assert (used["name"], used["base"]) == ("tiny", shop.library.find("tiny").fingerprint)
    assert "refused_csv" not in job
    assert http("POST", "/packs/use", json={"name": "catalogue"}).json()["state"] == "finished"
    assert http("GET", "/packs").json()["used"]["base"] == ""


def test_during_a_long_change_the_shop_answers_writes_and_tells(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, encode = threading.Event(), encoding.ThisProcess.rows

    def slow(self: Any, maker: Any, items: Any) -> Any:
        assert goes_on.wait(60)
        return encode(self, maker, items)

    monkeypatch.setattr(encoding.ThisProcess, "rows", slow)
    http = client(shop, import_wait_ms=20)
    try:
        started = http("POST", "/packs/use", json={"name": "tiny"})
        job = started.json()["job"]
        assert (started.status_code, started.headers["location"]) == (202, f"/packs/use/{job}")
        while http("GET", "/packs").json()["change"] is None:
            pass
        change = http("GET", "/packs").json()["change"]
        assert (change["name"], change["stage"], change["total"]) == ("tiny", "encode", 24)
        assert http("GET", "/readyz").json()["pack_change"] == {"stage": "encode", "done": 12, "total": 24}
        assert http("PUT", "/products", json=[{"id": "new", "title": "purple umbrella"}]).status_code == 200
        assert http("GET", "/search?q=umbrella").json()["hits"][0]["id"] == "new"
        goes_on.set()
        while (now := http("GET", f"/packs/use/{job}").json())["state"] == "running":
            pass
        assert (now["state"], now["version"]) == ("finished", shop.health()["pack"]["fingerprint"])
        assert http("GET", "/search?q=umbrella").json()["hits"][0]["id"] == "new"
        assert "pack_change" not in http("GET", "/readyz").json()
    finally:
        goes_on.set()
        http.close()


def test_a_server_that_stops_does_not_wait_for_a_change(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, encode = threading.Event(), encoding.ThisProcess.rows

    def slow(self: Any, maker: Any, items: Any) -> Any:
        begun.set()
        return encode(self, maker, items)

    monkeypatch.setattr(encoding.ThisProcess, "rows", slow)
    monkeypatch.setattr(encoding.ThisProcess, "items_at_once", 1)
    http = client(shop, import_wait_ms=1)
    http("POST", "/packs/use", json={"name": "tiny"})
    assert begun.wait(60)
    http.close()
    assert shop.search("red shirt").found > 0


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"name": "none-such"}, 404, "known: catalogue, "),
        ({"name": "../library/tiny"}, 404, "Unknown pack"),
        ({"name": "https://hub.example/tiny"}, 404, "Unknown pack"),
        ({"name": 7}, 400, "names no pack"),
        ({"name": ""}, 400, "names no pack"),
        ([], 400, "names no pack"),
        ({"name": "tiny", "device": "cuda"}, 400, "device"),
    ],
)
def test_what_is_no_pack_of_the_library_is_refused(http: Client, body: Any, status: int, told: str) -> None:
    response = http("POST", "/packs/use", json=body)
    assert (response.status_code, told in response.json()["detail"]) == (status, True), response.text


def test_only_the_owner_may_name_a_folder(http: Client, shop: Shop, tmp_path: Path) -> None:
    pack = base_pack(tmp_path / "made", name="mine")
    assert http("POST", "/packs/use", json={"name": str(pack.folder)}).status_code == 404
    assert http("POST", "/packs/use", json={"name": str(pack.folder)}, headers=OWNER).status_code == 200
    assert http("GET", "/packs").json()["used"]["name"] == "mine"


def test_a_damaged_pack_is_refused_and_the_shop_keeps_its_own(http: Client, shop: Shop) -> None:
    file = shop.library.folder / "tiny" / "text.onnx"
    file.write_bytes(file.read_bytes()[:-1])
    before = http("GET", "/packs").json()["used"]
    response = http("POST", "/packs/use", json={"name": "tiny"})
    assert (response.status_code, response.json()["code"]) == (503, "not_ready")
    assert http("GET", "/packs").json()["used"] == before


def test_an_unknown_job_is_not_found(http: Client) -> None:
    response = http("GET", "/packs/use/none")
    assert (response.status_code, response.json()["detail"]) == (404, "There is no change of the pack 'none'.")


def test_packs_are_for_admins(shop: Shop) -> None:
    from tonggan.catalogue.keys import Keys

    key = Keys(shop.store).create(["search", "catalogue"])[1]
    made = Client(create_app(shop, settings=ServeSettings(), host="0.0.0.0"), near="10.0.0.1")
    try:
        for method, path in (("GET", "/packs"), ("POST", "/packs/use"), ("GET", "/packs/use/none")):
            response = made(method, path, headers={"Authorization": f"Bearer {key}"})
            assert response.status_code == 403, path
    finally:
        made.close()
