"""Before and after: what each way of comparing finds on the same held-out queries, and which one is used."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tonggan.evaluate.statistics import Interval, bootstrap_interval

Hits = npt.NDArray[np.float64]
"""A number from 0 to 1 per held-out query: whether, or how surely by chance, it found what belongs to it."""

CHANCE = "chance"
"""The row of a random order, which is also what there is where nothing is in use."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """What one way of comparing finds, by measure."""

    name: str
    hits: Mapping[str, Hits]

    def interval(self, measure: str) -> Interval:
        """Return the mean over queries with its 95 % interval."""
        return bootstrap_interval(self.hits[measure])

    def gain(self, measure: str, *, over: Row) -> Interval:
        """Return the mean gain over another row, query by query, with its 95 % interval."""
        return bootstrap_interval(self.hits[measure] - over.hits[measure])


@dataclass(frozen=True, slots=True)
class Present:
    """What serves now: the name of its row, and from how many pairs it was learnt, 0 where it was not."""

    name: str = CHANCE
    learnt_from: int = 0


NOTHING = Present()
"""Nothing is in use: words and pictures are not compared."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The name of the row to use, whether that is new, and why."""

    used: str
    is_changed: bool
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Rows over the same held-out queries, chance first; `present` names the row that served before the choice."""

    what: str
    rows: tuple[Row, ...]
    present: str
    choice: Choice
    queries: int
    pool: int

    def row(self, name: str) -> Row:
        """Return the row of a name."""
        return next(row for row in self.rows if row.name == name)

    def as_json(self) -> dict[str, Any]:
        """Return the figures of every row, each with its gain over the present one."""
        return {
            "what": self.what,
            "queries": self.queries,
            "pool": self.pool,
            "present": self.present,
            **asdict(self.choice),
            "rows": {row.name: self._figures(row) for row in self.rows},
        }

    def _figures(self, row: Row) -> dict[str, Any]:
        present = self.row(self.present)
        return {
            measure: asdict(row.interval(measure)) | {"gain": asdict(row.gain(measure, over=present))}
            for measure in row.hits
        }


def choose(rows: Sequence[Row], *, present: Present, pairs: int, measure: str, trusted: Collection[str]) -> Choice:
    """Choose the best row by a measure, if its gain over the present one is sure; the present one stays otherwise.

    Only rows that are `trusted` may come into use. Where the present one is best and there are more pairs now than it
    was learnt from, it is learnt anew.
    """
    now = next(row for row in rows if row.name == present.name)
    best = max((row for row in rows if row.name in {now.name, *trusted}), key=lambda row: row.hits[measure].mean())
    gain = best.gain(measure, over=now)
    told = f"{best.name} gains {gain.mean:+.3f} ({gain.low:+.3f}..{gain.high:+.3f}) over {now.name} in {measure}"
    if gain.low > 0:
        return Choice(best.name, True, f"{told}.")
    if 0 < present.learnt_from < pairs and now.name in trusted:
        return Choice(now.name, True, f"{now.name} is learnt anew, from {pairs:,} pairs, not {present.learnt_from:,}.")
    if best.name == now.name:
        return Choice(now.name, False, f"Nothing that can be trusted is better than what is in use ({now.name}).")
    return Choice(now.name, False, f"{told}: not sure, so {now.name} stays.")
