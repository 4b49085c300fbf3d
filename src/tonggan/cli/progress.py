"""Progress on stderr while something long runs: nothing where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tonggan.cli.screen import err

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from tonggan.shop import Progress

Counter = Callable[[int, int], None]
"""Told how many of how many are done; a total of 0 means that nobody knows."""

STAGES = {
    "waiting": "waiting for another import",
    "running": "reading",
    "rows": "taking rows in",
    "encode": "looking at pictures and texts",
    "fit": "learning the catalogue's words",
    "index": "making it searchable",
}
"""What an import does, in words for people."""

UNITS = {"rows": "rows", "running": "rows", "encode": "products", "fit": "products", "index": "products"}


@contextmanager
def counting(what: str, *, unit: str = "", is_quiet: bool) -> Iterator[Counter | None]:
    """Show a bar with rate and time left; None where it would not be seen."""
    if is_quiet or not sys.stderr.isatty():
        yield None
        return
    with _bars() as bars:
        task = bars.add_task(what, total=None, rate="")

        def count(done: int, total: int) -> None:
            rate = _rate(done, bars.tasks[0].elapsed or 0.0, unit)
            bars.update(task, completed=done, total=total or None, rate=rate)

        yield count


@contextmanager
def stepping(what: str, *, is_quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Show one bar that names what it is at; None where it would not be seen."""
    if is_quiet or not sys.stderr.isatty():
        yield None
        return
    with _bars() as bars:
        task = bars.add_task(what, total=None, rate="")
        yield lambda name, done, total: bars.update(task, description=name, completed=done, total=total)


@contextmanager
def importing(*, is_quiet: bool, first: str = "rows") -> Iterator[Callable[[Progress], None] | None]:
    """Show how far an import or a change is, a bar for each stage from the first; None where it would not be seen."""
    if is_quiet or not sys.stderr.isatty():
        yield None
        return
    with _bars() as bars:
        tasks = {first: bars.add_task(STAGES[first], total=None, rate="")}
        began: dict[str, float] = {}

        def tell(now: Progress) -> None:
            if now.stage not in tasks:
                for task in tasks.values():
                    bars.update(task, completed=1, total=1)
                tasks[now.stage] = bars.add_task(STAGES.get(now.stage, now.stage), total=None, rate="")
            since = now.seconds - began.setdefault(now.stage, 0.0 if now.stage == first else now.seconds)
            rate = _rate(now.rows, since, UNITS.get(now.stage, ""))
            bars.update(tasks[now.stage], completed=now.bytes_read, total=now.bytes_total or None, rate=rate)

        yield tell


def _rate(done: int, seconds: float, unit: str) -> str:
    if not done:
        return ""
    per_second = f", {done / seconds:,.0f}/s" if seconds > 0 else ""
    return f"{done:,} {unit}{per_second}"


def _bars() -> Bars:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    return Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=err(),
        transient=True,
    )
