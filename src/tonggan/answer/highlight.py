"""The words of a product's title and description that a query met, marked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tonggan.encode.words import terms, words
from tonggan.records import Product

START, END = "\ue000", "\ue001"
"""Marks around a matched word: private-use characters, which catalogue text does not hold and no page takes for markup."""

SNIPPET_LETTERS = 160
"""Letters of a description shown around its first match."""

_TOKEN = re.compile(r"[\u3400-\u9fff]+|\w+(?:[-'’.]\w+)*")


def highlighted(product: Product, query: str) -> Mapping[str, str]:
    """Return title and the telling part of the description with the query's words between `START` and `END`.

    A field without a match is left out.
    """
    wanted = {term for word in words(query) for term in terms(word)[:1]} | set(words(query))
    title = _marked(product.title, wanted)
    description = _marked(_snippet(product.description, wanted), wanted)
    fields = {"title": title, "description": description}
    return {name: text for name, text in fields.items() if START in text}


def _marked(text: str, wanted: set[str]) -> str:
    return _TOKEN.sub(lambda match: _mark(match.group(), wanted), text)


def _mark(token: str, wanted: set[str]) -> str:
    if "\u3400" <= token[0] <= "\u9fff":
        found = sorted((word for word in wanted if word and word in token), key=len, reverse=True)
        return (
            re.sub("|".join(map(re.escape, found)), lambda match: f"{START}{match.group()}{END}", token)
            if found
            else token
        )
    return f"{START}{token}{END}" if wanted & set(terms(token)[:1]) else token


def _snippet(text: str, wanted: set[str]) -> str:
    if len(text) <= SNIPPET_LETTERS:
        return text
    marked = _marked(text[: 20 * SNIPPET_LETTERS], wanted)
    place = marked.find(START)
    start = max(0, place - SNIPPET_LETTERS // 3) if place > 0 else 0
    return ("…" if start else "") + text[start : start + SNIPPET_LETTERS] + "…"
