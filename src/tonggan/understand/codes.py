"""Stretches of a query that may be a product's code: a barcode, an SKU, a model number; most queries have none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

BARCODE_LENGTHS = frozenset({8, 12, 13, 14})
"""Digits of a GTIN [GS1 General Specifications, 3.3.2]."""

SHORTEST_CODE = 5
"""Characters of a code that stands among other words; shorter mixes of letters and digits are sizes and versions."""

SHORTEST_NUMBER = 4
"""Digits of a query that is nothing but a number and may be an SKU."""

LONGEST_CODE = 40
"""Characters of a code at most."""

CODES_LIMIT = 3
"""Stretches of one query that are looked up; a pasted list of codes is a job for a filter."""

TEXT_LIMIT = 400
"""Characters of a query in which codes are looked for."""

_WORD: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]+(?:[-._/#][A-Za-z0-9]+)*(?![A-Za-z0-9])")
_DIGITS: Final = re.compile(r"(?<![\w.,-])\d(?:[ -]?\d){7,13}(?![\w-]|[.,]\d)")
_MEASURE: Final = re.compile(
    r"\d{1,4}(?:[.x/*-]\d{1,4})*[a-z]{0,6}|\d{1,4}-[a-z]+|\d+[x*]\d+.*|[a-z]{1,2}\d|\d+(?:[.,]\d+)+[a-z]*",
    re.IGNORECASE,
)
_SEPARATORS: Final = re.compile(r"[-._/# ]")


def code_candidates(text: str) -> list[str]:
    """Return the spellings under which codes in a text, as it was typed, may be stored; none in most queries.

    >>> code_candidates("sony wh-1000xm4")
    ['wh-1000xm4', 'WH-1000XM4', 'wh1000xm4', 'WH1000XM4']
    >>> code_candidates("4 006381 333931"), code_candidates("red dress 500ml")
    (['4006381333931'], [])
    """
    plain = unicodedata.normalize("NFKC", text[:TEXT_LIMIT]).strip()
    barcodes = [digits for digits in _digit_runs(plain) if is_barcode(digits)]
    codes = [code for code in _codes(plain) if code not in barcodes]
    spellings = [*barcodes, *(spelling for code in codes[:CODES_LIMIT] for spelling in _spellings(code))]
    return list(dict.fromkeys(spellings))


def is_barcode(digits: str) -> bool:
    """Return whether the digits are a GTIN: of a known length, the last one checking the others.

    >>> is_barcode("4006381333931"), is_barcode("4006381333932")
    (True, False)
    """
    if len(digits) not in BARCODE_LENGTHS or not digits.isascii() or not digits.isdigit() or not digits.strip("0"):
        return False
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(digits)))
    return total % 10 == 0


def _digit_runs(text: str) -> Iterator[str]:
    return (re.sub(r"[ -]", "", match.group()) for match in _DIGITS.finditer(text[:TEXT_LIMIT]))


def _codes(text: str) -> list[str]:
    words = [match.group() for match in _WORD.finditer(text)]
    if _is_one_code(text, words):
        return [text]
    return [word for word in words if _is_code(word)]


def _is_one_code(text: str, words: Sequence[str]) -> bool:
    """A query that is nothing but a code: a number, or a model number with spaces in it (`WH 1000XM4`)."""
    if not words or len(text) > LONGEST_CODE or _SEPARATORS.sub("", text) != _SEPARATORS.sub("", "".join(words)):
        return False
    if len(words) == 1:
        return words[0].isdigit() and len(words[0]) >= SHORTEST_NUMBER
    is_each_short = all(any(map(str.isdigit, word)) or (word.isupper() and len(word) <= 4) for word in words)
    return is_each_short and len(words) <= 3 and any(_is_mixed(word) and not _MEASURE.fullmatch(word) for word in words)


def _is_code(word: str) -> bool:
    has_shape = SHORTEST_CODE <= len(word) <= LONGEST_CODE and not _MEASURE.fullmatch(word)
    return has_shape and _is_mixed(word) and sum(map(str.isdigit, word)) >= 2


def _is_mixed(word: str) -> bool:
    return any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _spellings(code: str) -> Iterator[str]:
    for spelt in (code, _SEPARATORS.sub("", code)):
        yield from (spelt, spelt.upper(), spelt.lower())
