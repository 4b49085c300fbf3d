"""What search knows of an answer once it has found it, by which it can be told that there is no good one.

Signals of three kinds: how much of the words is held, how near the meaning is, and whether both agree; those of the
first page as shown beside those of the whole catalogue. `relevance.py` makes a probability of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tonggan.encode.words import normalize
from tonggan.encode.words import terms as terms_of
from tonggan.encode.words import words as words_of
from tonggan.errors import InputError
from tonggan.index import NOBODY, Rows, Scores, View
from tonggan.index.scoring import inverse_document_frequency
from tonggan.rank.titles import GOES_WITH
from tonggan.retrieve.result_set import ResultSet

LEADERS = 5
"""Best hits that are looked at together: what a shopper sees before the first scroll."""

FIRST_PAGE = 10
"""Best matches of the words and nearest products in meaning that are compared with each other."""

SPREAD_DEPTH = 100
"""Best matches whose scores are compared for their spread; 100 is what Shtok [2012] recommends."""

TITLES_KEPT = 1 << 14
"""Titles whose terms are remembered, 10 MB at most: the same products lead again and again."""

TEXT = "text"
"""The channel of nearness in meaning."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What search knows of an answer, each about 0 to 1; 0 where there is nothing to tell.

    Of the query's words: `known_words`, weighted share that any product holds. Of the best matches of the words:
    `coverage`, weighted share of the query in the best one; `best_words` and `mean_words`, BM25F of the best and of the
    five best over the most that these words could ever give; `spread`, standard deviation of the hundred best, as a
    share of the same [NQC, Shtok 2012]. Of meaning: `best_similarity`, greatest cosine of any product; `contrast`, by
    how much it exceeds the hundredth; `agreement`, share of the ten nearest among the ten best by words. Of the five
    first hits as shown: `title_coverage`, greatest weighted share of the query in one title; `title_words`, mean share
    of the typed words in their titles; `head`, share of titles with the thing that was asked for, or what stands for
    it; `shown_similarity`, mean cosine to the query; `coherence`, mean cosine to each other, whether they show one kind
    of product. Of the catalogue: `named`, how surely a stretch of the query is a value of one of its fields.
    """

    known_words: float = 0.0
    coverage: float = 0.0
    best_words: float = 0.0
    mean_words: float = 0.0
    spread: float = 0.0
    best_similarity: float = 0.0
    contrast: float = 0.0
    agreement: float = 0.0
    title_coverage: float = 0.0
    title_words: float = 0.0
    head: float = 0.0
    shown_similarity: float = 0.0
    coherence: float = 0.0
    named: float = 0.0

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
        covered: dict[str, float] = {}
        for term, (meant, part) in self.covers.items():
            if term in held:
                covered[meant] = min(1.0, covered.get(meant, 0.0) + part)
        total = self.total if covered else 0.0
        return sum(self.worth.get(term, 0.0) * part for term, part in covered.items()) / total if total > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What signals are computed from.

    `word_scores` are those of the hundred best matches, best first, `best_coverage` the coverage of the first;
    `nearest` cosines of the products nearest in meaning, best first; `shared` how many of the ten best by words are
    among the ten nearest; `titles`, `similarities` (NaN without a vector) and `vectors` (of norm 1, [hits, dim]) those
    of the first hits as shown; `named` how surely the query names a value of the catalogue.
    """

    words: Sequence[str] = ()
    head: Collection[str] = ()
    word_scores: npt.ArrayLike = ()
    best_coverage: float = 0.0
    nearest: npt.ArrayLike = ()
    shared: int = 0
    titles: Sequence[str] = ()
    similarities: npt.ArrayLike = ()
    vectors: npt.ArrayLike = ()
    named: float = 0.0


def signals_of(terms: TermWeights, evidence: Evidence) -> Signals:
    """Compute the signals of an answer."""
    scores = np.asarray(evidence.word_scores, dtype=np.float64) / (terms.total or 1.0)
    nearest, shown = (np.asarray(each, dtype=np.float64) for each in (evidence.nearest, evidence.similarities))
    titles = [_title_terms(title) for title in evidence.titles[:LEADERS]]
    return Signals(
        known_words=terms.share(terms.known),
        coverage=evidence.best_coverage,
        best_words=float(scores[0]) if len(scores) else 0.0,
        mean_words=float(scores[:LEADERS].sum()) / LEADERS,
        spread=_deviation(scores),
        best_similarity=float(nearest[0]) if len(nearest) else 0.0,
        contrast=float(nearest[0] - nearest[-1]) if len(nearest) else 0.0,
        agreement=evidence.shared / FIRST_PAGE,
        title_coverage=max(map(terms.share, titles), default=0.0),
        title_words=_title_words(evidence.words, titles),
        head=sum(not title.isdisjoint(evidence.head) for title in titles) / LEADERS,
        shown_similarity=float(np.nansum(shown[:LEADERS])) / LEADERS,
        coherence=_coherence(np.asarray(evidence.vectors, dtype=np.float64)),
        named=evidence.named,
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
    near, cosines = results.members.nearest.get(TEXT, (np.empty(0, np.int32), np.empty(0, np.float32)))
    rows, (best, scores, coverage) = shown[:LEADERS], _best_by_words(results)
    evidence = Evidence(
        words=words_of(results.query.words),
        head=head_terms(results.query.words, asked.stands_for),
        word_scores=scores,
        best_coverage=coverage,
        nearest=cosines,
        shared=len(set(best[:FIRST_PAGE].tolist()) & set(near[:FIRST_PAGE].tolist())),
        titles=titles,
        similarities=view.similarity(probe.space, probe.vector, rows) if probe else (),
        vectors=list(view.vectors(probe.space, view.ids(rows)).values()) if probe else (),
        named=_named(results),
    )
    return signals_of(weights, evidence)


def titles_of(view: View, rows: Rows) -> list[str]:
    """Return the titles of rows in any order (a view answers for ascending rows)."""
    ascending = np.sort(rows)
    try:
        titles = view.values("title", ascending)
    except InputError:  # No product has a title; to look for the field among thousands first takes longer.
        return []
    of_row = dict(zip(ascending.tolist(), titles, strict=True))
    return [next(iter(of_row[row]), "") for row in rows.tolist()]


def head_terms(words: str, stands_for: Mapping[str, str] = NOBODY) -> frozenset[str]:
    """Return the term of the thing that was asked for and those that stand for it: the last word before `for`, `with`.

    >>> sorted(head_terms("charging cable for phone"))
    ['cabl']
    """
    asked = words_of(GOES_WITH.split(normalize(words), maxsplit=1)[0]) or words_of(words)
    head = next((max(found, key=len) for word in reversed(asked) if (found := terms_of(word))), "")
    return frozenset({head, *(term for term, meant in stands_for.items() if meant == head)} - {""})


@lru_cache(maxsize=TITLES_KEPT)
def _title_terms(title: str) -> frozenset[str]:
    return frozenset(terms_of(title))


def _best_by_words(results: ResultSet) -> tuple[Rows, Scores, float]:
    """Rows and BM25F of the best matches that pass the filters, best first, and the coverage of the first."""
    match = results.members.match
    if match is None:
        return np.empty(0, np.int32), np.empty(0, np.float32), 0.0
    rows, scores, coverages = match.rows, match.scores, match.coverage
    if results.query.filters is not None:
        passes = np.isin(rows, results.rows, assume_unique=True)
        rows, scores, coverages = rows[passes], scores[passes], coverages[passes]
    if len(scores) > SPREAD_DEPTH:
        best = np.argpartition(-scores, SPREAD_DEPTH)[:SPREAD_DEPTH]
        rows, scores, coverages = rows[best], scores[best], coverages[best]
    order = np.argsort(-scores, kind="stable")
    return rows[order], scores[order], float(coverages[order[0]]) if len(order) else 0.0


def _named(results: ResultSet) -> float:
    """How surely any stretch of the query is a value of the catalogue; what only the lexicon knows does not count."""
    understood = results.query.understood
    return max((each.confidence for each in understood.entities if each.field), default=0.0) if understood else 0.0


def _title_words(words: Sequence[str], titles: Sequence[Collection[str]]) -> float:
    """Hits that are missing hold no word."""
    typed = [terms[0] for terms in map(terms_of, words) if terms]
    return sum(term in title for title in titles for term in typed) / (len(typed) * LEADERS) if typed else 0.0


def _deviation(scores: npt.NDArray[np.float64]) -> float:
    """As `std`, without its generality."""
    count = len(scores)
    return float(max(0.0, scores @ scores / count - (scores.sum() / count) ** 2)) ** 0.5 if count else 0.0


def _coherence(vectors: npt.NDArray[np.float64]) -> float:
    """Mean cosine of all pairs; 0 where there is no pair."""
    count = len(vectors)
    if count < 2:
        return 0.0
    return float(((vectors @ vectors.T).sum() - count) / (count * (count - 1)))
