"""Commands on a shop that a server holds go through that server."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from cli.toy_feed import PATIENCE_SECONDS, Server, Tonggan, serving, write_feed
from tonggan.catalogue.lock import LOCK_FILE, WriterLock, holder
from tonggan.cli.remote import CLASSES
from tonggan.serve.problems import TITLES


@pytest.fixture
def server(shop: Path) -> Iterator[Server]:
    with serving(shop) as server:
        yield server


def test_search_import_and_keys_go_through_the_server(tonggan: Tonggan, server: Server, tmp_path: Path) -> None:
    feed = write_feed(tmp_path)
    feed.write_text(feed.read_text(encoding="utf-8") + "mug-gold,Gold mug,9 USD,Lumo,,,gold\n", encoding="utf-8")
    report = tonggan("import", feed, "--json").record
    assert [report[name] for name in ("accepted", "updated", "unchanged", "refused")] == [1, 0, 3, 1]
    assert str(tonggan.shop / "refused.csv") in tonggan("import", feed).out
    assert httpx.get(f"{server.url}/search", params={"q": "gold"}).json()["hits"][0]["id"] == "mug-gold"
    assert tonggan("search", "gold", "--json").record["hits"][0]["id"] == "mug-gold"
    key = tonggan("keys", "create", "--scope", "search", "--json").record
    assert [each["id"] for each in tonggan("keys", "list", "--json").record["keys"]] == [key["id"]]
    assert tonggan("keys", "revoke", key["id"]).code == 0
    assert tonggan("keys", "list", "--json").record == {"keys": []}


def test_an_answer_is_the_same_with_and_without_a_server(tonggan: Tonggan, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (200, 30, 40)).save(tmp_path / "photo.png")
    asked = [
        "search",
        "red",
        "--image",
        tmp_path / "photo.png",
        "--facet",
        "brand",
        "--filter",
        "price:>1",
        "--explain",
    ]
    alone = tonggan(*asked, "--json").record
    with serving(tonggan.shop):
        served = tonggan(*asked, "--json").record
    for answer in (alone, served):
        answer.pop("query_id")
        answer.pop("timings_ms")
    assert served == alone


def test_failures_of_the_server_are_those_of_the_shop(tonggan: Tonggan, server: Server) -> None:
    assert tonggan("search", "--like", "none", "--json").error["code"] == "not_found"
    assert tonggan("search", "--filter", "brand:=").code == 2
    assert tonggan("keys", "revoke", "none").code == 4
    assert tonggan("import", tonggan.shop / "shop.exe").code == 4


def test_reading_goes_on_beside_the_server(tonggan: Tonggan, server: Server, tmp_path: Path) -> None:
    assert tonggan("export", tmp_path / "all.jsonl", "--json").record["products"] == 3
    assert tonggan("backup", tmp_path / "all.tar").code == 0
    found = tonggan("doctor", "--json").record
    assert (found["sound"], found["held_by"]) == (True, {"pid": server.pid, "url": server.url})


@pytest.mark.parametrize("command", [["doctor", "--repair"], ["restore", "all.tar"]])
def test_what_needs_the_shop_alone_names_the_process(
    tonggan: Tonggan, server: Server, tmp_path: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "all.tar").touch()
    ran = tonggan(*command)
    assert ran.code == 5
    assert f"process {server.pid} (the server at {server.url})" in ran.err
    assert ran.err.splitlines()[1] == f"Stop it (kill {server.pid}) and try again."


def test_a_shop_is_served_once(tonggan: Tonggan, server: Server) -> None:
    ran = tonggan("serve", "--port", 0)
    assert ran.code == 5
    assert f"process {server.pid} (a server at {server.url})" in ran.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_stopped_ends_well_and_lets_go(tonggan: Tonggan, server: Server, number: int) -> None:
    assert server.stop(number) == 0
    assert server.process.stderr is not None
    assert server.process.stderr.read() == ""
    assert holder(tonggan.shop) is None


def test_a_server_that_was_killed_does_not_stand_in_the_way(tonggan: Tonggan, server: Server) -> None:
    server.stop(signal.SIGKILL)
    assert server.url in (tonggan.shop / LOCK_FILE).read_text(encoding="utf-8")
    assert tonggan("search", "mug", "--json").record["found"] > 0
    assert tonggan("doctor", "--json").record["held_by"] is None


def test_a_server_that_does_not_answer_is_named(tonggan: Tonggan) -> None:
    with WriterLock.acquire(tonggan.shop) as lock:
        lock.announce("http://127.0.0.1:9", token="none")
        error = tonggan("search", "mug", "--json").error
    assert error["code"] == "not_ready"
    assert f"The server at http://127.0.0.1:9 (process {os.getpid()}) does not answer" in error["message"]


def test_another_command_that_writes_is_named(tonggan: Tonggan, tmp_path: Path) -> None:
    with WriterLock.acquire(tonggan.shop):
        ran = tonggan("import", write_feed(tmp_path))
    assert ran.code == 5
    assert f"process {os.getpid()}" in ran.err


def test_a_server_open_to_others_with_a_name_of_its_own_still_answers_here(tonggan: Tonggan) -> None:
    tonggan("keys", "create", "--scope", "search")
    (tonggan.shop / "shop.toml").write_text('[serve]\nallowed_hosts = "shop.example"\n', encoding="utf-8")
    with serving(tonggan.shop, "--host", "0.0.0.0") as server:
        assert tonggan("search", "mug", "--json").record["found"] > 0
        assert httpx.get(f"{server.url}/search", timeout=PATIENCE_SECONDS).status_code == 401


def test_no_proxy_stands_between_a_command_and_its_server(
    tonggan: Tonggan, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert tonggan("search", "mug", "--json").record["found"] > 0


def test_every_problem_of_a_server_has_a_class() -> None:
    assert set(TITLES) <= set(CLASSES)
