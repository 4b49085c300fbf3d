"""`synonyms`: words that the merchant's shoppers mean the same by; drafted, published, taken back."""

from __future__ import annotations

from typing import Annotated

import typer

from tonggan.cli.drafts import add_draft_commands, show_draft
from tonggan.cli.opening import open_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.screen import out, print_json, printable, say, table

KIND = "synonyms"

app = typer.Typer(no_args_is_help=True, help="Words that mean the same: a draft is edited, and goes live by publish.")

Words = Annotated[list[str], typer.Argument(metavar="WORDS...", help="Two or more; with --root, one or more.")]
SynonymId = Annotated[str, typer.Argument(metavar="ID", help="The id that `synonyms list` shows.")]


@app.command("list")
def list_synonyms(shop: ShopFolder = DEFAULT_SHOP, *, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """List the synonyms of the draft, or those that are live where nothing was changed."""
    with open_shop(shop) as opened:
        record = opened.desk(KIND).draft()
    if as_json:
        print_json(record)
        return
    if record[KIND]:
        shown = table("id", "root", "synonyms", "locale")
        for each in record[KIND]:
            cells = (each["id"], each.get("root", ""), ", ".join(each["synonyms"]), each.get("locale", ""))
            shown.add_row(*(printable(cell) for cell in cells))
        out().print(shown, markup=False)
    elif not quiet:
        say("There are no synonyms.")
    if not quiet:
        live = f"revision {record['published']}" if record["published"] else "nothing"
        say(f"{'A draft, not published yet' if record['is_changed'] else 'As published'}; live is {live}.")


@app.command()
def add(
    words: Words,
    *,
    name: Annotated[str, typer.Option("--id", help="Its id; the first word when left out.", show_default=False)] = "",
    root: Annotated[str, typer.Option(help="Only this word means the others too.", show_default=False)] = "",
    locale: Annotated[str, typer.Option(help="Only for requests of this language.", show_default=False)] = "",
    shop: ShopFolder = DEFAULT_SHOP,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Put words that mean the same into the draft; those with the same id are replaced."""
    synonym = {"id": name or root or words[0], "synonyms": list(words), "root": root, "locale": locale}
    with open_shop(shop) as opened:
        record = opened.desk(KIND).add(synonym)
    told = "The draft has one synonym more." if record["is_new"] else "The synonym of that id is replaced in the draft."
    show_draft(record, told=told, as_json=as_json, is_quiet=quiet)


@app.command()
def remove(
    synonym_id: SynonymId, *, shop: ShopFolder = DEFAULT_SHOP, as_json: AsJson = False, quiet: Quiet = False
) -> None:
    """Take a synonym out of the draft."""
    with open_shop(shop) as opened:
        record = opened.desk(KIND).remove(synonym_id)
    show_draft(record, told=f"Synonym {synonym_id} is out of the draft.", as_json=as_json, is_quiet=quiet)


add_draft_commands(app, KIND)
