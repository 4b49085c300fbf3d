"""Evaluations as a table for people: one line per search and measure, with interval and gain, and one for chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tonggan.evaluate.experiment import Evaluation, MeasureResult
from tonggan.evaluate.statistics import Difference

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

MISSING_SHOWN = 5
"""Products without a place in the catalogue that are named; the rest are counted."""


def evaluation_table(evaluations: Evaluation | Sequence[Evaluation]) -> RenderableType:
    """Build what `tonggan evaluate` shows: the table, the formulas below it, and what was left out."""
    from rich.console import Group
    from rich.text import Text

    rows = [evaluations] if isinstance(evaluations, Evaluation) else list(evaluations)
    notes = [*_formulas(rows[0]), *_left_out(rows[0])]
    return Group(_table(rows), *(Text(note, style="dim") for note in notes))


def _table(rows: Sequence[Evaluation]) -> Table:
    from rich import box
    from rich.table import Table

    has_gains = any(row.differences for row in rows)
    table = Table("search", "measure", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("mean", "95 %", "queries", *([f"gain over {rows[0].name}"] if has_gains else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    for place, result in enumerate(rows[0].results):
        for row in rows:
            gain = [_gain(row.differences.get(result.measure.name))] if has_gains else []
            table.add_row(row.name, *_cells(row.results[place]), *gain)
        table.add_row("random", result.measure.name, f"{result.random:.4f}", end_section=True)
    return table


def _cells(result: MeasureResult) -> list[str]:
    interval = f"{result.low:.3f}..{result.high:.3f}"
    return [result.measure.name, f"{result.mean:.4f}", interval, str(result.queries)]


def _gain(difference: Difference | None) -> str:
    return f"{difference.mean:+.3f} ({difference.low:+.3f}..{difference.high:+.3f})" if difference else ""


def _formulas(evaluation: Evaluation) -> Iterator[str]:
    for result in evaluation.results:
        yield f"{result.measure.name}: {result.measure.formula}."
    yield "95 %: percentile bootstrap interval over queries; a gain is measured query by query."
    yield f"random: the expected figure of a random order of the {evaluation.product_count} products."


def _left_out(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.skipped:
        yield f"{evaluation.skipped} queries count in no measure, {evaluation.unjudged} of them without any grade."
    if evaluation.missing:
        named = ", ".join(evaluation.missing[:MISSING_SHOWN])
        more = " ..." if len(evaluation.missing) > MISSING_SHOWN else ""
        yield f"{len(evaluation.missing)} graded products are not in the catalogue: {named}{more}."
