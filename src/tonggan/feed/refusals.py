"""Refused rows: how they are made, and the file that a merchant gets them in."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from tonggan.feed.limits import SHOWN_CHARACTERS
from tonggan.records import Refusal

HEADER = ("line", "column", "value", "reason", "remedy")

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet run a cell; such a cell gets a `'` in front."""


def refuse(line: int, value: object, reason: str, *, column: str = "", remedy: str = "") -> Refusal:
    """Return a refusal whose value is cut to what can be shown, and printable."""
    text = str(value)[: SHOWN_CHARACTERS + 1].rstrip("\r\n")
    shown = text.encode("utf-8", errors="replace").decode("utf-8").replace("\0", "\u2400")
    return Refusal(line, column, shown[:SHOWN_CHARACTERS], reason, remedy)


class RefusalFile:
    """A CSV of refusals, written as they come; use it in a `with` block. UTF-8 with a mark, so that Excel reads it."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.count = 0

    def __enter__(self) -> RefusalFile:
        self._file = self.path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(HEADER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, refusal: Refusal) -> None:
        """Append one refusal."""
        cells = (refusal.column, refusal.value, refusal.reason, refusal.remedy)
        self._writer.writerow((refusal.line, *map(quote_formula, cells)))
        self.count += 1


def write_refusals(path: Path | str, refusals: Iterable[Refusal]) -> int:
    """Write refusals to a CSV as they come, and return how many there were."""
    with RefusalFile(path) as file:
        for refusal in refusals:
            file.write(refusal)
    return file.count


def quote_formula(cell: str) -> str:
    """Return a cell that no spreadsheet runs.

    >>> quote_formula("=1+1"), quote_formula("red")
    ("'=1+1", 'red')
    """
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
