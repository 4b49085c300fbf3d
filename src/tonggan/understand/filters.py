"""Typesense's filter and sort grammar, read into the typed tree of `records.py` and written back.

A filter joins conditions by `&&`, `||` (which binds less) and parentheses. A condition is a field, a colon and a test:
`brand:sony` has the word, `brand:=Sony` and `brand:=[Apple,Sony]` equal, `brand:!=Sony` does not, `brand:!sony` has not
the word, `price:<100` compares, `price:[10..20,40]` lists ranges and numbers. Backticks quote a value or a field, and a
backtick in it is written twice. `!( )` negates what no single test can. Full-width `：` and `，` mean `:` and `,`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

from tonggan.errors import InputError, unknown_name
from tonggan.records import AllOf, AnyOf, Condition, Filter, Not, SortKey

MAX_LENGTH = 10_000
"""Characters; a page's filters take a few hundred, and reading stays under a few milliseconds."""

MAX_DEPTH = 32
"""Parentheses within parentheses; people nest two or three, and a bound keeps recursion far from Python's limit."""

SHOWN = 20
"""Characters of the filter that an error shows from its position on."""

OPERATORS = ("!=", ">=", "<=", "=", ">", "<", "!")
"""Tests after the colon, longer ones first; none at all looks for words."""

COMPARISONS = (">=", "<=", ">", "<")
COLONS = (":", "：")
COMMAS = (",", "，")
DIRECTIONS = ("asc", "desc")

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
BARE_VALUE = re.compile(r"[\w+-]+(\.[\w+-]+)*( [\w+-]+(\.[\w+-]+)*)*")
BARE_FIELD = re.compile(r"[\w.]+")
QUOTED = re.compile(r"`((?:[^`]|``)*)`(?!`)")
FORGOTTEN_AND = re.compile(r"\s([\w.]+)\s*[:：]\s*[=<>!\[]")


def parse_filter(text: str) -> Filter | None:
    """Read a filter; None where there is nothing but white space.

    Raises InputError that names the position, from 1, and what was expected there.

    >>> parse_filter("brand:=[Apple,Sony] && price:<200").parts[1]
    Condition(field='price', operator='<', values=('200',))
    """
    _check_length(text, kind="filter")
    reader = _Reader(text)
    if reader.is_at_end():
        return None
    tree = _any_of(reader, depth=0)
    if not reader.is_at_end():
        raise reader.expected("&&, || or the end")
    return tree


def filter_text(tree: Filter) -> str:
    """Write a filter so that `parse_filter` reads the same tree; an AllOf or AnyOf of one part is that part.

    >>> filter_text(AllOf((Condition("brand", "=", ("H&M", "Sony")), Condition("price", "..", ("10", "20")))))
    'brand:=[`H&M`,Sony] && price:[10..20]'
    """
    match tree:
        case Condition():
            return _condition_text(tree, negation="")
        case Not(Condition(operator="~") as part):
            return _condition_text(part, negation="!")
        case Not(Condition(operator="..") as part):
            return _condition_text(part, negation="!=")
        case Not(part):
            return f"!({filter_text(part)})"
        case AllOf(parts) | AnyOf(parts):
            return _joined(parts, " && " if isinstance(tree, AllOf) else " || ")


def parse_sort(text: str) -> tuple[SortKey, ...]:
    """Read sort keys, `price:asc,_text_match:desc`; none where there is nothing but white space.

    Raises InputError that names the position and the accepted directions.
    """
    _check_length(text, kind="sort")
    reader = _Reader(text, kind="Sort")
    keys: list[SortKey] = []
    while not (reader.is_at_end() and not keys):
        keys.append(_sort_key(reader))
        if reader.is_at_end():
            break
        if not reader.take(*COMMAS):
            raise reader.expected("',' or the end")
    _check_fields_once(keys)
    return tuple(keys)


class _Reader:
    """A text and how far it was read."""

    def __init__(self, text: str, kind: str = "Filter") -> None:
        self.text = text
        self.kind = kind
        self.at = 0

    def skip_space(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def is_at_end(self) -> bool:
        self.skip_space()
        return self.at == len(self.text)

    def sees(self, *tokens: str) -> bool:
        self.skip_space()
        return self.text.startswith(tokens, self.at)

    def take(self, *tokens: str) -> str:
        """The first of the tokens that comes next, which is then read, or nothing."""
        self.skip_space()
        found = next((token for token in tokens if self.text.startswith(token, self.at)), "")
        self.at += len(found)
        return found

    def expected(self, what: str, *, at: int | None = None, remedy: str = "") -> InputError:
        """The error of not finding `what` at a place, which is here unless given."""
        place = self.at if at is None else at
        rest = self.text[place : place + SHOWN]
        found = f"'{rest}'" if rest else "the end"
        return InputError(f"{self.kind}, position {place + 1}: expected {what}, found {found}.", remedy=remedy)


def _any_of(reader: _Reader, *, depth: int) -> Filter:
    parts = [_all_of(reader, depth=depth)]
    while reader.take("||"):
        parts.append(_all_of(reader, depth=depth))
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def _all_of(reader: _Reader, *, depth: int) -> Filter:
    parts = [_part(reader, depth=depth)]
    while reader.take("&&"):
        parts.append(_part(reader, depth=depth))
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _part(reader: _Reader, *, depth: int) -> Filter:
    is_negated = bool(reader.take("!"))
    if not reader.sees("("):
        if is_negated:
            raise reader.expected("'(' after '!'", remedy="To negate one test write field:!=value.")
        return _condition(reader)
    opened_at = reader.at
    if depth == MAX_DEPTH:
        raise reader.expected(f"at most {MAX_DEPTH} parentheses within each other")
    reader.take("(")
    inner = _any_of(reader, depth=depth + 1)
    if not reader.take(")"):
        raise reader.expected(f"')' for the '(' at position {opened_at + 1}")
    return Not(inner) if is_negated else inner


def _condition(reader: _Reader) -> Filter:
    field = _name(reader, what="a field name")
    if not reader.take(*COLONS):
        raise reader.expected(f"':' after the field '{field}'")
    operator = reader.take(*OPERATORS)
    if operator in COMPARISONS:
        return Condition(field, operator, (_number(reader, in_list=False),))
    if reader.sees("["):
        return _of_list(reader, field, operator)
    return _of_values(field, operator, (_value(reader, in_list=False),))


def _name(reader: _Reader, *, what: str) -> str:
    if reader.sees("`"):
        return _quoted(reader)
    start = reader.at
    while reader.at < len(reader.text) and _is_name_character(reader.text[reader.at]):
        reader.at += 1
    if reader.at == start:
        raise reader.expected(what, remedy="A name with other signs than letters, digits, _ and . goes in backticks.")
    return reader.text[start : reader.at]


def _is_name_character(character: str) -> bool:
    return character in "_." or unicodedata.category(character)[0] in "LMN"


def _of_values(field: str, operator: str, values: tuple[str, ...]) -> Filter:
    match operator:
        case "=" | "!=":
            return Condition(field, operator, values)
        case "!":
            return Not(Condition(field, "~", values))
        case _:
            return Condition(field, "~", values)


def _of_list(reader: _Reader, field: str, operator: str) -> Filter:
    """A list of values alone is one condition; with a range or comparison in it, it lists numbers."""
    items = _items(reader, field)
    values = tuple(item for _, item in items if isinstance(item, str))
    ranges = tuple(item for _, item in items if isinstance(item, Condition))
    if not ranges:
        return _of_values(field, operator, values)
    for place, item in items:
        if isinstance(item, str) and not _as_number(item):
            raise reader.expected("a number, as in the rest of the list", at=place)
    numbers = tuple(_as_number(value) for value in values)
    parts = (*ranges, Condition(field, "=", numbers)) if numbers else ranges
    inside = parts[0] if len(parts) == 1 else AnyOf(parts)
    return Not(inside) if operator in ("!=", "!") else inside


def _items(reader: _Reader, field: str) -> list[tuple[int, str | Condition]]:
    """What a list holds, with the place of each."""
    opened_at = reader.at
    reader.take("[")
    items: list[tuple[int, str | Condition]] = []
    while not items or reader.take(*COMMAS):
        reader.skip_space()
        items.append((reader.at, _item(reader, field)))
    if not reader.take("]"):
        raise reader.expected(f"',' or ']' for the '[' at position {opened_at + 1}")
    return items


def _item(reader: _Reader, field: str) -> str | Condition:
    """A value, or a range `10..20` or comparison `>10` as a condition."""
    comparison = reader.take(*COMPARISONS)
    if comparison in COMPARISONS:
        return Condition(field, comparison, (_number(reader, in_list=True),))
    is_quoted, start = reader.sees("`"), reader.at
    value = _value(reader, in_list=True)
    return value if is_quoted or ".." not in value else _range(reader, field, value, at=start)


def _range(reader: _Reader, field: str, value: str, *, at: int) -> Condition:
    low, _, high = (_as_number(part) for part in value.partition(".."))
    if not low or not high:
        raise reader.expected(
            "a range of two numbers", at=at, remedy="Write [10..20], field:>=10, or put the value in backticks."
        )
    if float(low) > float(high):
        raise reader.expected("a range that starts below its end", at=at)
    return Condition(field, "..", (low, high))


def _number(reader: _Reader, *, in_list: bool) -> str:
    reader.skip_space()
    start = reader.at
    number = _as_number(_value(reader, in_list=in_list))
    if not number:
        raise reader.expected("a number", at=start)
    return number


def _as_number(text: str) -> str:
    """The number in ASCII, or nothing."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return plain if NUMBER.fullmatch(plain) and math.isfinite(float(plain)) else ""


def _value(reader: _Reader, *, in_list: bool) -> str:
    if reader.sees("`"):
        return _quoted(reader)
    start = reader.at
    if reader.sees(*OPERATORS):
        raise reader.expected("a value", remedy=f"Tests are {', '.join(f':{each}' for each in ('', *OPERATORS))}.")
    reader.at = _end_of_bare_value(reader, in_list=in_list)
    value = reader.text[start : reader.at].strip()
    if not value:
        raise reader.expected("a value", at=start)
    if value.count("(") > value.count(")"):
        raise reader.expected("as many ')' as '('", at=start, remedy="Put a value that holds one alone in backticks.")
    forgotten = FORGOTTEN_AND.search(reader.text, start, reader.at)
    if forgotten:
        raise reader.expected("&& or ||", at=forgotten.start(1), remedy="Put a value that holds a test in backticks.")
    return value


def _end_of_bare_value(reader: _Reader, *, in_list: bool) -> int:
    """Where a value without backticks ends: before `&&`, `||`, its list's next sign, or a `)` that it did not open."""
    opened = 0
    for place in range(reader.at, len(reader.text)):
        character = reader.text[place]
        if reader.text.startswith(("&&", "||"), place) or (in_list and (character in COMMAS or character == "]")):
            return place
        if character in "[]":
            raise reader.expected("no bracket", at=place, remedy="Put a value that holds brackets in backticks.")
        if character == ")" and not opened:
            return place
        opened += (character == "(") - (character == ")")
    return len(reader.text)


def _quoted(reader: _Reader) -> str:
    """What stands between backticks, of which two mean one."""
    start = reader.at
    found = QUOTED.match(reader.text, start)
    if not found:
        raise reader.expected("a closing backtick", at=start)
    reader.at = found.end()
    text = found[1].replace("``", "`")
    if not text.strip():
        raise reader.expected("something between the backticks", at=start)
    return text


def _sort_key(reader: _Reader) -> SortKey:
    field = _name(reader, what="a field name")
    if not reader.take(*COLONS):
        raise reader.expected(f"':' and a direction after '{field}'", remedy=f"Write {field}:asc or {field}:desc.")
    reader.skip_space()
    start = reader.at
    direction = _name(reader, what="a direction, asc or desc")
    if direction.lower() not in DIRECTIONS:
        raise InputError(f"Sort, position {start + 1}: {unknown_name('direction', direction, DIRECTIONS)}")
    return SortKey(field, descending=direction.lower() == "desc")


def _check_length(text: str, *, kind: str) -> None:
    if len(text) > MAX_LENGTH:
        raise InputError(f"The {kind} has {len(text):,} characters; at most {MAX_LENGTH:,} are read.")


def _check_fields_once(keys: Sequence[SortKey]) -> None:
    fields = [key.field for key in keys]
    for field in fields:
        if fields.count(field) > 1:
            raise InputError(f"The sort names '{field}' twice.", remedy="Name each field once.")


def _joined(parts: Sequence[Filter], sign: str) -> str:
    if not parts:
        raise InputError("A filter without any part cannot be written.", remedy="Leave the filter out.")
    if len(parts) == 1:
        return filter_text(parts[0])
    texts = [f"({filter_text(part)})" if isinstance(part, AllOf | AnyOf) else filter_text(part) for part in parts]
    return sign.join(texts)


def _condition_text(condition: Condition, *, negation: str) -> str:
    field = _plain_or_quoted(condition.field, BARE_FIELD)
    if condition.operator == "..":
        return f"{field}:{negation}[{'..'.join(condition.values)}]"
    operator = negation if condition.operator == "~" else condition.operator
    values = [_plain_or_quoted(value, BARE_VALUE) for value in condition.values]
    return f"{field}:{operator}" + (values[0] if len(values) == 1 else f"[{','.join(values)}]")


def _plain_or_quoted(text: str, plain: re.Pattern[str]) -> str:
    return text if plain.fullmatch(text) else f"`{text.replace('`', '``')}`"
