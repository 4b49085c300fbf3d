"""A shopper's words as weighted terms, mended with what the catalogue itself knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tonggan.encode import words as analysis
from tonggan.records import Expansion

COMPOUND_WEIGHT = 0.8
"""A joined or parted spelling beside the one typed (`water proof`, `waterproof`); lower, since it was not typed."""

SHORTEST_PART = 3
"""Letters in each half of a parted word: shorter halves are more often chance than words."""

WORDS_LIMIT = 60
"""Words of a query that are looked up; what follows in a pasted page changes no ranking but costs time."""

Frequency = Callable[[Sequence[str]], Sequence[int]]
"""How many products hold each term."""

_LATIN_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Lookup:
    """Terms to look up with their weights, and which of them stand for another one."""

    terms: Mapping[str, float]
    stands_for: Mapping[str, str]


def look_up(text: str, frequency: Frequency, *, expansions: Sequence[Expansion] = ()) -> Lookup:
    """Return the terms of a query and, lighter, those of what means the same.

    Neighbouring Latin words are also tried joined, and words the catalogue does not hold are tried parted. Words of an
    expansion stand for those of its stretch from the last one on: in both languages the head of a phrase comes last.
    """
    typed = lookup_terms(text, frequency)
    weights = dict(typed)
    stands_for: dict[str, str] = {}
    for expansion in expansions:
        heads = [term for term in _whole_terms(expansion.stands_for) if term in weights]
        meant = _whole_terms(expansion.text)
        for place, term in enumerate(reversed(meant)):
            if heads and term not in weights:
                weights[term] = expansion.weight / max(1, len(meant) - len(heads) + 1)
                stands_for[term] = heads[-1 - min(place, len(heads) - 1)]
    return Lookup(weights, _parts_of_words(typed, frequency, meant=set(stands_for.values())) | stands_for)


def lookup_terms(text: str, frequency: Frequency) -> dict[str, float]:
    """Return the terms of a query with their weights, mended with what the catalogue knows."""
    weights = _first(analysis.query_terms(text), limit=WORDS_LIMIT)
    typed = [word for word in analysis.words(text)[:WORDS_LIMIT] if _LATIN_WORD.fullmatch(word)]
    for term in _joined(typed, frequency) | _parted(typed, frequency):
        weights.setdefault(term, COMPOUND_WEIGHT)
    return weights


def _whole_terms(text: str) -> list[str]:
    """Terms of whole words, in order, without the parts by which words are met half way."""
    return [term for term, weight in analysis.query_terms(text).items() if weight == 1.0]


def _parts_of_words(typed: Mapping[str, float], frequency: Frequency, *, meant: Collection[str]) -> dict[str, str]:
    """Han pairs with the word that they are part of, where products hold it or what means the same.

    A product that has 连衣裙, or `dress` for it, has all of it; pairs only help where words are cut otherwise.
    """
    whole = [term for term, weight in typed.items() if weight == 1.0 and len(term) > 1 and not term.isascii()]
    known = [term for term, count in zip(whole, frequency(whole), strict=True) if count or term in meant]
    parts = [term for term, weight in typed.items() if weight == analysis.PART_WEIGHT and not term.isascii()]
    return {part: word for part in parts for word in known if part in word}


def _first(weights: Mapping[str, float], *, limit: int) -> dict[str, float]:
    return dict(list(weights.items())[:limit])


def _joined(typed: Sequence[str], frequency: Frequency) -> set[str]:
    pairs = [_stem(first + second) for first, second in pairwise(typed)]
    return {term for term, count in zip(pairs, frequency(pairs), strict=True) if count}


def _parted(typed: Sequence[str], frequency: Frequency) -> set[str]:
    unknown = [word for word, count in zip(typed, frequency([_stem(word) for word in typed]), strict=True) if not count]
    return {term for word in unknown for term in _best_parting(word, frequency)}


def _best_parting(word: str, frequency: Frequency) -> tuple[str, ...]:
    """The two halves whose rarer one is most frequent, or nothing."""
    places = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
    halves = [(_stem(word[:at]), _stem(word[at:])) for at in places]
    counts = [min(frequency(pair)) for pair in halves]
    return halves[counts.index(max(counts))] if counts and max(counts) else ()


def _stem(word: str) -> str:
    return analysis.terms(word)[0]
