"""What names are made of: a Han character, a Latin word or a number each; names meet in one spelling, their key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from tonggan.encode.words import normalize

LONGEST_NAME = 12
"""Units of the longest name: twelve Han characters; Latin names have eight words at most."""

LONGEST_LATIN_NAME = 8
"""Words of the longest name in Latin letters."""

UNITS_LIMIT = 400
"""Units of a query in which names are looked for; what follows in a pasted page would only cost time."""

LEXICON_PRECISION = 0.5
"""Precision of a word that only the lexicon knows."""

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_UNIT: Final = re.compile(rf"[{_HAN}]|(?:(?![{_HAN}])[^\W_])+(?:[-'’.&+](?:(?![{_HAN}])[^\W_])+)*|[^\s]")
_HAN_ONLY: Final = re.compile(rf"[{_HAN}]")


class Unit(NamedTuple):
    """A unit of a text, and where it stands in it."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing a name may mean: `value` of `field` on `count` products; both empty where only the lexicon knows it.

    `precision`, 0 to 1, is how surely the name means this where it occurs; `is_word` where the lexicon has it so.
    """

    kind: str
    field: str = ""
    value: str = ""
    count: int = 0
    precision: float = LEXICON_PRECISION
    is_word: bool = False


class Match(NamedTuple):
    """Units `first:last` are a name with these meanings."""

    first: int
    last: int
    key: str
    meanings: tuple[Meaning, ...]


def units_of(text: str) -> list[Unit]:
    """Return the units of a cleaned text; each mark of punctuation is one, since names do not reach over it.

    >>> [unit.text for unit in units_of("sony耳机 wh-1000xm4")]
    ['sony', '耳', '机', 'wh-1000xm4']
    """
    return [Unit(match.group(), *match.span()) for match in _UNIT.finditer(text)]


def head_and_length(key: str) -> tuple[str, int]:
    """Return the first unit of a key, and how many it has."""
    units = _UNIT.findall(key)
    return (units[0] if units else ""), len(units)


def name_key(text: str) -> str:
    """Return the spelling under which a name is looked up.

    >>> name_key("Ｔ-Shirt")
    't shirt'
    """
    return key_of(normalize(text))


def key_of(text: str) -> str:
    """Return the key of a stretch of cleaned text."""
    if "-" in text:
        text = text.replace("-", " ")
    return " ".join(text.split()) if " " in text or "\t" in text or "\n" in text else text


def is_name(key: str) -> bool:
    """Return whether a key is short enough to be a name, and says more than a number or a mark."""
    if not key or len(key) > 60:
        return False
    length = head_and_length(key)[1]
    is_short = length <= (LONGEST_NAME if _HAN_ONLY.search(key) else LONGEST_LATIN_NAME)
    return is_short and any(letter.isalpha() for letter in key) and (len(key) > 1 or bool(_HAN_ONLY.match(key)))


def is_han(text: str) -> bool:
    """Return whether a unit is a Han character."""
    first = text[:1]
    return "\u3400" <= first <= "\u9fff" or (first > "\uf8ff" and bool(_HAN_ONLY.match(first)))
