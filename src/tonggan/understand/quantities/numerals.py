"""Numbers as people write them: 1,000, 1.5k, 3.5万, 五十, 一百二, two hundred."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

GREATEST = 1e9
"""The greatest number that becomes a filter: nothing in a shop costs or weighs more, `1e400` is no number at all."""

NUMBERS_READ = 16
"""Numbers of a query that are looked at; real queries hold up to five, and each costs some 0.1 ms."""

QUERIES_KEPT = 1_024
"""Texts whose numbers are remembered: each reader of one query asks for them."""

_ONE_TO_NINE = "one|two|three|four|five|six|seven|eight|nine"
_TEN_TO_NINETEEN = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TWENTY_TO_NINETY = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ENGLISH = {
    "a": 1,
    **{word: value for value, word in enumerate(f"{_ONE_TO_NINE}|{_TEN_TO_NINETEEN}".split("|"), start=1)},
    **{word: 10 * value for value, word in enumerate(_TWENTY_TO_NINETY.split("|"), start=2)},
}
_HAN_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SCALES = {"十": 10, "百": 100, "千": 1_000, "k": 1_000, "万": 10_000, "百万": 1_000_000, "亿": 100_000_000}

_BELOW_HUNDRED = rf"(?:(?:{_TWENTY_TO_NINETY})(?:[ -](?:{_ONE_TO_NINE}))?|{_TEN_TO_NINETEEN}|{_ONE_TO_NINE})"
_BELOW_THOUSAND = rf"(?:(?:a|{_ONE_TO_NINE}) hundred(?:(?: and)? {_BELOW_HUNDRED})?|{_BELOW_HUNDRED})"
_IN_ENGLISH = rf"\b(?:(?:a|{_BELOW_THOUSAND}) thousand(?:(?: and)? {_BELOW_THOUSAND})?|{_BELOW_THOUSAND})\b"
_SCALE = "百万(?!能)|百(?![分合叶褶香])|千(?![克瓦米卡兆赫斤层])|万(?![能向用圣])|亿|k(?![a-z0-9])"
_IN_DIGITS = (
    r"(?:(?<![a-z\d/_#.])(?<![a-z]-)(?<!\d,)|(?<=usd)|(?<=rmb)|(?<=cny)|(?<=eur)|(?<=gbp)|(?<=hkd)|(?<=\brs))"
    r"(?:\d{1,3}(?:,\d{3})++(?!\d)(?:\.\d++)?|\d{1,3}(?:\.\d{3})+,\d{2}(?!\d)|\d++,\d{2}(?![\d,])"
    rf"|\d++(?:\.\d++)?|\.\d++)(?:e[+-]?\d++)?(?P<scale>{_SCALE})?"
)
_IN_HAN = (
    r"(?:[零〇一二两三四五六七八九]|十(?!字)|百(?![分合叶褶香事])|千(?![克瓦米卡兆赫斤层禧])|万(?![能向用圣宝])|亿)++"
    r"(?:点[零一二三四五六七八九]++)?"
)
_NUMBER = re.compile(rf"(?P<digits>{_IN_DIGITS})|(?P<han>{_IN_HAN})|(?P<english>{_IN_ENGLISH})", re.ASCII)
_TWO_OF_ONE_SCALE = re.compile("([一二两三四五六七八])([二三四五六七八九])([十百千万])")


@dataclass(frozen=True, slots=True)
class Number:
    """A number at `start:end`; `upper` is above `value` in 两三百; `scale` is what its last sign multiplies by."""

    start: int
    end: int
    value: float
    upper: float
    scale: int = 1
    kind: str = "digits"

    @property
    def is_absurd(self) -> bool:
        """Return whether it is too great to mean anything."""
        return not self.upper <= GREATEST


@lru_cache(maxsize=QUERIES_KEPT)
def numbers(text: str) -> tuple[Number, ...]:
    """Return the first numbers of a cleaned text in order; digits inside a word or model number are none.

    >>> [number.value for number in numbers("1,500 或 3.5万 or two hundred, 一百二 iphone11")]
    [1500.0, 35000.0, 200.0, 120.0]
    """
    found: list[Number] = []
    for match in _NUMBER.finditer(text):
        number = _number(match)
        if number:
            found.append(number)
        if len(found) == NUMBERS_READ:
            break
    return tuple(found)


def number_text(value: float) -> str:
    """Return a number as a filter has it, at most two digits after the point.

    >>> number_text(50.0), number_text(23.992)
    ('50', '23.99')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _number(match: re.Match[str]) -> Number | None:
    start, end, text = match.start(), match.end(), match.group()
    if match["digits"]:
        scale = _SCALES.get(match["scale"] or "", 1)
        value = _in_digits(text.removesuffix(match["scale"] or "")) * scale
        return Number(start, end, value, value, scale)
    if match["english"]:
        value = _in_english(text)
        return Number(start, end, value, value, kind="english")
    low, high = _in_han(text)
    return Number(start, end, low, high, _SCALES.get(text[-1], 1), "han") if math.isfinite(low) else None


def _in_digits(text: str) -> float:
    if re.search(r",\d{2}$", text):
        return float(text.replace(".", "").replace(",", "."))
    return float(text.replace(",", ""))


def _in_english(text: str) -> float:
    total = current = 0
    for word in text.replace("-", " ").split():
        if word == "hundred":
            current *= 100
        elif word == "thousand":
            total, current = current * 1_000, 0
        else:
            current += _ENGLISH.get(word, 0)
    return float(total + current)


def _in_han(text: str) -> tuple[float, float]:
    """The least and greatest that is meant; not a number where the signs make none."""
    two = _TWO_OF_ONE_SCALE.fullmatch(text)
    if two and _HAN_DIGITS[two[2]] == _HAN_DIGITS[two[1]] + 1:
        return float(_HAN_DIGITS[two[1]] * _SCALES[two[3]]), float(_HAN_DIGITS[two[2]] * _SCALES[two[3]])
    whole, _, fraction = text.partition("点")
    value = _whole_in_han(whole)
    if fraction:
        value += float("0." + "".join(str(_HAN_DIGITS[digit]) for digit in fraction))
    return value, value


def _whole_in_han(text: str) -> float:
    if all(sign in _HAN_DIGITS for sign in text):
        return float("".join(str(_HAN_DIGITS[sign]) for sign in text[:20]))
    total = section = digit = 0.0
    last_scale = 1
    for sign in text[:40]:
        if sign in _HAN_DIGITS:
            if digit:
                return math.nan
            digit = _HAN_DIGITS[sign]
            last_scale = last_scale if digit else 1
        elif sign in "十百千":
            last_scale = _SCALES[sign]
            section, digit = section + (digit or 1.0) * last_scale, 0.0
        else:
            last_scale = _SCALES[sign]
            total, section, digit = (total + section + digit or 1.0) * last_scale, 0.0, 0.0
    return float(total + section + digit * max(1, last_scale // 10))
