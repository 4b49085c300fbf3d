"""Which rules hold for a request: found by the words of the query, then asked about the rest of their conditions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tonggan.rank.rules import ANY_TAG, NO_WORDS, Rule
from tonggan.rank.rules.folding import fold
from tonggan.records import AllOf, Condition, Filter, SortKey
from tonggan.understand.filters import parse_filter, parse_sort

LONGEST_MATCHED = 2_000
"""Characters of a query that rules look at; what follows in a pasted page is no query that a rule was written for."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A rule with what is worked out once: its folded words, its filters and sort keys parsed."""

    rule: Rule
    words: str
    wanted: frozenset[Filter]
    filter: Filter | None
    sort: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What a rule's condition is asked about; `choices` are the values that the shopper has chosen, by field."""

    text: str
    parts: frozenset[Filter]
    choices: dict[str, set[str]]
    locale: str
    tags: frozenset[str]
    now: datetime


class RuleIndex:
    """Rules in the order in which they are applied, found by words without looking at each."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        by_priority = sorted((rule for rule in rules if rule.is_enabled), key=lambda rule: -rule.priority)
        self.prepared = tuple(_prepared(rule) for rule in by_priority)
        self._always: list[int] = []
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for at, prepared in enumerate(self.prepared):
            self._put(at, prepared)

    def by_words(self, text: str) -> list[int]:
        """Places in `prepared` of the rules whose words hold for a folded text, ascending."""
        return sorted([*self._always, *self.by_own_words(text)])

    def by_own_words(self, text: str) -> list[int]:
        """The same for rules that have words, in no order."""
        found = list(self._exact.get(text, ()))
        for word in set(text.split()):
            found += [at for at in self._by_word.get(word, ()) if _holds(self.prepared[at], text)]
        return found

    def _put(self, at: int, prepared: Prepared) -> None:
        match = prepared.rule.condition.match
        if match == "any":
            self._always.append(at)
        elif match == "exact" or not prepared.words:
            self._exact[prepared.words].append(at)
        else:
            self._by_word[prepared.words.split()[0]].append(at)


def folded_query(words: str) -> str:
    """A query as rules compare it; empty for a request without words."""
    return "" if words.strip() == NO_WORDS else fold(words[:LONGEST_MATCHED])


def holds(prepared: Prepared, request: Request) -> bool:
    """Whether a rule whose words hold also holds by its dates, locale, tags, filter and facet values."""
    rule, condition = prepared.rule, prepared.rule.condition
    return (
        (rule.starts_at is None or rule.starts_at <= request.now)
        and (rule.ends_at is None or request.now < rule.ends_at)
        and (not condition.locale or is_locale(condition.locale, request.locale))
        and (not condition.tags or ANY_TAG in condition.tags or not request.tags.isdisjoint(condition.tags))
        and (not condition.filter_by or prepared.wanted == request.parts)
        and all(not request.choices.get(name, _NOTHING).isdisjoint(v) for name, v in condition.facets.items())
    )


def is_locale(wanted: str, given: str) -> bool:
    """Whether a request's locale is the one wanted, or a region of it; nothing wanted is met by all.

    >>> is_locale("zh", "zh_TW"), is_locale("zh-TW", "zh")
    (True, False)
    """
    plain, asked = wanted.lower().replace("_", "-"), given.lower().replace("_", "-")
    return not plain or asked == plain or asked.startswith(plain + "-")


def parts_of(tree: Filter | None) -> frozenset[Filter]:
    """The parts of a filter that must all hold, in no order."""
    if tree is None:
        return frozenset()
    return frozenset(tree.parts) if isinstance(tree, AllOf) else frozenset([tree])


def choices_of(parts: frozenset[Filter]) -> dict[str, set[str]]:
    """The values of facets that a shopper has chosen, by field."""
    chosen: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        if isinstance(part, Condition) and part.operator == "=":
            chosen[part.field].update(part.values)
    return chosen


_NOTHING: set[str] = set()


def _holds(prepared: Prepared, text: str) -> bool:
    if prepared.rule.condition.match == "starts_with":
        return text.startswith(prepared.words)
    return prepared.words in text


def _prepared(rule: Rule) -> Prepared:
    actions = rule.actions
    return Prepared(
        rule=rule,
        words=folded_query(rule.condition.query),
        wanted=parts_of(parse_filter(rule.condition.filter_by)),
        filter=parse_filter(actions.filter_by),
        sort=parse_sort(actions.sort_by) if actions.sort_by else (),
    )
