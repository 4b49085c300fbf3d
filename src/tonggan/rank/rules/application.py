"""What the rules that hold do to one request: joined, in the order of their priority, into one record."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from tonggan.errors import InputError
from tonggan.index import Rows, Scores, View
from tonggan.rank.rules import Banner, Boost, Pin
from tonggan.rank.rules.folding import without
from tonggan.rank.rules.matching import Prepared, Request, RuleIndex, choices_of, folded_query, holds, parts_of
from tonggan.records import AllOf, Filter, Query, SortKey
from tonggan.retrieve.membership import pin_places
from tonggan.understand.filters import parse_filter


@dataclass(frozen=True, slots=True)
class ShownBanner:
    """A banner in the language of the request, and the rule that shows it."""

    rule: str
    title: str = ""
    text: str = ""
    image_url: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What rules do to one request.

    `words` is what to search for in place of what was typed, none where rules leave it. `fired` names the rules that
    held, in order; `metadata` is theirs, the first one's where several say the same.
    """

    pinned: tuple[Pin, ...] = ()
    hidden: tuple[str, ...] = ()
    boosts: tuple[Boost, ...] = ()
    filter: Filter | None = None
    sort: tuple[SortKey, ...] = ()
    redirect: str = ""
    banners: tuple[ShownBanner, ...] = ()
    words: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    fired: tuple[str, ...] = ()


NOTHING = Applied()
"""What no rule does."""


def applying(rules: RuleIndex, query: Query, *, now: datetime, locale: str = "", tags: Collection[str] = ()) -> Applied:
    """Join what the rules that hold for a query do; of contradicting ones the first counts.

    The words are those that were typed and, once they are understood, those that they were spelt right into. A pin
    whose place is taken gets the next free one; a product that an earlier rule has pinned or hidden stays so.
    """
    if now.tzinfo is None:
        raise InputError(f"{now.isoformat()} has no time zone.", remedy="Pass datetime.now(UTC).")
    if not rules.prepared:
        return NOTHING
    texts = _texts(query)
    found = sorted({at for text in texts for at in rules.by_words(text)})
    parts = parts_of(query.filters)
    request = Request(texts[0], parts, choices_of(parts), locale or query.language, frozenset(tags), now)
    joined = _Joined(query, request.locale)
    for at in found:
        prepared = rules.prepared[at]
        if holds(prepared, request):
            joined.add(prepared)
            if prepared.rule.is_final:
                break
    return joined.applied() if joined.fired else NOTHING


def changed(query: Query, applied: Applied) -> Query:
    """Return the query as the rules want it: what the shopper pinned, hid and sorted by comes before the rules' word.

    Boosts, redirects and banners are no part of a query.
    """
    pinned = {product_id for product_id, _ in pin_places(query.pinned)}
    pins = [f"{pin.product_id}:{pin.place}" for pin in applied.pinned if pin.product_id not in pinned]
    return replace(
        query,
        words=query.words if applied.words is None else applied.words,
        filters=_all_of([query.filters, applied.filter]),
        sort=query.sort or applied.sort,
        pinned=(*query.pinned, *pins),
        hidden=tuple(dict.fromkeys([*query.hidden, *applied.hidden])),
    )


def boosted(scores: Scores, view: View, rows: Rows, boosts: Sequence[Boost]) -> Scores:
    """Multiply the merged scores of the rows that boosts name; where one goes beyond 1, all are scaled to end there.

    A boost by a field that no product has any more boosts nothing.
    """
    factors = np.ones(len(rows), np.float32)
    for boost in boosts:
        factors[np.isin(rows, _rows_of(boost, view), assume_unique=True)] *= np.float32(boost.factor)
    raised = scores * factors
    highest = float(raised.max(initial=0.0))
    return (raised / np.float32(highest)) if highest > 1.0 else raised


class _Joined:
    """What the rules so far do."""

    def __init__(self, query: Query, locale: str) -> None:
        self._query = query
        self._locale = locale
        self._pins: dict[str, int] = {}
        self._taken: set[int] = set()
        self._hidden: dict[str, None] = {}
        self._boosts: list[Boost] = []
        self._filters: list[Filter] = []
        self._sort: tuple[SortKey, ...] = ()
        self._redirect = ""
        self._banners: list[ShownBanner] = []
        self._is_replaced = False
        self._words: str | None = None
        self._metadata: dict[str, Any] = {}
        self.fired: list[str] = []

    def add(self, prepared: Prepared) -> None:
        rule, actions = prepared.rule, prepared.rule.actions
        self.fired.append(rule.name or rule.id)
        self._hidden |= {name: None for name in actions.hides if name not in self._pins}
        for pin in actions.pins:
            self._pin(pin)
        self._boosts += actions.boosts
        self._filters += [prepared.filter] if prepared.filter is not None else []
        self._sort = self._sort or prepared.sort
        self._redirect = self._redirect or actions.redirect
        self._banners += [shown(actions.banner, rule=rule.name or rule.id, locale=self._locale)] * bool(actions.banner)
        self._rewrite(prepared)
        self._metadata = {**rule.metadata, **self._metadata}

    def applied(self) -> Applied:
        return Applied(
            pinned=tuple(Pin(name, place) for name, place in sorted(self._pins.items(), key=lambda pin: pin[1])),
            hidden=tuple(self._hidden),
            boosts=tuple(self._boosts),
            filter=_all_of(self._filters),
            sort=self._sort,
            redirect=self._redirect,
            banners=tuple(self._banners),
            words=self._words,
            metadata=self._metadata,
            fired=tuple(self.fired),
        )

    def _pin(self, pin: Pin) -> None:
        if pin.product_id in self._pins or pin.product_id in self._hidden:
            return
        place = pin.place
        while place in self._taken:
            place += 1
        self._taken.add(place)
        self._pins[pin.product_id] = place

    def _rewrite(self, prepared: Prepared) -> None:
        actions = prepared.rule.actions
        if actions.replace_query and not self._is_replaced:
            self._words, self._is_replaced = actions.replace_query, True
        elif actions.remove_matched_words and not self._is_replaced and prepared.words:
            self._words = without(self._typed(), prepared.words)

    def _typed(self) -> str:
        """The words as they are by now: those that were spelt right, where there are such."""
        understood = self._query.understood
        return self._words if self._words is not None else understood.words if understood else self._query.words


def shown(banner: Banner | None, *, rule: str, locale: str) -> ShownBanner:
    """A banner in the language of a request."""
    banner = banner or Banner()
    title, text = in_language(banner.title, locale), in_language(banner.text, locale)
    return ShownBanner(rule, title, text, banner.image_url, banner.link)


def in_language(texts: Mapping[str, str], locale: str) -> str:
    """The text for a locale: its own, its language's, the one for all, English, or whichever there is.

    >>> in_language({"zh": "特价", "en": "Sale"}, "zh-TW")
    '特价'
    """
    plain = locale.replace("_", "-")
    for name in (plain, plain.partition("-")[0], "", "en", *texts):
        if name in texts:
            return texts[name]
    return ""


def _texts(query: Query) -> list[str]:
    typed = folded_query(query.words)
    understood = folded_query(query.understood.words) if query.understood else typed
    return [typed] if understood == typed or not understood else [typed, understood]


def _all_of(filters: Sequence[Filter | None]) -> Filter | None:
    """One filter that holds where all of these do; parts of those that join parts stand beside each other."""
    parts: list[Filter] = []
    for tree in filters:
        if tree is not None:
            parts += tree.parts if isinstance(tree, AllOf) else (tree,)
    return AllOf(tuple(dict.fromkeys(parts))) if len(parts) > 1 else parts[0] if parts else None


def _rows_of(boost: Boost, view: View) -> Rows:
    if boost.product_ids:
        return view.rows(boost.product_ids)
    try:
        return view.select(parse_filter(boost.filter_by))
    except InputError:  # The filter was sound when the rule was published; the catalogue has lost the field since.
        return np.empty(0, np.int32)
