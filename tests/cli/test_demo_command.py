"""`demo`: built once, served, found again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.toy_feed import Tonggan, write_feed
from tonggan.cli.demo import BUILT, FEED
from tonggan.errors import ConflictError
from tonggan.shop import Shop


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Stands in for the drawing, which takes long: writes the toy feed, and notes where."""
    folders: list[Path] = []

    def write_demo_feed(folder: Path, *, progress: Callable[[int, int], None] | None) -> Path:
        folders.append(folder)
        return write_feed(folder)

    monkeypatch.setattr("tonggan.demo.write_demo_feed", write_demo_feed)
    return folders


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Stands in for the server, which stops when it is ready; holds the port and number of products of each."""
    runs: list[tuple[int, int]] = []

    def run(shop: Shop, host: str, port: int, *, settings: object, on_ready: Callable[[str], None]) -> None:
        if runs and port == 8400:
            raise ConflictError("127.0.0.1:8400 cannot be bound: Address already in use.")
        runs.append((port, shop.store.count()))
        on_ready(f"http://{host}:{port}")

    monkeypatch.setattr("tonggan.serve.server.run", run)
    return runs


@pytest.fixture
def demo(tonggan: Tonggan, tmp_path: Path) -> Tonggan:
    tonggan.shop = tmp_path / "demo-shop"
    return tonggan


def test_the_first_call_builds_and_the_second_finds(
    demo: Tonggan, drawn: list[Path], served: list[tuple[int, int]]
) -> None:
    assert demo("demo").out == "The demo shop is at http://127.0.0.1:8400 (Ctrl-C stops).\n"
    assert json.loads(demo("demo", "--port", 0, "--json").out)["url"] == "http://127.0.0.1:0"
    assert drawn == [demo.shop / FEED]
    assert served == [(8400, 3), (0, 3)]


def test_a_taken_port_is_passed_over_unless_it_was_asked_for(
    demo: Tonggan, drawn: list[Path], served: list[tuple[int, int]]
) -> None:
    assert demo("demo").code == 0
    assert demo("demo").code == 0
    assert [port for port, _ in served] == [8400, 0]
    assert demo("demo", "--port", 8400).code == 5


def test_another_version_builds_it_anew(demo: Tonggan, drawn: list[Path], served: list[tuple[int, int]]) -> None:
    demo("demo")
    (demo.shop / FEED / BUILT).write_text("0.0.1", encoding="utf-8")
    demo("demo", "--port", 0)
    assert len(drawn) == 2


def test_a_build_that_was_cut_short_is_finished(
    demo: Tonggan, drawn: list[Path], served: list[tuple[int, int]]
) -> None:
    with Shop.open(demo.shop):
        pass
    assert demo("demo").code == 0
    assert served == [(8400, 3)]


def test_a_demo_that_is_being_served_is_found(demo: Tonggan, drawn: list[Path]) -> None:
    with Shop.open(demo.shop) as shop:
        shop.lock.announce("http://127.0.0.1:8555", token="t")
        assert "http://127.0.0.1:8555" in demo("demo").out
    assert drawn == []


def test_no_shop_gets_demo_products(tonggan: Tonggan, drawn: list[Path], served: list[tuple[int, int]]) -> None:
    ran = tonggan("demo")
    assert (ran.code, drawn, served) == (5, [], [])
    assert "is a shop of its own" in ran.err


def test_the_environment_names_no_demo_shop(
    demo: Tonggan,
    shop: Path,
    tmp_path: Path,
    drawn: list[Path],
    served: list[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TONGGAN_SHOP", str(shop))
    monkeypatch.chdir(tmp_path)
    assert demo("demo", is_on_shop=False).code == 0
    assert drawn == [Path("demo-shop") / FEED]
