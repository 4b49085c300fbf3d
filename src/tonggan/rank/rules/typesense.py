"""Rules from Typesense's overrides (curations) and back.

What Typesense cannot say (boosts, redirects, banners, names, priorities) goes out under `metadata.tonggan`, from where
it is read again; Typesense hands metadata to the front end and does nothing else with it. `filter_curated_hits` is kept
for the way back: here a pin always obeys the filters, so that counts stay true. Unknown keys are refused by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from tonggan.errors import InputError
from tonggan.rank.rules import MATCHES, Boost, Match, Pin, Rule, RuleActions, RuleCondition
from tonggan.rank.rules.fields import LONGEST_ID, Fields
from tonggan.rank.rules.reading import (
    HIGHEST_PLACE,
    HIGHEST_PRIORITY,
    LONGEST_LOCALE,
    LONGEST_NAME,
    LONGEST_QUERY,
    Record,
    banner_as_json,
    boost_as_json,
    check_words,
    checked,
    owner_of,
    read_banner,
    read_boosts,
    read_each,
    read_facets,
)

OURS = "tonggan"
"""The key of metadata under which our own fields travel."""

THEIR_MATCHES: tuple[Match, ...] = ("exact", "contains")

FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
"""From the start of the year 1 to the end of 9999, where dates end."""

KEPT_FLAGS = ("filter_curated_hits",)
"""Fields of theirs that have no meaning here and are kept for the way back."""


def rules_from_typesense(document: Any) -> list[Rule]:
    """Read `{"overrides": [...]}` or `{"items": [...]}`, or the list alone."""
    return read_each(document, names=("overrides", "items"), kind="overrides", read=rule_from_typesense)


def rules_as_typesense(rules: Sequence[Rule]) -> Record:
    """Write overrides; Typesense and `rules_from_typesense` read them."""
    return {"overrides": [rule_as_typesense(rule) for rule in rules]}


def rule_from_typesense(record: Any) -> Rule:
    """Read one override. As there, it ends the work on later ones unless it says otherwise."""
    fields = Fields(record, owner_of("Override", record))
    metadata = fields.json("metadata")
    ours = Fields(metadata.pop(OURS, {}), f"{fields.owner}, metadata.{OURS}")
    condition = _condition(fields.inner("rule"), ours)
    rule = Rule(
        id=fields.text("id", most=LONGEST_ID, is_needed=True),
        name=ours.text("name", most=LONGEST_NAME),
        condition=condition,
        actions=_actions(fields, ours, has_query=bool(condition.query)),
        starts_at=_time(fields, "effective_from_ts", ours, "starts_at"),
        ends_at=_time(fields, "effective_to_ts", ours, "ends_at"),
        is_enabled=ours.flag("is_enabled", default=True),
        priority=ours.whole("priority", low=-HIGHEST_PRIORITY, high=HIGHEST_PRIORITY, default=0),
        is_final=fields.flag("stop_processing", default=True),
        metadata=metadata,
        kept={**ours.json("kept"), **_flags(fields)},
    )
    _finish(fields)
    ours.finish()
    return checked(rule, fields.owner)


def rule_as_typesense(rule: Rule) -> Record:
    """Write one override."""
    actions, kept = rule.actions, dict(rule.kept)
    ours = _our_fields(rule)
    metadata = {**rule.metadata, **({OURS: ours} if ours else {})}
    flags = {name: kept[name] for name in KEPT_FLAGS if name in kept}
    record = {
        "id": rule.id,
        "rule": _their_condition(rule.condition),
        "includes": [{"id": pin.product_id, "position": pin.place} for pin in actions.pins],
        "excludes": [{"id": product_id} for product_id in actions.hides],
        "filter_by": actions.filter_by,
        "sort_by": actions.sort_by,
        "replace_query": actions.replace_query,
        "effective_from_ts": _seconds(rule.starts_at),
        "effective_to_ts": _seconds(rule.ends_at),
        "metadata": metadata,
    }
    said = {name: value for name, value in record.items() if value or value == 0}
    removal = {"remove_matched_tokens": actions.remove_matched_words}
    return {**said, **removal, **flags, "stop_processing": rule.is_final}


def _condition(fields: Fields, ours: Fields) -> RuleCondition:
    query = fields.text("query", most=LONGEST_QUERY)
    given = fields.choice("match", THEIR_MATCHES, default="exact" if query else "any")
    match = ours.choice("match", MATCHES, default=given) if query else "any"
    check_words(fields, "query", query, match)
    condition = RuleCondition(
        query=query,
        match=cast("Match", match),
        filter_by=fields.filter("filter_by"),
        locale=ours.text("locale", most=LONGEST_LOCALE),
        tags=fields.texts("tags"),
        facets=read_facets(ours),
    )
    fields.finish()
    return condition


def _actions(fields: Fields, ours: Fields, *, has_query: bool) -> RuleActions:
    """A filter takes the matched words out of the query unless told not to, as in Typesense."""
    filter_by = fields.filter("filter_by")
    return RuleActions(
        pins=tuple(_pin(Fields(each, f"{fields.owner}, includes")) for each in fields.items("includes")),
        hides=tuple(_excluded(Fields(each, f"{fields.owner}, excludes")) for each in fields.items("excludes")),
        boosts=read_boosts(ours),
        redirect=ours.link("redirect"),
        replace_query=fields.text("replace_query"),
        remove_matched_words=fields.flag("remove_matched_tokens", default=bool(filter_by) and has_query),
        filter_by=filter_by,
        sort_by=fields.sort("sort_by"),
        banner=read_banner(ours),
    )


def _pin(fields: Fields) -> Pin:
    pin = Pin(fields.text("id", most=LONGEST_ID, is_needed=True), fields.whole("position", low=1, high=HIGHEST_PLACE))
    fields.finish()
    return pin


def _excluded(fields: Fields) -> str:
    product_id = fields.text("id", most=LONGEST_ID, is_needed=True)
    fields.finish()
    return product_id


def _flags(fields: Fields) -> Record:
    said = {name: fields.flag(name) for name in KEPT_FLAGS}
    return {name: value for name, value in said.items() if name in fields}


def _time(fields: Fields, name: str, ours: Fields, own_name: str) -> datetime | None:
    """Their second, or our more exact time where it still says the same."""
    exact = ours.time(own_name)
    if name not in fields:
        fields.raw(name)
        return None
    seconds = fields.whole(name, low=FIRST_SECOND, high=LAST_SECOND)
    if exact is not None and _seconds(exact) == seconds:
        return exact
    return datetime.fromtimestamp(seconds, UTC)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _their_condition(condition: RuleCondition) -> Record:
    """A rule of theirs; words that must come first are the nearest to what Typesense can say: contained."""
    match = condition.match if condition.match in THEIR_MATCHES else "contains"
    record = {
        "query": condition.query,
        "match": match if condition.query else "",
        "filter_by": condition.filter_by,
        "tags": list(condition.tags),
    }
    return {name: value for name, value in record.items() if value}


def _our_fields(rule: Rule) -> Record:
    """What Typesense has no word for."""
    actions, condition = rule.actions, rule.condition
    kept = {name: value for name, value in rule.kept.items() if name not in KEPT_FLAGS}
    record = {
        "name": rule.name,
        "match": condition.match if condition.query and condition.match not in THEIR_MATCHES else "",
        "locale": condition.locale,
        "facets": {name: list(values) for name, values in condition.facets.items()},
        "boosts": _boosts([boost for boost in actions.boosts if boost.factor > 1]),
        "buries": _boosts([boost for boost in actions.boosts if boost.factor < 1]),
        "redirect": actions.redirect,
        "banner": banner_as_json(actions.banner) if actions.banner else None,
        "starts_at": _exact(rule.starts_at),
        "ends_at": _exact(rule.ends_at),
        "is_enabled": rule.is_enabled,
        "priority": rule.priority,
        "kept": kept,
    }
    return {name: value for name, value in record.items() if (not value if name == "is_enabled" else value)}


def _boosts(boosts: Sequence[Boost]) -> list[Record]:
    return [boost_as_json(boost) for boost in boosts]


def _exact(moment: datetime | None) -> str:
    """A time that seconds of UTC do not hold."""
    is_plain = moment is None or (not moment.microsecond and not moment.utcoffset())
    return "" if is_plain or moment is None else moment.isoformat()


def _finish(fields: Fields) -> None:
    try:
        fields.finish()
    except InputError as error:
        raise InputError(error.message, remedy="Move it into 'metadata', or leave it out.") from None
