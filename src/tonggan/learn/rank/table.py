"""The table that decides: every way of ranking on the same folds, how sure its gain is, and which one is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tonggan.errors import InputError, MissingExtraError, NotReadyError, unknown_name
from tonggan.evaluate.statistics import Difference, Interval, bootstrap_interval, paired_difference
from tonggan.index import Scores
from tonggan.learn.rank.examples import MEASURE, Example, quality
from tonggan.learn.rank.folds import FOLDS, folds_of, splits
from tonggan.learn.rank.lambdamart import LambdaMartLearner
from tonggan.learn.rank.learnt import Learner, Learnt
from tonggan.learn.rank.linear import LinearLearner
from tonggan.learn.rank.merging import LEAST_QUERIES, MergeWeights, fit_weights, fused, merged

WORDS, RRF, DEFAULT, FITTED = "words", "rrf", "convex", "convex-fitted"

LEAST_GRADES = 500
"""Grades of candidates under which no ranker is learnt: some ten for each feature."""

Progress = Callable[[str, int, int], None]
"""Told the row, how many steps are done, and of how many: one for each row, draw and fold."""

LEARNERS = ("linear", "lambdamart", "lambdamart-on-convex", "network", "attention")
"""The rankers that can be learnt."""

ROWS = (WORDS, RRF, DEFAULT, FITTED, *LEARNERS)
"""Every row of the table."""

NETWORKS = frozenset({"network", "attention"})
"""Learners that need torch."""

Scoring = Callable[[Example], Scores]


@dataclass(frozen=True, slots=True)
class RankingRow:
    """One way of ranking: nDCG@10 of each held-out query (the mean over seeds), and each seed's mean."""

    name: str
    values: Mapping[str, float]
    by_seed: tuple[float, ...]

    @property
    def interval(self) -> Interval:
        """The mean over queries with its 95 % interval."""
        return bootstrap_interval(list(self.values.values()))

    def gain(self, over: RankingRow) -> Difference:
        """Return the paired gain over another row, with its interval and p value."""
        return paired_difference(list(self.values.values()), list(over.values.values()))


@dataclass(frozen=True, slots=True)
class RankingChoice:
    """The row to use, whether it is another than the default merge, and why."""

    used: str
    is_changed: bool
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class LearntRanking:
    """The table, the choice, and what was learnt from all queries: weights and, where a ranker won, that ranker.

    `left_out` tells why rows are not in the table; `click_queries` are queries that only clicks taught.
    """

    rows: tuple[RankingRow, ...]
    choice: RankingChoice
    weights: MergeWeights | None
    learnt: Learnt | None
    queries: int
    skipped: int
    seeds: tuple[int, ...]
    left_out: Mapping[str, str]
    click_queries: int = 0

    def row(self, name: str) -> RankingRow:
        """Return the row of a name."""
        return next(row for row in self.rows if row.name == name)

    def as_json(self) -> dict[str, Any]:
        """Return the figures of every row, with its gain over the default merge."""
        default = self.row(DEFAULT)
        return {
            "measure": MEASURE.name,
            "formula": MEASURE.formula,
            "queries": self.queries,
            "skipped": self.skipped,
            "click_queries": self.click_queries,
            "seeds": list(self.seeds),
            **asdict(self.choice),
            "left_out": dict(self.left_out),
            "rows": {
                row.name: asdict(row.interval) | {"by_seed": list(row.by_seed), "gain": asdict(row.gain(default))}
                for row in self.rows
            },
        }


def learn_ranking(
    examples: Sequence[Example],
    *,
    clicked: Sequence[Example] = (),
    learners: Sequence[Learner] | None = None,
    without: Sequence[str] = (),
    seeds: Sequence[int] = (0,),
    progress: Progress | None = None,
) -> LearntRanking:
    """Compare every way of ranking by cross-validation, choose, and learn the chosen one from all queries.

    `clicked` teach in every fold and judge in none; rows of `without` are left out; `seeds` draw the folds, and several
    are averaged. NotReadyError, with the numbers, where judged queries are too few.
    """
    require_rows(without)
    telling = [example for example in examples if example.is_telling]
    also = [example for example in clicked if example.is_telling]
    _require_queries(telling, asked=len(examples))
    found, missing = (learners, {}) if learners is not None else every_learner(without=without)
    able, left_out = _able(found, [*telling, *also])
    scorers: dict[str, Callable[[Sequence[Example], int], Scoring]] = {
        WORDS: lambda taught, seed: _words,
        RRF: lambda taught, seed: fused,
        DEFAULT: lambda taught, seed: merged,
        FITTED: lambda taught, seed: _by_weights(fit_weights(taught, least_queries=1)),
        **{learner.name: _learning(learner) for learner in able},
    }
    scorers = {name: scorer for name, scorer in scorers.items() if name not in without}
    steps = _Steps(progress, total=len(scorers) * len(seeds) * FOLDS)
    rows = tuple(_row(name, scorer, telling, also=also, seeds=seeds, steps=steps) for name, scorer in scorers.items())
    choice = choose(rows)
    chosen = next((learner for learner in able if learner.name == choice.used), None)
    return LearntRanking(
        rows=rows,
        choice=choice,
        weights=fit_weights([*telling, *also]) if choice.used == FITTED else None,
        learnt=chosen([*telling, *also], seed=seeds[0]) if chosen else None,
        queries=len(telling),
        skipped=len(examples) - len(telling),
        seeds=tuple(seeds),
        left_out={**missing, **left_out, **dict.fromkeys(without, "not wanted.")},
        click_queries=len(also),
    )


def require_rows(names: Sequence[str]) -> None:
    """Refuse names that are no row, and the default merge, which all others are compared with."""
    for name in names:
        if name not in ROWS:
            raise InputError(unknown_name("row", name, ROWS))
        if name == DEFAULT:
            raise InputError(f"Every row is compared with '{DEFAULT}'.", remedy="Leave out another one.")


def choose(rows: Sequence[RankingRow]) -> RankingChoice:
    """Choose the best row if its gain over the default merge is sure; the default stays otherwise."""
    default = next(row for row in rows if row.name == DEFAULT)
    able = [row for row in rows if row.name not in (WORDS, RRF)]
    best = max(able, key=lambda row: row.interval.mean)
    if best.name == DEFAULT:
        return RankingChoice(DEFAULT, False, "Nothing that was learnt is better than the default merge.")
    gain = best.gain(default)
    told = (
        f"{best.name} gains {gain.mean:+.4f} ({gain.low:+.4f}..{gain.high:+.4f}, p {gain.p_value:.4f}) over "
        f"the default merge in {MEASURE.name} on {gain.queries} queries"
    )
    if gain.low > 0:
        return RankingChoice(best.name, True, f"{told}.")
    return RankingChoice(DEFAULT, False, f"{told}: not sure, so the default merge stays.")


def every_learner(*, without: Sequence[str] = ()) -> tuple[list[Learner], dict[str, str]]:
    """Return the learners that are wanted and that the installed extras allow, and why others are left out."""
    learners: list[Learner] = [LinearLearner(), LambdaMartLearner(), LambdaMartLearner(is_on_convex=True)]
    left_out: dict[str, str] = {}
    wanted = sorted(NETWORKS - set(without))
    if wanted:
        try:
            from tonggan.learn.rank.attention import AttentionLearner
            from tonggan.learn.rank.network import NetworkLearner

            learners += [NetworkLearner(), AttentionLearner()]
        except MissingExtraError as error:
            left_out = dict.fromkeys(wanted, str(error))
    return [learner for learner in learners if learner.name not in without], left_out


def _require_queries(telling: Sequence[Example], *, asked: int) -> None:
    if len(telling) < LEAST_QUERIES:
        raise NotReadyError(
            f"{len(telling)} of {asked} judged queries have a product of grade above 0; merge weights and rankers need "
            f"{LEAST_QUERIES}.",
            remedy=f"Judge {LEAST_QUERIES - len(telling)} more queries; until then the default merge serves.",
        )


def _able(learners: Sequence[Learner], telling: Sequence[Example]) -> tuple[list[Learner], dict[str, str]]:
    """The learners for which there are grades enough, and why the others are left out."""
    grades = sum(int((~np.isnan(example.grades)).sum()) for example in telling)
    if grades >= LEAST_GRADES:
        return list(learners), {}
    reason = f"{grades} candidates have a grade; a ranker needs {LEAST_GRADES}."
    return [], {learner.name: reason for learner in learners}


def _row(
    name: str,
    scorer: Callable[[Sequence[Example], int], Scoring],
    examples: Sequence[Example],
    *,
    also: Sequence[Example],
    seeds: Sequence[int],
    steps: _Steps,
) -> RankingRow:
    found: dict[str, list[float]] = {example.query_id: [] for example in examples}
    for seed in seeds:
        fold_of = folds_of([example.query_id for example in examples], seed=seed)
        for taught, held in splits(examples, fold_of):
            score = scorer([*taught, *also], seed)
            for example in held:
                found[example.query_id].append(quality(example, score(example)))
            steps.next(name)
    values = {query_id: float(np.mean(each)) for query_id, each in found.items()}
    by_seed = tuple(float(np.mean([each[at] for each in found.values()])) for at in range(len(seeds)))
    return RankingRow(name, values, by_seed)


class _Steps:
    """Counts what is done over all rows."""

    def __init__(self, progress: Progress | None, *, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def next(self, name: str) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(name, self._done, self._total)


def _words(example: Example) -> Scores:
    return np.nan_to_num(example.channels.get("words", example.merged)).astype(np.float32)


def _by_weights(weights: MergeWeights) -> Scoring:
    return lambda example: merged(example, weights.of(example.kind))


def _learning(learner: Learner) -> Callable[[Sequence[Example], int], Scoring]:
    return lambda taught, seed: learner(taught, seed=seed).score
