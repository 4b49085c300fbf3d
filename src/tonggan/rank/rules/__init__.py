"""The merchant's word on results. In: rules and a query. Out: what the rules do to that query and its order.

`reading.py` reads rules from JSON and writes them, `typesense.py` does so in Typesense's form, `synonyms.py` holds the
merchant's synonyms in both. `matching.py` finds the rules that hold for a query, `application.py` joins what they do,
`conflicts.py` names rules that stand in each other's way. Nothing here reads a clock or a store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

Match: TypeAlias = Literal["any", "exact", "contains", "starts_with"]

MATCHES: tuple[Match, ...] = ("any", "exact", "contains", "starts_with")
"""How a query is compared with the words of a rule; `any` compares nothing."""

ANY_TAG = "*"
"""A rule with this tag holds whatever tags a request carries."""

NO_WORDS = "*"
"""The words of a rule for requests without words, as Typesense has it."""


@dataclass(frozen=True, slots=True)
class RuleCondition:
    """When a rule holds: every part that is given must.

    `query` is compared as whole words, whatever the case, width and script of their writing. `filter_by` must be the
    filter that the shopper has set; `facets` are values that the shopper has chosen, any of each field. `locale` `zh`
    holds for `zh-TW` too. A rule with `tags` holds only for requests that carry one of them.
    """

    query: str = ""
    match: Match = "any"
    filter_by: str = ""
    locale: str = ""
    tags: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pin:
    """A product at a place, counted from 1."""

    product_id: str
    place: int


@dataclass(frozen=True, slots=True)
class Boost:
    """Products, by filter or by ids, whose score is multiplied: raised above a factor of 1, buried below it."""

    factor: float
    filter_by: str = ""
    product_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Banner:
    """What is shown above the results; texts by language, `""` for every other one."""

    title: Mapping[str, str] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)
    image_url: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class RuleActions:
    """What a rule does. `replace_query` is searched for in place of what was typed."""

    pins: tuple[Pin, ...] = ()
    hides: tuple[str, ...] = ()
    boosts: tuple[Boost, ...] = ()
    redirect: str = ""
    replace_query: str = ""
    remove_matched_words: bool = False
    filter_by: str = ""
    sort_by: str = ""
    banner: Banner | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, in force from `starts_at` up to but without `ends_at`, both with a time zone.

    Rules of a greater priority come first; a final rule is the last that is applied. `metadata` goes out with the
    answer, `kept` is what another program's form said that has no meaning here.
    """

    id: str
    name: str = ""
    condition: RuleCondition = field(default_factory=RuleCondition)
    actions: RuleActions = field(default_factory=RuleActions)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_enabled: bool = True
    priority: int = 0
    is_final: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)
