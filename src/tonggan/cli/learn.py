"""`learn`: what a shop learns from its own products, measured before and after, and taken back at will."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonggan.cli.learn_pack import pack
from tonggan.cli.learn_rank import rank
from tonggan.cli.learn_tune import tune
from tonggan.cli.opening import require_free, require_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Quiet, ShopFolder
from tonggan.cli.progress import counting
from tonggan.cli.screen import out, print_json, printable, say, table
from tonggan.errors import InputError

if TYPE_CHECKING:
    from tonggan.learn.own_catalogue import ShopAlignment
    from tonggan.shop.packs import PackVersion

app = typer.Typer(no_args_is_help=True, help="Learn from the shop's own products, photos and shoppers.")

app.command()(pack)
app.command()(rank)
app.command()(tune)

STAGES = (0, 1)

SHOWN_DIGITS = 12
"""Digits of a version that tell it apart, for people."""

PairFile = Annotated[
    Path | None,
    typer.Option("--pairs", help="CSV or TSV: image,product_id or image,text; the photos beside it.", metavar="FILE"),
]


@app.callback()
def learn() -> None:
    """Learn from the shop's own products, photos and shoppers."""


@app.command()
def align(
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    pairs: PairFile = None,
    stage: Annotated[int, typer.Option(help="0: linear, seconds; 1: residual heads too, needs torch.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed and shop give the same weights.")] = 0,
    use: Annotated[str, typer.Option("--use", help="Go back to a version that --versions lists.", metavar="ID")] = "",
    versions: Annotated[bool, typer.Option("--versions", help="List the versions that can be gone back to.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Bring words and pictures, and photos and pictures, nearer; used only if held-out products say it is better."""
    require_shop(shop)
    if versions:
        _list_versions(shop, as_json=as_json, quiet=quiet)
        return
    require_free(shop, action="learn align")
    if use:
        _go_back(shop, use, as_json=as_json, quiet=quiet)
        return
    if stage not in STAGES:
        raise InputError(f"There is no stage {stage}; known: 0, 1.", remedy="Leave --stage out for both.")
    found = _learnt(shop, pairs, stage=stage, seed=seed, is_quiet=quiet or as_json)
    if as_json:
        print_json(found.as_json())
        return
    for comparison in found.as_json()["comparisons"]:
        _print_comparison(comparison, is_quiet=quiet)
    if not quiet:
        for remark in found.remarks:
            say(printable(remark))
        say(_told(found))


def _learnt(shop: Path, pairs: Path | None, *, stage: int, seed: int, is_quiet: bool) -> ShopAlignment:
    from tonggan.learn.own_catalogue import align_shop
    from tonggan.learn.pair_file import read_pairs
    from tonggan.shop import Shop

    photos = read_pairs(pairs) if pairs is not None else []
    with Shop.open(shop, environ=os.environ) as opened, counting("learning", is_quiet=is_quiet) as counter:
        return align_shop(
            opened, photos=photos, stage=stage, seed=seed,
            listener=lambda _, done, total: counter(done, total) if counter else None,
        )  # fmt: skip


def _list_versions(shop: Path, *, as_json: bool, quiet: bool) -> None:
    from tonggan.shop.layout import Layout
    from tonggan.shop.packs import ShopPacks

    found = ShopPacks(Layout(shop).packs).versions()
    if as_json:
        print_json({"versions": [asdict(version) for version in found]})
    elif found:
        out().print(_version_table(found))
    elif not quiet:
        say("The shop has no version yet; import some products first.")


def _version_table(found: Sequence[PackVersion]) -> Any:
    shown = table("version", "made", "words to pictures, R@10", "photo to picture, top 1", "used")
    for version in found:
        shown.add_row(
            version.version[:SHOWN_DIGITS],
            version.made_at,
            _figure(version.measures, "text_to_image_recall_at_10"),
            _figure(version.measures, "photo_top_1"),
            "yes" if version.is_used else "",
        )
    return shown


def _figure(measures: Mapping[str, float], name: str) -> str:
    return f"{measures[name]:.3f}" if name in measures else ""


def _go_back(shop: Path, version: str, *, as_json: bool, quiet: bool) -> None:
    from tonggan.shop import Shop

    with Shop.open(shop, environ=os.environ) as opened:
        senses = opened.projection.packs.open(version)
        opened.projection.change(senses)
    if as_json:
        print_json({"version": senses.fingerprint})
    elif not quiet:
        say(f"{shop} uses version {senses.fingerprint[:SHOWN_DIGITS]} now.")


def _print_comparison(told: Mapping[str, Any], *, is_quiet: bool) -> None:
    shown = table(told["what"], "measure", "mean", "95 %", "gain over the present", numeric=("mean", "95 %"))
    measures = list(next(iter(told["rows"].values())))
    for measure in measures:
        for name, figures in told["rows"].items():
            figure, gain = figures[measure], figures[measure]["gain"]
            mark = f"{name} *" if name == told["used"] else name
            change = "" if name == told["present"] else f"{gain['mean']:+.3f} ({gain['low']:+.3f}..{gain['high']:+.3f})"
            shown.add_row(mark, measure, f"{figure['mean']:.3f}", f"{figure['low']:.3f}..{figure['high']:.3f}", change)
        shown.add_section()
    out().print(shown)
    if not is_quiet:
        say(f"{told['queries']:,} held-out queries among {told['pool']:,}; 95 %: bootstrap. * is used from now on.")
        say(told["reason"])


def _told(found: ShopAlignment) -> str:
    if found.version == found.previous:
        return "The shop answers as before."
    back = f"tonggan learn align --use {found.previous[:SHOWN_DIGITS]}"
    return f"Version {found.version[:SHOWN_DIGITS]} is used from now on; to go back: {back}"
