"""`search`: words, a picture, products like and unlike it, stars, or any mix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonggan.cli.opening import Record, open_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.screen import out, print_json, printable, say, table
from tonggan.cli.understood import told
from tonggan.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

VALUES_SHOWN = 12
"""Values of a facet on the screen; `--json` has them all."""

Words = Annotated[list[str] | None, typer.Argument(help="What to look for; nothing browses.", show_default=False)]
Image = Annotated[Path | None, typer.Option("--image", help="A picture to look for.", metavar="FILE")]
Like = Annotated[list[str] | None, typer.Option("--like", help="More of this product (repeatable).", metavar="ID")]
Unlike = Annotated[list[str] | None, typer.Option("--unlike", help="Less of this one (repeatable).", metavar="ID")]
Stars = Annotated[float | None, typer.Option("--rating", help="About so many stars, 1 to 5.")]
Filters = Annotated[
    list[str] | None,
    typer.Option("--filter", help="'brand:=[Apple,Sony] && price:<200' (repeatable, all must hold).", metavar="EXPR"),
]
Facets = Annotated[list[str] | None, typer.Option("--facet", help="Count its values (repeatable).", metavar="FIELD")]
Sort = Annotated[list[str] | None, typer.Option("--sort", help="'price:asc' (repeatable).", metavar="EXPR")]
Undo = Annotated[
    list[str] | None,
    typer.Option("--undo", help="Do not understand this: a key such as 'price:<50', a kind, or all (repeatable)."),
]
Channel = Annotated[
    list[str] | None, typer.Option("--channel", help="Let only this one speak: words, text, image, ... (repeatable).")
]


def search(
    words: Words = None,
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    image: Image = None,
    like: Like = None,
    unlike: Unlike = None,
    rating: Stars = None,
    filters: Filters = None,
    facets: Facets = None,
    sort: Sort = None,
    page: Annotated[int, typer.Option(help="From 1.")] = 1,
    per_page: Annotated[int | None, typer.Option(help="Results on a page, up to 250.", show_default=False)] = None,
    group_by: Annotated[str, typer.Option(help="A few results for each value of a field.", metavar="FIELD")] = "",
    weights: Annotated[str, typer.Option(help="'text:0.6,image:0.4'", metavar="WEIGHTS")] = "",
    merge: Annotated[str, typer.Option(help="How channels are merged: convex or rrf.")] = "convex",
    undo: Undo = None,
    num_typos: Annotated[int, typer.Option(help="Typing errors mended per word, 0 to 2.")] = 2,
    ranker: Annotated[str, typer.Option(help="Version of a learnt ranker, or none.", metavar="ID")] = "",
    rules: Annotated[str, typer.Option(help="The shop's rules: published, draft or none.")] = "published",
    diversity: Annotated[float | None, typer.Option(help="How much results should differ, 0 to 1.")] = None,
    most_per_brand: Annotated[int | None, typer.Option(help="Leading results of one brand at most.")] = None,
    collapse_variants: Annotated[bool, typer.Option(help="One product of those that vary in colour or size.")] = False,
    channel: Channel = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each result has its score.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Search the shop."""
    parameters = {
        "q": " ".join(words or []),
        "like": like or [],
        "unlike": unlike or [],
        "rating": rating,
        "filter_by": joined_filters(filters or []),
        "facet_by": [name.strip() for given in facets or [] for name in given.split(",")],
        "sort_by": ",".join(sort or []),
        "page": page,
        "per_page": per_page,
        "group_by": group_by,
        "weights": read_weights(weights),
        "merge": merge,
        "channels": channel or [],
        "undo": undo or [],
        "num_typos": num_typos,
        "ranker": ranker,
        "rules": rules,
        "diversity": diversity,
        "most_per_brand": most_per_brand,
        "collapse_variants": collapse_variants,
        "explain": explain,
    }
    with open_shop(shop) as opened:
        answer = opened.search(given(parameters), image=image)
    if as_json:
        print_json(answer)
    else:
        _show(answer, is_explained=explain, is_quiet=quiet)


def joined_filters(filters: Sequence[str]) -> str:
    """Return one filter that holds where all of these do.

    >>> joined_filters(["a:=1 || b:=2", "price:<9"])
    '(a:=1 || b:=2) && (price:<9)'
    """
    given = [text for text in filters if text.strip()]
    return given[0] if len(given) == 1 else " && ".join(f"({text})" for text in given)


def read_weights(text: str) -> dict[str, float]:
    """Return weights by name; InputError where one is no number.

    >>> read_weights("text:0.6, image:0.4")
    {'text': 0.6, 'image': 0.4}
    """
    weights: dict[str, float] = {}
    for part in filter(None, (item.strip() for item in text.split(","))):
        name, _, number = part.partition(":")
        try:
            weights[name.strip()] = float(number)
        except ValueError:
            raise InputError(f"'{part}' is no weight.", remedy="Write --weights text:0.6,image:0.4.") from None
    return weights


def given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that say something, all of them text that can be sent."""
    said = {name: value for name, value in parameters.items() if value is not None and value is not False}
    said = {name: value for name, value in said.items() if value not in ("", [], {})}
    for name, value in said.items():
        try:
            str(value).encode()
        except UnicodeEncodeError:
            raise InputError(f"{name} is not UTF-8 text.", remedy="Use a terminal with a UTF-8 locale.") from None
    return said


def _show(answer: Record, *, is_explained: bool, is_quiet: bool) -> None:
    if answer["hits"]:
        out().print(_hits(answer["hits"], is_explained=is_explained))
    for field, counts in answer["facets"].items():
        say(f"{field}: {_counts(counts)}")
    if is_quiet:
        return
    for line in told(answer, is_explained=is_explained):
        say(line)
    milliseconds = sum(answer["timings_ms"].values())
    pages = -(-answer["found"] // answer["per_page"]) if answer["per_page"] else 1
    say(f"{answer['found']:,} found, page {answer['page']} of {max(pages, 1):,}, {milliseconds:.1f} ms.")
    if answer["degraded"]:
        say(f"Answered without: {', '.join(answer['degraded'])}.")


def _hits(hits: Sequence[Record], *, is_explained: bool) -> Table:
    from rich.text import Text

    shown = table("score", "title", "price", "stars", "id", numeric=("score", "price", "stars"))
    if is_explained:
        shown.add_column("why")
    for hit in hits:
        product = hit["product"]
        cells = [f"{hit['score']:.3f}", product["title"], _price(product), _stars(product), hit["id"]]
        cells += [_why(hit["reasons"])] if is_explained else []
        shown.add_row(*(Text(printable(cell)) for cell in cells))
    return shown


def _price(product: Record) -> str:
    from tonggan.catalogue.money import major_text
    from tonggan.records import Money

    return major_text(Money(**product["price"])) if "price" in product else ""


def _stars(product: Record) -> str:
    rating = product.get("rating")
    return f"{rating['mean']:.1f} ({rating['count']:,})" if rating else ""


def _why(reasons: Record) -> str:
    return " + ".join(f"{channel} {reason['contribution']:.3f}" for channel, reason in reasons.items())


def _counts(counts: Mapping[str, int]) -> str:
    shown = [f"{printable(value)} {count:,}" for value, count in list(counts.items())[:VALUES_SHOWN]]
    more = len(counts) - len(shown)
    return " · ".join(shown) + (f" · {more:,} more" if more > 0 else "")
