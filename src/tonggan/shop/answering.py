"""understand -> retrieve -> rank -> answer: one request, on whatever serves at its moment."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial

from tonggan.answer import compose
from tonggan.answer.second_look import SecondLook
from tonggan.catalogue.store import SqlStore
from tonggan.index import Rows, Scores, View
from tonggan.rank import RankSettings
from tonggan.rank.answer_signals import LEADERS, signals_of_results, titles_of
from tonggan.rank.diversity import spread_of
from tonggan.rank.order import Adjust, Ranking, Spread
from tonggan.rank.relevance import shipped_model
from tonggan.rank.rules import Boost
from tonggan.rank.rules.application import boosted
from tonggan.rank.variants import VARIANT_FIELD, with_variants
from tonggan.records import Answer, Query, Reading
from tonggan.retrieve import RetrievalSettings
from tonggan.retrieve.facets import check_facets
from tonggan.retrieve.result_set import ResultSet, find
from tonggan.shop.layout import Layout
from tonggan.shop.projection import Projection, Standing
from tonggan.shop.ranker_keeper import OpenRanker, RankerKeeper
from tonggan.shop.reading import Meant, Reader
from tonggan.understand.ambiguity import weigh
from tonggan.understand.relaxation import FEW_RESULTS, loosened
from tonggan.understand.suggest.suggestions import Suggestion

HEARD_COVERAGE = 0.5
"""Share of the words that the best product covers under which they may have been meant as they sound."""

SPREAD_SPACES = ("image", "text")
"""Spaces by which results are spread; the first that the shop has: what looks alike repeats itself on a page."""


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """The settings of the stages that a request passes."""

    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)
    rank: RankSettings = field(default_factory=RankSettings)


class Answering:
    """Answers requests; writes nothing."""

    def __init__(self, store: SqlStore, projection: Projection, *, layout: Layout, settings: AnswerSettings) -> None:
        self.rankers = RankerKeeper(layout.rankers)
        self._store = store
        self._projection = projection
        self._settings = settings
        self.reader = Reader(store, knowledge=layout.knowledge)
        self.reader.knowledge.prepare(projection.standing.index.view())

    def answer(self, asked: Query, *, started: float) -> Answer:
        """Answer a query that was asked at a moment of `time.perf_counter`."""
        times = [started]
        ranking, meant = self.ranked(asked, times=times)
        ranker = self.rankers.of(meant.query)
        answer = compose(ranking, self._store.get, query_id=uuid.uuid4().hex)
        relevance, is_doubtful = _relevance(ranking, ranker)
        times.append(time.perf_counter())
        return replace(
            answer,
            timings_ms=_timings(times),
            readings=_readings(ranking, ranker.clicks(asked.words)),
            relevance=relevance,
            is_doubtful=is_doubtful,
            ranker=ranker.name,
            degraded=(*answer.degraded, *(["ranker"] if ranker.problem else [])),
            rules=meant.applied.fired,
            redirect=meant.applied.redirect,
            banners=tuple(asdict(banner) for banner in meant.applied.banners),
        )

    def ranked(self, asked: Query, *, times: list[float] | None = None) -> tuple[Ranking, Meant]:
        """Return the results of a query in order, and what it was taken to mean; `times` are told the stages' ends."""
        noted = [] if times is None else times
        standing = self._projection.standing
        view = standing.index.view()
        if asked.is_collapsing_variants and not asked.group_by:
            view, asked = with_variants(view), replace(asked, group_by=VARIANT_FIELD, group_limit=1)
        meant = self.reader.read(asked, view)
        noted.append(time.perf_counter())
        ranker = self.rankers.of(meant.query)
        results = self._find(meant.query, standing, view, weights=ranker.weights(meant.query))
        check_facets(results)
        noted.append(time.perf_counter())
        ranking = Ranking(
            results,
            self._settings.rank,
            rescore=SecondLook(ranker.ranker) if ranker.ranker is not None and results.query.words else None,
            adjust=_adjusting(meant.applied.boosts),
            spread=self._spreading(results.query, view, standing),
        )
        return ranking, meant

    def suggest(self, prefix: str, *, limit: int, locale: str) -> list[Suggestion]:
        """Return what an unfinished query may become."""
        suggestions = self.reader.knowledge.of(self._projection.standing.index.view()).suggestions
        return suggestions.suggest(prefix, limit=limit, language=locale) if suggestions else []

    def erased(self) -> None:
        """Forget products that were just deleted."""
        self.reader.knowledge.erased(self._projection.standing.index.view())

    def close(self) -> None:
        """Stop what is being learnt behind."""
        self.reader.knowledge.close()

    def _find(self, query: Query, standing: Standing, view: View, *, weights: Mapping[str, float]) -> ResultSet:
        """Return the result set of an understood query, loosened where it finds too little."""
        settings = self._settings.retrieval
        search = partial(find, view=view, encoders=standing.senses, settings=settings, weights=weights)
        results = search(query)
        if _covered(results) < HEARD_COVERAGE or self.reader.is_strange(query, view):
            heard = self.reader.by_sound(query, view)
            results = results if heard is query else search(heard)
        for _, looser in loosened(results.query, found=len(results.rows)):
            if len(results.rows) >= FEW_RESULTS:
                break
            tried = search(looser)
            results = tried if len(tried.rows) > len(results.rows) else results
        return results

    def _spreading(self, query: Query, view: View, standing: Standing) -> Spread | None:
        trade_off = self._settings.rank.diversity if query.diversity is None else query.diversity
        most = self._settings.rank.most_per_brand if query.most_per_brand is None else query.most_per_brand
        if not trade_off and not most:
            return None
        spaces = standing.senses.spaces if standing.senses else {}
        space = next((name for name in SPREAD_SPACES if name in spaces), "")
        return partial(spread_of, space=space, trade_off=trade_off, most_per_brand=most)


def _adjusting(boosts: tuple[Boost, ...]) -> Adjust | None:
    if not boosts:
        return None

    def adjust(view: View, rows: Rows, scores: Scores) -> Scores:
        return boosted(scores, view, rows, boosts)

    return adjust


def _covered(results: ResultSet) -> float:
    """The share of the words that the best product covers; 1 where there are no words."""
    match = results.members.match
    return 1.0 if match is None else float(match.coverage.max(initial=0.0))


def _readings(ranking: Ranking, clicks: Mapping[str, float]) -> tuple[Reading, ...]:
    understood = ranking.results.query.understood
    if understood is None or not understood.readings:
        return ()
    view = ranking.results.view
    return weigh(understood.readings, view, best=ranking.leading, scores=ranking.scores_of, clicks=clicks)


def _relevance(ranking: Ranking, ranker: OpenRanker) -> tuple[float | None, bool]:
    """How likely the answer to words is a good one, and whether it rather is not: as learnt here, else as shipped."""
    results = ranking.results
    if results.members.match is None:
        return None, False
    shown = ranking.leading(LEADERS)[:LEADERS]
    signals = signals_of_results(results, shown=shown, titles=titles_of(results.view, shown))
    model = ranker.relevance or shipped_model()
    relevance = model.probability(signals)
    return relevance, relevance < model.threshold


def _timings(times: list[float]) -> Mapping[str, float]:
    names = ("understand", "retrieve", "answer")
    return {name: 1e3 * (end - start) for name, start, end in zip(names, times[:-1], times[1:], strict=True)}
