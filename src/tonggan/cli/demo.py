"""`demo`: a shop to try, built once, served and opened in the browser."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonggan import __version__
from tonggan.cli.options import AsJson, Quiet
from tonggan.cli.progress import counting, importing
from tonggan.cli.screen import print_json, say
from tonggan.errors import ConflictError

if TYPE_CHECKING:
    from tonggan.shop import Shop

FEED = "feed"
"""Folder of the demo feed in the demo shop."""

BUILT = "built.txt"
"""Stands in the feed's folder once all of it is in the shop, and names the version that built it."""

DemoFolder = Annotated[Path, typer.Option("--shop", help="Folder of the demo shop.", metavar="DIR")]


def demo(
    shop: DemoFolder = Path("demo-shop"),
    *,
    port: Annotated[
        int | None, typer.Option(help="Port; 0 takes a free one.", show_default="8400 or a free one")
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the browser.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Build a shop of drawn products in Chinese and English, serve it and open it; the next time it is there already.

    It has a folder of its own, whatever TONGGAN_SHOP says, so that no shop gets demo products.
    """
    from tonggan.catalogue.lock import holder

    is_opened = not no_open and sys.stdout.isatty()

    def tell(url: str) -> None:
        if as_json:
            print_json({"url": url, "pid": os.getpid(), "shop": str(shop)})
        elif not quiet:
            say(f"The demo shop is at {url} (Ctrl-C stops).")
        sys.stdout.flush()
        if is_opened:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    _refuse_other_shop(shop)
    server = holder(shop)
    if server is not None and server.url:
        tell(server.url)
    else:
        _serve(shop, port=port, tell=tell, is_quiet=quiet or as_json)


def build(shop: Shop, *, is_quiet: bool = False) -> bool:
    """Draw the demo products and take them in, unless this version did so before; true when there was work to do."""
    from tonggan.demo import write_demo_feed

    folder = shop.folder / FEED
    built = folder / BUILT
    if built.is_file() and built.read_text(encoding="utf-8") == __version__:
        return False
    folder.mkdir(exist_ok=True)
    with counting("drawing products", unit="pictures", is_quiet=is_quiet) as counter:
        feed = write_demo_feed(folder, progress=counter)
    with importing(is_quiet=is_quiet) as listener:
        shop.ingest(feed, progress=listener)
    built.write_text(__version__, encoding="utf-8")
    return True


def _refuse_other_shop(folder: Path) -> None:
    from tonggan.cli.opening import is_shop, open_store

    if not is_shop(folder) or (folder / FEED).is_dir():
        return
    with open_store(folder) as store:
        count = store.count()
    if count:
        raise ConflictError(
            f"{folder} is a shop of its own, of {count:,} products.",
            remedy="Name another folder for the demo shop with --shop.",
        )


def _serve(folder: Path, *, port: int | None, tell: Callable[[str], None], is_quiet: bool) -> None:
    from tonggan.serve import ServeSettings
    from tonggan.serve.server import run
    from tonggan.settings import read_settings
    from tonggan.shop import Shop

    overrides = {} if port is None else {"port": port}
    settings = read_settings(ServeSettings, folder / "shop.toml", section="serve", environ=os.environ, **overrides)
    with Shop.open(folder, environ=os.environ) as shop:
        build(shop, is_quiet=is_quiet)
        try:
            run(shop, settings.host, settings.port, settings=settings, on_ready=tell)
        except ConflictError:
            if port is not None:
                raise
            run(shop, settings.host, 0, settings=settings, on_ready=tell)
