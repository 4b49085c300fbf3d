"""Whether an answer is any good: signals of the answer, and a calibrated probability that it holds what was meant.

A shop with judged queries learns a `RelevanceModel` from them (`learn/relevance.py`); `is_doubtful_untrained` is the
rule for all others. Both see only `Signals`: what search knows anyway once it has found its candidates.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from tonggan.encode.words import terms as terms_of
from tonggan.errors import InputError
from tonggan.index import NOBODY, Rows, Scores
from tonggan.index.scoring import inverse_document_frequency
from tonggan.retrieve.result_set import ResultSet

LEADERS = 5
"""Best hits that are looked at together: what a shopper sees before the first scroll."""

FIRST_PAGE = 10
"""Best hits by words, and by meaning, that are looked for in each other: a usual first page."""

UNTRAINED_COVERAGE = 0.5
"""The rule's least share of the query's weighted words in a title of the first hits: less is another query."""

UNTRAINED_SIMILARITY = 0.45
"""The rule's least mean cosine of the first hits. On Home Depot, with the kinds that a third of the queries mean taken
out, the rule was right 57 times of 100 that it spoke (33 by chance), and doubted 8 of 100 good answers."""

TEXT = "text"
"""The channel of nearness in meaning."""

FORMAT = 1
"""Version of the JSON form of a model."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What search knows of an answer, all from 0 to 1 (but `members`); 0 where there is nothing to tell.

    `coverage`: share of the query's weighted words in the hit that matches them best.
    `best_words`: that hit's BM25F over the most that these words could ever give.
    `mean_words`: the same, mean of the five best (missing ones count 0).
    `best_similarity`: greatest cosine of a text vector to the query's.
    `shown_similarity`: mean cosine of the five first hits as shown, those without a vector counting 0.
    `agreement`: share of the ten best hits by words that are also among the ten nearest in meaning.
    `known_words`: weighted share of the query's words that any product holds.
    `title_coverage`: greatest share of the query's weighted words in the title of one of the five best hits.
    `members`: log(1 + number of products in the result set).
    """

    coverage: float = 0.0
    best_words: float = 0.0
    mean_words: float = 0.0
    best_similarity: float = 0.0
    shown_similarity: float = 0.0
    agreement: float = 0.0
    known_words: float = 0.0
    title_coverage: float = 0.0
    members: float = 0.0

    def vector(self) -> npt.NDArray[np.float32]:
        """The signals as float32, in the order of `SIGNAL_NAMES`."""
        return np.array([getattr(self, name) for name in SIGNAL_NAMES], dtype=np.float32)


SIGNAL_NAMES = tuple(item.name for item in fields(Signals))
"""What a model is for; one made for others is refused."""


@dataclass(frozen=True, slots=True)
class TermWeights:
    """The typed terms of a query with what each is worth: its weight times its inverse document frequency.

    `covers` says of each term, typed ones and those that stand for one, which typed term it covers and how much of it;
    `known` are the terms that any product holds.
    """

    worth: Mapping[str, float]
    covers: Mapping[str, tuple[str, float]]
    known: frozenset[str]

    @classmethod
    def of(
        cls,
        terms: Mapping[str, float],
        frequencies: Sequence[int],
        *,
        product_count: int,
        stands_for: Mapping[str, str] = NOBODY,
    ) -> TermWeights:
        """Weigh the terms of a match by how many of the products hold each."""
        held_by = dict(zip(terms, frequencies, strict=True))
        typed = {term: weight for term, weight in terms.items() if stands_for.get(term) not in terms}
        worth = {
            term: weight * inverse_document_frequency(min(held_by[term], product_count), product_count)
            for term, weight in typed.items()
        }
        covers = {term: (term, 1.0) for term in typed}
        for term, weight in terms.items():
            if term not in typed:
                meant = stands_for[term]
                covers[term] = (meant, weight / terms[meant] if terms[meant] else 0.0)
        return cls(worth, covers, frozenset(term for term, count in held_by.items() if count))

    @property
    def total(self) -> float:
        """What all typed terms together are worth: the limit of a BM25F score."""
        return sum(self.worth.values())

    def share(self, held: Collection[str]) -> float:
        """The share of the worth that these terms cover; 0 where no term is worth anything."""
        covered = dict.fromkeys(self.worth, 0.0)
        for term, (meant, part) in self.covers.items():
            if term in held and meant in covered:
                covered[meant] = min(1.0, covered[meant] + part)
        total = self.total
        return sum(self.worth[term] * part for term, part in covered.items()) / total if total > 0 else 0.0


def signals_of(
    terms: TermWeights,
    *,
    word_scores: npt.ArrayLike,
    coverages: npt.ArrayLike,
    similarities: npt.ArrayLike = (),
    shown_similarities: npt.ArrayLike = (),
    agreement: float = 0.0,
    titles: Sequence[str] = (),
    members: int = 0,
) -> Signals:
    """Compute the signals from the best hits' BM25F scores, best first, with the coverage of each.

    `similarities` are cosines of the products nearest in meaning, `shown_similarities` and `titles` those of the first
    hits as shown, NaN where a product has no vector.
    """
    scores = np.asarray(word_scores, dtype=np.float64)[:LEADERS] / (terms.total or 1.0)
    near, shown = (np.asarray(each, dtype=np.float64) for each in (similarities, shown_similarities))
    covered = np.asarray(coverages, dtype=np.float64)[:1]
    return Signals(
        coverage=float(covered[0]) if len(covered) else 0.0,
        best_words=float(scores[0]) if len(scores) else 0.0,
        mean_words=float(scores.sum()) / LEADERS,
        best_similarity=max(float(near.max()), 0.0) if len(near) else 0.0,
        shown_similarity=max(float(np.nansum(shown[:LEADERS])) / LEADERS, 0.0),
        agreement=agreement,
        known_words=terms.share(terms.known),
        title_coverage=max((terms.share(set(terms_of(title))) for title in titles[:LEADERS]), default=0.0),
        members=float(np.log1p(members)),
    )


def signals_of_results(results: ResultSet, *, shown: Rows, titles: Sequence[str]) -> Signals:
    """Compute the signals of a result set, filters applied; `shown` and `titles` are its first hits, best first."""
    asked = results.questions
    weights = TermWeights.of(
        asked.terms,
        results.view.document_frequency(list(asked.terms)),
        product_count=results.view.count,
        stands_for=asked.stands_for,
    )
    worded, scores, coverages = _best_by_words(results)
    near, similarities = _nearest(results)
    agreed = len(np.intersect1d(worded, near[:FIRST_PAGE])) / FIRST_PAGE
    return signals_of(
        weights,
        word_scores=scores,
        coverages=coverages,
        similarities=similarities,
        shown_similarities=_similarities_of(results, shown[:LEADERS]),
        agreement=agreed,
        titles=titles,
        members=len(results.rows),
    )


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


def is_doubtful_untrained(signals: Signals) -> bool:
    """The rule without judgments: no title of the first hits covers half of the query, and they mean another thing."""
    return signals.title_coverage < UNTRAINED_COVERAGE and signals.shown_similarity < UNTRAINED_SIMILARITY


_PER_SIGNAL = ("means", "scales", "coefficients")


def _best_by_words(results: ResultSet) -> tuple[Rows, Scores, Scores]:
    """The ten best matches that pass the filters, best first: rows, BM25F scores, coverage."""
    match = results.members.match
    if match is None:
        return np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.float32)
    places = np.flatnonzero(np.isin(match.rows, results.rows, assume_unique=True))
    if len(places) > FIRST_PAGE:
        places = places[np.argpartition(-match.scores[places], FIRST_PAGE)[:FIRST_PAGE]]
    best = places[np.argsort(-match.scores[places], kind="stable")]
    return match.rows[best], match.scores[best], match.coverage[best]


def _nearest(results: ResultSet) -> tuple[Rows, Scores]:
    """The products nearest in meaning that pass the filters, nearest first."""
    rows, scores = results.members.nearest.get(TEXT, (np.empty(0, np.int32), np.empty(0, np.float32)))
    passes = np.isin(rows, results.rows if results.query.filters is not None else rows)
    return rows[passes], scores[passes]


def _similarities_of(results: ResultSet, rows: Rows) -> Scores:
    probe = next((each for each in results.questions.probes if each.channel == TEXT), None)
    return np.empty(0, np.float32) if probe is None else results.view.similarity(probe.space, probe.vector, rows)


def _numbers(record: Mapping[str, Any], name: str, *, count: int | None = None) -> npt.NDArray[np.float64]:
    """Finite numbers of a kept model, checked."""
    try:
        numbers = np.atleast_1d(np.asarray(record.get(name), dtype=np.float64))
    except (TypeError, ValueError):
        numbers = np.full(1, np.nan)
    if numbers.ndim != 1 or not np.isfinite(numbers).all() or (count is not None and len(numbers) != count):
        raise InputError(f"The relevance model is damaged at '{name}'.", remedy="Learn it again.")
    return numbers
