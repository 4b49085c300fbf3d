"""Variants of one product that a feed sells as several: shown as the best of them when asked.

Products of one brand whose titles are the same but for words of colour, size and capacity are variants of each other,
and so are those that share an item group. The group is a field of the view, so that results are collapsed, counted and
faceted as by any other field (`retrieve/grouping.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from tonggan.encode.words import normalize
from tonggan.index import Rows, View

VARIANT_FIELD = "_variant_group"
"""The field of a grouped view to group by, one result of each."""

GROUP_FIELDS = ("item_group_id", "group_id")
"""Attributes by which feeds say themselves what belongs together."""

TITLES_KEPT = 1 << 17
"""Titles whose core is remembered; a shop of 100,000 products is grouped once."""

SIZES = frozenset(
    [
        *("xxxs", "xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl", "2xl", "3xl", "4xl", "5xl", "6xl"),
        *("small", "medium", "large", "x-large", "xx-large"),
    ]
)
"""Words of size in titles, beside numbers with a unit."""

_HAN_SIZES = ("特大号", "加大号", "超大号", "大号", "中号", "小号", "均码", "加大", "大码", "中码", "小码")
_WORD = re.compile(r"[^\W_]+(?:-large)?")


def variant_groups(view: View, rows: Rows, titles: Sequence[str]) -> list[tuple[str, ...]]:
    """Return what tells each row's group, as values of a field; a row without a telling title has none.

    Rows ascend, titles are parallel to them.
    """
    named = next((view.values(name, rows) for name in GROUP_FIELDS if name in view.text_fields), None)
    brands = view.values("brand", rows) if "brand" in view.text_fields else [()] * len(rows)
    return [
        _group(group=named[at][:1] if named else (), brand=brands[at][:1], title=title)
        for at, title in enumerate(titles)
    ]


def with_variants(view: View) -> View:
    """Return the view with the field `VARIANT_FIELD` beside its own."""
    return cast("View", _GroupedView(view))


@lru_cache(maxsize=TITLES_KEPT)
def title_core(title: str) -> str:
    """Return the words of a title without those of colour, size and capacity; empty where no other is left.

    >>> title_core("Basic T-Shirt, navy blue, XL"), title_core("Thermos 500 ml red")
    ('basic t shirt', 'thermos')
    """
    plain = _measures().sub(" ", _han_words().sub(" ", normalize(title)))
    spoken = " ".join(_WORD.findall(plain))
    words = _colours().sub(" ", f" {spoken} ").split()
    return " ".join(word for word in words if word not in SIZES)


class _GroupedView:
    """A view with one more field; everything else is asked of the view itself."""

    def __init__(self, view: View) -> None:
        self._view = view

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)

    def values(self, name: str, rows: Rows) -> list[tuple[str, ...]]:
        if name != VARIANT_FIELD:
            return self._view.values(name, rows)
        has_titles = "title" in self._view.text_fields
        titles = [values[0] if values else "" for values in self._view.values("title", rows)] if has_titles else []
        return variant_groups(self._view, rows, titles or [""] * len(rows))


def _group(*, group: tuple[str, ...], brand: tuple[str, ...], title: str) -> tuple[str, ...]:
    if group:
        return ("group", *group)
    core = title_core(title)
    return ("title", core, *(normalize(name) for name in brand)) if core else ()


@lru_cache(maxsize=1)
def _colours() -> re.Pattern[str]:
    """English names of colours as whole words, with what shades them."""
    names = "|".join(re.escape(name) for name in sorted(_colour_names(), key=len, reverse=True))
    return re.compile(rf"(?<= )(?:(?:light|dark|deep|pale|navy|sky|bright) )*(?:{names}|navy|silver|grey|gray)(?= )")


@lru_cache(maxsize=1)
def _han_words() -> re.Pattern[str]:
    """Chinese names of colours and sizes, `42码` among them."""
    names = sorted({*_colour_names().values(), *_HAN_SIZES}, key=len, reverse=True)
    return re.compile(r"\d+(?:\.\d+)?\s*码|" + "|".join(f"[深浅]?{re.escape(name)}" for name in names))


@lru_cache(maxsize=1)
def _measures() -> re.Pattern[str]:
    """A number with its unit, `64gb` or `15.6 inch`; `3 in 1` is no measure."""
    rows = files("tonggan.encode").joinpath("units.tsv").read_text(encoding="utf-8").splitlines()[1:]
    units = {spelling for row in rows for spelling in row.replace("\t", " ").split()} | {"寸", "英寸"}
    units |= {"毫升", "升", "克", "千克", "公斤", "厘米", "毫米", "米", "斤"}
    names = "|".join(re.escape(unit) for unit in sorted(units, key=len, reverse=True))
    return re.compile(
        rf"\bsize\s*\d+(?:\.\d+)?\b|(?<![\w.])\d+(?:[.,]\d+)?[\s-]*(?:{names}|[\"″])(?![a-z0-9])(?!\s*\d)"
    )


@lru_cache(maxsize=1)
def _colour_names() -> Mapping[str, str]:
    """Names of colours in English, and the same in Chinese."""
    rows = files("tonggan.encode").joinpath("colour_names.tsv").read_text(encoding="utf-8").splitlines()[1:]
    cells = (row.split("\t") for row in rows if row.strip())
    return {cell[0]: cell[1] for cell in cells}
