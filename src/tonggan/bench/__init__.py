"""`tonggan bench`: the budgets of the design, measured on a catalogue of this machine's making.

In: sizes. Out: one row per budget and size, as medians and percentiles, with the ratio to the raw engine call of the
same run. `catalogue.py` recombines real titles and attributes, `measuring.py` times, `engine.py` is the raw engine,
`budgets.py` holds the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tonggan.bench.measuring import BenchRow

SIZES = (10_000, 50_000, 200_000)
"""Catalogues measured, to show how each cost grows."""

QUICK_SIZES = (2_000,)
"""A size for a first look."""

Listener = Callable[[str], None]


def run_bench(sizes: Sequence[int], folder: Path, *, seed: int = 0, listener: Listener) -> Iterator[BenchRow]:
    """Build a shop of each size in the folder and yield its rows as they are measured; the shops are removed again."""
    from tonggan.bench.budgets import measure_pictures, measure_shop

    for size in sizes:
        yield from measure_shop(size, folder / f"bench-{size}", seed=seed, listener=listener)
    yield from measure_pictures(folder / "bench-pictures", seed=seed, listener=listener)
