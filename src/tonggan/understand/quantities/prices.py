"""Prices in words: under $50, 200元以下, between 50 and 100, 100-200块, around 300, 预算500.

Without a currency a number is a price only where a word says so, and where no unit follows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tonggan.records import AllOf, Condition, Filter, Interpretation
from tonggan.understand.facts import Facts
from tonggan.understand.quantities import price_grammar as grammar
from tonggan.understand.quantities.currencies import mark_of
from tonggan.understand.quantities.numerals import GREATEST, Number, number_text, numbers

AROUND = 0.2
"""How far from a price `around` reaches: a fifth either way, the width of a shop's usual price bands."""

WINDOW = 64
"""Letters before a number in which its cue is looked for; the longest lead with a cue has about fifty."""

SHOWN = 20
"""Letters of an absurd number that a note shows."""

_BUDGET = re.compile("budget|预算|limit")


@dataclass(frozen=True, slots=True)
class _Price:
    """One number and what stands around it, or two that make a range; `low` is `high` where there is one.

    `is_priced` tells whether a word for price stands there; `needs` is what the cue needs to speak of money.
    """

    start: int
    end: int
    low: Number
    high: Number
    sign: str
    comparison: str
    needs: str
    mark: str
    is_priced: bool

    @property
    def is_pair(self) -> bool:
        return self.low is not self.high


def read_prices(text: str, facts: Facts) -> list[Interpretation]:
    """Return what the text says about prices, in order; where the catalogue cannot tell, with a note and no filter.

    >>> read = read_prices("红色连衣裙 200元以下", Facts(frozenset({"price"}), frozenset(), {"CNY": 5}))
    >>> read[0].key, read[0].text
    ('price:<=200', '200元以下')
    """
    found: list[Interpretation] = []
    all_numbers, floor, at = numbers(text), 0, 0
    while at < len(all_numbers):
        price = _price(text, all_numbers[at : at + 2], floor=floor, facts=facts)
        if price:
            found.append(_interpretation(text, price, facts, taken={each.key for each in found}))
            floor = price.end
        at += 2 if price and price.is_pair else 1
    return found


def _price(text: str, pair: Sequence[Number], *, floor: int, facts: Facts) -> _Price | None:
    """The price that begins with the first of the numbers; of both where they are a range."""
    if pair[0].start < floor:
        return None
    joint = grammar.between_numbers().fullmatch(text, pair[0].end, pair[1].start) if len(pair) == 2 else None
    if joint:
        both = _around(text, _scaled(*pair), joint=joint, floor=floor, facts=facts)
        if _is_price(text, both):
            return both
    alone = _around(text, (pair[0], pair[0]), joint=None, floor=floor, facts=facts)
    return alone if _is_price(text, alone) else None


def _scaled(low: Number, high: Number) -> tuple[Number, Number]:
    """Both ends in one scale: 1-2千 is 1,000 to 2,000."""
    if low.scale == 1 and high.scale >= 100 and low.value < high.value / high.scale:
        value = low.value * high.scale
        low = Number(low.start, low.end, value, value, kind=low.kind)
    return low, high


def _around(text: str, ends: tuple[Number, Number], *, joint: re.Match[str] | None, floor: int, facts: Facts) -> _Price:
    low, high = ends
    floor = max(floor, low.start - WINDOW)
    before = grammar.before_number(has_currency=True).search(text, floor, low.start)
    after = grammar.after_number(has_currency=True).match(text, high.end)
    mark = next((each for each in _marks(before, joint, after) if each), "")
    is_priced = _says_price(before, after)
    if mark and not mark_of(mark).is_money(facts, has_cue=is_priced or _has_cue(before, after)):
        mark = ""
        before = grammar.before_number(has_currency=False).search(text, floor, low.start)
        after = grammar.after_number(has_currency=False).match(text, high.end)
    comparison, needs = _comparison(before, after)
    start = before.start() if before else low.start
    start, end = _with_brackets(text, start, after.end() if after else high.end)
    sign = joint["sign"] if joint else ""
    return _Price(start, end, low, high, sign, comparison, needs, mark, is_priced)


def _marks(before: re.Match[str] | None, joint: re.Match[str] | None, after: re.Match[str] | None) -> list[str | None]:
    between = [joint["first"], joint["second"]] if joint else []
    return [before and before["mark"], *between, after and after["mark"]]


def _says_price(before: re.Match[str] | None, after: re.Match[str] | None) -> bool:
    return bool((before and before["priced"]) or (after and (after["tail"] or after["tail_en"])))


def _has_cue(before: re.Match[str] | None, after: re.Match[str] | None) -> bool:
    return bool((before and before["cue"]) or (after and after["cue"]))


def _comparison(before: re.Match[str] | None, after: re.Match[str] | None) -> tuple[str, str]:
    """How to compare (`+` for 多), and what that cue needs."""
    if after and after["cue"]:
        return grammar.cues()["after", after["cue"].replace("-", " ") if after["cue"][:1] != "-" else after["cue"]]
    if before and before["cue"]:
        return grammar.cues()["before", before["cue"].replace("-", " ")]
    if after and (after["some"] or after["many"] == "多"):
        return "+", "money"
    is_budget = _BUDGET.search((before and before["priced"]) or (after and (after["tail"] or after["tail_en"])) or "")
    return ("<=", "money") if is_budget else ("", "money")


def _with_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without white space at its ends, with the brackets around it or the comma before it."""
    while text[start] == " ":
        start += 1
    while text[end - 1] == " ":
        end -= 1
    if text[start - 1 : start] in ("(", "[") and text[end : end + 1] in (")", "]"):
        return start - 1, end + 1
    before = text[max(0, start - 2) : start].rstrip(" ")
    if before.endswith((",", ";", "、")):
        return start - len(text[max(0, start - 2) : start]) + len(before) - 1, end
    return start, end


def _is_price(text: str, price: _Price) -> bool:
    low, high = price.low, price.high
    rest = text[high.end : high.end + 24]
    if high.value < low.value or (grammar.PAIRED.fullmatch(price.sign) and price.comparison != ".."):
        return False
    if price.mark:
        return not _is_a_name(text, price)
    if grammar.NOT_MONEY_AFTER.match(rest) or grammar.counted_after().match(rest):
        return False
    if grammar.NOT_PRICED_BEFORE.search(text, max(0, low.start - WINDOW), low.start):
        return False
    return price.is_priced or _is_said_by_cue(text, price, rest=rest)


def _is_a_name(text: str, price: _Price) -> bool:
    """Whether a number with a currency is no price: 千元机, 100块拼图, 一块, $5 off."""
    if grammar.NAMES_WITH_MONEY.match(text, price.end):
        return True
    if price.comparison or price.is_priced or price.is_pair:
        return False
    low = price.low
    is_piece = low.kind == "han" and low.value < grammar.LEAST_BARE and price.mark in ("元", "块", "圆")
    return is_piece or low.value == 0 or _is_an_offer(text, price)


def _is_an_offer(text: str, price: _Price) -> bool:
    is_for_many = text.startswith("for", price.start) and text[: price.start].rstrip()[-1:].isdigit()
    return is_for_many or bool(grammar.OFF_OR_GIFT.match(text, price.end))


def _is_said_by_cue(text: str, price: _Price, *, rest: str) -> bool:
    if price.is_pair:
        return _is_range_said(price, rest=rest)
    if price.comparison == "+":
        return price.low.value >= grammar.LEAST_BARE and rest[1:2] == "的"
    if price.comparison in ("", "..") or price.needs == "money":
        return False
    if price.needs == "end" and not grammar.END.match(rest) and not _has_cue_after(rest):
        return False
    before = text[max(0, price.start - WINDOW) : price.start]
    is_bare_before = price.start == price.low.start and price.low.value < grammar.LEAST_AFTER_NAME
    is_version = is_bare_before and grammar.NAME_BEFORE.search(before)
    return not is_version and not _is_age(before, price)


def _is_range_said(price: _Price, *, rest: str) -> bool:
    if price.comparison == ".." and not price.needs:
        return True
    if price.low.value < grammar.LEAST_BARE:
        return False
    is_spanned = bool(grammar.SPANNED.fullmatch(price.sign))
    is_from = is_spanned and price.comparison == ">="
    is_of = rest[:1] == "的" and (is_spanned or price.low.value >= grammar.LEAST_RANGE)
    return is_from or is_of or (price.comparison in ("<=", "~") and _has_cue_after(rest))


def _has_cue_after(rest: str) -> bool:
    found = grammar.after_number(has_currency=False).match(rest)
    return bool(found and found["cue"])


def _is_age(before: str, price: _Price) -> bool:
    if price.low.value <= grammar.OLDEST_CHILD and grammar.CHILD_BEFORE.search(before):
        return True
    is_over = price.comparison.startswith(">") and price.low.value in grammar.AGES
    return is_over and bool(grammar.ADULT_BEFORE.search(before))


def _interpretation(text: str, price: _Price, facts: Facts, *, taken: set[str]) -> Interpretation:
    condition, shown = _condition(price)
    absurd = next((text[each.start : each.end][:SHOWN] for each in (price.low, price.high) if each.is_absurd), "")
    note = f"{absurd} is no price: the greatest that is read is {GREATEST:,.0f}." if absurd else _note(price, facts)
    shown = f"{price.comparison}{absurd}" if absurd else shown
    tree = None if note else _with_currency(condition, price.mark, facts)
    return Interpretation(
        *("price", _unused(f"price:{shown}", taken), text[price.start : price.end], price.start, price.end),
        filter=tree,
        note=note,
    )


def _unused(key: str, taken: set[str]) -> str:
    """The key, with a number where the query has said the same before."""
    return next(each for each in (key, *(f"{key}:{again}" for again in range(2, 99))) if each not in taken)


def _condition(price: _Price) -> tuple[Condition, str]:
    """The test of the price, and how a key shows it."""
    low, high, comparison = price.low.value, price.high.upper, price.comparison
    if comparison in ("<", "<=", ">", ">=") and not price.is_pair:
        limit = high if "<" in comparison else low
        return Condition("price", comparison, (number_text(limit),)), f"{comparison}{number_text(limit)}"
    if low == high:
        low, high = (low, low + _last_place(low)) if comparison == "+" else (low * (1 - AROUND), low * (1 + AROUND))
    return Condition("price", "..", (number_text(low), number_text(high))), f"{number_text(low)}..{number_text(high)}"


def _last_place(value: float) -> float:
    """What 多 may add: 100多 ends below 200, 150多 below 160."""
    place = 1.0
    while value >= place * 10 and value % (place * 10) == 0:
        place *= 10
    return place


def _note(price: _Price, facts: Facts) -> str:
    if "price" not in facts.number_fields:
        return "No product has a price."
    if price.mark and facts.currencies and not mark_of(price.mark).currency(facts):
        has = ", ".join(sorted(facts.currencies, key=lambda each: (-facts.currencies[each], each)))
        return f"No product is priced in {mark_of(price.mark).currencies[0]}; prices here are in {has}."
    return ""


def _with_currency(condition: Condition, mark: str, facts: Facts) -> Filter:
    if mark and len(facts.currencies) > 1 and "currency" in facts.text_fields:
        return AllOf((condition, Condition("currency", "=", (mark_of(mark).currency(facts),))))
    return condition
