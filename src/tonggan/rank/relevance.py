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
from tonggan.encode.words import words as words_of
from tonggan.errors import InputError
from tonggan.index import NOBODY, Rows, Scores, View
from tonggan.index.scoring import inverse_document_frequency
from tonggan.retrieve.result_set import ResultSet

LEADERS = 5
"""Best hits that are looked at together: what a shopper sees before the first scroll."""

TENTH = 10
"""The match that the first is compared with: the last of a usual first page."""

UNTRAINED_WORDS = 0.5
"""The rule's least share of the typed words in the titles of the first hits: with less they answer another query."""

UNTRAINED_SIMILARITY = 0.4
"""The rule's least mean cosine of the first hits. On Home Depot, with the kinds that a third of the queries mean taken
out, the rule was right 66 times of 100 that it spoke (32 by chance), found 23 of 100 and doubted 6 of 100 good ones."""

TEXT = "text"
"""The channel of nearness in meaning."""

FORMAT = 1
"""Version of the JSON form of a model."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What search knows of an answer, each about 0 to 1 but for `members`; 0 where there is nothing to tell.

    Of the query's words: `known_words`, weighted share that any product holds. Of the best matches of the words:
    `coverage`, weighted share of the query in the best one; `best_words` and `mean_words`, BM25F of the best and of the
    five best over the most that these words could ever give; `gap`, how far the tenth score is behind the first, as a
    share of it. Of meaning: `best_similarity`, greatest cosine of any product; `contrast`, by how much it exceeds the
    hundredth. Of the five first hits as shown: `title_coverage`, greatest weighted share of the query in one title;
    `title_words`, mean share of the typed words in their titles; `shown_similarity`, mean cosine to the query;
    `coherence`, mean cosine to each other, whether they show one kind of product. `members`: log(1 + results).
    """

    known_words: float = 0.0
    coverage: float = 0.0
    best_words: float = 0.0
    mean_words: float = 0.0
    gap: float = 0.0
    best_similarity: float = 0.0
    contrast: float = 0.0
    title_coverage: float = 0.0
    title_words: float = 0.0
    shown_similarity: float = 0.0
    coherence: float = 0.0
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


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What signals are computed from.

    `word_scores` and `coverages` are those of the ten best matches, best first; `nearest` cosines of the products
    nearest in meaning, in any order; `titles`, `similarities` (NaN without a vector) and `vectors` (of norm 1,
    [hits, dim]) those of the first hits as shown; `members` the size of the result set.
    """

    words: Sequence[str] = ()
    word_scores: npt.ArrayLike = ()
    coverages: npt.ArrayLike = ()
    nearest: npt.ArrayLike = ()
    titles: Sequence[str] = ()
    similarities: npt.ArrayLike = ()
    vectors: npt.ArrayLike = ()
    members: int = 0


def signals_of(terms: TermWeights, evidence: Evidence) -> Signals:
    """Compute the signals of an answer."""
    scores = np.asarray(evidence.word_scores, dtype=np.float64) / (terms.total or 1.0)
    coverages, nearest, shown = (
        np.asarray(each, dtype=np.float64) for each in (evidence.coverages, evidence.nearest, evidence.similarities)
    )
    titles = [set(terms_of(title)) for title in evidence.titles[:LEADERS]]
    return Signals(
        known_words=terms.share(terms.known),
        coverage=float(coverages[0]) if len(coverages) else 0.0,
        best_words=float(scores[0]) if len(scores) else 0.0,
        mean_words=float(scores[:LEADERS].sum()) / LEADERS,
        gap=_gap(scores),
        best_similarity=float(nearest.max()) if len(nearest) else 0.0,
        contrast=float(nearest.max() - nearest.min()) if len(nearest) else 0.0,
        title_coverage=max(map(terms.share, titles), default=0.0),
        title_words=_title_words(evidence.words, titles),
        shown_similarity=float(np.nansum(shown[:LEADERS])) / LEADERS,
        coherence=_coherence(np.asarray(evidence.vectors, dtype=np.float64)),
        members=float(np.log1p(evidence.members)),
    )


def signals_of_results(results: ResultSet, *, shown: Rows, titles: Sequence[str]) -> Signals:
    """Compute the signals of a result set, filters applied; `shown` and `titles` are its first hits, best first."""
    asked, view = results.questions, results.view
    weights = TermWeights.of(
        asked.terms,
        view.document_frequency(list(asked.terms)),
        product_count=view.count,
        stands_for=asked.stands_for,
    )
    probe = next((each for each in asked.probes if each.channel == TEXT), None)
    rows, (scores, coverages) = shown[:LEADERS], _best_by_words(results)
    evidence = Evidence(
        words=words_of(results.query.words),
        word_scores=scores,
        coverages=coverages,
        nearest=results.members.nearest[TEXT][1] if TEXT in results.members.nearest else (),
        titles=titles,
        similarities=view.similarity(probe.space, probe.vector, rows) if probe else (),
        vectors=list(view.vectors(probe.space, view.ids(rows)).values()) if probe else (),
        members=len(results.rows),
    )
    return signals_of(weights, evidence)


def titles_of(view: View, rows: Rows) -> list[str]:
    """Return the titles of rows in any order (a view answers for ascending rows)."""
    if "title" not in view.text_fields:
        return []
    ascending = np.sort(rows)
    of_row = dict(zip(ascending.tolist(), view.values("title", ascending), strict=True))
    return [next(iter(of_row[row]), "") for row in rows.tolist()]


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
    """The rule without judgments: few typed words stand in the first titles, and what they mean is not near."""
    return signals.title_words < UNTRAINED_WORDS and signals.shown_similarity < UNTRAINED_SIMILARITY


_PER_SIGNAL = ("means", "scales", "coefficients")


def _best_by_words(results: ResultSet) -> tuple[Scores, Scores]:
    """BM25F and coverage of the ten best matches that pass the filters, best first."""
    match = results.members.match
    if match is None:
        return np.empty(0, np.float32), np.empty(0, np.float32)
    scores, coverages = match.scores, match.coverage
    if results.query.filters is not None:
        passes = np.isin(match.rows, results.rows, assume_unique=True)
        scores, coverages = scores[passes], coverages[passes]
    if len(scores) > TENTH:
        best = np.argpartition(-scores, TENTH)[:TENTH]
        scores, coverages = scores[best], coverages[best]
    order = np.argsort(-scores, kind="stable")
    return scores[order], coverages[order]


def _gap(scores: npt.NDArray[np.float64]) -> float:
    """1 where there are fewer than ten: nothing comes near the first."""
    if not len(scores) or scores[0] <= 0:
        return 0.0
    return 1.0 - float(scores[TENTH - 1] / scores[0]) if len(scores) >= TENTH else 1.0


def _title_words(words: Sequence[str], titles: Sequence[Collection[str]]) -> float:
    """Hits that are missing hold no word."""
    typed = [terms[0] for terms in map(terms_of, words) if terms]
    return sum(term in title for title in titles for term in typed) / (len(typed) * LEADERS) if typed else 0.0


def _coherence(vectors: npt.NDArray[np.float64]) -> float:
    """Mean cosine of all pairs; 0 where there is no pair."""
    count = len(vectors)
    if count < 2:
        return 0.0
    return float(((vectors @ vectors.T).sum() - count) / (count * (count - 1)))


def _numbers(record: Mapping[str, Any], name: str, *, count: int | None = None) -> npt.NDArray[np.float64]:
    """Finite numbers of a kept model, checked."""
    try:
        numbers = np.atleast_1d(np.asarray(record.get(name), dtype=np.float64))
    except (TypeError, ValueError):
        numbers = np.full(1, np.nan)
    if numbers.ndim != 1 or not np.isfinite(numbers).all() or (count is not None and len(numbers) != count):
        raise InputError(f"The relevance model is damaged at '{name}'.", remedy="Learn it again.")
    return numbers
