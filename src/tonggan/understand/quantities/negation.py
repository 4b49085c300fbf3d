"""What a shopper does not want: without leather, no red, -nike, 不要塑料; 不锈钢 and non-stick are wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TypeAlias

from tonggan.encode import words as analysis
from tonggan.records import AllOf, Condition, Filter, Interpretation, Not
from tonggan.understand.facts import Facts
from tonggan.understand.quantities.word_tables import any_of, rows_of
from tonggan.understand.retail_words import lexicon_rows

Known: TypeAlias = Callable[[str], Sequence[tuple[str, str]]]
"""The (field, value) pairs of the catalogue that a stretch of text names."""

CUES_READ = 8
"""Words of negation in one query that are looked at; real queries have one or two."""

THINGS_READ = 4
"""Things that one such word excludes; each is looked up in the catalogue, at every length."""

LONGEST_WORDS = 3
"""English words of one excluded thing: `genuine leather straps`."""

LONGEST_HAN = 8
"""Chinese characters of one excluded thing."""

LONGEST_PHRASE = 4
"""Characters before 的 that name one thing: 没有耳机孔的手机."""

BESIDES_WITHIN = 4
"""Characters after the thing in which 还 or 也 tells that it is wanted too: 除了耳机还要手机."""

SHORTEST_WORD = 3
"""Letters of an English word that may be excluded although the catalogue does not know it."""

_SURE = "without|w/o|except for|except|excluding|exclude|other than|anything but|everything but|all but|but not|but no"
_SURE_IN_HAN = "不要|不想要|不需要|别要|不含|不带|不包含|不包括|排除|去掉|没有|不喜欢"
_CUE = re.compile(
    rf"(?:(?<![a-z\d])(?:(?:anything|everything|any|all|ones?) )?(?P<sure>{_SURE}) "
    r"|(?<![a-z\d])(?P<no>no) |(?<![a-z\d])(?P<only_known>not|non)[ -]"
    r"|(?<= )(?P<hyphen>[-−])(?=[a-z\u4e00-\u9fff])"
    rf"|(?P<sure_han>{_SURE_IN_HAN}) ?|(?P<beside>除了|除去|除) ?|(?P<only_known_han>非|不是) ?)",
    re.ASCII,
)
_MAY_HOLD = re.compile(rf"(?<![a-z])(?:{_SURE}|no|not|non)[ -]| [-−]|{_SURE_IN_HAN}|除|非|不是", re.ASCII)
_ARTICLE = re.compile(r"(?:(?:a|an|any|the|with|from|made of|made from|in) )+")
_JOINT = re.compile(r" ?, ?(?:and|or|nor|no|not) | (?:or|and|nor) (?:no |not )?| ?(?:和|或者?|、|跟|以及|也不要|与) ?")
_WORD = re.compile(r"[a-z][a-z'’]*(?:-[a-z]+)*")
_HAN_RUN = re.compile(rf"[\u4e00-\u9fff]{{1,{LONGEST_HAN}}}")
_TAIL = re.compile(
    r"(?:(?:这个|的)?(?:牌子|品牌|牌)(?!照)|(?:颜色|色)(?=的|$)| (?:brands?|ones?|please|colou?rs?)(?![a-z]))?"
    r"(?:以外|之外|外)?(?:都(?:可以|行|要))?(?: ?的(?!士))?"
)
_BESIDE_TAIL = re.compile("(?:这个|的)?(?:牌子|品牌|牌)?(?:以外|之外|外)(?:都(?:可以|行|要)?)?(?:的(?!士))?")
_BESIDES = re.compile("[还也]")
_OTHER_BRANDS = re.compile("(?:别的|其他的?|其它的?)(?:牌子|品牌)的?(?:都|一律)?(?:不要|不想要)(?:的)?")
_STOP_HAN = re.compile("[太很那么这过于最要用想是了吗呢吧]")


def read_exclusions(text: str, *, known: Known, facts: Facts) -> list[Interpretation]:
    """Return what the text excludes, in order.

    Values of the catalogue that are named are excluded; other things by the words of the title.

    >>> read = read_exclusions("bag without leather", known=lambda _: [], facts=Facts(text_fields=frozenset({"title"})))
    >>> read[0].key, read[0].text
    ('exclusion:leather', 'without leather')
    """
    if not _MAY_HOLD.search(text):
        return []
    found = [_no_other_brands(text, match) for match in _OTHER_BRANDS.finditer(text)][:1]
    floor = 0
    for match in islice(_CUE.finditer(text), CUES_READ):
        if match.start() >= floor and not _is_a_word(text, match):
            for read in _after_cue(text, match, known=known, facts=facts):
                floor = read.end
                if all(each.key != read.key and not _overlap(each, read) for each in found):
                    found.append(read)
    return sorted(found, key=lambda read: read.start)


def _overlap(first: Interpretation, second: Interpretation) -> bool:
    return first.start < second.end and second.start < first.end


def _no_other_brands(text: str, match: re.Match[str]) -> Interpretation:
    note = "The brand that is wanted is known by the other words; no brand is left out."
    return Interpretation("exclusion", "exclusion:other-brands", match.group(), match.start(), match.end(), note=note)


def _after_cue(text: str, cue: re.Match[str], *, known: Known, facts: Facts) -> Iterator[Interpretation]:
    """What the cue excludes, and what is joined to that by `or` where the catalogue knows it."""
    start, at, is_first = cue.start(), _after_article(text, cue.end()), True
    for _ in range(THINGS_READ):
        end, values = _known_at(text, at, known=known, facts=facts, is_prefix=cue["only_known"] == "non")
        if not values or _is_cut(text, at, end):
            values = []
            end = _thing_at(text, at, cue) if is_first and "title" in facts.text_fields else at
        is_besides = cue["beside"] and (
            _BESIDES.search(text, end, end + BESIDES_WITHIN) or not _is_apart(text, cue, end)
        )
        if end == at or is_besides:
            return
        tail = (cue["beside"] and _BESIDE_TAIL.match(text, end)) or _TAIL.match(text, end)
        whole_end = tail.end() if tail else end
        yield _exclusion(text, (start, whole_end), text[at:end], values)
        joint = _JOINT.match(text, whole_end)
        if not joint:
            return
        start, at, is_first = joint.end() - len(joint.group().lstrip()), _after_article(text, joint.end()), False


def _is_apart(text: str, cue: re.Match[str], end: int) -> bool:
    """Whether 除 alone, which is in many words, is closed by 以外."""
    return cue["beside"] != "除" or bool(_BESIDE_TAIL.match(text, end))


def _after_article(text: str, at: int) -> int:
    article = _ARTICLE.match(text, at)
    return article.end() if article else at


def _exclusion(text: str, span: tuple[int, int], thing: str, values: Sequence[tuple[str, str]]) -> Interpretation:
    start, end = span
    return Interpretation(
        *("exclusion", f"exclusion:{thing}", text[start:end], start, end), filter=_without(thing, values)
    )


def _without(thing: str, values: Sequence[tuple[str, str]]) -> Filter:
    if not values:
        return Not(Condition("title", "~", (thing,)))
    by_field: dict[str, dict[str, None]] = {}
    for field, value in values:
        by_field.setdefault(field, {})[value] = None
    parts = tuple(Not(Condition(field, "=", tuple(held))) for field, held in by_field.items())
    return parts[0] if len(parts) == 1 else AllOf(parts)


def _is_cut(text: str, at: int, end: int) -> bool:
    """Whether what is known here is but the beginning of a thing that 的 closes: 没有耳机孔的手机."""
    run = _HAN_RUN.match(text, at)
    thing, closed, _ = run.group().partition("的") if run else ("", "", "")
    is_one = bool(closed) and end < at + len(thing) and len(thing) <= LONGEST_PHRASE
    tail = _TAIL.match(text, end)
    return is_one and not (tail and tail.end() > end) and not _JOINT.match(text, end)


def _known_at(text: str, at: int, *, known: Known, facts: Facts, is_prefix: bool) -> tuple[int, list[tuple[str, str]]]:
    """The end of the longest stretch from here that the catalogue knows, and what it knows of it.

    A prefix negates the next word alone: `non leather belt` is a belt.
    """
    ends = _ends(text, at)
    for end in ends[-1:] if is_prefix else ends:
        values = [(field, value) for field, value in known(text[at:end]) if field in facts.text_fields]
        if values:
            return end, values
    return at, []


def _ends(text: str, at: int) -> list[int]:
    """Where a thing that begins here may end, the farthest first."""
    run = _HAN_RUN.match(text, at)
    if run:
        return list(range(run.end(), at, -1))
    ends: list[int] = []
    word = _WORD.match(text, at)
    while word and len(ends) < LONGEST_WORDS:
        ends.append(word.end())
        word = _WORD.match(text, word.end() + 1) if text[word.end() : word.end() + 1] == " " else None
    return ends[::-1]


def _thing_at(text: str, at: int, cue: re.Match[str]) -> int:
    """Where a thing ends that the catalogue does not know, or here where there is none."""
    if cue["only_known"] or cue["only_known_han"] or (cue["no"] and not cue.start()):
        return at
    run = _HAN_RUN.match(text, at)
    if run:
        return at if cue["beside"] else _han_thing(text, at, run.group())
    ends = _ends(text, at)
    first = text[at : ends[-1]] if ends else ""
    if len(first) < SHORTEST_WORD or first in _stop_words():
        return at
    return next((end for end in ends[:-1] if text[at:end] in _phrases()), ends[-1])


def _han_thing(text: str, at: int, run: str) -> int:
    """What stands before 的, or the first word of the run; 不要太大的 and 不要了 name no thing."""
    before, _, _ = run.partition("的")
    word = before if 0 < len(before) < len(run) and len(before) <= LONGEST_PHRASE else analysis.words(run)[0]
    end = at + len(word)
    return at if _STOP_HAN.match(word) or not text.startswith(word, at) else end


def _is_a_word(text: str, cue: re.Match[str]) -> bool:
    """Whether the cue is part of a word that the lexicon or the table beside this knows: no-show, 非转基因."""
    start = cue.start() if cue["hyphen"] is None else cue.end()
    if cue["no"] or cue["only_known"] or cue["sure"]:
        begin = cue.start(cue.lastgroup or 0)
        return bool(_latin_names().match(text, begin))
    return bool(_han_names() and any(match.end() > cue.end() for match in _names_over(text, start)))


def _names_over(text: str, at: int) -> Iterator[re.Match[str]]:
    for begin in range(max(0, at - LONGEST_HAN), at + 1):
        match = _han_names().match(text, begin)
        if match and match.end() > at:
            yield match


@lru_cache(maxsize=1)
def _stop_words() -> frozenset[str]:
    """English words that name no thing."""
    return frozenset(row[0] for row in rows_of("not_excluded"))


@lru_cache(maxsize=1)
def _phrases() -> frozenset[str]:
    """English phrases of the lexicon."""
    return frozenset(meaning for row in lexicon_rows() for meaning in row.meanings if " " in meaning)


@lru_cache(maxsize=1)
def _latin_names() -> re.Pattern[str]:
    """A negation with the word after it that name something together, in either spelling."""
    cue = re.compile(r"(?<![a-z])(?:no|non|not|without)[ -][a-z]+")
    found = {name.group() for row in lexicon_rows() for meaning in row.meanings for name in cue.finditer(meaning)}
    listed = {row[0] for row in rows_of("not_negated")}
    return re.compile(any_of({name.replace("-", " ") for name in found | listed if name.isascii()}))


@lru_cache(maxsize=1)
def _han_names() -> re.Pattern[str]:
    """Chinese words that hold a cue and more."""
    cue = re.compile(rf"{_SURE_IN_HAN}|除|非|不是")
    found = {
        row.normalized for row in lexicon_rows() if cue.search(row.normalized) and not cue.fullmatch(row.normalized)
    }
    return re.compile(any_of(found | {row[0] for row in rows_of("not_negated") if not row[0].isascii()}))
