"""How good a yes-or-no decision is: confusion, ROC and its area, reliability and Brier score, with intervals.

Labels are booleans, scores higher where "yes" is likelier. Every formula is exact under ties: equal scores are decided
alike, so they are one point of the curve, and half a win each in its area.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tonggan.errors import InputError
from tonggan.evaluate.statistics import CONFIDENCE, Interval

Labels: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[np.float64]

RESAMPLES = 2_000
"""Fewer than for means: each one sorts the scores; the ends move by about 2 % of the interval between seeds."""

RELIABILITY_BINS = 10
"""Tenths of probability, as reliability diagrams usually have."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each decision met each truth."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def accuracy(self) -> float:
        """Right decisions over all."""
        right = self.true_positives + self.true_negatives
        return right / (right + self.false_positives + self.false_negatives)

    @property
    def precision(self) -> float:
        """Right among those decided "yes"; 0 where none was."""
        return _share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """Found among those that are "yes"; 0 where there is none."""
        return _share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN)."""
        twice = 2 * self.true_positives
        return _share(twice, twice + self.false_positives + self.false_negatives)

    def as_json(self) -> dict[str, float]:
        """The counts and what follows from them."""
        rates = {name: round(getattr(self, name), 4) for name in ("accuracy", "precision", "recall", "f1")}
        return {**asdict(self), **rates}


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """Points from (0, 0) to (1, 1), one per distinct score: whoever scores at least `thresholds` is decided "yes"."""

    thresholds: Numbers
    false_positive_rate: Numbers
    true_positive_rate: Numbers

    @property
    def area(self) -> float:
        """Area under the straight lines between the points."""
        return float(np.trapezoid(self.true_positive_rate, self.false_positive_rate))

    def as_json(self) -> list[list[float]]:
        """The points as [false positive rate, true positive rate]."""
        pairs = zip(self.false_positive_rate, self.true_positive_rate, strict=True)
        return [[round(float(x), 4), round(float(y), 4)] for x, y in pairs]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers whose probability lies in one tenth: how many, the mean promised, and the share that came true."""

    low: float
    high: float
    count: int
    promised: float
    observed: float


def confusion(labels: Sequence[bool] | Labels, decided: Sequence[bool] | Labels) -> Confusion:
    """Count decisions against the truth."""
    truth, said = _paired(labels, decided)
    said = said.astype(np.bool_)
    counts = (truth & said, ~truth & said, truth & ~said, ~truth & ~said)
    return Confusion(*(int(np.count_nonzero(each)) for each in counts))


def roc_curve(labels: Sequence[bool] | Labels, scores: Sequence[float] | Numbers) -> RocCurve:
    """Return the receiver operating characteristic; InputError unless both answers occur."""
    truth, values = _paired(labels, scores)
    _require_both(truth)
    order = np.argsort(-values, kind="stable")
    truth, values = truth[order], values[order]
    last = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)
    hits, misses = np.cumsum(truth)[last], np.cumsum(~truth)[last]
    return RocCurve(
        np.concatenate([[np.inf], values[last]]),
        np.concatenate([[0.0], misses / misses[-1]]),
        np.concatenate([[0.0], hits / hits[-1]]),
    )


def area_under_roc(labels: Sequence[bool] | Labels, scores: Sequence[float] | Numbers) -> float:
    """The chance that a "yes" scores above a "no", ties counting half [Mann & Whitney 1947].

    >>> area_under_roc([True, False, True], [0.9, 0.5, 0.5])
    0.75
    """
    truth, values = _paired(labels, scores)
    _require_both(truth)
    yes, no = values[truth], np.sort(values[~truth])
    below, up_to = np.searchsorted(no, yes, side="left"), np.searchsorted(no, yes, side="right")
    return float((below + up_to).mean() / (2 * len(no)))


def area_interval(
    labels: Sequence[bool] | Labels, scores: Sequence[float] | Numbers, *, is_stratified: bool = True, seed: int = 0
) -> Interval:
    """The area with its 95 % percentile bootstrap interval over queries.

    Stratified draws as many of each answer as there are; plain draws of all alike, leaving out draws with one answer.
    """
    truth, values = _paired(labels, scores)
    _require_both(truth)
    rng = np.random.default_rng(seed)
    draw = _stratified(truth, rng) if is_stratified else _plain(truth, rng)
    areas = [area_under_roc(truth[rows], values[rows]) for rows in (draw() for _ in range(RESAMPLES))]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(areas, [tail, 1 - tail])
    return Interval(area_under_roc(truth, values), float(low), float(high))


def threshold_by_f1(labels: Sequence[bool] | Labels, scores: Sequence[float] | Numbers) -> float:
    """The score from which on to say "yes" so that F1 is greatest; of equal ones the highest."""
    return _best_threshold(labels, scores, lambda found: found.f1)


def brier_score(labels: Sequence[bool] | Labels, probabilities: Sequence[float] | Numbers) -> float:
    """Mean squared distance of the probability from what came true [Brier 1950]; 0 is best.

    >>> brier_score([True, False], [1.0, 0.5])
    0.125
    """
    truth, promised = _paired(labels, probabilities)
    return float(np.mean((promised - truth) ** 2))


def reliability(
    labels: Sequence[bool] | Labels, probabilities: Sequence[float] | Numbers, *, bins: int = RELIABILITY_BINS
) -> tuple[ReliabilityBin, ...]:
    """What a reliability diagram shows: bins of equal width that are not empty."""
    truth, promised = _paired(labels, probabilities)
    place = np.minimum((promised * bins).astype(int), bins - 1)
    found = []
    for at in np.unique(place).tolist():
        own = place == at
        means = float(promised[own].mean()), float(truth[own].mean())
        found.append(ReliabilityBin(at / bins, (at + 1) / bins, int(own.sum()), *means))
    return tuple(found)


def _best_threshold(
    labels: Sequence[bool] | Labels, scores: Sequence[float] | Numbers, worth: Callable[[Confusion], float]
) -> float:
    truth, values = _paired(labels, scores)
    _require_both(truth)
    candidates = [float("inf"), *np.unique(values)[::-1].tolist()]
    return float(max(candidates, key=lambda least: worth(confusion(truth, values >= least))))


def _stratified(truth: Labels, rng: np.random.Generator) -> Callable[[], npt.NDArray[np.int64]]:
    yes, no = np.flatnonzero(truth), np.flatnonzero(~truth)
    return lambda: np.concatenate([rng.choice(yes, len(yes)), rng.choice(no, len(no))])


def _plain(truth: Labels, rng: np.random.Generator) -> Callable[[], npt.NDArray[np.int64]]:
    def draw() -> npt.NDArray[np.int64]:
        rows = rng.integers(0, len(truth), len(truth))
        return rows if 0 < np.count_nonzero(truth[rows]) < len(truth) else draw()

    return draw


def _paired(labels: Any, values: Any) -> tuple[Labels, Numbers]:
    truth, numbers = np.asarray(labels, dtype=np.bool_), np.asarray(values, dtype=np.float64)
    if truth.shape != numbers.shape or truth.ndim != 1 or not len(truth):
        raise InputError(
            f"{truth.size} labels and {numbers.size} scores do not pair.", remedy="Give one score per label."
        )
    if np.isnan(numbers).any():
        raise InputError("A score is not a number.", remedy="Leave such rows out.")
    return truth, numbers


def _require_both(truth: Labels) -> None:
    yes = int(np.count_nonzero(truth))
    if not 0 < yes < len(truth):
        raise InputError(f"{yes} of {len(truth)} labels are yes.", remedy="Both answers must occur at least once.")


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
