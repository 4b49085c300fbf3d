"""The words of a product's title and description that a query met, marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from tonggan.encode.words import terms, words
from tonggan.records import Product
from tonggan.retrieve.result_set import ResultSet

START, END = "\ue000", "\ue001"
"""Marks around a matched word: private-use characters, which no catalogue holds and no page takes for markup."""

SNIPPET_LETTERS = 160
"""Letters of a description shown around its first match."""

SEARCHED_LETTERS = 3_200
"""Letters of a description that are looked through for a match."""

SHORTEST_STEM = 3
"""Letters of a stem that is marked though nobody typed the word: shorter ones are parts of codes and measures."""

TOKENS_KEPT = 1 << 16
"""Tokens whose stem is remembered; a catalogue's most frequent words."""

_MARKED = re.compile(f"{START}(.*?){END}")
_TOKEN = re.compile(r"[\u3400-\u9fff]+|\w+(?:[-'’.]\w+)*")

Highlighter = Callable[[Product], Mapping[str, str]]
"""Title and the telling part of the description with marks; a field without a match is left out."""


def highlighter_of(results: ResultSet) -> Highlighter:
    """Return what marks in products what a query met: its words spelt right, joined or parted, and their expansions."""
    understood = results.query.understood
    meant = [expansion.text for expansion in understood.expansions] if understood else []
    return highlighter(results.query.words, alike=meant, stems=results.questions.terms)


def highlighter(query: str, *, alike: Iterable[str] = (), stems: Iterable[str] = ()) -> Highlighter:
    """Return what marks the words of a query in products, those of texts alike, and words of some `stems`."""
    asked = dict.fromkeys(word for text in (query, *alike) for word in words(text))
    stems = {stem_of(word) for word in asked} | {stem for stem in stems if len(stem) >= SHORTEST_STEM}
    longest_first = sorted((re.escape(word) for word in asked if _is_han(word)), key=len, reverse=True)
    han = re.compile("|".join(longest_first)) if longest_first else None

    def mark(match: re.Match[str]) -> str:
        token = match.group()
        if _is_han(token):
            return han.sub(rf"{START}\g<0>{END}", token) if han else token
        return f"{START}{token}{END}" if stem_of(token) in stems else token

    def highlight(product: Product) -> dict[str, str]:
        title = _TOKEN.sub(mark, product.title)
        description = _snippet(_TOKEN.sub(mark, product.description[:SEARCHED_LETTERS]))
        fields = {"title": title, "description": description}
        return {name: text for name, text in fields.items() if START in text}

    return highlight


def marked_words(marked: Iterable[str]) -> list[str]:
    """Return what is marked in some texts, once each.

    >>> marked_words([f"A {START}red{END} dress", f"{START}red{END}"])
    ['red']
    """
    return list(dict.fromkeys(word for text in marked for word in _MARKED.findall(text)))


@lru_cache(maxsize=TOKENS_KEPT)
def stem_of(token: str) -> str:
    """Return the term by which a token is met as a whole; a Chinese word is its own."""
    return token if _is_han(token) else next(iter(terms(token)), token)


def _is_han(token: str) -> bool:
    return "\u3400" <= token[0] <= "\u9fff"


def _snippet(marked: str) -> str:
    """The part around the first mark, marks kept whole."""
    if len(marked) <= SNIPPET_LETTERS:
        return marked
    start = max(0, marked.find(START) - SNIPPET_LETTERS // 3)
    part = marked[start : start + SNIPPET_LETTERS]
    if part.rfind(START) > part.rfind(END):
        part = part[: part.rfind(START)]
    return ("…" if start else "") + part.removeprefix(END) + "…"
