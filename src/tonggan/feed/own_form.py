"""Products in this program's own JSON, as `GET /products` and the export write them, told from merchants' rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args

from tonggan.records import Availability, Product, Variant

_NEEDED = frozenset(("id", "title"))
_PRODUCT_FIELDS = frozenset(item.name for item in fields(Product))
_VARIANT_FIELDS = frozenset(item.name for item in fields(Variant))


def own_record(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the row where it is a product in our own JSON, amounts of money as numbers again, else nothing.

    Such a row has an id, a title and no keys but ours, in its variants too, and says something as we do: a nested
    value, or an availability in our spelling.
    """
    if not _NEEDED <= row.keys() <= _PRODUCT_FIELDS or not _is_telling(row) or _is_foreign(row):
        return {}
    variants = row.get("variants")
    if not isinstance(variants, list):
        return _with_amounts(row)
    return {**_with_amounts(row), "variants": [_with_amounts(variant) for variant in variants]}


def _is_telling(row: Mapping[str, Any]) -> bool:
    has_nested = any(isinstance(value, Mapping | list) for value in row.values())
    return has_nested or row.get("availability") in get_args(Availability)


def _is_foreign(row: Mapping[str, Any]) -> bool:
    """Tell the JSON of other programs, who also have ids, titles and variants, by what they nest."""
    variants = row.get("variants")
    return (
        isinstance(row.get("description"), Mapping)
        or isinstance(row.get("options"), list)
        or (isinstance(variants, list) and not all(_is_own_variant(variant) for variant in variants))
    )


def _is_own_variant(variant: Any) -> bool:
    return isinstance(variant, Mapping) and variant.keys() <= _VARIANT_FIELDS


def _with_amounts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Files give numbers as text; an amount is a whole number of minor units."""
    return {
        name: _amount_as_number(value) if name in ("price", "list_price") else value for name, value in record.items()
    }


def _amount_as_number(value: Any) -> Any:
    amount = value.get("amount") if isinstance(value, Mapping) else None
    if isinstance(amount, str) and amount.isascii() and amount.isdigit():
        return {**value, "amount": int(amount)}
    return value
