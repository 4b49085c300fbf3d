"""`export`, `backup` and `restore`: the shop elsewhere, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonggan.cli.opening import open_store, require_free
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.screen import print_json, say
from tonggan.errors import NotFoundError


def export(
    file: Annotated[Path, typer.Argument(help="A new .jsonl or .csv file; .gz behind it packs it.")],
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write all products to one file, also while the shop is being served."""
    from tonggan.catalogue.export import export as write

    with open_store(shop) as store:
        count = write(store, file)
    if as_json:
        print_json({"products": count, "path": str(file)})
    elif not quiet:
        say(f"Wrote {count:,} products to {file}.")


def backup(
    file: Annotated[Path, typer.Argument(help="A new .tar file.")],
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the whole shop to one tar file, also while it is being served."""
    from tonggan.catalogue.backup import backup as write

    with open_store(shop) as store:
        size = write(store, shop, file)
    if as_json:
        print_json({"bytes": size, "path": str(file)})
    elif not quiet:
        say(f"Wrote {size:,} bytes to {file}; `tonggan restore {file} --shop DIR` brings them back.")


def restore(
    file: Annotated[Path, typer.Argument(help="What `backup` wrote.")],
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    store: Annotated[str, typer.Option(help="URL of an empty database, where the shop used one.")] = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Put a backup into a new folder; everything is checked first. The index is rebuilt when the shop is opened."""
    from tonggan.catalogue.backup import restore as read

    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.", remedy="Name a file that `tonggan backup` wrote.")
    require_free(shop, action="restore")
    count = read(file, shop, store_url=store)
    if as_json:
        print_json({"products": count, "path": str(shop)})
    elif not quiet:
        say(f"Restored {count:,} products into {shop}.")
