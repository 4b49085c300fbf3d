"""Whole queries on a whole shop: what each means and what it finds, against what its shopper meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tonggan import Shop
from tonggan.records import AllOf, Answer, Understanding
from tonggan.understand.filters import filter_text

CASES = Path(__file__).parent / "cases" / "whole.tsv"

LEAST_RIGHT = 0.95
LEAST_CASES = 20
"""Cases of a group from which a share of them says something."""

NOTHING = "-"
FIRST_PAGE = "any:"
"""Begins a list of products that the first page holds, all of them; without it, one of the list comes first."""

_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def cases() -> list[dict[str, str]]:
    header, *lines = CASES.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    rows = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
    return [row | {"query": _ESCAPED.sub(lambda found: chr(int(found[1], 16)), row["query"])} for row in rows]


def found_in(answer: Answer) -> dict[str, str]:
    """What an answer says, as the cases write it."""
    read = answer.understood or Understanding("", "")
    filters = tuple(each.filter for each in read.interpretations if each.filter)
    wishes = [each.preference for each in read.interpretations if each.preference]
    return {
        "words": read.words,
        "filter": filter_text(AllOf(filters)) if filters else "",
        "prefer": ",".join(f"{wish.field}:{'high' if wish.is_high else 'low'}" for wish in wishes),
        "kinds": ",".join(each.kind for each in read.interpretations),
        "entities": "|".join(f"{entity.kind}:{entity.value}" for entity in read.entities),
        "first": ",".join(hit.product.id for hit in answer.hits),
        "readings": "|".join(f"{each.entity.kind}:{each.entity.value}" for each in answer.readings),
        "relaxed": ",".join(answer.relaxed),
    }


def is_first(wanted: str, found: str) -> bool:
    ids = found.split(",")
    if wanted.startswith(FIRST_PAGE):
        return set(wanted.removeprefix(FIRST_PAGE).split(",")) <= set(ids)
    return ids[0] in wanted.split("|")


def is_offered(wanted: str, found: str) -> bool:
    return set(wanted.split("|")) <= set(found.split("|"))


COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {"first": is_first, "readings": is_offered}


def is_as_wanted(name: str, wanted: str, found: str) -> bool:
    if not wanted or wanted == NOTHING:
        return not wanted or not found
    return COMPARISONS.get(name, str.__eq__)(wanted, found)


def wrong_parts(case: Mapping[str, str], shop: Shop) -> str:
    found = found_in(shop.search(case["query"]))
    wrong = [name for name in found if not is_as_wanted(name, case[name], found[name])]
    return "; ".join(f"{name} {found[name]!r}, not {case[name]!r}" for name in wrong)


@pytest.fixture(scope="module")
def wrong(case_shop: Shop) -> dict[str, dict[str, str]]:
    """What is wrong with each query that is answered wrongly, by group."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for case in cases():
        said = wrong_parts(case, case_shop)
        if said:
            found[case["group"]][case["query"]] = said
    return found


def group_sizes() -> dict[str, int]:
    names = [case["group"] for case in cases()]
    return {name: names.count(name) for name in dict.fromkeys(names)}


@pytest.mark.parametrize("group", group_sizes())
def test_queries_are_answered_as_their_shopper_means_them(group: str, wrong: dict[str, dict[str, str]]) -> None:
    size, mine = group_sizes()[group], wrong.get(group, {})
    right = 1 - len(mine) / size
    listed = [f"{query!r}: {said}" for query, said in mine.items()]
    print(f"{group}: {size} cases, {right:.1%} right", *listed, sep="\n")  # noqa: T201
    assert size >= LEAST_CASES
    assert right >= LEAST_RIGHT, "\n".join(listed)


def test_nearly_all_queries_are_answered_right(wrong: dict[str, dict[str, str]]) -> None:
    count = len(cases())
    right = 1 - sum(map(len, wrong.values())) / count
    print(f"{count} cases, {right:.1%} right")  # noqa: T201
    assert count >= 450
    assert right >= LEAST_RIGHT


def test_queries_are_written_once() -> None:
    queries = [case["query"] for case in cases()]
    assert sorted(queries) == sorted(set(queries))
