"""Why a result is on the page, in a few short phrases, cheap enough to be told with every answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tonggan.answer.matched_words import MOST_TERMS, asked_terms, holding
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
    ranking: Ranking, rows: Rows, products: Sequence[Product], *, language: str
) -> list[tuple[str, ...]]:
    """Return the reasons of each product, strongest kind first; `rows` are parallel to `products`.

    A learnt ranker's own reasons come first where the query asks to explain: they cost more than the others together.
    """
    if not len(rows):
        return []
    found: list[list[str]] = [[] for _ in products]
    for source in (_placed, _learnt, _words, _entities, _wishes, _channels, _stars):
        for at, said in source(ranking, rows, products, language):
            found[at].append(said)
    return [tuple(dict.fromkeys(each))[:MOST_PHRASES] for each in found]


def boost_of(ranking: Ranking, rows: Rows) -> Scores:
    """Return the factor by which the merchant's rules raise or lower each row."""
    if ranking.adjust is None:
        return np.ones(len(rows), np.float32)
    probed = np.full(len(rows), PROBED_SCORE, np.float32)
    return ranking.adjust(ranking.results.view, rows, probed) / np.float32(PROBED_SCORE)


Said = Iterator[tuple[int, str]]
"""Places of products with what is said of them."""


def _placed(ranking: Ranking, rows: Rows, products: Sequence[Product], language: str) -> Said:
    query = ranking.results.query
    coded = query.understood.product_ids if query.understood else ()
    pinned = {product_id for product_id, _ in pin_places(query.pinned)}
    factors: list[float] = boost_of(ranking, rows).tolist()
    for at, product in enumerate(products):
        if product.id in coded:
            yield at, phrase("code", language)
        elif product.id in pinned:
            yield at, phrase("pinned", language)
        if abs(factors[at] - 1.0) > FACTOR_ROUNDING:
            yield at, phrase("raised" if factors[at] > 1.0 else "buried", language)


def _learnt(ranking: Ranking, rows: Rows, products: Sequence[Product], language: str) -> Said:
    look = ranking.rescore
    if not ranking.results.query.explain or not isinstance(look, SecondLook) or look.ranker.feature_names != NAMES:
        return
    for at, row in enumerate(rows.tolist()):
        place = look.place(row)
        if place >= 0:
            moved = look.contributions(place).values[0]
            for reason in reasons_in_words(look.table[place], moved, FEATURES, language=language):
                if reason.contribution > 0:
                    yield at, reason.phrase


def _words(ranking: Ranking, rows: Rows, products: Sequence[Product], language: str) -> Said:
    results = ranking.results
    asked = asked_terms(results)[:MOST_TERMS]
    if results.members.match is None or not asked:
        return
    held = holding(results, asked, rows).max(axis=2)
    for at in range(len(products)):
        said: dict[str, str] = {}
        for each, is_held in zip(asked, held[:, at].tolist(), strict=True):
            if is_held and each.asked:
                said.setdefault(each.asked, phrase("stands_for", language, word=each.word, asked=each.asked))
            elif is_held:
                said[each.word] = each.word
        if said:
            yield at, phrase("matches", language, words=listed(list(said.values()), language))


def _entities(ranking: Ranking, rows: Rows, products: Sequence[Product], language: str) -> Said:
    results = ranking.results
    for entity in results.query.understood.entities if results.query.understood else ():
        if entity.value and entity.field in results.view.text_fields:
            said = phrase("entity", language, kind=kind_name(entity.kind, language), value=_leaf(entity.value))
            for at, values in enumerate(results.view.values(entity.field, rows)):
                if entity.value in values:
                    yield at, said


def _leaf(value: str) -> str:
    """The last level of a category's path."""
    return value.rpartition(" > ")[2]


def _wishes(ranking: Ranking, rows: Rows, products: Sequence[Product], language: str) -> Said:
    results = ranking.results
    if not results.questions.wishes or not results.is_scored:
        return
    scores = {channel.channel: channel for channel in results.channels}
    for wish in results.questions.wishes:
        raw = _raw(results, scores[wish.channel], rows)
        least = TOP_SHARE if isinstance(wish.wanted, Preference) else 1.0
        yield from ((at, _wish(wish, language)) for at in np.flatnonzero(raw >= least).tolist())


def _wish(wish: Wish, language: str) -> str:
    if not isinstance(wish.wanted, Preference):
        return phrase("loosened", language, filter=filter_text(wish.wanted))
    end = "high" if wish.wanted.is_high else "low"
    name = f"{wish.wanted.field}:{end}"
    return phrase(name if name in PHRASES else f"field:{end}", language, field=wish.wanted.field)


def _channels(ranking: Ranking, rows: Rows, products: Sequence[Product], language: str) -> Said:
    """A vector channel speaks for what it would have let in by itself."""
    results = ranking.results
    if not results.is_scored:
        return
    for channel in results.channels:
        if channel.channel in PHRASES:
            raw = _raw(results, channel, rows)
            for at in np.flatnonzero(raw >= results.settings.nearest_similarity).tolist():
                yield at, phrase(channel.channel, language, similarity=float(raw[at]))


def _stars(ranking: Ranking, rows: Rows, products: Sequence[Product], language: str) -> Said:
    for at, product in enumerate(products):
        if product.rating is not None and product.rating.count and product.rating.mean >= GOOD_STARS:
            yield at, phrase("stars", language, mean=product.rating.mean, count=product.rating.count)


def _raw(results: ResultSet, channel: ChannelScores, rows: Rows) -> np.ndarray:
    """What a channel says of rows, NaN behind the head."""
    raw = np.full(len(rows), np.nan, np.float32)
    if len(results.head):
        places = np.searchsorted(results.head, rows).clip(max=len(results.head) - 1)
        is_head = results.head[places] == rows
        raw[is_head] = channel.raw[places[is_head]]
    return raw
