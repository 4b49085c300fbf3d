"""Facet counts that keep their promise: a count is the number of results that choosing the value shows."""

from __future__ import annotations

from tonggan.errors import InputError, unknown_name
from tonggan.index import Rows, View
from tonggan.records import AllOf, Condition, Filter
from tonggan.retrieve.grouping import collapsed_facet
from tonggan.retrieve.membership import common
from tonggan.retrieve.result_set import ResultSet

CHOICES = ("=", "~", "<", "<=", ">", ">=", "..")
"""Operators by which a shopper chooses values of a facet."""

LEADING_FACETS = (
    *("category", "brand", "color", "size", "material", "availability", "tags"),
    *("picture_color", "picture_pattern"),
)
"""Fields that shoppers look for first."""

UNUSED_FACETS = ("title", "currency", "language", "visibility")
"""Fields that can be filtered by but are no choice to offer."""

SAMPLED_PRODUCTS = 500
"""Products by which fields are judged: enough to rank them, and quick with a thousand fields."""

MOST_CHOICES = 60
"""Values above which a field is more like a name than a choice."""


def count_facets(results: ResultSet) -> dict[str, dict[str, int]]:
    """Count the values of each facet field that has text, under all filters but the choices in the field itself."""
    fields = [name for name in results.query.facets if name in results.view.text_fields]
    return {name: _count(results, name) for name in fields}


def facet_statistics(results: ResultSet) -> dict[str, dict[str, float]]:
    """Return `count, min, max, sum, avg` of each facet field that is a number, under all filters but its own."""
    fields = [name for name in results.query.facets if name in results.view.number_fields]
    return {name: results.view.statistics(name, _rows_without(results, name)) for name in fields}


def check_facets(results: ResultSet) -> None:
    """Raise InputError for a facet field that no product has."""
    view = results.view
    for name in results.query.facets:
        if name not in view.text_fields and name not in view.number_fields and view.count:
            known = (field for field in (*view.text_fields, *view.number_fields) if not field.startswith("_"))
            raise InputError(unknown_name("facet field", name, known))


def _count(results: ResultSet, name: str) -> dict[str, int]:
    query = results.query
    rows = _rows_without(results, name)
    if query.group_by:
        counts = collapsed_facet(results.view, name, rows, by=query.group_by, limit=query.group_limit)
        return dict(list(counts.items())[: query.max_facet_values])
    return results.view.facet(name, rows, limit=query.max_facet_values)


def _rows_without(results: ResultSet, name: str) -> Rows:
    """The result set as it would be without the choices made in one field."""
    rest = without_choices(results.query.filters, name)
    if rest == results.query.filters:
        return results.rows
    return common(results.members.rows, results.view.select(rest))


def without_choices(filters: Filter | None, name: str) -> Filter | None:
    """Return the filters less the top-level conditions by which a shopper chooses in one field."""
    parts = filters.parts if isinstance(filters, AllOf) else (filters,) if filters is not None else ()
    kept = tuple(part for part in parts if not _is_choice(part, name))
    if len(kept) == len(parts):
        return filters
    return kept[0] if len(kept) == 1 else AllOf(kept) if kept else None


def _is_choice(part: Filter, name: str) -> bool:
    if not isinstance(part, Condition) or part.field != name:
        return False
    return part.operator in CHOICES


def useful_facets(view: View, *, most: int) -> list[str]:
    """Return text fields by which results are worth narrowing down: well filled, with more than one but few values."""
    sample = _sample(view.select())
    leading = [name for name in LEADING_FACETS if name in view.text_fields]
    others = [name for name in view.text_fields if name not in leading and name not in UNUSED_FACETS and name[0] != "_"]
    shares = {name: _filled_share(view, name, sample) for name in others}
    telling = sorted((name for name in others if shares[name] > 0), key=lambda name: (-shares[name], name))
    numbers = [name for name in ("price", "rating") if name in view.number_fields]
    return [*leading[:2], *numbers, *leading[2:], *telling][:most]


def _sample(rows: Rows) -> Rows:
    return rows[:: max(1, len(rows) // SAMPLED_PRODUCTS)]


def _filled_share(view: View, name: str, rows: Rows) -> float:
    """Share of products with a value, or 0 where the values tell nothing apart or are too many to choose from."""
    counts = view.facet(name, rows, limit=MOST_CHOICES + 1)
    if not 2 <= len(counts) <= MOST_CHOICES:
        return 0.0
    return sum(counts.values()) / max(len(rows), 1)
