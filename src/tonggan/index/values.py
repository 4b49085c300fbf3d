"""What filter values mean, the same for every adapter: folding, words, numbers, and the checks of conditions."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Sequence

from tonggan.errors import InputError, unknown_name
from tonggan.records import AllOf, AnyOf, Condition, Filter, Not

FILTER_DEPTH_LIMIT = 60
"""Filters nested deeper are refused: no shopper writes them, and each level costs a call."""

NUMBER_OPERATORS = frozenset({"<", "<=", ">", ">=", ".."})
"""Operators that compare numbers and mean nothing for text."""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_HAN}]+|[^\W{_HAN}]+")
_WHOLE = re.compile(rf"[^\W{_HAN}]+")


def fold(text: str) -> str:
    """The form in which two spellings of one value meet: NFKC, case folded, without blanks around it.

    >>> fold(" Ｒｅｄ ") == fold("RED")
    True
    """
    return text.lower().strip() if text.isascii() else unicodedata.normalize("NFKC", text).casefold().strip()


def words_of(folded: str) -> tuple[str, ...]:
    """Runs of Han, and runs of other letters and digits, in order.

    >>> words_of("usb-c 数据线 2m")
    ('usb', 'c', '数据线', '2m')
    """
    return tuple(_WORD.findall(folded))


def containing(values: Sequence[str], wanted: str) -> list[int]:
    """Places of the folded values in which all words of `wanted` occur.

    A Han run may occur anywhere, any other word as a whole word; a value without any word (`++`) as it stands.
    Long words are looked for first, since fewer values have them.
    """
    places: Sequence[int] = range(len(values))
    for word in sorted(words_of(wanted), key=len, reverse=True) or (wanted,):
        places = [place for place in places if word in values[place]]
        if _WHOLE.fullmatch(word):
            search = re.compile(rf"(?<![^\W{_HAN}]){re.escape(word)}(?![^\W{_HAN}])").search
            places = [place for place in places if search(values[place])]
    return list(places)


def number_of(field: str, text: str) -> float:
    """The finite number that a filter value spells; InputError names the field and the value."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"Field '{field}' holds numbers and {shorten(text)} is none.", remedy="Give a number.")
    return number


def show_number(number: float) -> str:
    """A number as a facet value, which `number_of` reads back as the same number.

    >>> show_number(12.0), show_number(0.5)
    ('12', '0.5')
    """
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def check_filter(tree: Filter, texts: frozenset[str], numbers: frozenset[str], *, depth: int = 0) -> None:
    """Raise InputError when a filter is nested too deep, names no known field, or asks of one what it cannot say."""
    if depth > FILTER_DEPTH_LIMIT:
        raise InputError(f"The filter is nested deeper than {FILTER_DEPTH_LIMIT} levels.", remedy="Write it flatter.")
    if isinstance(tree, Condition):
        _check_condition(tree, texts, numbers)
    elif isinstance(tree, Not):
        check_filter(tree.part, texts, numbers, depth=depth + 1)
    elif isinstance(tree, AllOf | AnyOf):
        for part in tree.parts:
            check_filter(part, texts, numbers, depth=depth + 1)
    else:
        raise InputError(f"A filter is made of Condition, AllOf, AnyOf and Not, not {type(tree).__name__}.")


def check_field(name: str, *known: Collection[str]) -> None:
    """Raise InputError, with the known fields, when a field is in none of the collections."""
    if not any(name in names for names in known):
        raise InputError(unknown_name("field", shorten(name).strip("'"), {field for names in known for field in names}))


def shorten(text: str, *, limit: int = 80) -> str:
    """A caller's text, quoted and cut for a message."""
    return repr(text if len(text) <= limit else text[:limit] + "…")


def _check_condition(condition: Condition, texts: frozenset[str], numbers: frozenset[str]) -> None:
    name, operator = condition.field, condition.operator
    check_field(name, texts, numbers, ("id",))
    if name == "id" and operator not in ("=", "!="):
        raise InputError(f"Field 'id' is compared by = and != only, not {operator}.")
    if operator in NUMBER_OPERATORS:
        _check_comparison(condition, numbers)
    elif operator == "~" and name not in texts:
        raise InputError(f"Field '{name}' holds numbers; ~ looks for words in text.", remedy="Use = or a range.")
    elif operator not in ("=", "!=", "~"):
        raise InputError(unknown_name("operator", shorten(str(operator)), ["=", "!=", "~", *NUMBER_OPERATORS]))
    elif name not in texts and name != "id":
        for value in condition.values:
            number_of(name, value)


def _check_comparison(condition: Condition, numbers: frozenset[str]) -> None:
    name, operator, values = condition.field, condition.operator, condition.values
    if name not in numbers:
        raise InputError(
            f"Field '{name}' holds text and cannot be compared with {operator} {shorten(', '.join(values))}.",
            remedy=f"Fields with numbers: {', '.join(sorted(numbers)) or 'none'}.",
        )
    wanted = 2 if operator == ".." else 1
    if len(values) != wanted:
        raise InputError(f"Operator {operator} on '{name}' takes {wanted} number(s), not {len(values)}.")
    for value in values:
        number_of(name, value)
