"""`serve`: the shop over HTTP, until it is stopped."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from tonggan.cli.opening import require_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.screen import print_json, say

Port = Annotated[int | None, typer.Option("--port", help="Port; 0 takes a free one.", show_default="8400")]
Host = Annotated[str | None, typer.Option("--host", help="Address to bind to.", show_default="127.0.0.1")]


def serve(
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    port: Port = None,
    host: Host = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Serve the shop over HTTP, with a page to search it; Ctrl-C stops it gracefully.

    Commands on a shop that is being served go through its server. --json prints one line once it answers.
    """
    import sys

    from tonggan.serve import ServeSettings
    from tonggan.serve.server import run
    from tonggan.settings import read_settings
    from tonggan.shop import Shop

    require_shop(shop)
    overrides = {name: value for name, value in (("port", port), ("host", host)) if value is not None}
    settings = read_settings(ServeSettings, shop / "shop.toml", section="serve", environ=os.environ, **overrides)

    def tell(url: str) -> None:
        if as_json:
            print_json({"url": url, "pid": os.getpid(), "shop": str(shop)})
        elif not quiet:
            say(f"Serving {shop} at {url} (Ctrl-C stops).")
        sys.stdout.flush()

    with Shop.open(shop, environ=os.environ) as opened:
        run(opened, settings.host, settings.port, settings=settings, on_ready=tell)
