"""understand: from what was asked to what is searched for, by what the catalogue knows and the merchant's rules say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from tonggan.catalogue.store import SqlStore
from tonggan.encode.words import query_terms
from tonggan.errors import InputError
from tonggan.index import View
from tonggan.index.values import check_filter
from tonggan.rank.rules.application import NOTHING, Applied, applying, changed
from tonggan.records import Filter, Query
from tonggan.shop.knowing import KnowledgeKeeper
from tonggan.shop.knowledge_file import KnowledgeFile
from tonggan.shop.rule_book import RuleBook
from tonggan.understand.meaning import Catalogue, heard_alike, is_found, understand
from tonggan.understand.relaxation import joined

COVERED_BY_ALL = 1e-4
"""What sums of float32 shares may lack of 1."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A query that is understood, and what the rules do to it and to its results."""

    query: Query
    applied: Applied = NOTHING


class Reader:
    """Understands the queries of one shop."""

    def __init__(self, store: SqlStore, *, knowledge: Path) -> None:
        self.knowledge = KnowledgeKeeper(KnowledgeFile(knowledge, store.shop_id))
        self.rules = RuleBook(store)
        self._store = store

    def read(self, asked: Query, view: View) -> Meant:
        """Return what a query means; rules may put other words in the place of those that were typed."""
        query = self._understood(asked, view)
        applied = applying(
            self.rules.rules(asked.rules), query, now=datetime.now(UTC), locale=asked.language, tags=asked.tags
        )
        if applied.words is not None:
            query = self._understood(replace(asked, words=applied.words), view)
        meant = changed(query, replace(applied, words=None, filter=_sayable(applied.filter, view)))
        return Meant(replace(meant, filters=joined(meant.filters)), applied)

    def is_strange(self, query: Query, view: View) -> bool:
        """Say whether a Chinese word was asked for that no product has, nor anything that means the same."""
        words = (
            [token.text for token in query.understood.tokens if not token.text.isascii()] if query.understood else []
        )
        catalogue = self._catalogue(query, view)
        return any(len(word) > 1 and not is_found(word, catalogue) for word in words)

    def by_sound(self, query: Query, view: View) -> Query:
        """Return a query with the words that sound like those typed, itself where there are none."""
        understood = query.understood
        if understood is None or {"homophone", "all"} & set(query.undo):
            return query
        heard = heard_alike(understood, self.knowledge.of(view), self._catalogue(query, view))
        words = understood.words
        for each in sorted(heard, key=lambda found: -found.start):
            words = f"{words[: each.start]}{each.replacement}{words[each.end :]}"
        read = replace(understood, words=words, interpretations=(*understood.interpretations, *heard))
        return replace(query, words=words, understood=read) if heard else query

    def _understood(self, asked: Query, view: View) -> Query:
        if not asked.words:
            return asked
        read = understand(
            asked.words,
            self.knowledge.of(view),
            self._catalogue(asked, view),
            undo=asked.undo,
            num_typos=asked.num_typos,
        )
        wanted = [each.filter for each in read.interpretations if each.filter is not None]
        return replace(
            asked,
            words=read.words,
            filters=joined(asked.filters, *wanted),
            pinned=(*read.product_ids, *asked.pinned),
            understood=read,
        )

    def _catalogue(self, asked: Query, view: View) -> Catalogue:
        synonyms = self.rules.synonyms(asked.rules)
        return Catalogue(
            view.document_frequency,
            partial(_holding_all, view),
            products_with_code=self._products_with_code,
            synonyms=partial(synonyms.expansions, locale=asked.language),
        )

    def _products_with_code(self, code: str) -> Sequence[str]:
        return [product.id for product in (*self._store.get_by_code(code), *self._store.get([code]))]


def _holding_all(view: View, words: Sequence[str]) -> int:
    """How many products hold every one of some words."""
    terms = {term: 1.0 for word in words for term, weight in query_terms(word).items() if weight == 1.0}
    return int(np.count_nonzero(view.match(terms).coverage > 1.0 - COVERED_BY_ALL))


def _sayable(wanted: Filter | None, view: View) -> Filter | None:
    """A rule's filter, or none where it names a field that the catalogue has no more: rules outlive feeds."""
    if wanted is None:
        return None
    try:
        check_filter(wanted, frozenset(view.text_fields), frozenset(view.number_fields))
    except InputError:
        return None
    return wanted
