"""`suggest`: what a shopper may be about to type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tonggan.cli.opening import Record, open_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.screen import out, print_json, printable, say, table
from tonggan.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

Prefix = Annotated[str, typer.Argument(help="What was typed so far; nothing shows what is popular.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=50, help="Suggestions at most.")]


def suggest(
    prefix: Prefix = "",
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    limit: Limit = 8,
    locale: Annotated[str, typer.Option(help="Language to prefer, zh or en.")] = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Suggest queries, categories and products for an unfinished word, also in pinyin."""
    try:
        prefix.encode()
    except UnicodeEncodeError:
        raise InputError("PREFIX is not UTF-8 text.", remedy="Use a terminal with a UTF-8 locale.") from None
    with open_shop(shop) as opened:
        answer = opened.suggest(prefix, limit=limit, locale=locale)
    if as_json:
        print_json(answer)
    elif answer["suggestions"]:
        out().print(_shown(answer["suggestions"]))
    elif not quiet:
        say("There is nothing to suggest.")


def _shown(suggestions: list[Record]) -> Table:
    from rich.text import Text

    shown = table("kind", "suggestion", "products", "in", numeric=("products",))
    for each in suggestions:
        place = each.get("path") or each.get("product_id") or ""
        text = Text(printable(each["text"]))
        for start, end in each["highlight"]:
            text.stylize("bold", start, end)
        shown.add_row(each["kind"], text, f"{each['count']:,}", Text(printable(place)))
    return shown
