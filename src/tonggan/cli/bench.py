"""`bench`: how fast this machine is, beside the budget of the design."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import typer

from tonggan.cli.options import AsJson, Quiet
from tonggan.cli.screen import out, print_json, remark, table
from tonggan.errors import MissingExtraError

MODULE = "tonggan.bench"
"""Has `run(size, tell) -> rows`: each row a mapping with COLUMNS, `tell` called with what is being measured."""

COLUMNS = ("name", "p50_ms", "p95_ms", "p99_ms", "per_second", "ratio_to_engine")

Run = Callable[[str, Callable[[str], None]], Iterable[Mapping[str, Any]]]


def bench(
    size: Annotated[str, typer.Option(help="quick, or a number of products: 10000, 50000, 200000.")] = "quick",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure this machine on a shop of that size; each row has its ratio to the bare engine where there is one."""
    rows = [dict(row) for row in _runner()(size, (lambda text: None) if quiet or as_json else remark)]
    if as_json:
        print_json(rows)
        return
    shown = table(*COLUMNS, numeric=COLUMNS[1:])
    for row in rows:
        shown.add_row(*(_cell(row.get(name)) for name in COLUMNS))
    out().print(shown, markup=False)


def _runner() -> Run:
    if find_spec(MODULE) is None:
        raise MissingExtraError("This installation has no benchmarks.", remedy="Install tonggan from its repository.")
    return import_module(MODULE).run


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
