"""Words that wish rather than name: cheap, 好评, best selling, 最新 order the results; on sale and 现货 narrow them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from tonggan.records import Condition, Interpretation, Preference
from tonggan.understand.facts import Facts
from tonggan.understand.quantities.numerals import Number, number_text, numbers
from tonggan.understand.quantities.word_tables import any_of, rows_of

PREFERENCES: Mapping[str, Preference] = {
    "price:low": Preference("price", is_high=False),
    "rating:high": Preference("rating", is_high=True),
    "rating_count:high": Preference("rating_count", is_high=True),
    "updated_at:high": Preference("updated_at", is_high=True),
}
"""Wishes that order; reviews stand for sales, which a catalogue does not tell."""

CONDITIONS: Mapping[str, Condition] = {
    "discount": Condition("discount", ">", ("0",)),
    "stock": Condition("availability", "=", ("in_stock",)),
}
"""Wishes that leave products out."""

WINDOW = 6
"""Letters before a wish in which its negation is looked for."""

_OTHER_WORDS = "鲜|率|券|书签|码|价签|牌|机制|品会"
"""After a wish that is part of another word: 最新鲜, 促销牌."""

_NEGATED = re.compile(
    r"(?:不|没|没有|非|别|不是|不要|(?<![a-z])(?:not|no|non|never|without|isn't|aren't))[ -]?\Z", re.ASCII
)
_HAS_HAN = re.compile(r"[\u4e00-\u9fff]")
_PERCENT_OFF = re.compile(
    r" ?(?:%|percent) ?(?P<up>\+|or more|and up|以上)? ?(?:off|discount|折扣)(?![a-z])(?: or more| and up)?"
)
_AT_LEAST = re.compile(r"(?:(?<![a-z])(?:at least|over|more than|from|min) ?)\Z")
_UP_TO = re.compile(r"(?<![a-z])up to ?\Z")
"""`up to 70% off` is how a sale is called, not a reduction to ask for."""

_TENTHS = re.compile(
    r"折(?![叠伞页纸门尺梯椅床扇痕耳屏刀凳桌射皱断])(?: ?(?:优惠|促销|特价))?(?P<up>以下|以内|起|封顶|左右)?的?"
)
_AT_TENTHS = re.compile("(?:打|低至|不高于)\\Z")
_UP_TO = re.compile(r"(?<![a-z])up to ?\Z")
"""`up to 70% off` is how a sale is called, not a reduction to ask for."""


def read_wishes(text: str, facts: Facts) -> list[Interpretation]:
    """Return the wishes of the text in order, each once; those of a field that no product has stay words.

    >>> [read.key for read in read_wishes("便宜的蓝牙耳机", Facts(frozenset({"price"})))]
    ['prefer:price:low']
    """
    found: dict[str, Interpretation] = {}
    for read in _reductions(text, facts):
        found.setdefault(read.key, read)
    for match in _pattern().finditer(text):
        wish = _wishes()[(match["latin"] or match["han"]).replace("-", " ")]
        is_free = all(match.start() >= each.end or match.end() <= each.start for each in found.values())
        is_held = _field(wish) in facts.number_fields or _field(wish) in facts.text_fields
        if is_free and is_held and not _is_negated(text, match.start()):
            read = _interpretation(text, match.span(), wish)
            found.setdefault(read.key, read)
    return sorted(found.values(), key=lambda read: read.start)


def _interpretation(text: str, span: tuple[int, int], wish: str) -> Interpretation:
    start, end = span
    if wish in PREFERENCES:
        return Interpretation(
            *("preference", f"prefer:{wish}", text[start:end], start, end), preference=PREFERENCES[wish]
        )
    condition = CONDITIONS[wish]
    key = f"{wish}:{condition.operator}{condition.values[0]}"
    return Interpretation(wish, key, text[start:end], start, end, filter=condition)


def _field(wish: str) -> str:
    return PREFERENCES[wish].field if wish in PREFERENCES else CONDITIONS[wish].field


def _is_negated(text: str, start: int) -> bool:
    return bool(_NEGATED.search(text, max(0, start - WINDOW), start))


def _reductions(text: str, facts: Facts) -> list[Interpretation]:
    """Reductions by number: 30% off, 8折."""
    if "discount" not in facts.number_fields or not ("折" in text or "off" in text or "discount" in text):
        return []
    reads = (_percent_off(text, number) or _tenths(text, number) for number in numbers(text))
    return [read for read in reads if read]


def _percent_off(text: str, number: Number) -> Interpretation | None:
    after = _PERCENT_OFF.match(text, number.end)
    if not after or not 0 < number.value < 100:
        return None
    up_to = _UP_TO.search(text, max(0, number.start - 12), number.start)
    if up_to:
        return _interpretation(text, (up_to.start(), after.end()), "discount")
    before = _AT_LEAST.search(text, max(0, number.start - 12), number.start)
    return _reduction(text, (before.start() if before else number.start, after.end()), number.value)


def _tenths(text: str, number: Number) -> Interpretation | None:
    """8折 leaves eight tenths of the price, 85折 leaves 85 %."""
    after = _TENTHS.match(text, number.end)
    before = _AT_TENTHS.search(text, max(0, number.start - 3), number.start)
    is_said = before or number.kind == "digits" or (after and (after["up"] or after.end() == len(text)))
    left = number.value * 10 if number.value < 10 else number.value
    if not after or not is_said or not 0 < left < 100:
        return None
    return _reduction(text, (before.start() if before else number.start, after.end()), 100 - left)


def _reduction(text: str, span: tuple[int, int], percent: float) -> Interpretation:
    start, end = span
    condition = Condition("discount", ">=", (number_text(percent),))
    key = f"discount:>={number_text(percent)}"
    return Interpretation("discount", key, text[start:end].strip(), start, end, filter=condition)


@lru_cache(maxsize=1)
def _wishes() -> dict[str, str]:
    return {row[0]: row[1] for row in rows_of("wishes")}


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    han = any_of(phrase for phrase in _wishes() if _HAS_HAN.search(phrase))
    latin = any_of(phrase for phrase in _wishes() if not _HAS_HAN.search(phrase))
    in_latin = rf"(?:(?<![a-z])(?:the|most|very|super) )?(?P<latin>{latin})"
    in_han = rf"(?:超|很|比较|特别)?(?P<han>{han})(?!{_OTHER_WORDS})(?:一点|点|些|一些)?(?:的(?!士))?"
    return re.compile(rf"{in_latin}|{in_han}", re.ASCII)
