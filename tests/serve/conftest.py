"""A toy shop behind the real application, reached over an in-process connection."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from serve.pretend_shop import ToyShop
from tonggan.serve import ServeSettings
from tonggan.serve.app import create_app


class Client:
    """httpx on an event loop of its own thread; one request or several at once."""

    def __init__(self, app: Any, *, base_url: str = "http://127.0.0.1:8400", near: str = "127.0.0.1") -> None:
        self.app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        transport = httpx.ASGITransport(app, client=(near, 50_000))
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url, timeout=150)

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._await(self._client.request(method, path, **options))

    def begin(self, method: str, path: str, **options: Any) -> Any:
        """The same without waiting: a future of the response."""
        return asyncio.run_coroutine_threadsafe(self._client.request(method, path, **options), self._loop)

    def close(self) -> None:
        self._await(self._client.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.app.state.service.close()

    def _await(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(150)


Connect = Callable[..., Client]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ToyShop]:
    from tonggan.catalogue.store import SqlStore

    store = SqlStore(tmp_path / "store.db")
    yield ToyShop(tmp_path, store=store)
    store.close()


@pytest.fixture
def connect(shop: ToyShop) -> Iterator[Connect]:
    """Make a client of the toy shop, with settings by name."""
    clients: list[Client] = []

    def make(
        *, host: str = "127.0.0.1", token: str = "", client: dict[str, Any] | None = None, **settings: Any
    ) -> Client:
        app = create_app(shop, settings=ServeSettings(**settings), host=host, local_token=token)  # type: ignore[arg-type]
        clients.append(Client(app, **(client or {})))
        return clients[-1]

    yield make
    for made in clients:
        made.close()


@pytest.fixture
def http(connect: Connect) -> Client:
    return connect()
