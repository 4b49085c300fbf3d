"""Measures of one ranking, by the names of ir_measures: `nDCG@10`, `RR`, `R(rel=3)@100`, `AP`, `ERR@10`, `Judged@10`.

One meaning differs and is printed with every figure: plain `nDCG` has the gain 2^grade - 1, which ir_measures spells
`nDCG(dcg='exp-log2')`; its own default, the grade itself as the gain, is spelled `nDCG(dcg='log2')` here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tonggan.errors import InputError, unknown_name

GRADE_TOLERANCE = 1e-9
"""Grades that are means of raters (8 / 3) reach a cut-off written with fewer digits than they have."""

ERR_HIGHEST_GRADE = 4
"""The grade of a perfect product in expected reciprocal rank, as gdeval of TREC and ir_measures fix it."""

EXAMPLE = "nDCG@10, RR, R(rel=3)@100"


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure as asked for; `rel` is the least grade that counts as relevant, `cutoff` None the whole ranking."""

    name: str
    kind: str
    cutoff: int | None = None
    rel: float = 1.0
    dcg: str = "exp-log2"

    @property
    def formula(self) -> str:
        """How the figure is computed, in one line."""
        ranks = f"ranks i <= {self.cutoff}" if self.cutoff else "all ranks i"
        return KINDS[self.kind].formula.format(
            ranks=ranks, cutoff=self.cutoff or "the length of the ranking", rel=f"{self.rel:g}", gain=GAINS[self.dcg]
        )

    @property
    def is_undefined_without_relevant(self) -> bool:
        """Whether queries without any relevant product are left out of the mean."""
        return KINDS[self.kind].is_undefined_without_relevant


@dataclass(frozen=True, slots=True)
class GradedRanking:
    """`ranked`: the grade at each rank, NaN where not judged; `judged`: every grade given for the query."""

    ranked: npt.NDArray[np.float64]
    judged: npt.NDArray[np.float64]


def parse_measure(text: str) -> Measure:
    """Read one measure name; InputError names what is unknown and what is accepted.

    >>> parse_measure("R(rel=3)@100")
    Measure(name='R(rel=3)@100', kind='R', cutoff=100, rel=3.0, dcg='exp-log2')
    """
    found = re.fullmatch(r"\s*([A-Za-z]+)\s*(?:\((.*)\))?\s*(?:@\s*(\w+))?\s*", text)
    if not found:
        raise InputError(f"'{text}' is not a measure.", remedy=f"Write measures like {EXAMPLE}.")
    kind = ALIASES.get(found[1], found[1])
    if kind not in KINDS:
        raise InputError(unknown_name("measure", found[1], KINDS), remedy=f"Write measures like {EXAMPLE}.")
    cutoff = _cutoff(found[3], kind=kind, text=text)
    return Measure(text.strip(), kind, cutoff=cutoff, **_parameters(found[2] or "", kind=kind, text=text))


def parse_measures(text: str) -> tuple[Measure, ...]:
    """Read measure names separated by commas, each kept once, in order.

    >>> [measure.name for measure in parse_measures("nDCG@10, R(rel=2)@100")]
    ['nDCG@10', 'R(rel=2)@100']
    """
    names = [part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip()]
    if not names:
        raise InputError("No measure was named.", remedy=f"Write measures like {EXAMPLE}.")
    return tuple(parse_measure(name) for name in dict.fromkeys(names))


def grade_ranking(ranking: Sequence[str], judgments: Mapping[str, float]) -> GradedRanking:
    """Look up the grades of a ranking."""
    ranked = np.array([judgments.get(product_id, np.nan) for product_id in ranking], dtype=np.float64)
    return GradedRanking(ranked, np.array(list(judgments.values()), dtype=np.float64))


def score(measure: Measure, graded: GradedRanking) -> float:
    """Compute a measure of one ranking; a product that was not judged counts as grade 0.

    NaN where the measure is undefined: nDCG, R and AP of a query without any relevant product.
    """
    return KINDS[measure.kind].score(measure, graded)


def is_relevant(grades: npt.NDArray[np.float64], rel: float) -> npt.NDArray[np.bool_]:
    """Tell where a grade reaches the cut-off; never where there is no grade."""
    return grades >= rel - GRADE_TOLERANCE


def gain(grades: npt.NDArray[np.float64], dcg: str) -> npt.NDArray[np.float64]:
    """Turn grades into gains; no grade, and a grade below 0, gain nothing."""
    known = np.clip(np.nan_to_num(grades), 0, None)
    return np.exp2(known) - 1 if dcg == "exp-log2" else known


def stop_probability(grades: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The chance that a shopper who looks at a product stops there [Chapelle 2009]; InputError above the top grade."""
    known = np.clip(np.nan_to_num(grades), 0, None)
    if known.size and known.max() > ERR_HIGHEST_GRADE + GRADE_TOLERANCE:
        raise InputError(
            f"ERR takes grades up to {ERR_HIGHEST_GRADE}, and there is a grade of {known.max():g}.",
            remedy="Map the grades to 0..4 or ask for nDCG.",
        )
    return (np.exp2(known) - 1) / 2**ERR_HIGHEST_GRADE


def discounts(count: int) -> npt.NDArray[np.float64]:
    """The weight 1 / log2(i + 1) of each rank i from 1."""
    return 1 / np.log2(np.arange(2, count + 2))


def best_dcg(measure: Measure, judged: npt.NDArray[np.float64]) -> float:
    """The discounted gain of the best possible order of the judged products."""
    return _dcg(np.sort(gain(judged, measure.dcg))[::-1], measure.cutoff)


def _ndcg(measure: Measure, graded: GradedRanking) -> float:
    ideal = best_dcg(measure, graded.judged)
    return _dcg(gain(graded.ranked, measure.dcg), measure.cutoff) / ideal if ideal > 0 else float("nan")


def _dcg(gains: npt.NDArray[np.float64], cutoff: int | None) -> float:
    head = gains[:cutoff]
    return float(head @ discounts(len(head)))


def _reciprocal_rank(measure: Measure, graded: GradedRanking) -> float:
    places = np.flatnonzero(is_relevant(graded.ranked[: measure.cutoff], measure.rel))
    return 1 / (float(places[0]) + 1) if len(places) else 0.0


def _recall(measure: Measure, graded: GradedRanking) -> float:
    relevant = np.count_nonzero(is_relevant(graded.judged, measure.rel))
    return _found(measure, graded) / relevant if relevant else float("nan")


def _precision(measure: Measure, graded: GradedRanking) -> float:
    return _found(measure, graded) / (measure.cutoff or len(graded.ranked))


def _success(measure: Measure, graded: GradedRanking) -> float:
    return float(_found(measure, graded) > 0)


def _found(measure: Measure, graded: GradedRanking) -> int:
    return int(np.count_nonzero(is_relevant(graded.ranked[: measure.cutoff], measure.rel)))


def _average_precision(measure: Measure, graded: GradedRanking) -> float:
    relevant = np.count_nonzero(is_relevant(graded.judged, measure.rel))
    hits = is_relevant(graded.ranked[: measure.cutoff], measure.rel)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].sum() / relevant) if relevant else float("nan")


def _expected_reciprocal_rank(measure: Measure, graded: GradedRanking) -> float:
    stops = stop_probability(graded.ranked[: measure.cutoff])
    reached = np.cumprod(np.concatenate([[1.0], 1 - stops]))[:-1]
    return float((reached * stops) @ (1 / np.arange(1, len(stops) + 1)))


def _judged(measure: Measure, graded: GradedRanking) -> float:
    head = graded.ranked[: measure.cutoff]
    return float(np.mean(~np.isnan(head))) if len(head) else 0.0


def _cutoff(digits: str | None, *, kind: str, text: str) -> int | None:
    if digits is None:
        if KINDS[kind].needs_cutoff:
            raise InputError(f"'{text}' needs a cut-off rank.", remedy=f"Write {kind}@10.")
        return None
    if not digits.isascii() or not digits.isdigit() or int(digits) == 0:
        raise InputError(f"'{text}' has the cut-off '{digits}'.", remedy=f"A cut-off is a rank from 1: {kind}@10.")
    return int(digits)


def _parameters(listed: str, *, kind: str, text: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in listed.split(","))):
        key, _, value = (piece.strip() for piece in part.partition("="))
        if key not in KINDS[kind].parameters:
            accepted = ", ".join(KINDS[kind].parameters) or "none"
            raise InputError(f"'{text}' has the parameter '{key}'; {kind} accepts: {accepted}.")
        given[key] = _gain_name(value, text=text) if key == "dcg" else _least_grade(value, text=text)
    return given


def _gain_name(value: str, *, text: str) -> str:
    name = value.strip("'\"")
    if name not in GAINS:
        raise InputError(f"'{text}': {unknown_name('dcg', name, GAINS)}")
    return name


def _least_grade(value: str, *, text: str) -> float:
    try:
        grade = float(value)
    except ValueError:
        grade = float("nan")
    if not np.isfinite(grade):
        raise InputError(f"'{text}' has rel={value}.", remedy="rel is the least relevant grade, a number: rel=2.")
    return grade


@dataclass(frozen=True, slots=True)
class Kind:
    """A family of measures: its score of one ranking, its formula, and what its name may carry."""

    score: Callable[[Measure, GradedRanking], float]
    formula: str
    parameters: tuple[str, ...] = ("rel",)
    needs_cutoff: bool = False
    is_undefined_without_relevant: bool = False


GAINS: Mapping[str, str] = {"exp-log2": "2^grade - 1", "log2": "grade"}
"""What a grade is worth, by the names that ir_measures gives to the two forms of DCG."""

ALIASES: Mapping[str, str] = {
    "NDCG": "nDCG", "MRR": "RR", "Recall": "R", "Precision": "P", "MAP": "AP",
}  # fmt: skip

KINDS: Mapping[str, Kind] = {
    "nDCG": Kind(
        _ndcg,
        "sum over {ranks} of ({gain}) / log2(i + 1), over the same sum of the best possible order; not judged = 0; "
        "queries without a product of grade > 0 left out",
        parameters=("dcg",),
        is_undefined_without_relevant=True,
    ),
    "RR": Kind(_reciprocal_rank, "1 / rank of the first product of grade >= {rel} over {ranks}, else 0"),
    "R": Kind(
        _recall,
        "products of grade >= {rel} at {ranks}, over all of that grade; queries without one left out",
        needs_cutoff=True,
        is_undefined_without_relevant=True,
    ),
    "P": Kind(_precision, "products of grade >= {rel} at {ranks}, over {cutoff}; not judged = 0", needs_cutoff=True),
    "AP": Kind(
        _average_precision,
        "sum of the precision at each product of grade >= {rel} over {ranks}, over the number of all of that grade; "
        "queries without one left out",
        is_undefined_without_relevant=True,
    ),
    "ERR": Kind(
        _expected_reciprocal_rank,
        "sum over {ranks} of 1/i * stop_i * product over j < i of (1 - stop_j), stop = (2^grade - 1) / 2^4",
        parameters=(),
    ),
    "Judged": Kind(_judged, "share of {ranks} that has a grade, of as many as were returned", parameters=()),
    "Success": Kind(_success, "1 if a product of grade >= {rel} is at {ranks}, else 0", needs_cutoff=True),
}
"""Every measure known, by the name that ir_measures gives it."""
