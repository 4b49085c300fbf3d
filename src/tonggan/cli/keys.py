"""`keys`: who else may use the shop over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from tonggan.cli.opening import open_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.screen import out, print_json, printable, say, table

app = typer.Typer(no_args_is_help=True, help="Keys that let others use the shop over HTTP.")

Scopes = Annotated[
    list[str], typer.Option("--scope", help="search, events, catalogue or admin (repeatable).", show_default=False)
]


@app.command()
def create(
    scope: Scopes,
    *,
    name: Annotated[str, typer.Option(help="Whose key it is.")] = "",
    shop: ShopFolder = DEFAULT_SHOP,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a key. Its secret is shown this once; --quiet prints nothing else."""
    with open_shop(shop) as opened:
        key = opened.create_key([part for given in scope for part in given.split(",")], name=name)
    if as_json:
        print_json(key)
    elif quiet:
        say(key["secret"])
    else:
        say(f"Key {key['id']} for {', '.join(key['scopes'])}. Its secret is shown this once:")
        say(key["secret"])


@app.command("list")
def list_keys(shop: ShopFolder = DEFAULT_SHOP, *, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """List the valid keys."""
    with open_shop(shop) as opened:
        found = opened.list_keys()
    if as_json:
        print_json({"keys": found})
    elif found:
        shown = table("id", "name", "scopes", "made")
        for key in found:
            shown.add_row(key["id"], printable(key["name"]), ", ".join(key["scopes"]), key["created_at"])
        out().print(shown, markup=False)
    elif not quiet:
        say("There are no keys; only this machine may use the shop.")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The id that `keys list` shows.")],
    *,
    shop: ShopFolder = DEFAULT_SHOP,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a key invalid at once."""
    with open_shop(shop) as opened:
        opened.revoke_key(key_id)
    if as_json:
        print_json({"revoked": key_id})
    elif not quiet:
        say(f"Key {key_id} opens nothing any more.")
