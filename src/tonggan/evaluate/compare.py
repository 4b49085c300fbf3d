"""Two searches side by side: every measure, its difference with certainty, and the queries that won and lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tonggan.errors import InputError
from tonggan.evaluate.experiment import Evaluation, MeasureResult
from tonggan.evaluate.judgments import EvaluationQuery, Qrels
from tonggan.evaluate.measures import ERR_HIGHEST_GRADE, Measure, parse_measures
from tonggan.evaluate.statistics import Difference, paired_difference

STANDARD_MEASURES = "nDCG@10,RR,R@100,AP,ERR@10,Judged@10"
"""What a comparison shows unless asked otherwise; the first one says which queries won."""

SAME = 1e-9
"""Gains nearer to 0 than this are ties: they are rounding apart."""

SHOWN_HITS = 5
"""Leading products of either ranking that are shown of a query."""


@dataclass(frozen=True, slots=True)
class MeasureDifference:
    """One measure of both searches; `difference` is the second less the first, query by query."""

    first: MeasureResult
    second: MeasureResult
    difference: Difference

    @property
    def measure(self) -> Measure:
        """What is measured."""
        return self.first.measure

    @property
    def gains(self) -> Mapping[str, float]:
        """What each query gains with the second search."""
        return {query_id: value - self.first.values[query_id] for query_id, value in self.second.values.items()}

    @property
    def outcomes(self) -> Mapping[str, int]:
        """How many queries the second search wins, loses and ties."""
        gains = np.array(list(self.gains.values()))
        wins, losses = int((gains > SAME).sum()), int((gains < -SAME).sum())
        return {"wins": wins, "losses": losses, "ties": len(gains) - wins - losses}

    def as_json(self) -> dict[str, Any]:
        """The figures of both, the difference, the outcomes, and chance."""
        return {
            "a": _figures(self.first),
            "b": _figures(self.second),
            "difference": asdict(self.difference),
            **self.outcomes,
            "random": self.first.random,
            "formula": self.measure.formula,
        }


@dataclass(frozen=True, slots=True)
class QueryDifference:
    """What one query gained or lost, and the head of both rankings."""

    query_id: str
    text: str
    first: float
    second: float
    first_top: tuple[str, ...]
    second_top: tuple[str, ...]

    @property
    def gain(self) -> float:
        """The second search's value less the first's."""
        return self.second - self.first

    def as_json(self) -> dict[str, Any]:
        """The fields and the gain."""
        values = {"a": self.first, "b": self.second, "gain": self.gain}
        return {
            "query_id": self.query_id,
            "text": self.text,
            **values,
            "a_top": list(self.first_top),
            "b_top": list(self.second_top),
        }


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two searches over the same judged queries; `queries` are those that the first measure is defined for."""

    first: Evaluation
    second: Evaluation
    measures: tuple[MeasureDifference, ...]
    queries: tuple[QueryDifference, ...]

    @property
    def won(self) -> tuple[QueryDifference, ...]:
        """Queries that the second search answers better by the first measure, greatest gain first."""
        better = [each for each in self.queries if each.gain > SAME]
        return tuple(sorted(better, key=lambda each: (-each.gain, each.query_id)))

    @property
    def lost(self) -> tuple[QueryDifference, ...]:
        """Queries that it answers worse, greatest loss first."""
        worse = [each for each in self.queries if each.gain < -SAME]
        return tuple(sorted(worse, key=lambda each: (each.gain, each.query_id)))

    @property
    def verdict(self) -> str:
        """One sentence on the first measure."""
        leading = self.measures[0]
        gain, name = leading.difference, leading.measure.name
        told = f"{gain.mean:+.3f} {name} ({gain.low:+.3f}..{gain.high:+.3f}, p {gain.p_value:.4f})"
        if gain.low > 0:
            return f"{self.second.name} is better than {self.first.name}: {told}."
        if gain.high < 0:
            return f"{self.second.name} is worse than {self.first.name}: {told}."
        return f"No sure difference between {self.first.name} and {self.second.name}: {told}."

    def as_json(self, *, most: int) -> dict[str, Any]:
        """Everything, with at most so many queries that won and that lost."""
        return {
            "a": self.first.name,
            "b": self.second.name,
            "queries": len(self.queries),
            "products": self.first.product_count,
            "verdict": self.verdict,
            "measures": {each.measure.name: each.as_json() for each in self.measures},
            "won": [each.as_json() for each in self.won[:most]],
            "lost": [each.as_json() for each in self.lost[:most]],
        }


def side_by_side(
    first: Evaluation, second: Evaluation, queries: Sequence[EvaluationQuery], *, seed: int = 0
) -> SideBySide:
    """Compare two evaluations of the same measures on the same queries; InputError when they are not."""
    names = [[result.measure.name for result in each.results] for each in (first, second)]
    if names[0] != names[1] or set(first.run) != set(second.run):
        raise InputError("The two evaluations have other measures or queries.", remedy="Evaluate both alike.")
    pairs = zip(first.results, second.results, strict=True)
    measures = tuple(MeasureDifference(a, b, _difference(a, b, seed=seed)) for a, b in pairs)
    return SideBySide(first, second, measures, tuple(_queries(first, second, queries)))


def standard_measures(qrels: Qrels) -> tuple[Measure, ...]:
    """Return the measures of a comparison; ERR is left out where a grade is above those it is defined for."""
    highest = max((grade for grades in qrels.values() for grade in grades.values()), default=0.0)
    kinds = parse_measures(STANDARD_MEASURES)
    return tuple(each for each in kinds if each.kind != "ERR" or highest <= ERR_HIGHEST_GRADE)


def _difference(first: MeasureResult, second: MeasureResult, *, seed: int) -> Difference:
    shared = list(first.values)
    return paired_difference(
        [second.values[each] for each in shared], [first.values[each] for each in shared], seed=seed
    )


def _queries(first: Evaluation, second: Evaluation, queries: Sequence[EvaluationQuery]) -> list[QueryDifference]:
    before, after = first.results[0].values, second.results[0].values
    return [
        QueryDifference(
            query.query_id,
            query.text,
            before[query.query_id],
            after[query.query_id],
            tuple(first.run[query.query_id][:SHOWN_HITS]),
            tuple(second.run[query.query_id][:SHOWN_HITS]),
        )
        for query in queries
        if query.query_id in before
    ]


def _figures(result: MeasureResult) -> dict[str, Any]:
    return {"mean": result.mean, "low": result.low, "high": result.high, "queries": result.queries}
