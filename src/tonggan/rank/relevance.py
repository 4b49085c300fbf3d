"""Whether an answer is any good: a calibrated probability that it holds what was meant.

`shipped_model` serves every shop; one with judged queries learns its own from there (`learn/relevance.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from tonggan.errors import InputError
from tonggan.rank.answer_signals import SIGNAL_NAMES, Signals

FORMAT = 1
"""Version of the JSON form of a model."""

SHIPPED = "relevance.json"
"""The model that comes with the package, beside this file; `learn/relevance_prior.py` writes it."""


@dataclass(frozen=True, slots=True, eq=False)
class RelevanceModel:
    """A regularised logistic regression on standardised signals, and the isotonic curve that calibrates it.

    `knots` are log odds, ascending, `levels` the share that was relevant there; between knots the curve is straight.
    An answer whose probability is under `threshold` is doubtful.
    """

    means: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]
    coefficients: npt.NDArray[np.float64]
    intercept: float
    knots: npt.NDArray[np.float64]
    levels: npt.NDArray[np.float64]
    threshold: float
    names: tuple[str, ...] = SIGNAL_NAMES

    def log_odds(self, signals: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """What the regression says of rows of signals, before calibration; [rows]."""
        rows = np.atleast_2d(np.asarray(signals, dtype=np.float64))
        return (rows - self.means) / self.scales @ self.coefficients + self.intercept

    def probability(self, signals: Signals) -> float:
        """The calibrated probability that an answer with these signals holds a relevant product."""
        return float(self.probabilities(signals.vector())[0])

    def probabilities(self, rows: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The same for rows of signals."""
        return np.interp(self.log_odds(rows), self.knots, self.levels)

    def is_doubtful(self, signals: Signals) -> bool:
        """Whether to say that there is no good answer."""
        return self.probability(signals) < self.threshold

    def as_json(self) -> dict[str, Any]:
        """Everything that `model_from_json` needs."""
        arrays = ("means", "scales", "coefficients", "knots", "levels")
        numbers = {name: [float(number) for number in getattr(self, name)] for name in arrays}
        return {
            "format": FORMAT,
            "signals": list(self.names),
            **numbers,
            "intercept": self.intercept,
            "threshold": self.threshold,
        }


def model_from_json(record: Mapping[str, Any]) -> RelevanceModel:
    """Return a kept model; InputError where it is of another format, or was learnt from other signals."""
    if record.get("format") != FORMAT:
        raise InputError(f"A relevance model of format {record.get('format')!r}; this build reads {FORMAT}.")
    named = tuple(record.get("signals", ()))
    if named != SIGNAL_NAMES:
        raise InputError(
            f"The relevance model was learnt from other signals ({', '.join(map(str, named)) or 'none'}); "
            f"this build has: {', '.join(SIGNAL_NAMES)}.",
            remedy="Learn it again.",
        )
    means, scales, coefficients = (_numbers(record, name, count=len(named)) for name in _PER_SIGNAL)
    knots = _numbers(record, "knots")
    levels = _numbers(record, "levels", count=len(knots))
    intercept, threshold = (float(_numbers(record, name, count=1)[0]) for name in ("intercept", "threshold"))
    if not len(knots) or (np.diff(knots) < 0).any() or (np.diff(levels) < 0).any() or (scales <= 0).any():
        raise InputError("The relevance model is damaged: its curve does not rise.", remedy="Learn it again.")
    return RelevanceModel(means, scales, coefficients, intercept, knots, levels, threshold)


@lru_cache(maxsize=1)
def shipped_model() -> RelevanceModel:
    """Return the model that serves shops without judged queries."""
    return model_from_json(json.loads(files("tonggan.rank").joinpath(SHIPPED).read_text(encoding="utf-8")))


_PER_SIGNAL = ("means", "scales", "coefficients")


def _numbers(record: Mapping[str, Any], name: str, *, count: int | None = None) -> npt.NDArray[np.float64]:
    """Finite numbers of a kept model, checked."""
    try:
        numbers = np.atleast_1d(np.asarray(record.get(name), dtype=np.float64))
    except (TypeError, ValueError):
        numbers = np.full(1, np.nan)
    if numbers.ndim != 1 or not np.isfinite(numbers).all() or (count is not None and len(numbers) != count):
        raise InputError(f"The relevance model is damaged at '{name}'.", remedy="Learn it again.")
    return numbers
