"""Kinds of query, which channels serve differently: a code, a name, a description, or no words at all."""

from __future__ import annotations

import re

DESCRIPTIVE_WORDS = 4
"""Words from which a query describes a thing rather than names it."""

HAN_A_WORD = 3
"""Han characters that say as much as a word of English: twelve of them describe."""

KINDS = ("code", "name", "description", "picture")
"""With a product's code, short, long, and without words."""

_HAN = re.compile(r"[\u3400-\u9fff]")
_CODE = re.compile(r"(?=\w*\d)(?=\w*[a-z])[\w-]{4,}|\d{5,}", re.IGNORECASE)


def query_kind(words: str) -> str:
    """Return which of KINDS some words are.

    >>> [query_kind(words) for words in ("WH-1000XM4", "red dress", "a warm red dress for winter", "")]
    ['code', 'name', 'description', 'picture']
    """
    if not words.strip():
        return "picture"
    if _CODE.search(words):
        return "code"
    plain = _HAN.sub(" ", words)
    spoken = len(plain.split()) + (len(_HAN.findall(words)) // HAN_A_WORD)
    return "description" if spoken >= DESCRIPTIVE_WORDS else "name"
