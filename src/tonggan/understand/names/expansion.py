"""What is searched for beside a query's words: their names in the other language, and what means the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tonggan.records import Entity, Expansion, Token
from tonggan.understand.names.name_units import key_of
from tonggan.understand.retail_words import RetailWord, RetailWords, retail_words

CROSS_WEIGHT = 0.7
"""The same thing in the other language, its commonest name."""

LATER_WEIGHT = 0.5
"""A rarer name in the other language; a row's first meaning is its commonest."""

SAME_LANGUAGE_WEIGHT = 0.4
"""Another word for it in the same language: near, and often a little wider or narrower."""

EXPANSIONS_PER_WORD, EXPANSIONS_LIMIT = 6, 24
"""Texts beside one word, and beside all words; more of them drown what was asked."""

LONGEST_PHRASE = 4
"""Words that are looked up together."""

JOINED_KINDS = frozenset({"product", "category", "accessory", "brand", "material", "colour"})
"""Kinds of rows whose meanings may stand for each other within one language; `small` and `trumpet` may not."""

ENOUGH = 10
"""Products with the words as typed from which other words of the same language are not looked for: a page of them."""

Count = Callable[[str], int]
"""How many products hold the words of a text, as far as its rarest word tells."""


def expand(tokens: Sequence[Token], entities: Sequence[Entity], *, count: Count) -> tuple[Expansion, ...]:
    """Return texts to search for beside the words, with weights: only what products hold, the surest first.

    >>> [found] = expand([Token("连衣裙", 0, 3, "NOUN")], (), count=lambda text: 7 if text == "dress" else 0)
    >>> found
    Expansion(text='dress', stands_for='连衣裙', weight=0.7)
    """
    typed = set(_phrases(tokens)) | {key_of(entity.text) for entity in entities}
    found: dict[str, Expansion] = {}
    for phrase, kind in _looked_up(tokens, entities):
        mine: dict[str, Expansion] = {}
        is_scarce = count(phrase) < ENOUGH
        for text, weight in _meaning_the_same(phrase, kind, is_scarce=is_scarce):
            if len(mine) < EXPANSIONS_PER_WORD and text not in typed and count(text):
                mine.setdefault(text, Expansion(text, phrase, weight))
        for text, expansion in mine.items():
            if text not in found or found[text].weight < expansion.weight:
                found[text] = expansion
    return tuple(sorted(found.values(), key=lambda each: -each.weight)[:EXPANSIONS_LIMIT])


def _looked_up(tokens: Sequence[Token], entities: Sequence[Entity]) -> Iterator[tuple[str, str]]:
    """The entities, and words and phrases outside them, the longest first and none inside another."""
    taken = [False] * (1 + max((token.end for token in tokens), default=0))
    for entity in entities:
        if retail_words().rows(key_of(entity.text)) or len(entities) == 1:
            yield key_of(entity.text), entity.kind
            taken[entity.start : entity.end] = [True] * (entity.end - entity.start)
    for first, last, phrase in _stretches(tokens):
        start, end = tokens[first].start, tokens[last - 1].end
        if not any(taken[start:end]) and retail_words().rows(phrase):
            yield phrase, ""
            taken[start:end] = [True] * (end - start)


def _stretches(tokens: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    """Neighbouring words, the longest stretches first."""
    for length in range(min(LONGEST_PHRASE, len(tokens)), 0, -1):
        for first in range(len(tokens) - length + 1):
            yield first, first + length, _joined(tokens[first : first + length])


def _phrases(tokens: Sequence[Token]) -> Iterator[str]:
    return (phrase for _, _, phrase in _stretches(tokens))


def _joined(tokens: Sequence[Token]) -> str:
    """Words as they stand, with a space where one was between them."""
    text, end = "", None
    for token in tokens:
        text += (" " if end is not None and token.start > end else "") + token.text
        end = token.end
    return key_of(text)


def _meaning_the_same(phrase: str, kind: str, *, is_scarce: bool) -> Iterator[tuple[str, float]]:
    """Texts that may stand for a phrase, the surest first; those in its own language only where it is scarce."""
    rows = _of_kind(retail_words().rows(phrase), kind)
    is_chinese = phrase in retail_words().by_word
    if is_chinese:
        yield from _weighted(rows[0].meanings if rows else ())
        yield from ((word, SAME_LANGUAGE_WEIGHT) for word in _same_meaning(rows, retail_words()) if is_scarce)
    else:
        yield from _weighted([row.word for row in _commonest_first(rows, phrase)])
        yield from ((text, SAME_LANGUAGE_WEIGHT) for text in _beside(rows, phrase) if is_scarce)


def _weighted(texts: Sequence[str]) -> Iterator[tuple[str, float]]:
    return ((text, LATER_WEIGHT if at else CROSS_WEIGHT) for at, text in enumerate(texts))


def _of_kind(rows: Sequence[RetailWord], kind: str) -> list[RetailWord]:
    """The rows of the kind that the phrase was read as, where there are any."""
    suited = [row for row in rows if row.kind == kind or (kind == "category" and row.kind in ("product", "accessory"))]
    return suited or list(rows)


def _commonest_first(rows: Sequence[RetailWord], phrase: str) -> list[RetailWord]:
    """Words whose commonest meaning it is come first, of those the shortest: they say no more than was asked."""
    return sorted(rows, key=lambda row: (row.meanings[0] != phrase, len(row.word)))


def _same_meaning(rows: Sequence[RetailWord], lexicon: RetailWords) -> Iterator[str]:
    """Chinese words whose commonest meaning is that of these rows."""
    for row in rows:
        if row.kind in JOINED_KINDS:
            others = lexicon.by_meaning[row.meanings[0]]
            yield from (
                other.word for other in others if other.kind == row.kind and other.meanings[0] == row.meanings[0]
            )


def _beside(rows: Sequence[RetailWord], phrase: str) -> Iterator[str]:
    """The other English meanings of products whose commonest meaning was asked for."""
    for row in rows:
        if row.kind in ("product", "accessory", "category") and phrase in row.meanings[:2]:
            yield from (meaning for meaning in row.meanings if meaning != phrase)
