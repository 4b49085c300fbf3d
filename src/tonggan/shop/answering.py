"""understand -> retrieve -> rank -> answer: one request, on whatever serves at its moment."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tonggan.answer import compose
from tonggan.catalogue import Store
from tonggan.index import View
from tonggan.rank import RankSettings
from tonggan.rank.order import Ranking
from tonggan.records import Answer, Interpretation, Query, Reading
from tonggan.retrieve import RetrievalSettings
from tonggan.retrieve.facets import check_facets
from tonggan.retrieve.result_set import ResultSet, find
from tonggan.shop.knowing import KnowledgeKeeper
from tonggan.shop.projection import Projection, Standing
from tonggan.understand.ambiguity import weigh
from tonggan.understand.knowledge import Knowledge
from tonggan.understand.meaning import Catalogue, heard_alike, understand
from tonggan.understand.relaxation import FEW_RESULTS, joined, loosened
from tonggan.understand.suggestions import Suggestion

HEARD_COVERAGE = 0.5
"""Share of the words that the best product covers under which they may have been meant as they sound."""


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """The settings of the stages that a request passes."""

    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)
    rank: RankSettings = field(default_factory=RankSettings)


@dataclass(frozen=True, slots=True)
class Found:
    """A result set and what was loosened to find it."""

    results: ResultSet
    relaxed: tuple[str, ...] = ()


class Answering:
    """Answers requests; writes nothing."""

    def __init__(self, store: Store, projection: Projection, *, settings: AnswerSettings) -> None:
        self._store = store
        self._projection = projection
        self._settings = settings
        self.knowledge = KnowledgeKeeper()

    def answer(self, asked: Query, *, started: float) -> Answer:
        """Answer a query that was asked at a moment of `time.perf_counter`."""
        standing = self._projection.standing
        view = standing.index.view()
        query = self.understood(asked, view)
        understood = time.perf_counter()
        found = self.find(query, standing, view)
        check_facets(found.results)
        retrieved = time.perf_counter()
        ranking = Ranking(found.results, self._settings.rank)
        answer = compose(ranking, self._store.get, query_id=uuid.uuid4().hex, timings_ms={})
        timings = {
            "understand": 1e3 * (understood - started),
            "retrieve": 1e3 * (retrieved - understood),
            "answer": 1e3 * (time.perf_counter() - retrieved),
        }
        return replace(
            answer,
            timings_ms=timings,
            understood=found.results.query.understood,
            corrections=_corrections(found.results.query),
            relaxed=found.relaxed,
            readings=self._readings(ranking),
        )

    def suggest(self, prefix: str, *, limit: int, locale: str) -> list[Suggestion]:
        """Return what an unfinished query may become."""
        suggestions = self.knowledge.of(self._projection.standing.index.view()).suggestions
        return suggestions.suggest(prefix, limit=limit, language=locale) if suggestions else []

    def close(self) -> None:
        """Stop what is being learnt behind."""
        self.knowledge.close()

    def understood(self, asked: Query, view: View) -> Query:
        """Return the query with what its words mean: filters joined to the caller's, words to be searched for."""
        if not asked.words:
            return asked
        read = understand(
            asked.words,
            self.knowledge.of(view),
            self._catalogue(view),
            undo=asked.undo,
            num_typos=asked.num_typos,
        )
        wanted = [each.filter for each in read.interpretations if each.filter is not None]
        return replace(
            asked,
            words=read.words,
            filters=joined(asked.filters, *wanted),
            pinned=(*asked.pinned, *read.product_ids),
            understood=read,
        )

    def find(self, query: Query, standing: Standing, view: View) -> Found:
        """Return the result set of an understood query, loosened where it finds too little."""
        search = partial(find, view=view, encoders=standing.senses, settings=self._settings.retrieval)
        results = search(self._heard(query, search(query), view))
        given_up: list[str] = []
        for key, looser in loosened(results.query):
            if len(results.rows) >= FEW_RESULTS:
                break
            tried = search(looser)
            given_up.append(key)
            if len(tried.rows) > len(results.rows):
                results = tried
        is_looser = bool(results.query.loosened)
        return Found(results, tuple(results.query.loosened) if is_looser else ())

    def _heard(self, query: Query, results: ResultSet, view: View) -> Query:
        """The query as it may have been meant by its sound, where its words find next to nothing."""
        understood, match = query.understood, results.members.match
        covered = float(match.coverage.max(initial=0.0)) if match is not None else 1.0
        if understood is None or covered >= HEARD_COVERAGE or {"homophone", "all"} & set(query.undo):
            return query
        heard = heard_alike(understood, self.knowledge.of(view))
        if not heard:
            return query
        words = understood.words
        for each in sorted(heard, key=lambda found: -found.start):
            words = f"{words[: each.start]}{each.replacement}{words[each.end :]}"
        read = replace(understood, words=words, interpretations=(*understood.interpretations, *heard))
        return replace(query, words=words, understood=read)

    def _catalogue(self, view: View) -> Catalogue:
        return Catalogue(view.document_frequency, products_with_code=self._products_with_code)

    def _products_with_code(self, code: str) -> Sequence[str]:
        return [product.id for product in (*self._store.get_by_code(code), *self._store.get([code]))]

    def _readings(self, ranking: Ranking) -> tuple[Reading, ...]:
        results = ranking.results
        understood = results.query.understood
        if understood is None or not understood.readings:
            return ()
        return weigh(understood.readings, results.view, best=ranking.leading, scores=ranking.scores_of, clicks={})


def _corrections(query: Query) -> tuple[str, ...]:
    read: Sequence[Interpretation] = query.understood.interpretations if query.understood else ()
    return tuple(each.replacement for each in read if each.replacement)
