"""`bench`: how fast this machine is, beside the budget of the design."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tonggan.cli.options import AsJson, Quiet
from tonggan.cli.screen import out, print_json, remark, table
from tonggan.errors import InputError

FIGURES = ("p50_ms", "p95_ms", "p99_ms", "per_second", "ratio_to_engine", "value")

FEWEST_PRODUCTS = 100
"""Fewer make no catalogue that a search could be slow on."""

Size = Annotated[str, typer.Option("--size", help="quick, full, or numbers of products with commas.")]
Scratch = Annotated[
    Path | None,
    typer.Option("--folder", help="Disk to measure on.", metavar="DIR", show_default="a temporary folder"),
]


def bench(
    size: Size = "quick",
    *,
    folder: Scratch = None,
    seed: Annotated[int, typer.Option(help="Other catalogues for other seeds.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure this machine on catalogues of these sizes; the ratio is to the bare engine's call in the same run."""
    from tonggan.bench import run_bench

    sizes = read_sizes(size)
    listener = (lambda text: None) if quiet or as_json else remark
    with tempfile.TemporaryDirectory(dir=folder, prefix="tonggan-bench-") as scratch:
        rows = [row.as_json() for row in run_bench(sizes, Path(scratch), seed=seed, listener=listener)]
    if as_json:
        print_json(rows)
    else:
        _show(rows)


def read_sizes(text: str) -> tuple[int, ...]:
    """Return numbers of products; InputError where it is neither a name nor numbers."""
    from tonggan.bench import QUICK_SIZES, SIZES

    named = {"quick": QUICK_SIZES, "full": SIZES}
    if text in named:
        return tuple(named[text])
    parts = [part.strip().replace("_", "") for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and int(part) >= FEWEST_PRODUCTS for part in parts):
        raise InputError(
            f"'{text}' is no size.", remedy=f"Write quick, full, or numbers from {FEWEST_PRODUCTS} such as 10000,50000."
        )
    return tuple(map(int, parts))


def _show(rows: Sequence[Mapping[str, Any]]) -> None:
    shown = table("name", "products", *FIGURES, "budget", "met", numeric=("products", *FIGURES))
    for row in rows:
        figures = [_cell(row[name]) for name in FIGURES[:-1]]
        value = f"{_cell(row['value'])} {row['unit']}".strip()
        met = {True: "yes", False: "no", None: ""}[row["is_met"]]
        shown.add_row(row["name"], f"{row['products']:,}", *figures, value, row["budget"], met)
    out().print(shown, markup=False)


def _cell(figure: float | None) -> str:
    return "" if figure is None else f"{figure:,.2f}"
