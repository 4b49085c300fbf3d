"""Results collapsed by a field: at most so many of each brand."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from tonggan.index import Rows, View


def collapse(view: View, ordered: Rows, *, by: str, limit: int) -> Rows:
    """Return the ordered rows with at most `limit` of each value of the field; rows without a value all stay."""
    seen: Counter[tuple[str, ...]] = Counter()
    kept = []
    for row, value in zip(ordered.tolist(), _values_in_order(view, by, ordered), strict=True):
        seen[value] += 1
        if not value or seen[value] <= limit:
            kept.append(row)
    return np.asarray(kept, np.int32)


def collapsed_facet(view: View, name: str, rows: Rows, *, by: str, limit: int) -> dict[str, int]:
    """Count the results that each value of a field would show once they are collapsed."""
    per_group: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    groups = view.values(by, rows)
    for at, (values, group) in enumerate(zip(view.values(name, rows), groups, strict=True)):
        for value in values:
            per_group[value][group or (f"\0{at}",)] += 1
    counts = {value: sum(min(count, limit) for count in groups.values()) for value, groups in per_group.items()}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _values_in_order(view: View, name: str, ordered: Rows) -> list[tuple[str, ...]]:
    """Values of a text field for rows in any order (a view answers for ascending rows)."""
    by_row = np.argsort(ordered, kind="stable")
    values = view.values(name, ordered[by_row])
    in_order: list[tuple[str, ...]] = [()] * len(ordered)
    for at, value in zip(by_row.tolist(), values, strict=True):
        in_order[at] = value
    return in_order
