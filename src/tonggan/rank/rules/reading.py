"""Rules from JSON and back, every value checked; an error names the rule, the field and the value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from tonggan.errors import InputError
from tonggan.rank.rules import (
    MATCHES,
    NO_WORDS,
    Banner,
    Boost,
    Match,
    Pin,
    Rule,
    RuleActions,
    RuleCondition,
)
from tonggan.rank.rules.fields import LONGEST_ID, Fields, refuse_repeats, shown
from tonggan.rank.rules.folding import fold

MOST_RULES = 5_000
"""Rules of one shop: comparing all of them with each other then still takes seconds, not minutes."""

LONGEST_QUERY = 200
"""Characters of a rule's words; shoppers type fewer than a hundred."""

HIGHEST_FACTOR = 100.0
"""Beyond this a boost is a pin."""

HIGHEST_PLACE = 1_000_000
HIGHEST_PRIORITY = 1_000_000
LONGEST_NAME = 200
LONGEST_LOCALE = 35

_PLACEHOLDER = re.compile(r"\{[\w.]+\}")

Record = dict[str, Any]


def rules_from_json(document: Any) -> list[Rule]:
    """Read `{"rules": [...]}`, or the list alone; InputError for the first thing that is wrong."""
    return read_each(document, names=("rules",), kind="rules", read=rule_from_json)


def rules_as_json(rules: Sequence[Rule]) -> Record:
    """Write rules so that `rules_from_json` reads the same."""
    return {"rules": [rule_as_json(rule) for rule in rules]}


def read_each(document: Any, *, names: Sequence[str], kind: str, read: Any) -> list[Any]:
    """Read a list of records with an id each, bare or under one of some names."""
    records = document
    if isinstance(document, Mapping):
        name = next((name for name in names if name in document), names[0])
        wrapper = Fields(document, f"The document of {kind}")
        records = wrapper.raw(name)
        wrapper.finish()
    if not isinstance(records, list | tuple):
        raise InputError(f"{shown(records)} is no list of {kind}.", remedy=f'Send {{"{names[0]}": [...]}}.')
    if len(records) > MOST_RULES:
        raise InputError(f"{len(records):,} {kind} were given; at most {MOST_RULES:,} are kept.", remedy="Join some.")
    found = [read(record) for record in records]
    refuse_repeats((each.id for each in found), kind=kind)
    return found


def rule_from_json(record: Any) -> Rule:
    """Read one rule in our own form."""
    fields = Fields(record, owner_of("Rule", record))
    rule = Rule(
        id=fields.text("id", most=LONGEST_ID, is_needed=True),
        name=fields.text("name", most=LONGEST_NAME),
        condition=_condition(fields.inner("condition")),
        actions=_actions(fields.inner("actions")),
        starts_at=fields.time("starts_at"),
        ends_at=fields.time("ends_at"),
        is_enabled=fields.flag("is_enabled", default=True),
        priority=fields.whole("priority", low=-HIGHEST_PRIORITY, high=HIGHEST_PRIORITY, default=0),
        is_final=fields.flag("is_final"),
        metadata=fields.json("metadata"),
        kept=fields.json("kept"),
    )
    fields.finish()
    return checked(rule, fields.owner)


def rule_as_json(rule: Rule) -> Record:
    """Write one rule; what is left out has its default."""
    record = {
        "id": rule.id,
        "name": rule.name,
        "condition": _condition_as_json(rule.condition),
        "actions": actions_as_json(rule.actions),
        "starts_at": _time_text(rule.starts_at),
        "ends_at": _time_text(rule.ends_at),
        "is_enabled": None if rule.is_enabled else False,
        "priority": rule.priority,
        "is_final": rule.is_final,
        "metadata": dict(rule.metadata),
        "kept": dict(rule.kept),
    }
    return {name: value for name, value in record.items() if value or (name == "is_enabled" and value is False)}


def owner_of(kind: str, record: Any) -> str:
    """How errors call a record: by its id, as far as it has one."""
    named = record.get("id") if isinstance(record, Mapping) else None
    return f"{kind} {shown(named)}" if isinstance(named, str) else f"A {kind.lower()}"


def checked(rule: Rule, owner: str) -> Rule:
    """The rule; InputError when its dates contradict each other or it does nothing."""
    if rule.starts_at and rule.ends_at and rule.ends_at <= rule.starts_at:
        ends, starts = rule.ends_at.isoformat(), rule.starts_at.isoformat()
        raise InputError(f"{owner}, ends_at: {ends} is not after its start, {starts}.", remedy="Correct the dates.")
    if rule.actions == RuleActions() and not rule.metadata:
        raise InputError(f"{owner} does nothing.", remedy="Give it actions: pins, hides, boosts, a banner.")
    return rule


def check_words(fields: Fields, name: str, query: str, match: str) -> None:
    """InputError when the words of a rule and the way they are compared do not go together."""
    if _PLACEHOLDER.search(query):
        raise InputError(
            f"{fields.owner}, {name}: {shown(query)} stands for the values of a field, which no rule can.",
            remedy="Leave the rule out: brands, categories and colours in a query are understood without rules.",
        )
    if match == "any" and query:
        raise InputError(f"{fields.owner}, match: 'any' compares nothing with {shown(query)}.", remedy="Leave one out.")
    if match != "any" and query != NO_WORDS and not fold(query):
        raise fields.wrong(name, query, f"words to compare with, which '{match}' needs")


def actions_as_json(actions: RuleActions) -> Record:
    """Write what a rule does."""
    record = {
        "pins": [{"id": pin.product_id, "place": pin.place} for pin in actions.pins],
        "hides": list(actions.hides),
        "boosts": [boost_as_json(boost) for boost in actions.boosts if boost.factor > 1],
        "buries": [boost_as_json(boost) for boost in actions.boosts if boost.factor < 1],
        "redirect": actions.redirect,
        "replace_query": actions.replace_query,
        "remove_matched_words": actions.remove_matched_words,
        "filter_by": actions.filter_by,
        "sort_by": actions.sort_by,
        "banner": banner_as_json(actions.banner) if actions.banner else None,
    }
    return {name: value for name, value in record.items() if value}


def boost_as_json(boost: Boost) -> Record:
    """Write a boost or bury."""
    which = {"ids": list(boost.product_ids)} if boost.product_ids else {"filter_by": boost.filter_by}
    return {**which, "factor": boost.factor}


def banner_as_json(banner: Banner) -> Record:
    """Write a banner."""
    record = {
        "title": dict(banner.title),
        "text": dict(banner.text),
        "image_url": banner.image_url,
        "link": banner.link,
    }
    return {name: value for name, value in record.items() if value}


def read_boosts(fields: Fields) -> tuple[Boost, ...]:
    """Read the boosts and buries of a rule's actions."""
    raised = [_boost(Fields(each, f"{fields.owner}, boosts"), is_raised=True) for each in fields.items("boosts")]
    lowered = [_boost(Fields(each, f"{fields.owner}, buries"), is_raised=False) for each in fields.items("buries")]
    return (*raised, *lowered)


def read_banner(fields: Fields) -> Banner | None:
    """Read the banner of a rule's actions."""
    if "banner" not in fields:
        fields.raw("banner")
        return None
    inner = Fields(fields.raw("banner"), f"{fields.owner}, banner")
    banner = Banner(
        title=_by_language(inner, "title"),
        text=_by_language(inner, "text"),
        image_url=inner.link("image_url"),
        link=inner.link("link"),
    )
    inner.finish()
    if banner == Banner():
        raise InputError(f"{inner.owner} shows nothing.", remedy="Give it a title, a text or an image_url.")
    return banner


def read_facets(fields: Fields) -> dict[str, tuple[str, ...]]:
    """Read the facet values of a condition."""
    inner = fields.inner("facets")
    return {name: inner.texts(name) for name in inner.names() if inner.items(name)}


def _condition(fields: Fields) -> RuleCondition:
    query = fields.text("query", most=LONGEST_QUERY)
    match = fields.choice("match", MATCHES, default="exact" if query else "any")
    check_words(fields, "query", query, match)
    condition = RuleCondition(
        query=query,
        match=cast("Match", match),
        filter_by=fields.filter("filter_by"),
        locale=fields.text("locale", most=LONGEST_LOCALE),
        tags=fields.texts("tags"),
        facets=read_facets(fields),
    )
    fields.finish()
    return condition


def _condition_as_json(condition: RuleCondition) -> Record:
    record = {
        "query": condition.query,
        "match": condition.match if condition.query else "",
        "filter_by": condition.filter_by,
        "locale": condition.locale,
        "tags": list(condition.tags),
        "facets": {name: list(values) for name, values in condition.facets.items()},
    }
    return {name: value for name, value in record.items() if value}


def _actions(fields: Fields) -> RuleActions:
    actions = RuleActions(
        pins=tuple(_pin(Fields(each, f"{fields.owner}, pins")) for each in fields.items("pins")),
        hides=fields.texts("hides"),
        boosts=read_boosts(fields),
        redirect=fields.link("redirect"),
        replace_query=fields.text("replace_query"),
        remove_matched_words=fields.flag("remove_matched_words"),
        filter_by=fields.filter("filter_by"),
        sort_by=fields.sort("sort_by"),
        banner=read_banner(fields),
    )
    fields.finish()
    return actions


def _pin(fields: Fields) -> Pin:
    pin = Pin(
        fields.text("id", most=LONGEST_ID, is_needed=True),
        fields.whole("place", low=1, high=HIGHEST_PLACE),
    )
    fields.finish()
    return pin


def _boost(fields: Fields, *, is_raised: bool) -> Boost:
    factor = fields.number("factor", low=0.0, high=HIGHEST_FACTOR)
    if (factor > 1.0) is not is_raised or factor == 1.0:
        raise fields.wrong("factor", factor, "above 1" if is_raised else "below 1; a boost stands under 'boosts'")
    boost = Boost(factor, fields.filter("filter_by"), fields.texts("ids"))
    fields.finish()
    if bool(boost.filter_by) is bool(boost.product_ids):
        raise InputError(f"{fields.owner} names no products, or names them twice.", remedy="Give filter_by or ids.")
    return boost


def _by_language(fields: Fields, name: str) -> dict[str, str]:
    """A text for every language, or an object of texts by language."""
    value = fields.raw(name)
    if value is None or isinstance(value, str):
        text = fields.text(name)
        return {"": text} if text else {}
    inner = fields.inner(name)
    return {language: inner.text(language) for language in inner.names() if inner.text(language)}


def _time_text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
