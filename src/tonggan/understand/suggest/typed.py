"""What somebody is typing, and which letters of a text it covers: as written, in pinyin, by initials, or mixed.

`shouj`, `sj`, `手ji` and `手机` all begin 手机壳.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from tonggan.encode.words import normalize

LONGEST_TYPED = 64
"""Characters of an unfinished query that are looked up; nobody is helped with finishing a longer one."""

WORDS_REMEMBERED = 1 << 16
"""Han words whose pinyin is remembered while a catalogue is learnt: its words repeat, and pypinyin takes 35 us each."""

ALSO_READ: Mapping[str, str] = MappingProxyType(
    {"长": "chang", "重": "zhong", "调": "tiao", "弹": "tan", "薄": "bao", "参": "shen", "乐": "le", "行": "xing"}
    | {"壳": "ke", "色": "se", "降": "jiang", "背": "bei", "卡": "ka", "熨": "yun", "单": "dan", "角": "jiao"}
    | {"粘": "zhan"}
)
"""How shops read characters of two readings, beside what pypinyin takes where its phrases do not know the word."""

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_HAN_RUN = re.compile(rf"[{HAN}]+")
_BESIDE_HAN = re.compile(rf"(?<=[{HAN}]) +| +(?=[{HAN}])")
_START = re.compile(rf"[{HAN}]|(?<![^\W_{HAN}])[^\W_{HAN}]")
_APART = re.compile(r"[ '’]+")


def clean(text: str, *, most: int = LONGEST_TYPED) -> str:
    """Return the first characters of a text as any code can bear it: no halves of characters, no control characters."""
    whole = text[:most].encode("utf-8", "ignore").decode("utf-8")
    return "".join(mark if mark.isprintable() else " " for mark in whole)


def key_of(text: str) -> str:
    """Return the form in which texts are compared: normalized, single spaces, none beside Han characters.

    >>> key_of("  Red  MUG 紅色 馬克杯")
    'red mug红色马克杯'
    """
    joined = " ".join(normalize(text).split())
    return joined if joined.isascii() else _BESIDE_HAN.sub("", joined)


def has_han(text: str) -> bool:
    """Tell whether any character is Han.

    >>> has_han("iphone 手机壳"), has_han("iphone case")
    (True, False)
    """
    return _HAN_RUN.search(text) is not None


def squeezed(text: str) -> str:
    """Return letters typed with a break after each syllable or word as one word (`lian yi qun`, `xi'an`)."""
    return _APART.sub("", text)


def romanized(key: str) -> tuple[str, ...]:
    """Return the pinyin of a key that has Han characters, then its initials; Latin letters stay as they are.

    >>> romanized("手机壳"), romanized("iphone手机")
    (('shoujike', 'sjk'), ('iphoneshouji', 'iphonesj'))
    """
    spelt = syllables(key)
    also = [ALSO_READ.get(character, syllable) for character, syllable in zip(key, spelt, strict=True)]
    initials = [syllable[:1] for syllable in spelt]
    return tuple(dict.fromkeys("".join(each) for each in (spelt, also, initials)))


def syllables(key: str) -> list[str]:
    """Return what is typed for each character of a key: pinyin for Han, itself for others."""
    spelt = list(key)
    for run in _HAN_RUN.finditer(key):
        at = run.start()
        for word in cut(run.group()):
            spelt[at : at + len(word)] = _pinyin(word)
            at += len(word)
    return spelt


def span(text: str, typed: str) -> tuple[int, int] | None:
    """Return where the typed letters begin a word of a text, whichever way they were typed; None where they do not.

    >>> span("苹果手机壳", "shouj"), span("Red Mug", "mu"), span("红色连衣裙", "红selyq"), span("Redmi", "mi")
    ((2, 4), (4, 6), (0, 5), None)
    """
    letters = _letters(text)
    if len(letters) != len(text) or not typed:
        return None
    readings = _readings(letters)
    for start in (match.start() for match in _START.finditer(letters)):
        end = _covered(letters, readings, start=start, typed=typed)
        if end is not None:
            return start, end
    return None


def _letters(text: str) -> str:
    """The text normalized, or merely in lower case where that would move its letters."""
    normalized = normalize(text)
    return normalized if len(normalized) == len(text) else text.lower()


def _covered(letters: str, readings: Mapping[int, set[str]], *, start: int, typed: str) -> int | None:
    """Where the typed letters end in the text; each of a set of places in `typed` may be reached by the letter."""
    places = {0}
    for at in range(start, len(letters)):
        reached: set[int] = set()
        for place in places:
            rest = typed[place:]
            for piece in readings.get(at) or (letters[at],):
                if piece and piece.startswith(rest):
                    return at + 1
                if rest.startswith(piece):
                    reached.add(place + len(piece))
        if not reached:
            return None
        places = reached
    return None


def _readings(letters: str) -> dict[int, set[str]]:
    """What may be typed for a letter, by its place: a Han character, its pinyin, its initial; for a space, nothing."""
    readings: dict[int, set[str]] = {}
    for run in _HAN_RUN.finditer(letters):
        for at, syllable in enumerate(syllables(run.group()), start=run.start()):
            character = letters[at]
            also = ALSO_READ.get(character, syllable)
            readings[at] = {character, syllable, also, syllable[:1], also[:1]}
    for at, letter in enumerate(letters):
        if letter == " " and (at - 1 in readings or at + 1 in readings):
            readings[at] = {"", " "}
    return readings


@lru_cache(maxsize=WORDS_REMEMBERED)
def cut(run: str) -> tuple[str, ...]:
    """Return the words of a run of Han characters."""
    import rjieba

    return tuple(rjieba.cut(run))


@lru_cache(maxsize=WORDS_REMEMBERED)
def _pinyin(word: str) -> tuple[str, ...]:
    from pypinyin import lazy_pinyin

    syllables = lazy_pinyin(word)
    return tuple(syllables) if len(syllables) == len(word) else tuple(word)
