"""What people read on stdout and stderr, and what programs read on stdout."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPED_COLUMNS = 200
"""Width of a table that goes into a file or a pipe, where nothing tells how wide the reader is."""


def print_json(record: Any) -> None:
    """Print one JSON document on one line; on a terminal, on many."""
    indent = 2 if sys.stdout.isatty() else None
    sys.stdout.write(json.dumps(record, ensure_ascii=False, allow_nan=False, indent=indent) + "\n")


def out() -> Console:
    """Return the console for results."""
    return _console(is_error=False)


def err() -> Console:
    """Return the console for progress and remarks."""
    return _console(is_error=True)


def say(text: str) -> None:
    """Print a line for people."""
    out().print(text, markup=False, highlight=False, soft_wrap=True)


def remark(text: str) -> None:
    """Print a line for people that is no result, on stderr."""
    err().print(text, markup=False, highlight=False, soft_wrap=True, style="dim")


def table(*headings: str, numeric: tuple[str, ...] = ()) -> Table:
    """Return an empty table; columns named in `numeric` are aligned to the right and never cut."""
    from rich import box
    from rich.table import Table

    empty = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        is_number = heading in numeric
        empty.add_column(heading, justify="right" if is_number else "left", no_wrap=is_number)
    return empty


def printable(text: str) -> str:
    """Return text of a feed without characters that would steer the terminal.

    >>> printable("red\\x1b[31m dress\\nnew")
    'red [31m dress new'
    """
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _console(*, is_error: bool) -> Console:
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    stream = sys.stderr if is_error else sys.stdout
    return Screen(stderr=is_error, width=None if stream.isatty() else PIPED_COLUMNS)
