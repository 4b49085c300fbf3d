"""Rules that stand in each other's way, or in their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from tonggan.rank.rules import ANY_TAG, Rule
from tonggan.rank.rules.matching import RuleIndex, is_locale
from tonggan.records import AllOf, AnyOf, Condition, Filter, Not
from tonggan.understand.filters import parse_filter, parse_sort

LAST_PLACE = 1_000
"""A pin further down is seen by nobody, and is most likely a slip."""

MOST_CONFLICTS = 1_000
"""Conflicts that are listed; whoever has more mends these first."""

_ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Conflict:
    """What is wrong between rules, by their ids, and what to do about it."""

    kind: str
    rules: tuple[str, ...]
    detail: str
    remedy: str


def conflicts(
    rules: Sequence[Rule],
    *,
    known_products: Callable[[Sequence[str]], Collection[str]] | None = None,
    known_fields: Collection[str] | None = None,
) -> list[Conflict]:
    """Return what is wrong with enabled rules, at most `MOST_CONFLICTS`.

    Two rules can hold together when one's words hold for the other's, and their dates, locales, tags, filters and
    facets leave room for both; where their priorities differ, the merchant has said which goes first. `known_products`
    returns those of some ids that are in the catalogue, `known_fields` are what can be filtered and sorted by.
    """
    index = RuleIndex(rules)
    enabled = [prepared.rule for prepared in index.prepared]
    found = [
        *(conflict for rule in enabled for conflict in _own(rule)),
        *(_unknown_products(enabled, known_products) if known_products else ()),
        *(_unknown_fields(enabled, known_fields) if known_fields is not None else ()),
    ]
    return list(islice([*found, *islice(_between(index), MOST_CONFLICTS)], MOST_CONFLICTS))


def _own(rule: Rule) -> Iterator[Conflict]:
    """What a rule says against itself."""
    hidden, places, pinned = set(rule.actions.hides), defaultdict(list), [pin.product_id for pin in rule.actions.pins]
    for pin in rule.actions.pins:
        places[pin.place].append(pin.product_id)
        if pin.product_id in hidden:
            yield _pinned_and_hidden(pin.product_id, rule, rule)
        if pin.place > LAST_PLACE:
            detail = f"'{rule.id}' pins '{pin.product_id}' to place {pin.place:,}; nobody looks beyond {LAST_PLACE:,}."
            yield Conflict("far_place", (rule.id,), detail, "Pin it further up, or boost it.")
    for place, ids in places.items():
        if len(ids) > 1:
            detail = f"'{rule.id}' pins {_listed(ids)} to place {place}."
            yield Conflict("same_place", (rule.id,), detail, "Give each a place of its own.")
    for product_id in sorted({name for name in pinned if pinned.count(name) > 1}):
        detail = f"'{rule.id}' pins '{product_id}' to several places."
        yield Conflict("same_product", (rule.id,), detail, "Keep one place.")


def _between(index: RuleIndex) -> Iterator[Conflict]:
    """What rules that can hold together say against each other."""
    for first, second in _pairs(index):
        yield from _clashes(first, second)


def _pairs(index: RuleIndex) -> Iterator[tuple[Rule, Rule]]:
    """Pairs of rules of one priority that can hold together and touch the same thing, each once."""
    touching: dict[tuple[str, object], list[int]] = defaultdict(list)
    for at, prepared in enumerate(index.prepared):
        for thing in _touched(prepared.rule):
            touching[thing].append(at)
    seen: set[tuple[int, int]] = set()
    for places in touching.values():
        for pair in _meeting(index, places):
            first, second = index.prepared[pair[0]].rule, index.prepared[pair[1]].rule
            if pair not in seen and first.priority == second.priority and _can_meet(first, second):
                yield first, second
            seen.add(pair)


def _meeting(index: RuleIndex, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pairs of some rules of which the words of one hold for the other's, the earlier rule first."""
    members = set(places)
    for at in places:
        condition = index.prepared[at].rule.condition
        others = places if condition.match == "any" else index.by_own_words(index.prepared[at].words)
        for other in others:
            if other != at and other in members:
                yield min(at, other), max(at, other)


def _touched(rule: Rule) -> Iterable[tuple[str, object]]:
    """What two rules cannot both have their way with."""
    actions = rule.actions
    things: dict[tuple[str, object], None] = {("place", pin.place): None for pin in actions.pins}
    things |= {("product", name): None for name in (*(pin.product_id for pin in actions.pins), *actions.hides)}
    things |= {(name, ""): None for name, _ in _single(rule)}
    return things


def _single(rule: Rule) -> list[tuple[str, object]]:
    """What a rule does that only one rule can do."""
    actions = rule.actions
    single = (
        ("redirect", actions.redirect),
        ("replace_query", actions.replace_query),
        ("sort_by", actions.sort_by),
        ("banner", actions.banner),
    )
    return [(name, value) for name, value in single if value]


def _clashes(first: Rule, second: Rule) -> Iterator[Conflict]:
    ids = (first.id, second.id)
    remedy = "Give one of them a higher priority, or set their conditions or dates apart."
    places = {pin.place: pin.product_id for pin in first.actions.pins}
    for pin in second.actions.pins:
        other = places.get(pin.place)
        if other is not None and other != pin.product_id:
            detail = f"'{first.id}' pins '{other}' and '{second.id}' pins '{pin.product_id}' to place {pin.place}."
            yield Conflict("same_place", ids, detail, remedy)
    for one, another in ((first, second), (second, first)):
        for pin in one.actions.pins:
            if pin.product_id in another.actions.hides:
                yield _pinned_and_hidden(pin.product_id, one, another)
    theirs = dict(_single(second))
    for name, value in _single(first):
        if name in theirs and theirs[name] != value:
            yield _contradiction(name, first, second, remedy=remedy)


def _contradiction(name: str, first: Rule, second: Rule, *, remedy: str) -> Conflict:
    """Two rules that each do what only one can; of one condition, their dates overlap."""
    ids = (first.id, second.id)
    if name == "redirect":
        told = f"'{first.id}' redirects to {first.actions.redirect} and '{second.id}' to {second.actions.redirect}."
        return Conflict("redirects", ids, told, remedy)
    what = {"replace_query": "replace the query", "sort_by": "sort", "banner": "show a banner"}[name]
    is_dated = any(rule.starts_at or rule.ends_at for rule in (first, second))
    if is_dated and first.condition == second.condition:
        start, end = _common_dates(first, second)
        when = f"{_told(start, 'the beginning')} to {_told(end, 'no end')}"
        detail = f"'{first.id}' and '{second.id}' both {what} on the same condition from {when}."
        return Conflict("overlapping_dates", ids, detail, "Let one end before the other starts.")
    return Conflict(f"several_{name}", ids, f"'{first.id}' and '{second.id}' both {what}, differently.", remedy)


def _pinned_and_hidden(product_id: str, pinning: Rule, hiding: Rule) -> Conflict:
    ids = tuple(dict.fromkeys((pinning.id, hiding.id)))
    detail = f"'{product_id}' is pinned by '{pinning.id}' and hidden by '{hiding.id}'."
    return Conflict("pinned_and_hidden", ids, detail, "Drop one of the two.")


def _can_meet(first: Rule, second: Rule) -> bool:
    """Whether two rules whose words can hold together can do so by the rest of their conditions."""
    one, other = first.condition, second.condition
    start, end = _common_dates(first, second)
    is_one_locale = not one.locale or not other.locale or is_locale(one.locale, other.locale)
    return (
        start < end
        and (is_one_locale or is_locale(other.locale, one.locale))
        and _overlap(one.tags, other.tags, everything=ANY_TAG)
        and (not one.filter_by or not other.filter_by or one.filter_by == other.filter_by)
        and all(_overlap(values, other.facets.get(name, ())) for name, values in one.facets.items())
    )


def _overlap(one: Collection[str], other: Collection[str], *, everything: str = "") -> bool:
    return not one or not other or everything in (*one, *other) or not set(one).isdisjoint(other)


def _common_dates(first: Rule, second: Rule) -> tuple[datetime, datetime]:
    starts = [rule.starts_at or _ALWAYS[0] for rule in (first, second)]
    ends = [rule.ends_at or _ALWAYS[1] for rule in (first, second)]
    return max(starts), min(ends)


def _told(moment: datetime, otherwise: str) -> str:
    return otherwise if moment in _ALWAYS else moment.isoformat()


def _unknown_products(
    rules: Sequence[Rule], known_products: Callable[[Sequence[str]], Collection[str]]
) -> Iterator[Conflict]:
    named = {rule.id: _products(rule) for rule in rules}
    known = set(known_products(list(dict.fromkeys(name for names in named.values() for name in names))))
    for rule_id, names in named.items():
        lacking = [name for name in names if name not in known]
        if lacking:
            detail = f"'{rule_id}' names {_listed(lacking)}, which the catalogue does not have."
            yield Conflict("unknown_product", (rule_id,), detail, "Correct the id, or import the product first.")


def _products(rule: Rule) -> list[str]:
    actions = rule.actions
    boosted = (name for boost in actions.boosts for name in boost.product_ids)
    return list(dict.fromkeys([*(pin.product_id for pin in actions.pins), *actions.hides, *boosted]))


def _unknown_fields(rules: Sequence[Rule], known_fields: Collection[str]) -> Iterator[Conflict]:
    known = {*known_fields, "id", "_text_match"}
    for rule in rules:
        texts = (rule.condition.filter_by, rule.actions.filter_by, *(b.filter_by for b in rule.actions.boosts))
        fields = [name for text in texts for name in _fields_of(parse_filter(text))]
        fields += [key.field for key in parse_sort(rule.actions.sort_by)]
        lacking = [name for name in dict.fromkeys([*fields, *rule.condition.facets]) if name not in known]
        if lacking:
            detail = f"'{rule.id}' filters or sorts by {_listed(lacking)}, which no product has."
            yield Conflict("unknown_field", (rule.id,), detail, "Correct the field; facet names are those of a search.")


def _fields_of(tree: Filter | None) -> Iterator[str]:
    if isinstance(tree, Condition):
        yield tree.field
    elif isinstance(tree, Not):
        yield from _fields_of(tree.part)
    elif isinstance(tree, AllOf | AnyOf):
        for part in tree.parts:
            yield from _fields_of(part)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(f"'{name}'" for name in names[:3]) + more
