"""Which fields of a catalogue hold names that shoppers say, and how a value of such a field is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from tonggan.index import Rows, View
from tonggan.understand.names.name_units import is_name, name_key

_FIELDS_BY_KIND: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "brand": ("brand", "brands", "brand_name", "manufacturer", "vendor", "品牌", "牌子", "厂商"),
        "category": ("category", "categories", "product_type", "google_product_category", "品类", "类目", "分类"),
        "colour": ("color", "colour", "colors", "colours", "picture_color", "颜色", "色彩"),
        "material": ("material", "materials", "fabric", "材质", "材料", "面料"),
        "size": ("size", "sizes", "尺码", "尺寸", "规格"),
        "audience": ("audience", "gender", "age_group", "target_gender", "适用人群", "适用性别", "性别"),
        "pattern": ("pattern", "picture_pattern", "图案", "花纹"),
        "style": ("style", "风格", "款式"),
        "season": ("season", "季节", "适用季节"),
        "model": ("model", "mpn", "model_number", "model_name", "型号", "货号"),
    }
)

FIELDS: Mapping[str, str] = MappingProxyType(
    {field: kind for kind, fields in _FIELDS_BY_KIND.items() for field in fields}
)
"""What the values of a field are, by its name; other fields with few short values hold attributes."""

LEFT_OUT = frozenset(
    (
        "id",
        "title",
        "tags",
        "availability",
        "language",
        "currency",
        "updated_at",
        "visibility",
        "_spaces",
        "url",
        "link",
    )
)
"""Fields whose values are not what a shopper calls a product by."""

VALUES_PER_FIELD = 20_000
"""Values of one field that are learnt, the most frequent first."""

ATTRIBUTE_VALUES = 200
"""Different values of a field of attributes at most; more are measurements or prose."""

ATTRIBUTE_LENGTH = 24
"""Characters of an attribute's value at most, for the same reason."""

LEAST_ATTRIBUTE_COUNT = 2
"""Products of the sample that have an attribute's value at least: what one product has alone names that product."""

ATTRIBUTE_FIELDS = 80
"""Fields of attributes that are learnt, those that most products have first."""

_PREFIX = "attributes."
_LEVEL = " > "
_ANSWERS = frozenset(("yes", "no", "true", "false", "none", "other", "n a", "是", "否", "有", "无", "其他"))
_PARTS: Final = re.compile(r"\s*(?:[/|、,，（(）)]|\s(?:&|and)\s)\s*")


class NamedValue(NamedTuple):
    """A value of a field, what kind of name it is, how many products have it, and the keys it is said by."""

    kind: str
    field: str
    value: str
    count: int
    keys: tuple[str, ...]


def kind_of(field: str) -> str:
    """Return what the values of a field are; `attribute` where its name does not tell.

    >>> kind_of("color"), kind_of("attributes.brand"), kind_of("ink_type")
    ('colour', 'brand', 'attribute')
    """
    return FIELDS.get(field.removeprefix(_PREFIX), "attribute")


def named_values(view: View, sample: Rows) -> Iterator[NamedValue]:
    """Yield the values that are names; attributes are counted among the sample only."""
    fields = [field for field in view.text_fields if field.removeprefix(_PREFIX) not in LEFT_OUT]
    everything = view.select()
    for field in fields:
        if kind_of(field) != "attribute":
            yield from _values(kind_of(field), field, view.facet(field, everything, limit=VALUES_PER_FIELD))
    counted = {
        field: view.facet(field, sample, limit=ATTRIBUTE_VALUES + 1)
        for field in fields
        if kind_of(field) == "attribute"
    }
    few = {field: counts for field, counts in counted.items() if 0 < len(counts) <= ATTRIBUTE_VALUES}
    for field in sorted(few, key=lambda field: (-sum(few[field].values()), field))[:ATTRIBUTE_FIELDS]:
        frequent = {value: count for value, count in few[field].items() if count >= LEAST_ATTRIBUTE_COUNT}
        yield from _values(
            "attribute", field, {value: n for value, n in frequent.items() if len(value) <= ATTRIBUTE_LENGTH}
        )


def keys_of(kind: str, value: str) -> tuple[str, ...]:
    """Return how a value is said: the last level of a path, each of several spellings, itself.

    >>> keys_of("brand", "Panasonic/松下"), keys_of("category", "Home > Lamps")
    (('panasonic/松下', 'panasonic', '松下'), ('lamps',))
    """
    said = value.rpartition(_LEVEL)[2] if kind == "category" else value
    parts = _PARTS.split(said) if kind in ("brand", "category", "colour") else []
    if kind == "colour" and " " in said:
        parts += said.split(" ")  # The index writes what pictures show as `red 红色`.
    keys = dict.fromkeys(name_key(text) for text in (said, *parts))
    return tuple(key for key in keys if is_name(key) and key not in _ANSWERS)


def _values(kind: str, field: str, counts: Mapping[str, int]) -> Iterator[NamedValue]:
    for value, count in counts.items():
        if keys := keys_of(kind, value):
            yield NamedValue(kind, field, value, count, keys)


def values_by_row(view: View, rows: Rows) -> list[frozenset[tuple[str, str]]]:
    """Return the fields and values of each row, of the fields whose kind is known."""
    held: list[set[tuple[str, str]]] = [set() for _ in range(len(rows))]
    for field in _told_fields(view):
        for own, values in zip(held, view.values(field, rows), strict=True):
            own.update((field, value) for value in values)
    return [frozenset(own) for own in held]


def _told_fields(view: View) -> Sequence[str]:
    return [field for field in view.text_fields if field.removeprefix(_PREFIX) in FIELDS]
