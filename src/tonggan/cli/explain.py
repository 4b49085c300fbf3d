"""`explain`: why a product is where it is in the answer to a search, or why it is not in it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonggan.cli.opening import Record, open_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.screen import out, print_json, printable, say, table
from tonggan.cli.search import Filters, Image, Like, Sort, Stars, Undo, Unlike, Words, given, joined_filters
from tonggan.cli.understood import told
from tonggan.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

FEATURES_SHOWN = 12
"""Features of the ranker on the screen; `--json` has them all."""

Product = Annotated[str, typer.Option("--product", help="The product in question.", metavar="ID", show_default=False)]
Heat = Annotated[
    Path | None, typer.Option("--heat", help="Draw which region of the picture mattered.", metavar="FILE.png")
]


def explain(
    words: Words = None,
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    product: Product,
    image: Image = None,
    heat: Heat = None,
    like: Like = None,
    unlike: Unlike = None,
    rating: Stars = None,
    filters: Filters = None,
    sort: Sort = None,
    group_by: Annotated[str, typer.Option(help="A few results for each value of a field.", metavar="FIELD")] = "",
    undo: Undo = None,
    ranker: Annotated[str, typer.Option(help="Version of a learnt ranker, or none.", metavar="ID")] = "",
    rules: Annotated[str, typer.Option(help="The shop's rules: published, draft or none.")] = "published",
    locale: Annotated[str, typer.Option(help="Language of the reasons, zh or en; that of the words if empty.")] = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say why a product is a result of a search and at which place, or why it is none."""
    parameters = {
        "q": " ".join(words or []),
        "product_id": product,
        "occlusion": heat is not None,
        "like": like or [],
        "unlike": unlike or [],
        "rating": rating,
        "filter_by": joined_filters(filters or []),
        "sort_by": ",".join(sort or []),
        "group_by": group_by,
        "undo": undo or [],
        "ranker": ranker,
        "rules": rules,
        "locale": locale,
    }
    with open_shop(shop) as opened:
        explained = opened.explain(given(parameters), image=image)
    if heat is not None:
        _draw(explained, heat)
    if as_json:
        print_json(explained)
    else:
        _show(explained, is_quiet=quiet)


def _draw(explained: Record, path: Path) -> None:
    if not explained["heat"]:
        raise InputError("There is no map: the product is not in the index.", remedy="Leave out --heat.")
    try:
        path.write_bytes(base64.b64decode(explained["heat"].partition(",")[2]))
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.", remedy="Name another file.") from error


def _show(explained: Record, *, is_quiet: bool) -> None:
    title = printable(explained["product"]["title"])
    if explained["is_result"]:
        say(
            f"{title}: place {explained['place']:,} of {explained['found']:,}, page {explained['page']:,}, "
            f"score {explained['score']:.3f}."
        )
    else:
        say(f"{title}: no result; {explained['found']:,} others are.")
    for line in () if is_quiet else _understood(explained):
        say(line)
    for obstacle in explained["obstacles"]:
        say(f"- {printable(obstacle['reason'])} {printable(obstacle['remedy'])}")
    if explained["why"]:
        say(f"Why: {printable('; '.join(explained['why']))}.")
    for shown in _tables(explained):
        out().print(shown)
    if explained["occlusion"]:
        seen = explained["occlusion"]
        say(f"Picture: similarity {seen['similarity']:.3f}; its most telling region takes {seen['drop']:.3f} away.")


def _understood(explained: Record) -> Iterator[str]:
    nothing = {"relaxed": [], "readings": [], "is_doubtful": False, "redirect": ""}
    return told({**nothing, **explained}, is_explained=False)


def _tables(explained: Record) -> Iterator[Table]:
    if explained["words"]:
        yield _words(explained["words"])
    if explained["merge"]:
        yield _merge(explained)
    if explained["ranker"]:
        yield _ranker(explained["ranker"])
    if explained["leader"]:
        yield _leader(explained["leader"])


def _words(words: list[Record]) -> Table:
    shown = table("word", "in", "instead", "products", "rarity", "share", numeric=("products", "rarity", "share"))
    for each in words:
        cells = (each["word"], ", ".join(each["fields"]) or "-", ", ".join(each["instead"]))
        numbers = (f"{each['products']:,}", f"{each['rarity']:.2f}", f"{each['share']:.0%}")
        shown.add_row(*_texts(*cells), *numbers)
    return shown


def _merge(explained: Record) -> Table:
    names = ("score", "normalized", "weight", "contribution")
    shown = table("channel", *names, numeric=names)
    for channel, part in explained["merge"].items():
        shown.add_row(*_texts(channel), *(f"{part[name]:.3f}" for name in names))
    shown.add_row("merged", "", "", "", f"{explained['merged']:.3f}")
    if explained["boost"] != 1.0:
        shown.add_row("rules multiply by", "", "", "", f"{explained['boost']:.3f}")
    return shown


def _ranker(ranker: Record) -> Table:
    shown = table(f"ranker {printable(ranker['version'])}", "value", "contribution", numeric=("value", "contribution"))
    shown.add_row("base", "", f"{ranker['base']:+.3f}")
    for part in ranker["contributions"][:FEATURES_SHOWN]:
        value = "" if part["value"] is None else f"{part['value']:.3f}"
        shown.add_row(*_texts(part["name"]), value, f"{part['contribution']:+.3f}")
    rest = sum(part["contribution"] for part in ranker["contributions"][FEATURES_SHOWN:])
    shown.add_row("all others", "", f"{rest:+.3f}")
    shown.add_row("score", "", f"{ranker['score']:+.3f}")
    return shown


def _leader(leader: Record) -> Table:
    shown = table(f"ahead: {printable(leader['product_id'])}", "by", numeric=("by",))
    for gap in leader["gaps"]:
        shown.add_row(*_texts(gap["name"]), f"{gap['difference']:.3f}")
    return shown


def _texts(*cells: str) -> Iterator[Text]:
    from rich.text import Text

    return (Text(printable(cell)) for cell in cells)
