"""Run searches over judged queries and say how good they are, how sure that is, and what chance would give."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from tonggan.errors import InputError, TongganError
from tonggan.evaluate.chance import expected_by_chance
from tonggan.evaluate.judgments import EvaluationQuery, Qrels, Run
from tonggan.evaluate.measures import Measure, grade_ranking, parse_measure, score
from tonggan.evaluate.statistics import Difference, bootstrap_interval, paired_difference

Search: TypeAlias = Callable[[EvaluationQuery, int], Sequence[str]]
"""Answers a query with at most so many product ids, best first, none twice."""

DEFAULT_DEPTH = 100
"""How far measures without a cut-off look: the candidates that a search usually ranks."""


@dataclass(frozen=True, slots=True)
class MeasureResult:
    """One measure over the queries that it is defined for, with `values` by query id; `skipped` counts the others."""

    measure: Measure
    mean: float
    low: float
    high: float
    random: float
    values: Mapping[str, float]
    skipped: int

    @property
    def queries(self) -> int:
        """How many queries the mean is over."""
        return len(self.values)

    def as_json(self) -> dict[str, Any]:
        """The figures without those of single queries."""
        figures = {"mean": self.mean, "low": self.low, "high": self.high, "random": self.random}
        return {**figures, "queries": self.queries, "skipped": self.skipped}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good one search is.

    `skipped` queries count in no measure; `unjudged` is how many of these have no grade at all; `missing` are products
    with a grade that the catalogue does not hold; `differences` compare with the first row of a table of searches.
    """

    name: str
    results: tuple[MeasureResult, ...]
    run: Run
    skipped: int
    unjudged: int
    depth: int
    product_count: int
    missing: tuple[str, ...] = ()
    differences: Mapping[str, Difference] = field(default_factory=dict)

    @property
    def queries(self) -> int:
        """How many queries count in at least one measure."""
        return len(self.run) - self.skipped

    def as_json(self) -> dict[str, Any]:
        """What `tonggan evaluate --json` prints; the keys under `measures` are the names as asked for."""
        return {
            "queries": self.queries,
            "skipped": self.skipped,
            "unjudged": self.unjudged,
            "depth": self.depth,
            "products": self.product_count,
            "missing_products": list(self.missing),
            "measures": {result.measure.name: result.as_json() for result in self.results},
            "formula": {result.measure.name: result.measure.formula for result in self.results},
        }

    def as_rows(self) -> list[dict[str, Any]]:
        """One row per measure, for a table."""
        return [{"search": self.name, "measure": each.measure.name, **each.as_json()} for each in self.results]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several searches over the same queries; the first is the reference, the last is what the shop serves."""

    rows: tuple[Evaluation, ...]

    def as_json(self) -> dict[str, Any]:
        """The JSON of the last search, with the measures of every search and its gain over the first under `rows`."""
        return {**self.rows[-1].as_json(), "rows": {row.name: _row_json(row) for row in self.rows}}

    def as_rows(self) -> list[dict[str, Any]]:
        """One row per search and measure, for a table."""
        return [row for evaluation in self.rows for row in evaluation.as_rows()]


def evaluate(
    search: Search,
    queries: Sequence[EvaluationQuery],
    qrels: Qrels,
    *,
    measures: Sequence[Measure | str],
    product_count: int,
    product_ids: Container[str] | None = None,
    depth: int = DEFAULT_DEPTH,
    name: str = "search",
    seed: int = 0,
) -> Evaluation:
    """Search for every query and measure the rankings against the grades.

    Each ranking is as long as the largest cut-off, or `depth` where a measure has none. `product_ids` are the products
    of the catalogue, to report graded ones that it lacks. InputError when a measure is defined for no query.
    """
    asked = tuple(parse_measure(each) if isinstance(each, str) else each for each in measures)
    reach = _reach(asked, depth)
    run = {query.query_id: _ranking(search, query, depth=reach) for query in queries}
    judged = {query_id: qrels[query_id] for query_id in run if query_id in qrels}
    _require_grades(run, judged=judged, qrels=qrels)
    missing = _missing(judged, product_ids)
    trial = _Trial(run, judged, frozenset(missing), reach, product_count, seed)
    results = tuple(_measure(each, trial) for each in asked)
    counted = {query_id for result in results for query_id in result.values}
    return Evaluation(
        name,
        results,
        run,
        skipped=len(run) - len(counted),
        unjudged=len(run) - len(judged),
        depth=reach,
        product_count=product_count,
        missing=missing,
    )


def evaluate_rows(
    searches: Mapping[str, Search],
    queries: Sequence[EvaluationQuery],
    qrels: Qrels,
    *,
    seed: int = 0,
    **options: Any,
) -> Comparison:
    """Evaluate several searches by name on the same queries; each has its paired difference to the first.

    `options` are those of `evaluate`.
    """
    if not searches:
        raise InputError("There is no search to evaluate.", remedy="Name at least one.")
    rows = [evaluate(search, queries, qrels, seed=seed, name=name, **options) for name, search in searches.items()]
    return Comparison((rows[0], *(_compared(row, rows[0], seed=seed) for row in rows[1:])))


@dataclass(frozen=True, slots=True)
class _Trial:
    run: Run
    judged: Qrels
    missing: frozenset[str]
    depth: int
    product_count: int
    seed: int


def _reach(measures: Sequence[Measure], depth: int) -> int:
    if not measures:
        raise InputError("No measure was named.", remedy="Ask for nDCG@10, for example.")
    if depth < 1:
        raise InputError(f"A ranking cannot be {depth} deep.", remedy="Give a depth from 1.")
    return max(measure.cutoff or depth for measure in measures)


def _ranking(search: Search, query: EvaluationQuery, *, depth: int) -> tuple[str, ...]:
    try:
        ranking = tuple(search(query, depth))[:depth]
    except TongganError as error:
        raise type(error)(f"Query '{query.query_id}': {error.message}", remedy=error.remedy) from error
    if len(set(ranking)) < len(ranking):
        twice = next(product_id for place, product_id in enumerate(ranking) if product_id in ranking[:place])
        raise InputError(f"The answer to query '{query.query_id}' holds product '{twice}' twice.")
    return ranking


def _require_grades(run: Run, *, judged: Qrels, qrels: Qrels) -> None:
    if not judged:
        asked, graded = next(iter(run), ""), next(iter(qrels), "")
        raise InputError(
            f"None of the {len(run)} queries has a grade: the first query is '{asked}', the first graded '{graded}'.",
            remedy="Use the same query ids in both files.",
        )


def _missing(judged: Qrels, product_ids: Container[str] | None) -> tuple[str, ...]:
    if product_ids is None:
        return ()
    graded = {product_id for grades in judged.values() for product_id in grades}
    return tuple(sorted(product_id for product_id in graded if product_id not in product_ids))


def _measure(measure: Measure, trial: _Trial) -> MeasureResult:
    graded = {query_id: grade_ranking(trial.run[query_id], grades) for query_id, grades in trial.judged.items()}
    scores = {query_id: score(measure, each) for query_id, each in graded.items()}
    values = {query_id: value for query_id, value in scores.items() if not np.isnan(value)}
    if not values:
        raise InputError(
            f"{measure.name} is defined for none of the {len(scores)} judged queries.",
            remedy=f"The highest grade is {_highest(trial.judged):g}; {measure.formula}.",
        )
    interval = bootstrap_interval(list(values.values()), seed=trial.seed)
    random = float(np.mean([_chance(measure, query_id, trial) for query_id in values]))
    return MeasureResult(
        measure, interval.mean, interval.low, interval.high, random, values, skipped=len(trial.run) - len(values)
    )


def _chance(measure: Measure, query_id: str, trial: _Trial) -> float:
    grades = trial.judged[query_id]
    present = [grade for product_id, grade in grades.items() if product_id not in trial.missing]
    return expected_by_chance(
        measure,
        np.array(list(grades.values()), dtype=np.float64),
        present=np.array(present, dtype=np.float64),
        product_count=trial.product_count,
        depth=trial.depth,
    )


def _highest(judged: Qrels) -> float:
    return max(grade for grades in judged.values() for grade in grades.values())


def _compared(row: Evaluation, reference: Evaluation, *, seed: int) -> Evaluation:
    pairs = zip(row.results, reference.results, strict=True)
    differences = {
        after.measure.name: paired_difference(list(after.values.values()), list(before.values.values()), seed=seed)
        for after, before in pairs
    }
    return replace(row, differences=differences)


def _row_json(row: Evaluation) -> dict[str, Any]:
    measures = {result.measure.name: result.as_json() for result in row.results}
    for name, difference in row.differences.items():
        measures[name]["difference"] = asdict(difference)
    return {"measures": measures}
