"""Typed filters -> masks over rows. Nothing of a caller's text reaches an engine: values become codes and numbers."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from tonggan.index.columns import Columns, NumberColumn
from tonggan.index.identities import Identities
from tonggan.index.values import number_of
from tonggan.records import AllOf, Condition, Filter, Not

_COMPARISONS: Mapping[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def mask_of(tree: Filter, columns: Columns, identities: Identities, *, count: int) -> npt.NDArray[np.bool_]:
    """Which of the first `count` rows pass a filter that `check_filter` accepted; dead rows may pass too."""

    def evaluate(part: Filter) -> npt.NDArray[np.bool_]:
        if isinstance(part, Condition):
            return _condition(part, columns, identities, count)
        if isinstance(part, Not):
            return ~evaluate(part.part)
        start = np.full(count, isinstance(part, AllOf))
        combine = np.logical_and if isinstance(part, AllOf) else np.logical_or
        for child in part.parts:
            combine(start, evaluate(child), out=start)
        return start

    return evaluate(tree)


def _condition(condition: Condition, columns: Columns, identities: Identities, count: int) -> npt.NDArray[np.bool_]:
    if condition.operator == "!=":
        return ~_equal(condition, columns, identities, count)
    if condition.operator == "=":
        return _equal(condition, columns, identities, count)
    if condition.operator == "~":
        return columns.texts[condition.field].containing(condition.values, count)
    return _compare(condition, columns.numbers[condition.field], count)


def _equal(condition: Condition, columns: Columns, identities: Identities, count: int) -> npt.NDArray[np.bool_]:
    name, values = condition.field, condition.values
    if name == "id":
        mask = np.zeros(count, dtype=bool)
        mask[identities.rows(values, count)] = True
        return mask
    if name in columns.texts:
        return columns.texts[name].equal(values, count)
    wanted = np.array([number_of(name, value) for value in values], dtype=np.float64)
    return columns.numbers[name].pairs.mask(count, lambda numbers: np.isin(numbers, wanted))


def _compare(condition: Condition, column: NumberColumn, count: int) -> npt.NDArray[np.bool_]:
    ends = [number_of(condition.field, value) for value in condition.values]
    if condition.operator == "..":
        return column.pairs.mask(count, lambda numbers: (numbers >= ends[0]) & (numbers <= ends[1]))
    compare = _COMPARISONS[condition.operator]
    return column.pairs.mask(count, lambda numbers: compare(numbers, ends[0]))
