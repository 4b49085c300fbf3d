"""The language of a query by the scripts it is written in."""

from __future__ import annotations

import re

CHINESE, ENGLISH, MIXED, UNKNOWN = "zh", "en", "mixed", ""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_LATIN_WORD = re.compile(r"(?<![0-9a-zA-Z])[a-zA-Z\u00c0-\u024f]{2,}")
"""Two letters and more that follow no digit: T恤, 5G手机 and 500ml水杯 are Chinese all the same."""

_LATIN = re.compile(r"[a-zA-Z\u00c0-\u024f]")
_OTHER_SCRIPTS = (
    ("ja", re.compile(r"[\u3041-\u309f\u30a1-\u30fa\u31f0-\u31ff]")),
    ("ko", re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7af]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]{2}")),
    ("he", re.compile(r"[\u05d0-\u05ea]")),
    ("ar", re.compile(r"[\u0620-\u06d3]")),
    ("th", re.compile(r"[\u0e01-\u0e3a]")),
    ("hi", re.compile(r"[\u0904-\u0939]")),
    ("hy", re.compile(r"[\u0531-\u0587]")),
    ("ka", re.compile(r"[\u10d0-\u10fa]")),
)
"""Scripts with the language that most who write it on the web write; Greek takes two letters, since Ω is a unit."""


def language_of(text: str) -> str:
    """Return `zh`, `en`, `mixed` of both, the language of another script, or nothing where no letter tells.

    >>> language_of("红色连衣裙"), language_of("red dress"), language_of("nike 跑鞋"), language_of("12345")
    ('zh', 'en', 'mixed', '')
    """
    if text.isascii():
        return ENGLISH if _ASCII_LETTER.search(text) else UNKNOWN
    other = next((name for name, script in _OTHER_SCRIPTS if script.search(text)), UNKNOWN)
    if other:
        return other
    if not _HAN.search(text):
        return ENGLISH if _LATIN.search(text) else UNKNOWN
    return MIXED if _LATIN_WORD.search(text) else CHINESE
