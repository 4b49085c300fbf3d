"""The Latin words of a query that may be mended, with their places: no codes, no addresses, nothing in quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tonggan.records import Token
from tonggan.understand.spelling.vocabulary import HAN, latin_words

_QUOTED = re.compile(r'(?<!\S)"[^"]+"(?!\S)|“[^”]+”|「[^」]+」|『[^』]+』')
_ADDRESS = re.compile(r"@|://|^www\.|\.(?:com|cn|net|org|io|shop)\b")
_CHUNK = re.compile(rf"(?:(?![{HAN}])[^\s,;()，。；（）、])+")


@dataclass(frozen=True, slots=True)
class LatinWord:
    """A word as it was typed, at `start:end` of the text."""

    word: str
    start: int
    end: int


def typed_words(text: str, tokens: Sequence[Token]) -> list[LatinWord]:
    """Return the Latin words of a normalized text that stand in one of the tokens and are open to mending."""
    kept = kept_stretches(text)
    return [
        LatinWord(word, token.start + start, token.start + end)
        for token in tokens
        if not any(start < token.end and token.start < end for start, end in kept)
        for word, start, end in latin_words(text[token.start : token.end])
    ]


def open_places(text: str, tokens: Sequence[Token]) -> set[int]:
    """Return the places of a text that stand in one of the tokens and are open to mending."""
    places = {at for token in tokens for at in range(token.start, token.end)}
    return places.difference(*(range(start, end) for start, end in kept_stretches(text)))


def kept_stretches(text: str) -> list[tuple[int, int]]:
    """Return the stretches of a text that are never corrected: quoted text, addresses, codes with digits.

    >>> kept_stretches('red "blu tooth" a@b.com xm4')
    [(4, 15), (16, 23), (24, 27)]
    """
    if text.isalpha():
        return []
    quoted = [match.span() for match in _QUOTED.finditer(text)] if not text.isalnum() else []
    chunks = [match.span() for match in _CHUNK.finditer(text) if _is_code(match.group())]
    return [*quoted, *chunks]


def _is_code(chunk: str) -> bool:
    return not chunk.isalpha() and (any(map(str.isdigit, chunk)) or _ADDRESS.search(chunk) is not None)
