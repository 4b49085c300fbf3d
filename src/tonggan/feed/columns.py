"""What a column is: its identity, the field it feeds by alias, and the field that it may have meant."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from tonggan.errors import InputError, unknown_name
from tonggan.feed import FIELDS

SPECIAL = ("metadata", "label", "sale_price", "attributes", "options")
"""What a column may feed besides a field: metadata, the name of another column's values, the price that wins over
`price`, or many named values."""

PREFIXES = ("option:", "attribute:")
"""What one named value is announced by; `option:@COLUMN` takes the name from another cell of the row."""

MULTIPLE = frozenset(
    ("description", "categories", "image", "image_alt", "gtin", "tags", "visible", "attributes", "options")
)
"""Fields that several columns may feed at once; of the others the likeliest column wins and the rest stay metadata."""

SUGGESTION_SCORE = 84.0
"""Least similarity, of 100, of a suggestion: `prodct titel` passes, `weight` for `height` (83) does not."""

SHORTEST_SUGGESTION = 4
"""Shorter names are near everything."""

_BRACKETS = re.compile(r"[(\[（【][^)\]）】]*[)\]）】]")


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that a column may go by; the lower `rank`, the likelier; a fallback counts only where no first name is."""

    field: str
    rank: int
    is_fallback: bool


def identity(header: str) -> str:
    """Return what makes two headers the same column.

    >>> identity("Image-URL"), identity("ＳＫＵ_Code"), identity("Preis (€)")
    ('imageurl', 'skucode', 'preis€')
    """
    return _identity(header) or unicodedata.normalize("NFKC", header).strip().lower()


def choose_fields(columns: Sequence[str], *, taken: Collection[str] = ()) -> dict[str, str]:
    """Return column -> field for the columns that an alias knows; of fields in `taken` no second column is chosen."""
    chosen: dict[str, list[tuple[int, int, str]]] = {}
    for position, column in enumerate(columns):
        for alias in find_aliases(column):
            if alias.field not in taken or alias.field in MULTIPLE:
                chosen.setdefault(alias.field, []).append((alias.is_fallback * 10_000 + alias.rank, position, column))
    targets: dict[str, list[str]] = {}
    for field, candidates in chosen.items():
        for column in _winners(field, sorted(candidates)):
            targets.setdefault(column, []).append(field)
    return {column: "|".join(targets[column]) for column in columns if column in targets}


def find_aliases(column: str) -> tuple[Alias, ...]:
    """Return every field that knows a column by name, with or without what stands in brackets."""
    table = _aliases()
    return table.get(identity(column)) or table.get(identity(_BRACKETS.sub("", column)), ())


def suggest(column: str, *, unfilled: Iterable[str]) -> str:
    """Return the unfilled field whose names are nearest to a column nobody knows, or nothing."""
    from rapidfuzz import process

    wanted = set(unfilled)
    names = [
        name for name, aliases in _aliases().items() if len(name) >= SHORTEST_SUGGESTION and aliases[0].field in wanted
    ]
    key = identity(column)
    nearest = process.extractOne(key, names, score_cutoff=SUGGESTION_SCORE) if len(key) >= SHORTEST_SUGGESTION else None
    return _aliases()[nearest[0]][0].field if nearest else ""


def parse_target(target: str) -> tuple[str, ...]:
    """Return the fields that a mapping names for a column.

    Raises InputError with a suggestion where there is no such field.
    """
    if is_target(target):
        return (target,)
    parts = tuple(part.strip() for part in target.split("|"))
    for part in parts:
        if not is_target(part):
            raise InputError(unknown_name("field", part, (*FIELDS, *SPECIAL, "option:NAME", "attribute:NAME")))
    return parts


def is_target(name: str) -> bool:
    """Tell whether a column may feed this."""
    return name in FIELDS or name in SPECIAL or any(name.startswith(prefix) and name != prefix for prefix in PREFIXES)


@cache
def vocabulary() -> Mapping[str, Any]:
    """Return the words that values are written in, whatever the vendor."""
    return read_table("vocabulary.toml")


def read_table(name: str) -> dict[str, Any]:
    """Return one of the TOML tables that stand beside this file."""
    return tomllib.loads(files("tonggan.feed").joinpath(name).read_text(encoding="utf-8"))


@lru_cache(maxsize=65_536)
def _identity(header: str) -> str:
    text = unicodedata.normalize("NFKC", header).lower()
    return "".join(mark for mark in text if mark.isalnum() or unicodedata.category(mark) == "Sc")


def _winners(field: str, candidates: list[tuple[int, int, str]]) -> list[str]:
    """Return the columns that feed a field: all first names of a multiple one, else the likeliest alone."""
    if field not in MULTIPLE:
        return [candidates[0][2]]
    is_fallback = candidates[0][0] >= 10_000
    return [column for rank, _, column in candidates if (rank >= 10_000) == is_fallback]


@cache
def _aliases() -> Mapping[str, tuple[Alias, ...]]:
    table: dict[str, tuple[Alias, ...]] = {}
    for field, entry in read_table("aliases.toml").items():
        for is_fallback, names in ((False, entry["names"]), (True, entry.get("fallback", ()))):
            for rank, name in enumerate(names):
                table[identity(name)] = (*table.get(identity(name), ()), Alias(field, rank, is_fallback))
    return table
