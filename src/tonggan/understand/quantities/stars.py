"""Stars and numbers of reviews in words: 4 stars and up, 4.5分以上, 五星好评, more than 100 reviews, 评价过千."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from tonggan.records import Condition, Interpretation
from tonggan.understand.facts import Facts
from tonggan.understand.quantities.numerals import Number, number_text, numbers
from tonggan.understand.quantities.word_tables import any_of

Comparison: TypeAlias = Literal["<", ">", ">="]

MOST_STARS = 5.0
"""Ratings go from 1 to 5; a greater number is no number of stars."""

FIVE_STARS = 4.5
"""What `5 stars` asks for: a mean of many ratings is hardly ever 5, and shops round 4.5 up when they draw stars."""

WINDOW = 32
"""Letters before a number in which its cue is looked for."""

_AT_LEAST = ("at least", "no less than", "minimum", "min", "from", "至少", "不低于", "不少于", "起码", ">=", "≥")
_OVER = (
    "over",
    "above",
    "more than",
    "higher than",
    "better than",
    "greater than",
    "高于",
    "超过",
    "大于",
    "多于",
    ">",
)
_UNDER = ("under", "below", "less than", "lower than", "fewer than", "低于", "少于", "小于", "不到", "<")
_AND_UP = (
    *("and up", "& up", "and above", "and higher", "and over", "and more", "or more", "or above", "or higher"),
    *("or better", "or up", "or over", "plus", "+", "以上", "及以上", "或以上", "往上", "起"),
)
_RATED = r"(?:(?<![a-z])(?:rated|ratings?|score)(?![a-z])|评分|评价|星级|得分|好评)"
_CUE = rf"(?:(?P<least>{any_of(_AT_LEAST)})|(?P<over>{any_of(_OVER)})|(?P<under>{any_of(_UNDER)}))"
_BEFORE = re.compile(
    rf"(?:(?<![a-z])with )?(?:(?P<rated>{_RATED}) ?(?:of|is|:|为|在|是)? ?)?"
    rf"(?:{_CUE} ?)?(?:(?P<rated_after>(?<![a-z])rated) )?\Z",
    re.ASCII,
)
_AFTER = re.compile(
    rf"(?: ?/ ?5(?!\d)| out of (?:5|five))? ?(?P<more>{any_of(_AND_UP)})?"
    r"(?:[ -]?(?P<unit>stars?(?![a-z])|颗?星级?|★|分(?!钟|之|体|区|裤|袖|享|类)))?"
    rf"(?: ?(?P<up>{any_of(_AND_UP)}))?"
    r"(?P<tail>(?: ?(?:rated|ratings?|reviews?)(?![a-z])| ?(?:评分|评价|好评))*)的?",
    re.ASCII,
)
_END = re.compile(r" ?(?:$|[,.;)\]])")
_REVIEWS_AFTER = re.compile(
    r" ?(?P<more>\+|多)? ?(?:条|个|份|名|(?:customer|user|verified) )*(?:以上)?的?"
    r"(?:reviews?(?![a-z])|ratings?(?![a-z])|评价|评论|好评|点评)(?P<up>以上|及以上| or more| and up|\+)?的?",
    re.ASCII,
)
_REVIEWS_UP = re.compile(" ?(?:条|个|份)以上")
_REVIEWS_BEFORE = re.compile(rf"(?:with |has |having )?(?:{_CUE} ?|(?P<past>过)|(?P<reached>上|达))\Z", re.ASCII)
_COUNTED_BEFORE = re.compile(
    r"(?:评价|评论|好评|点评)(?:数量|数|量)? ?(?:(?P<past>过|超过|大于|多于|高于)|(?P<reached>上|达到?|至少|不少于))\Z"
)
_COUNTED_AFTER = re.compile("(?:条|个|份)?(?:以上)?的?")


def read_stars(text: str, facts: Facts) -> list[Interpretation]:
    """Return what the text says about stars and numbers of reviews, in order.

    >>> [read.key for read in read_stars("蓝牙耳机 4星以上", Facts(frozenset({"rating"})))]
    ['stars:>=4']
    """
    found: list[Interpretation] = []
    floor = 0
    for number in numbers(text):
        if number.start >= floor and not number.is_absurd:
            read = _reviews(text, number, floor=floor, facts=facts) or _stars(text, number, floor=floor, facts=facts)
            if read and all(each.key != read.key for each in found):
                found.append(read)
                floor = read.end
    return found


def _reviews(text: str, number: Number, *, floor: int, facts: Facts) -> Interpretation | None:
    at_least = max(floor, number.start - WINDOW)
    counted = _COUNTED_BEFORE.search(text, at_least, number.start)
    if counted:
        after = _COUNTED_AFTER.match(text, number.end)
        end = after.end() if after else number.end
        return _number_of_reviews(text, number, (counted.start(), end, ">" if counted["past"] else ">="), facts)
    after = _REVIEWS_AFTER.match(text, number.end)
    if not after:
        return None
    before = _REVIEWS_BEFORE.search(text, at_least, number.start)
    is_open = bool(after["more"] or after["up"] or _REVIEWS_UP.match(text, number.end))
    if not before and not is_open:
        return None
    comparison = _comparison(before) if before else ">="
    return _number_of_reviews(
        text, number, (before.start() if before else number.start, after.end(), comparison), facts
    )


def _comparison(before: re.Match[str]) -> Comparison:
    named = before.groupdict()
    return ">" if named.get("over") or named.get("past") else "<" if named.get("under") else ">="


def _number_of_reviews(text: str, number: Number, found: tuple[int, int, Comparison], facts: Facts) -> Interpretation:
    start, end, comparison = found
    shown = f"{comparison}{number_text(number.value)}"
    condition = Condition("rating_count", comparison, (number_text(number.value),))
    return _interpretation(text, (start, end), f"reviews:{shown}", condition=condition, facts=facts)


def _stars(text: str, number: Number, *, floor: int, facts: Facts) -> Interpretation | None:
    before = _BEFORE.search(text, max(floor, number.start - WINDOW), number.start)
    after = _AFTER.match(text, number.end)
    if not before or not after or not 1 <= number.value <= MOST_STARS:
        return None
    if not _is_about_stars(text, number, before=before, after=after):
        return None
    comparison = _comparison(before)
    least = number.value
    if number.value == MOST_STARS and comparison != "<":
        comparison, least = ">=", FIVE_STARS
    condition = Condition("rating", comparison, (number_text(least),))
    key = f"stars:{comparison}{number_text(least)}"
    return _interpretation(text, (before.start(), after.end()), key, condition=condition, facts=facts)


def _is_about_stars(text: str, number: Number, *, before: re.Match[str], after: re.Match[str]) -> bool:
    is_rated = bool(before["rated"] or before["rated_after"] or after["tail"])
    is_compared = bool(
        before["rated"] or before["least"] or before["over"] or before["under"] or after["more"] or after["up"]
    )
    unit, is_at_end = after["unit"] or "", bool(_END.match(text, after.end()))
    match unit:
        case "":
            is_said = is_compared or is_at_end
            is_before = bool(before["rated"] or before["rated_after"]) and is_said and _is_alone(text, after)
            return is_before or (bool(after["tail"]) and (is_compared or not number.value.is_integer()))
        case "stars":
            return is_rated or is_compared or number.kind == "digits" or is_at_end
        case "分":
            return bool(before["rated"] or after["up"] or after["more"])
        case "star":
            return is_rated or is_compared or (number.kind == "digits" and is_at_end)
        case _:
            ends = is_at_end or after.group().endswith("的") or text[after.end()] == " "
            return is_rated or is_compared or (number.kind == "digits" and (ends or "颗" in unit))


def _is_alone(text: str, after: re.Match[str]) -> bool:
    """Whether no unit follows: `rated 5 amp` is no rating."""
    return bool(after["more"] or after["up"] or not re.match(r" ?[a-z\d%]", text[after.end() : after.end() + 2]))


def _interpretation(
    text: str, span: tuple[int, int], key: str, *, condition: Condition, facts: Facts
) -> Interpretation:
    start, end = span
    while text[start] == " ":
        start += 1
    while text[end - 1] == " ":
        end -= 1
    is_known = condition.field in facts.number_fields
    what = "a rating" if condition.field == "rating" else "a number of reviews"
    return Interpretation(
        *("stars", key, text[start:end], start, end),
        filter=condition if is_known else None,
        note="" if is_known else f"No product has {what}.",
    )
