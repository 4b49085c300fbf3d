"""One uvicorn process for one shop: binds, announces itself to the owner's command line, stops gracefully."""

from __future__ import annotations

import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from tonggan.errors import ConflictError, InputError
from tonggan.serve import ServeSettings
from tonggan.serve.access import check_bind
from tonggan.settings import read_settings

if TYPE_CHECKING:
    import uvicorn

    from tonggan.shop import Shop

OnReady: TypeAlias = Callable[[str], None]
"""Called with the URL of the server."""

GRACE_SECONDS = 10
"""How long a stop waits for requests that run; longer than the default deadline would let them take is no use."""

KEEP_ALIVE_SECONDS = 30

BACKLOG = 512

LAST_PORT = 65_535


def run(
    shop: Shop,
    host: str,
    port: int,
    *,
    settings: ServeSettings | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` gets the URL once connections are taken. Port 0 chooses a free one.

    Without `settings` those of the shop's folder hold. Raises InputError for an address that is not this machine's, or
    open to others without a key; ConflictError when the port is taken.
    """
    server = build_server(shop, host, port, settings=settings, on_ready=on_ready)
    with _signals_only_stop():
        server.run()


def build_server(
    shop: Shop,
    host: str,
    port: int,
    *,
    settings: ServeSettings | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> uvicorn.Server:
    """A server that is bound already; its `run` serves."""
    import uvicorn

    from tonggan.serve.app import create_app
    from tonggan.serve.uploads import forget_uploads

    settings = settings or read_settings(ServeSettings, shop.folder / "shop.toml", section="serve")
    forget_uploads(shop.folder)
    _check_keys(shop, host)
    bound = bind(host, port)
    token = secrets.token_urlsafe(32)
    url = url_of(host, bound.getsockname()[1])
    app = create_app(shop, settings=settings, host=host, local_token=token)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return _announcing_server(
        config,
        bound,
        arrive=partial(_announce, shop, url, token, on_ready),
        leave=partial(shop.lock.announce, "", token=""),
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening-ready socket; InputError or ConflictError when the address cannot be had."""
    if not 0 <= port <= LAST_PORT:
        raise InputError(f"There is no port {port}.", remedy=f"Use 1 to {LAST_PORT}, or 0 for a free one.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise InputError(f"{host!r} is no address of this machine: {error}.", remedy="Use 127.0.0.1.") from None
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise ConflictError(
            f"{host}:{port} cannot be bound: {error.strerror}.", remedy="Choose another with --port, or 0."
        ) from None
    return bound


def url_of(host: str, port: int) -> str:
    """The address to type on this machine.

    >>> url_of("0.0.0.0", 8400), url_of("::1", 80)
    ('http://127.0.0.1:8400', 'http://[::1]:80')
    """
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _check_keys(shop: Shop, host: str) -> None:
    from tonggan.catalogue.keys import Keys

    check_bind(host, has_keys=bool(Keys(shop.store).list()))


def _announce(shop: Shop, url: str, token: str, on_ready: OnReady | None) -> None:
    shop.lock.announce(url, token=token)
    if on_ready is not None:
        on_ready(url)


@contextmanager
def _signals_only_stop() -> Iterator[None]:
    """Keep the process alive after a graceful stop, so that the shop can be closed.

    uvicorn raises the signal that stopped it once more when it is done, for whoever handled it before.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _announcing_server(
    config: uvicorn.Config, bound: socket.socket, *, arrive: Callable[[], None], leave: Callable[[], None]
) -> uvicorn.Server:
    """A uvicorn server on a socket that is bound already; it announces itself once it listens, until it stops."""
    import uvicorn

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=[bound])
            if self.started:
                arrive()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            leave()
            await super().shutdown(sockets=[bound])

    return Announcing(config)
