"""A real server: binds, announces itself, stops gracefully; and a real browser, where there is one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serve.pretend_shop import ToyShop
from tonggan.errors import ConflictError, InputError
from tonggan.serve.server import bind, build_server

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture
def url(shop: ToyShop) -> Iterator[str]:
    ready = threading.Event()
    server = build_server(shop, "127.0.0.1", 0, on_ready=lambda _: ready.set())  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run)
    thread.start()
    assert ready.wait(20)
    yield shop.lock.announced[0][0]
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def test_a_server_on_port_0_announces_where_it_is_and_a_token_that_opens_it(url: str, shop: ToyShop) -> None:
    (announced, token), *_ = shop.lock.announced
    assert announced == url
    assert httpx.get(f"{url}/search?q=red").json()["found"] == 2
    assert httpx.get(f"{url}/keys", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert httpx.get(f"{url}/keys", headers={"Authorization": f"Bearer {token[:-1]}"}).status_code == 401


def test_a_server_takes_its_announcement_back_when_it_stops(shop: ToyShop) -> None:
    def stop(_: str) -> None:
        server.should_exit = True

    server = build_server(shop, "127.0.0.1", 0, on_ready=stop)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run)
    thread.start()
    thread.join(20)
    assert shop.lock.announced[-1] == ("", "")


def test_an_upload_over_a_real_connection_is_cut_at_the_limit(url: str) -> None:
    response = httpx.post(f"{url}/search", files={"image": ("a.jpg", b"\xff\xd8\xff" + bytes(21 * 1024 * 1024))})
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_taken_port_is_a_conflict() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConflictError, match="cannot be bound"):
        bind("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("no such host", 80)])
def test_what_is_no_address_is_refused(host: str, port: int) -> None:
    with pytest.raises(InputError):
        bind(host, port)


def test_a_bind_to_others_without_keys_is_refused_before_anything_is_bound(shop: ToyShop) -> None:
    with pytest.raises(InputError, match="it has no keys"):
        build_server(shop, "0.0.0.0", 0)  # type: ignore[arg-type]


def test_a_browser_shows_products_and_no_markup_of_theirs(url: str, shop: ToyShop, tmp_path: Path) -> None:
    shop.rename("mug-red", "<img src=x onerror=\"document.title='broken in'\"> red mug</li></ul>")
    page = in_browser(f"{url}/?lang=en&q=red", tmp_path)
    assert "2 results" in page
    assert "&lt;img src=x onerror=" in page
    assert "broken in</title>" not in page
    assert "red dress" in page
    assert "€10.00" in page
    assert page.count('class="card"') == 2


def test_a_browser_shows_the_page_in_chinese(url: str, tmp_path: Path) -> None:
    page = in_browser(f"{url}/?lang=zh&q=nothing-like-it", tmp_path)
    assert "没有结果" in page
    assert "没有找到商品" in page


def in_browser(url: str, folder: Path) -> str:
    """The page as a browser sees it once its module has run."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no Chromium here: install one to see the page run")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --disable-dev-shm-usage --virtual-time-budget=6000 --dump-dom"
    )
    done = subprocess.run(
        [browser, *flags.split(), f"--user-data-dir={folder / 'profile'}", url],
        capture_output=True, text=True, timeout=120, env={**os.environ, "HOME": str(folder)}, check=True,
    )  # fmt: skip
    return done.stdout
