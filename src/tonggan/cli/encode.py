"""`encode`: look at pictures and texts now, with all the power there is, so that nothing has to wait for it later."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from tonggan.cli.opening import Record, on_device, require_free, require_shop
from tonggan.cli.options import DEFAULT_SHOP, AsJson, Batch, Device, Quiet, ShopFolder
from tonggan.cli.progress import importing
from tonggan.cli.screen import print_json, say

if TYPE_CHECKING:
    from tonggan.shop import EncodeReport


def encode(
    shop: ShopFolder = DEFAULT_SHOP,
    *,
    pack: Annotated[str, typer.Option(help="A pack to be used later; the one in use where none is named.")] = "",
    modality: Annotated[str, typer.Option(help="image or text; both where none is named.")] = "",
    ray: Annotated[bool, typer.Option("--ray", help="Spread it over a Ray cluster, or the cores of this machine.")] = (
        False
    ),
    device: Device = "",
    batch: Batch = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Encode what has no row yet and keep the rows, so that a later `packs use` or rebuild is quick.

    It may be broken off: the same command goes on from there. With --ray, RAY_ADDRESS names a cluster whose machines
    have Tonggan and Ray installed; without it, Ray is started here.
    """
    from tonggan.shop import Shop

    require_shop(shop)
    require_free(shop, action="encode")
    with (
        Shop.open(shop, environ=on_device(device, batch)) as opened,
        importing(is_quiet=quiet or as_json, first="encode") as listener,
    ):
        report = opened.encode(pack=pack, modalities=modality, is_distributed=ray, progress=listener)
    if as_json:
        print_json(_record(report))
    elif not quiet:
        for line in _lines(report):
            say(line)


def _record(report: EncodeReport) -> Record:
    return {**asdict(report), "seconds": round(report.seconds, 3), "rows_per_second": round(report.rate, 1)}


def _lines(report: EncodeReport) -> list[str]:
    if not report.encoded:
        return ["This pack has no encoder that takes longer than looking its rows up: nothing is kept."]
    made = ", ".join(f"{count:,} {space} rows" for space, count in report.encoded.items())
    lines = [f"Made {made} for {report.products:,} products ({report.seconds:.1f} s, {report.rate:,.0f} rows/s)."]
    if report.unreadable:
        lines.append(f"{report.unreadable:,} pictures cannot be read any more; `tonggan doctor` tells of them.")
    return lines
