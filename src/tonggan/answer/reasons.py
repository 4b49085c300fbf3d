"""Why a result is on the page, in a few short phrases, cheap enough to be told with every answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tonggan.answer.highlight import marked_words, stem_of
from tonggan.answer.matched_words import asked_terms
from tonggan.answer.phrases import PHRASES, kind_name, listed, phrase
from tonggan.answer.second_look import SecondLook
from tonggan.index import Rows, Scores
from tonggan.rank.features import FEATURES, NAMES
from tonggan.rank.order import Ranking
from tonggan.rank.reasons import reasons_in_words
from tonggan.records import Preference, Product
from tonggan.retrieve.channels import Wish
from tonggan.retrieve.membership import pin_places
from tonggan.retrieve.merge import ChannelScores
from tonggan.retrieve.result_set import ResultSet
from tonggan.understand.filters import filter_text

MOST_PHRASES = 6
"""Phrases of one result: what fits on a card; `explain` tells everything."""

TOP_SHARE = 0.8
"""Place among the results, 0 to 1, from which a product is `among the cheapest`: the first fifth."""

GOOD_STARS = 4.0
"""Stars from which a rating speaks for a product."""

PROBED_SCORE = 1e-6
"""A score so low that no boost takes it beyond 1, where scores are scaled: what comes out is the factor itself."""


FACTOR_ROUNDING = 1e-4
"""What a factor of 1 may be off by once it went through float32."""


def reasons_in_phrases(
    ranking: Ranking,
    rows: Rows,
    *,
    products: Sequence[Product],
    marked: Sequence[Mapping[str, str]],
    language: str,
) -> list[tuple[str, ...]]:
    """Return the reasons of each row, strongest kind first; products, and their marked texts, are parallel to rows.

    A learnt ranker's own reasons come first where the query asks to explain: they cost more than the others together.
    """
    if not len(rows):
        return []
    page = _Page(ranking, rows, products, marked, language)
    found: list[list[str]] = [[] for _ in products]
    for source in (_placed, _learnt, _words, _entities, _wishes, _channels, _stars):
        for at, said in source(page):
            found[at].append(said)
    return [tuple(dict.fromkeys(each))[:MOST_PHRASES] for each in found]


def boost_of(ranking: Ranking, rows: Rows) -> Scores:
    """Return the factor by which the merchant's rules raise or lower each row."""
    if ranking.adjust is None:
        return np.ones(len(rows), np.float32)
    probed = np.full(len(rows), PROBED_SCORE, np.float32)
    return ranking.adjust(ranking.results.view, rows, probed) / np.float32(PROBED_SCORE)


@dataclass(frozen=True, slots=True)
class _Page:
    """What is shown, and in which language; all sequences are parallel."""

    ranking: Ranking
    rows: Rows
    products: Sequence[Product]
    marked: Sequence[Mapping[str, str]]
    language: str


Said = Iterator[tuple[int, str]]
"""Places of products with what is said of them."""


def _placed(page: _Page) -> Said:
    query = page.ranking.results.query
    coded = query.understood.product_ids if query.understood else ()
    pinned = {product_id for product_id, _ in pin_places(query.pinned)}
    factors: list[float] = boost_of(page.ranking, page.rows).tolist()
    for at, product in enumerate(page.products):
        if product.id in coded:
            yield at, phrase("code", page.language)
        elif product.id in pinned:
            yield at, phrase("pinned", page.language)
        if abs(factors[at] - 1.0) > FACTOR_ROUNDING:
            yield at, phrase("raised" if factors[at] > 1.0 else "buried", page.language)


def _learnt(page: _Page) -> Said:
    look = page.ranking.rescore
    if not page.ranking.results.query.explain or not isinstance(look, SecondLook) or look.ranker.feature_names != NAMES:
        return
    for at, row in enumerate(page.rows.tolist()):
        place = look.place(row)
        if place >= 0:
            moved = look.contributions(place).values[0]
            for reason in reasons_in_words(look.table[place], moved, FEATURES, language=page.language):
                if reason.contribution > 0:
                    yield at, reason.phrase


def _words(page: _Page) -> Said:
    """What is marked, in the order of the query; another word for one that is there itself is not told."""
    results = page.ranking.results
    asked = asked_terms(results) if any(page.marked) else []
    for at, marked in enumerate(page.marked):
        held = {stem_of(word) for word in marked_words(marked.values())}
        told = {each.word: each.word for each in asked if each.term in held and not each.asked}
        for each in asked:
            if each.term in held and each.asked:
                told.setdefault(each.asked, phrase("stands_for", page.language, word=each.word, asked=each.asked))
        if told:
            yield at, phrase("matches", page.language, words=listed(list(told.values()), page.language))


def _entities(page: _Page) -> Said:
    results = page.ranking.results
    for entity in results.query.understood.entities if results.query.understood else ():
        if entity.value and entity.field in results.view.text_fields:
            said = phrase(
                "entity", page.language, kind=kind_name(entity.kind, page.language), value=_leaf(entity.value)
            )
            for at, values in enumerate(results.view.values(entity.field, page.rows)):
                if entity.value in values:
                    yield at, said


def _leaf(value: str) -> str:
    """The last level of a category's path."""
    return value.rpartition(" > ")[2]


def _wishes(page: _Page) -> Said:
    results = page.ranking.results
    if not results.questions.wishes or not results.is_scored:
        return
    scores = {channel.channel: channel for channel in results.channels}
    for wish in results.questions.wishes:
        raw = _raw(results, scores[wish.channel], page.rows)
        least = TOP_SHARE if isinstance(wish.wanted, Preference) else 1.0
        yield from ((at, _wish(wish, page.language)) for at in np.flatnonzero(raw >= least).tolist())


def _wish(wish: Wish, language: str) -> str:
    if not isinstance(wish.wanted, Preference):
        return phrase("loosened", language, filter=filter_text(wish.wanted))
    end = "high" if wish.wanted.is_high else "low"
    name = f"{wish.wanted.field}:{end}"
    return phrase(name if name in PHRASES else f"field:{end}", language, field=wish.wanted.field)


def _channels(page: _Page) -> Said:
    """A vector channel speaks for what it would have let in by itself."""
    results = page.ranking.results
    if not results.is_scored:
        return
    for channel in results.channels:
        if channel.channel in PHRASES:
            raw = _raw(results, channel, page.rows)
            for at in np.flatnonzero(raw >= results.settings.nearest_similarity).tolist():
                yield at, phrase(channel.channel, page.language, similarity=float(raw[at]))


def _stars(page: _Page) -> Said:
    for at, product in enumerate(page.products):
        if product.rating is not None and product.rating.count and product.rating.mean >= GOOD_STARS:
            yield at, phrase("stars", page.language, mean=product.rating.mean, count=product.rating.count)


def _raw(results: ResultSet, channel: ChannelScores, rows: Rows) -> np.ndarray:
    """What a channel says of rows, NaN behind the head."""
    raw = np.full(len(rows), np.nan, np.float32)
    if len(results.head):
        places = np.searchsorted(results.head, rows).clip(max=len(results.head) - 1)
        is_head = results.head[places] == rows
        raw[is_head] = channel.raw[places[is_head]]
    return raw
