"""Measures and counts with the other spellings that products have: 500ml and 0.5升, 15.6寸 and 15.6 inch, 2件套.

Spellings of one unit that the analysis of words already unifies (ml, milliliter) are not repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from tonggan.understand.quantities.numerals import Number, numbers
from tonggan.understand.quantities.word_tables import any_of, rows_of

ALTERNATIVES = 6
"""Other spellings of one measure: each is looked up, and products use two or three."""

LEAST_CONVERTED, GREATEST_CONVERTED = 0.05, 100_000.0
"""What a converted value may be: nobody writes 0.03 m for 3 cm."""

WHOLE = frozenset({"gb", "tb", "oz", "lb", "in", "ft"})
"""Units that are converted into whole numbers only: 16 oz is 1 lb, but nobody writes 0.94 lb for 15 oz."""

TOLERANCE = 1e-6
"""How exact a value of two digits after the point must be: 375 g is not written as 0.38 kg."""

SYSTEMS: tuple[Mapping[str, float], ...] = (
    {"ml": 1, "l": 1_000, "cl": 10},
    {"mm": 1, "cm": 10, "m": 1_000},
    {"mg": 0.001, "g": 1, "kg": 1_000, "jin": 500, "liang": 50},
    {"gb": 1, "tb": 1_000},
    {"w": 1, "kw": 1_000},
    {"oz": 1, "lb": 16},
    {"in": 1, "ft": 12},
    {"mp": 1, "mp10000": 0.01},
)
"""Units that are converted into each other, by the size of each; a 斤 is 500 g, a 两 a tenth of that."""

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "ml": ("{} ml", "{}毫升"),
    "l": ("{} l", "{}升"),
    "cl": ("{} cl",),
    "mm": ("{} mm", "{}毫米"),
    "cm": ("{} cm", "{}厘米", "{}公分"),
    "m": ("{} m", "{}米"),
    "mg": ("{} mg", "{}毫克"),
    "g": ("{} g", "{}克"),
    "kg": ("{} kg", "{}公斤", "{}千克"),
    "jin": ("{}斤",),
    "liang": (),
    "gb": ("{} gb",),
    "tb": ("{} tb",),
    "w": ("{} w", "{}瓦"),
    "kw": ("{} kw", "{}千瓦"),
    "v": ("{} v", "{}伏"),
    "hz": ("{} hz", "{}赫兹"),
    "mah": ("{} mah", "{}毫安", "{}毫安时"),
    "mp": ("{} mp", "{} megapixel"),
    "mp10000": ("{}万像素",),
    "oz": ("{} oz", "{}盎司"),
    "floz": ("{} fl oz", "{}盎司"),
    "lb": ("{} lb", "{}磅"),
    "in": ("{} inch", "{}英寸", "{}寸"),
    "ft": ("{} ft", "{}英尺"),
    "gal": ("{} gallon", "{}加仑"),
    "size": ("size {}", "{}码", "{}号"),
    "set": ("{} piece set", "{}件套"),
    "pack": ("{} pack", "{}个装", "{}只装"),
}
"""One spelling of each unit in either language, two where Chinese has two."""

MEMORY = (8, 16, 32, 64, 128, 256, 512)
"""Values of `g` that mean gigabytes: 手机 128g."""

SIZES = range(15, 61)
"""Sizes of shoes and clothes in 码 or 号; other numbers before 号 are names."""

_PREFIXED = re.compile(
    r"(?:(?<![a-z])(?P<pack>(?:pack|box|case|lot) of)|(?<![a-z])(?P<set>set of)|(?P<size>(?<![a-z])size|尺码|鞋码)) ?\Z"
)
_NOT_INCHES = re.compile(r" ?(?:\d|stock|one|black|white)", re.ASCII)
"""After `in` that is no unit: 3 in 1, 2 in stock."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its unit at `start:end`, and the `alternatives`: the same in other words, to be searched beside."""

    start: int
    end: int
    value: float
    unit: str
    alternatives: tuple[str, ...]


def read_measures(text: str) -> list[Measure]:
    """Return the measures of a cleaned text in order.

    >>> read_measures("水杯 500ml")[0].alternatives
    ('500毫升', '0.5 l', '0.5升', '50 cl')
    """
    found: list[Measure] = []
    for number in numbers(text):
        if not number.is_absurd and number.value == number.upper:
            measure = _after(text, number) or _before(text, number)
            if measure and measure.alternatives and (not found or measure.start >= found[-1].end):
                found.append(measure)
    return found


def _after(text: str, number: Number) -> Measure | None:
    """A number with its unit behind it."""
    match = _pattern().match(text, number.end)
    if not match or (match["unit"] == "in" and _NOT_INCHES.match(text, match.end())):
        return None
    value, unit = number.value, _units()[match["unit"]]
    if number.kind == "han" and unit not in ("set", "pack", "size", "jin", "mp10000", "kg", "l", "in", "m"):
        return None
    if match["unit"] == "像素":
        value /= 10_000
    return _measure(text, (number.start, match.end()), value, unit)


def _before(text: str, number: Number) -> Measure | None:
    """A number with what it counts before it: pack of 6, size 42."""
    match = _PREFIXED.search(text, max(0, number.start - 12), number.start)
    if not match or not number.value.is_integer():
        return None
    return _measure(text, (match.start(), number.end), number.value, match.lastgroup or "")


def _measure(text: str, span: tuple[int, int], value: float, unit: str) -> Measure | None:
    if unit == "size" and value not in SIZES:
        return None
    typed = text[span[0] : span[1]]
    spelt = [spelling.format(_shown(value)) for spelling in SPELLINGS[unit]]
    converted = _converted(value, unit)
    seen = {_plain(typed), *(_plain(each) for each in _unified(typed, value, unit))}
    others = tuple(dict.fromkeys(each for each in [*spelt, *converted] if _plain(each) not in seen))
    return Measure(*span, value, unit, others[:ALTERNATIVES])


def _converted(value: float, unit: str) -> list[str]:
    system = next((each for each in SYSTEMS if unit in each), {})
    found: list[str] = []
    for other, size in system.items():
        amount = value * system[unit] / size
        is_plain = amount.is_integer() if unit in WHOLE else abs(amount - round(amount, 2)) < TOLERANCE
        if other != unit and is_plain and LEAST_CONVERTED <= amount <= GREATEST_CONVERTED:
            found += [spelling.format(_shown(amount)) for spelling in SPELLINGS[other]]
    if unit == "tb":
        found.append(f"{_shown(value * 1_024)} gb")
    if unit == "g" and value in MEMORY:
        found.insert(0, f"{_shown(value)} gb")
    if unit == "gb" and value in MEMORY:
        found.append(f"{_shown(value)} g")
    return found


def _unified(typed: str, value: float, unit: str) -> list[str]:
    """The spelling that the analysis of words makes of what was typed, where that is a Latin unit."""
    is_latin = typed.isascii() and unit not in ("set", "size")
    return [spelling.format(_shown(value)) for spelling in SPELLINGS[unit] if spelling.isascii() and is_latin]


def _plain(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _shown(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


@lru_cache(maxsize=1)
def _units() -> dict[str, str]:
    return {row[0]: row[1] for row in rows_of("measures")}


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    return re.compile(rf"[ -]?(?P<unit>{any_of(_units())})(?![\d])", re.ASCII)
