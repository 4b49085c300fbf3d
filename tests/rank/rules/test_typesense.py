"""Rules travel to Typesense's overrides and back without loss."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rank.rules.test_reading import FULL
from tonggan.errors import InputError
from tonggan.rank.rules import Boost, Pin, RuleCondition
from tonggan.rank.rules.reading import rules_from_json
from tonggan.rank.rules.typesense import rules_as_typesense, rules_from_typesense

OVERRIDE: dict[str, Any] = {
    "id": "apple",
    "rule": {"query": "apple", "match": "contains", "tags": ["shop"], "filter_by": "brand:=Apple"},
    "includes": [{"id": "422", "position": 1}, {"id": "54", "position": 2}],
    "excludes": [{"id": "287"}],
    "filter_by": "stock:>0",
    "sort_by": "sales:desc",
    "replace_query": "iphone",
    "remove_matched_tokens": False,
    "filter_curated_hits": True,
    "effective_from_ts": 1_672_531_200,
    "effective_to_ts": 1_704_067_200,
    "stop_processing": False,
    "metadata": {"banner": {"any": ["thing"]}},
}


def test_an_override_says_the_same_as_a_rule() -> None:
    (rule,) = rules_from_typesense({"overrides": [OVERRIDE]})
    assert rule.condition == RuleCondition("apple", "contains", "brand:=Apple", tags=("shop",))
    assert rule.actions.pins == (Pin("422", 1), Pin("54", 2))
    assert (rule.actions.hides, rule.actions.filter_by, rule.actions.sort_by) == (("287",), "stock:>0", "sales:desc")
    assert (rule.starts_at, rule.ends_at) == (datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))
    assert rule.metadata == {"banner": {"any": ["thing"]}}
    assert rule.is_final is False


def test_an_override_comes_back_as_it_was() -> None:
    assert rules_as_typesense(rules_from_typesense([OVERRIDE])) == {"overrides": [OVERRIDE]}


def test_what_typesense_leaves_out_has_its_defaults() -> None:
    plain = {"id": "a", "rule": {"query": "x", "match": "exact"}, "filter_by": "a:=1"}
    (rule,) = rules_from_typesense({"items": [plain]})
    assert (rule.is_final, rule.actions.remove_matched_words) == (True, True)
    assert rules_as_typesense([rule])["overrides"] == [plain | {"remove_matched_tokens": True, "stop_processing": True}]
    (rule,) = rules_from_typesense([{"id": "a", "rule": {"filter_by": "a:=1"}, "excludes": [{"id": "x"}]}])
    assert (rule.condition.match, rule.actions.remove_matched_words) == ("any", False)


@pytest.mark.parametrize("match", ["starts_with", "contains", "exact"])
def test_a_rule_that_says_everything_comes_back_from_typesense(match: str) -> None:
    condition = FULL["condition"] | {"match": match}
    rules = rules_from_json([FULL | {"condition": condition}])
    (override,) = rules_as_typesense(rules)["overrides"]
    assert override["rule"]["match"] == ("exact" if match == "exact" else "contains")
    assert override["metadata"]["tonggan"]["boosts"] == [{"filter_by": "price:<50", "factor": 1.5}]
    assert override["metadata"]["tonggan"]["banner"]["link"] == "/sale"
    assert rules_from_typesense([override]) == rules


def test_a_rule_of_boosts_alone_comes_back_too() -> None:
    rules = rules_from_json([{"id": "a", "actions": {"buries": [{"ids": ["x"], "factor": 0}]}}])
    assert rules_from_typesense(rules_as_typesense(rules)) == rules
    assert rules[0].actions.boosts == (Boost(0.0, "", ("x",)),)


def test_a_date_changed_in_typesense_counts_over_our_more_exact_one() -> None:
    (override,) = rules_as_typesense(rules_from_json([FULL]))["overrides"]
    (rule,) = rules_from_typesense([override | {"effective_to_ts": 1_900_000_000}])
    assert rule.ends_at == datetime.fromtimestamp(1_900_000_000, UTC)
    assert str(rule.starts_at) == "2026-11-27 00:00:00+08:00"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"dynamic_query": True}, "Override 'apple': Unknown field 'dynamic_query'; known: .* Move it into 'metadata'"),
        ({"rule": {"query": "{brand}", "match": "contains"}}, "Override 'apple', rule, query: '{brand}' stands for"),
        ({"rule": {"query": "x", "match": "prefix"}}, "Unknown match 'prefix'; known: contains, exact"),
        ({"includes": [{"id": "1", "position": 0}]}, "Override 'apple', includes, position: 0 is not"),
        ({"includes": [{"id": 1, "position": 1}]}, "includes, id: 1 is not text"),
        ({"excludes": ["1"]}, "excludes is '1', no object"),
        ({"effective_from_ts": "2023"}, "effective_from_ts: '2023' is not a whole number"),
        ({"effective_from_ts": 10**30}, "is not a whole number"),
        ({"effective_to_ts": 1_600_000_000}, "is not after its start"),
        ({"sort_by": "_eval(brand:=x):desc"}, "Override 'apple', sort_by: Sort, position 6"),
        ({"filter_curated_hits": "no"}, "filter_curated_hits: 'no' is not true or false"),
        ({"metadata": "x"}, "metadata: 'x' is not an object"),
        ({"metadata": {"tonggan": {"boost": []}}}, "metadata.tonggan: Unknown field 'boost'"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(change: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told.replace("{", r"\{")):
        rules_from_typesense([OVERRIDE | change])
