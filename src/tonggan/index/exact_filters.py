"""Filters on one entry at a time: the plain reading of a typed filter."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

from tonggan.index import Entry
from tonggan.index.values import containing, fold, number_of
from tonggan.records import AllOf, Condition, Filter, Not

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def passes(tree: Filter, entry: Entry) -> bool:
    """Whether an entry passes a filter that `check_filter` accepted."""
    if isinstance(tree, Condition):
        return not _equal(tree, entry) if tree.operator == "!=" else _holds(tree, entry)
    if isinstance(tree, Not):
        return not passes(tree.part, entry)
    combine = all if isinstance(tree, AllOf) else any
    return combine(passes(part, entry) for part in tree.parts)


def _holds(condition: Condition, entry: Entry) -> bool:
    if condition.operator == "=":
        return _equal(condition, entry)
    if condition.operator == "~":
        held = [fold(value) for value in entry.texts.get(condition.field, ())]
        return any(containing(held, fold(wanted)) for wanted in condition.values)
    number = entry.numbers.get(condition.field)
    return number is not None and _compares(condition, number)


def _equal(condition: Condition, entry: Entry) -> bool:
    if condition.field == "id":
        return entry.product_id in condition.values
    held = entry.texts.get(condition.field, ())
    if held:
        return bool({fold(value) for value in held} & {fold(value) for value in condition.values})
    number = entry.numbers.get(condition.field)
    return number is not None and any(number == number_of(condition.field, value) for value in condition.values)


def _compares(condition: Condition, number: float) -> bool:
    ends = [number_of(condition.field, value) for value in condition.values]
    if condition.operator == "..":
        return ends[0] <= number <= ends[1]
    return _COMPARISONS[condition.operator](number, ends[0])
