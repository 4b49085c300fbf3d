"""`rules`: what the merchant pins, hides, raises and redirects; drafted, looked at, published, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonggan.cli.drafts import Form, add_draft_commands, read_document, show_conflicts, show_draft
from tonggan.cli.opening import Record, open_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.screen import out, print_json, printable, say, table
from tonggan.errors import ConflictError, InputError

if TYPE_CHECKING:
    from rich.table import Table

KIND = "rules"

PREVIEWED = 20
"""Results that a preview shows of each side."""

app = typer.Typer(
    no_args_is_help=True,
    help="Pins, hides, boosts, redirects and banners: a draft is edited, and goes live by publish.",
)

RuleId = Annotated[str, typer.Argument(metavar="ID", help="The id that `rules list` shows.")]
Source = Annotated[str, typer.Argument(metavar="FILE", help="JSON of one rule, or - for standard input.")]
Name = Annotated[str, typer.Option("--id", help="Id of a rule made of the options below.", show_default=False)]
Query = Annotated[str, typer.Option("--query", help="Words that the query must have.", show_default=False)]
Match = Annotated[str, typer.Option("--match", help="exact, contains or starts_with.", show_default="exact")]
Pins = Annotated[list[str] | None, typer.Option("--pin", help="A product at a place (repeatable).", metavar="ID:PLACE")]
Hides = Annotated[list[str] | None, typer.Option("--hide", help="A product to leave out (repeatable).", metavar="ID")]
Redirect = Annotated[str, typer.Option("--redirect", help="https address or path to go to.", show_default=False)]
Replace = Annotated[str, typer.Option("--replace-query", help="What to search for instead.", show_default=False)]
Filter = Annotated[str, typer.Option("--filter", help="Filter to apply.", metavar="EXPR", show_default=False)]
Since = Annotated[str, typer.Option("--from", help="2026-11-27T00:00:00+01:00", metavar="TIME", show_default=False)]
Until = Annotated[str, typer.Option("--until", help="The first moment without it.", metavar="TIME", show_default=False)]
Priority = Annotated[int, typer.Option("--priority", help="Greater ones come first.")]


@app.command("list")
def list_rules(shop: ShopFolder = DEFAULT_SHOP, *, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """List the rules of the draft, or those that are live where nothing was changed."""
    with open_shop(shop) as opened:
        record = opened.desk(KIND).draft()
    if as_json:
        print_json(record)
        return
    if record[KIND]:
        out().print(_listing(record[KIND]), markup=False)
    elif not quiet:
        say("There are no rules.")
    if not quiet:
        live = f"revision {record['published']}" if record["published"] else "nothing"
        say(f"{'A draft, not published yet' if record['is_changed'] else 'As published'}; live is {live}.")


@app.command()
def show(rule_id: RuleId, *, shop: ShopFolder = DEFAULT_SHOP, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Print one rule of the draft as JSON."""
    with open_shop(shop) as opened:
        print_json(opened.desk(KIND).show(rule_id))


@app.command()
def add(
    source: Source = "",
    *,
    name: Name = "",
    query: Query = "",
    match: Match = "",
    pin: Pins = None,
    hide: Hides = None,
    redirect: Redirect = "",
    replace_query: Replace = "",
    filter_by: Filter = "",
    since: Since = "",
    until: Until = "",
    priority: Priority = 0,
    form: Form = "",
    shop: ShopFolder = DEFAULT_SHOP,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Put a rule into the draft, from a file or from options; one with the same id is replaced.

    Example: tonggan rules add --id mugs --query mug --match contains --pin mug-red:1 --hide mug-old
    """
    actions = {
        "pins": _pins(pin or []),
        "hides": hide or [],
        "redirect": redirect,
        "replace_query": replace_query,
        "filter_by": filter_by,
    }
    written = {
        "id": name,
        "condition": _said({"query": query, "match": match}),
        "actions": _said(actions),
        "starts_at": since,
        "ends_at": until,
        "priority": priority,
    }
    with open_shop(shop) as opened:
        record = opened.desk(KIND).add(_one(source, _said(written)), form=form)
    told = "The draft has one rule more." if record["is_new"] else "The rule of that id is replaced in the draft."
    show_draft(record, told=told, as_json=as_json, is_quiet=quiet)


@app.command()
def remove(rule_id: RuleId, *, shop: ShopFolder = DEFAULT_SHOP, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Take a rule out of the draft."""
    with open_shop(shop) as opened:
        record = opened.desk(KIND).remove(rule_id)
    show_draft(record, told=f"Rule {rule_id} is out of the draft.", as_json=as_json, is_quiet=quiet)


@app.command()
def check(shop: ShopFolder = DEFAULT_SHOP, *, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Tell the conflicts of the draft; exit code 5 where there are any."""
    with open_shop(shop) as opened:
        record = opened.desk(KIND).draft()
    if as_json:
        print_json({"rules": len(record[KIND]), "conflicts": record["conflicts"]})
    else:
        show_conflicts(record["conflicts"])
        if not record["conflicts"] and not quiet:
            say(f"{len(record[KIND]):,} rules, no conflicts.")
    if record["conflicts"]:
        raise typer.Exit(ConflictError.exit_code)


@app.command()
def preview(
    words: Annotated[list[str], typer.Argument(help="What to look for.")],
    *,
    shop: ShopFolder = DEFAULT_SHOP,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show the results of a query with the rules that are live and with those of the draft, side by side."""
    asked = {"q": " ".join(words), "per_page": PREVIEWED}
    with open_shop(shop) as opened:
        live, draft = (opened.search({**asked, "rules": which}) for which in ("published", "draft"))
    if as_json:
        print_json({"q": asked["q"], "published": live, "draft": draft})
        return
    if live["hits"] or draft["hits"]:
        out().print(_side_by_side(live["hits"], draft["hits"]), markup=False)
    if not quiet:
        say(f"{live['found']:,} found as published, {draft['found']:,} with the draft.")


add_draft_commands(app, KIND)


def _one(source: str, written: Record) -> Any:
    """The rule of a file, or the one that options say."""
    if source and "id" in written:
        raise InputError(f"{source} and --id both name a rule.", remedy="Give a file or options.")
    if source:
        return read_document(source)
    if "id" not in written:
        raise InputError("No rule was given.", remedy="Name a JSON file, or --id with what it does.")
    return written


def _pins(pins: Sequence[str]) -> list[Record]:
    from tonggan.retrieve.membership import pin_places

    return [{"id": product_id, "place": place} for product_id, place in pin_places(pins)]


def _said(record: Record) -> Record:
    return {name: value for name, value in record.items() if value}


def _listing(rules: Sequence[Record]) -> Table:
    from rich.text import Text

    shown = table("id", "when", "does", "dates", "state")
    for rule in rules:
        dates = " - ".join(rule.get(name, "") for name in ("starts_at", "ends_at")).strip(" -")
        state = "on" if rule.get("is_enabled", True) else "off"
        cells = (rule["id"], _when(rule.get("condition", {})), ", ".join(rule.get("actions", {})), dates, state)
        shown.add_row(*(Text(printable(cell)) for cell in cells))
    return shown


def _when(condition: Record) -> str:
    words = f"{condition['match']} '{condition['query']}'" if "query" in condition else ""
    rest = (f"{name} {value}" for name, value in condition.items() if name not in ("match", "query"))
    return ", ".join(filter(None, [words, *rest])) or "always"


def _side_by_side(live: Sequence[Record], draft: Sequence[Record]) -> Table:
    """Both orders, row by row; the draft's side says where each product stood."""
    from rich.text import Text

    shown = table("place", "published", "draft", "was", numeric=("place", "was"))
    before = {hit["id"]: place for place, hit in enumerate(live, start=1)}
    for at in range(max(len(live), len(draft))):
        left = _title(live[at]) if at < len(live) else ""
        right = _title(draft[at]) if at < len(draft) else ""
        was = before.get(draft[at]["id"], 0) if at < len(draft) else at + 1
        moved = "" if was == at + 1 else str(was) if was else "new"
        shown.add_row(str(at + 1), *(Text(printable(cell)) for cell in (left, right, moved)))
    return shown


def _title(hit: Record) -> str:
    return f"{hit['product']['title']} ({hit['id']})"
