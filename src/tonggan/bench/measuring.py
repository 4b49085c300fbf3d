"""Times of calls, as the distribution over many of them."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One measured budget. `ratio_to_engine` compares with the raw engine call of the same run, where there is one.

    `value` and `unit` carry what is not a latency (megabytes, seconds); `budget` is in words, `is_met` goes with it.
    """

    name: str
    products: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    per_second: float | None = None
    ratio_to_engine: float | None = None
    value: float | None = None
    unit: str = ""
    budget: str = ""
    is_met: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of each call."""

    milliseconds: np.ndarray

    def percentile(self, share: float) -> float:
        """Return the time that this share of the calls, in percent, stays under."""
        return round(float(np.percentile(self.milliseconds, share)), 3)

    def row(self, name: str, products: int, **others: Any) -> BenchRow:
        """Return a row with the percentiles of these calls."""
        rate = round(1e3 * len(self.milliseconds) / float(self.milliseconds.sum()), 1)
        times = {f"p{share}_ms": self.percentile(share) for share in (50, 95, 99)}
        return replace(BenchRow(name, products, per_second=rate), **times, **others)


def time_each(call: Callable[[Any], object], arguments: Iterable[Any], *, warm_up: int = 20) -> Latency:
    """Call with each argument and time it; the first `warm_up` calls are made twice and counted once."""
    given: Sequence[Any] = list(arguments)
    for argument in given[:warm_up]:
        call(argument)
    times = []
    for argument in given:
        start = time.perf_counter()
        call(argument)
        times.append(1e3 * (time.perf_counter() - start))
    return Latency(np.array(times))


def resident_megabytes() -> float:
    """Memory that this process holds now."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return round(int(line.split()[1]) / 1024, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
