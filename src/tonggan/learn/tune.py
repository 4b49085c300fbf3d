"""Settings of retrieval fitted to judged queries by Optuna, and checked on queries that the search has not seen.

Half of the queries choose, the others check: what is kept must be better there, and surely so.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tonggan.errors import InputError, MissingExtraError, NotReadyError
from tonggan.evaluate.judgments import EvaluationQuery
from tonggan.evaluate.statistics import Difference, Interval, bootstrap_interval, paired_difference

Settings: TypeAlias = Mapping[str, float]
"""Values of `[retrieval]` by name."""

Measured: TypeAlias = Callable[[Settings, Sequence[EvaluationQuery]], Mapping[str, float]]
"""The measure of each query, by id, with these settings in place of the shop's own."""

FEWEST_QUERIES = 50
"""Judged queries below which half of them are too few to choose by, and the other half to check by."""

TRIALS = 40
"""Settings that are tried: about four for each dimension; the model of Optuna's sampler speaks from the tenth on."""

RANGES: Mapping[str, tuple[float, float]] = {
    "words_weight": (0.2, 1.0),
    "text_weight": (0.0, 0.8),
    "shared_weight": (0.0, 0.4),
    "coverage_weight": (0.0, 1.0),
    "minimum_coverage": (0.0, 0.9),
    "nearest_similarity": (0.2, 0.7),
}
"""What is tuned and between which values: those that can make sense; words always count for something."""

DIGITS = 3
"""Digits after the point that are tried and kept; finer ones change no ranking that anybody could measure."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was found: `chosen` settings, and both sides' figures on either half of the queries."""

    present: Settings
    chosen: Settings
    training: tuple[Interval, Interval]
    held_out: tuple[Interval, Interval]
    training_gain: Difference
    held_out_gain: Difference
    trials: int

    @property
    def is_better(self) -> bool:
        """Whether the gain on the held-out half is sure: its interval lies above 0."""
        return self.held_out_gain.low > 0

    @property
    def verdict(self) -> str:
        """One sentence on whether the settings are worth having."""
        gain = self.held_out_gain
        told = f"{gain.mean:+.4f} ({gain.low:+.4f}..{gain.high:+.4f}, p {gain.p_value:.3f}) on queries not tuned on"
        return f"The tuned settings are better: {told}." if self.is_better else f"No sure gain: {told}."

    def as_json(self) -> dict[str, Any]:
        """Everything, plainly."""
        halves = {"training": (self.training, self.training_gain), "held_out": (self.held_out, self.held_out_gain)}
        return {
            "trials": self.trials,
            "present": dict(self.present),
            "chosen": dict(self.chosen),
            **{
                name: {"present": asdict(before), "tuned": asdict(after), "gain": asdict(gain)}
                for name, ((before, after), gain) in halves.items()
            },
            "is_better": self.is_better,
            "verdict": self.verdict,
        }


def tune(
    measured: Measured,
    queries: Sequence[EvaluationQuery],
    *,
    present: Settings,
    trials: int = TRIALS,
    seed: int = 0,
    tell: Callable[[int, int], None] | None = None,
) -> Tuning:
    """Try settings on half of the queries and check the best, be it the present one, on the other half.

    MissingExtraError without Optuna, NotReadyError with too few queries. The same seed gives the same settings.
    """
    _require(queries, trials)
    training, held_out = halves(queries, seed=seed)
    chosen = _search(measured, training, present, trials=trials, seed=seed, tell=tell)
    before, after = (_both(measured, settings, training, held_out) for settings in (present, chosen))
    return Tuning(
        present,
        chosen,
        (bootstrap_interval(before[0]), bootstrap_interval(after[0])),
        (bootstrap_interval(before[1]), bootstrap_interval(after[1])),
        paired_difference(after[0], before[0], seed=seed),
        paired_difference(after[1], before[1], seed=seed),
        trials,
    )


def halves(queries: Sequence[EvaluationQuery], *, seed: int) -> tuple[list[EvaluationQuery], list[EvaluationQuery]]:
    """Part queries by a seeded hash of their text, or id where they have none, so that equal texts stay together."""
    ordered = sorted(queries, key=lambda query: (_hash(query, seed), query.query_id))
    middle = len(ordered) // 2
    while 0 < middle < len(ordered) - 1 and _hash(ordered[middle], seed) == _hash(ordered[middle - 1], seed):
        middle += 1
    return ordered[:middle], ordered[middle:]


def write_settings(path: Path, settings: Settings, *, table: str = "retrieval") -> None:
    """Set values in one table of a TOML file, comments and other lines as they are; a reader sees old or new.

    InputError, with nothing written, where the file has a form that lines cannot be set in.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    written = edited(text, settings, table=table)
    before = tomllib.loads(text)
    expected = {**before, table: {**before.get(table, {}), **settings}}
    if tomllib.loads(written) != expected:
        raise InputError(
            f"{path}: [{table}] is written in a way that this cannot edit.",
            remedy="Write each setting on a line of its own under the table, then try again.",
        )
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(written, encoding="utf-8")
    os.replace(scratch, path)


def edited(text: str, settings: Settings, *, table: str) -> str:
    """Return the text of a TOML file with these values in a table.

    >>> print(edited("[rank]\\ndepth = 9  # why", {"depth": 8, "diversity": 0.5}, table="rank"))
    [rank]
    depth = 8  # why
    diversity = 0.5
    """
    lines = text.split("\n")
    heads = [at for at, line in enumerate(lines) if line.split("#")[0].strip() == f"[{table}]"]
    if not heads:
        gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        return text + gap + "\n".join([f"[{table}]", *_lines(settings), ""])
    start = heads[0] + 1
    end = next((at for at in range(start, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
    body, left = lines[start:end], dict(settings)
    for at, line in enumerate(body):
        name = line.split("=")[0].strip()
        if name in left and not line.lstrip().startswith("#"):
            _, mark, comment = line.partition("#")
            body[at] = f"{name} = {left.pop(name)!r}" + (f"  #{comment}" if mark else "")
    filled = max((at + 1 for at, line in enumerate(body) if line.strip()), default=0)
    return "\n".join([*lines[:start], *body[:filled], *_lines(left), *body[filled:], *lines[end:]])


def _search(
    measured: Measured,
    queries: Sequence[EvaluationQuery],
    present: Settings,
    *,
    trials: int,
    seed: int,
    tell: Callable[[int, int], None] | None,
) -> dict[str, float]:
    """The best settings on these queries; the present ones, exactly, where nothing was better."""
    optuna = _optuna()

    def value(settings: Settings) -> float:
        return float(np.mean(list(measured(settings, queries).values())))

    def objective(trial: Any) -> float:
        found = value(
            {name: round(trial.suggest_float(name, low, high), DIGITS) for name, (low, high) in RANGES.items()}
        )
        if tell is not None:
            tell(trial.number + 1, trials)
        return found

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, n_trials=trials)
    if study.best_value <= value(present):
        return dict(present)
    return {name: round(best, DIGITS) for name, best in study.best_params.items()}


def _both(
    measured: Measured,
    settings: Settings,
    training: Sequence[EvaluationQuery],
    held_out: Sequence[EvaluationQuery],
) -> tuple[list[float], list[float]]:
    values = measured(settings, [*training, *held_out])
    first, second = ([values[query.query_id] for query in part] for part in (training, held_out))
    return first, second


def _require(queries: Sequence[EvaluationQuery], trials: int) -> None:
    if len(queries) < FEWEST_QUERIES:
        raise NotReadyError(
            f"{len(queries)} judged queries that count; tuning needs at least {FEWEST_QUERIES}.",
            remedy="Judge more queries; until then the defaults are the safer choice.",
        )
    if trials < 1:
        raise InputError(f"{trials} trials are none.", remedy=f"Leave it out for {TRIALS}.")
    _optuna()


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise MissingExtraError(
            "Tuning needs Optuna, which is not installed.", remedy="pip install 'tonggan[rank]'"
        ) from error
    return optuna


def _hash(query: EvaluationQuery, seed: int) -> str:
    named = query.text.strip().lower() or query.query_id
    return hashlib.sha256(f"{seed}:{named}".encode()).hexdigest()


def _lines(settings: Settings) -> list[str]:
    return [f"{name} = {value!r}" for name, value in settings.items()]
