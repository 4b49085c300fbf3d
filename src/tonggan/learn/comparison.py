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


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Rows over the same held-out queries, chance first; `used` names the row that serves from now on.

    `present` names the row that served before. Where both are the same nothing has changed, unless it was learnt anew.
    """

    what: str
    rows: tuple[Row, ...]
    present: str
    used: str
    reason: str
    queries: int
    pool: int

    @property
    def is_changed(self) -> bool:
        return self.used != self.present

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
            "used": self.used,
            "reason": self.reason,
            "rows": {row.name: self._figures(row) for row in self.rows},
        }

    def _figures(self, row: Row) -> dict[str, Any]:
        present = self.row(self.present)
        return {
            measure: asdict(row.interval(measure)) | {"gain": asdict(row.gain(measure, over=present))}
            for measure in row.hits
        }


def choose(rows: Sequence[Row], *, present: str, measure: str, trusted: Collection[str]) -> tuple[str, str]:
    """Return the name of the row to use, and why: the best by a measure, if its gain over the present one is sure.

    Only rows that are `trusted` may come into use; the present one stays otherwise.
    """
    now = next(row for row in rows if row.name == present)
    best = max((row for row in rows if row.name in {present, *trusted}), key=lambda row: row.hits[measure].mean())
    if best.name == present:
        return present, f"Nothing that can be trusted is better than what is in use ({present})."
    gain = best.gain(measure, over=now)
    told = f"{best.name} gains {gain.mean:+.3f} ({gain.low:+.3f}..{gain.high:+.3f}) over {present} in {measure}"
    if gain.low <= 0:
        return present, f"{told}: not sure, so {present} stays."
    return best.name, f"{told}."
