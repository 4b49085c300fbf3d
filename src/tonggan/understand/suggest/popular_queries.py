"""Queries worth suggesting: what was asked, names of categories and brands, both together, colours, phrases of titles.

Each has products: it was read off at least one. How many exactly is counted when it is shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise
from math import log1p

from tonggan.understand.suggest.title_words import WORD
from tonggan.understand.suggest.typed import HAN, clean, cut, has_han, key_of

MOST_QUERIES = 25_000
"""Queries kept: more take memory, and the rest of a catalogue's phrases have one or two products each."""

MOST_PAIRS = 10_000
"""Pairs of two columns kept, the most frequent first: every brand times every category is too many."""

TITLES_READ = 30_000
"""Titles whose phrases are counted; of a larger catalogue every so many-th, which finds the same frequent phrases."""

MOST_ASKED = 20_000
"""Past queries kept, the most frequent first."""

ASKED_WEIGHT = 2.0
"""The query asked most beside the one with most products: shoppers know better than shelves what is looked for."""

LONGEST_PHRASE = 3
"""Words of a phrase: few queries name a thing with more."""

LONGEST_QUERY = 60
"""Characters of a suggested query: longer ones do not fit a line of the page."""

HAN_LETTERS = (2, 6)
"""Characters of a Han phrase, least and most: one is no word of a shop, seven are a title."""

FEW_PRODUCTS = 500
"""In a catalogue so small a phrase counts with one product; in a larger one it needs two."""

_JOINING = frozenset(
    {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with", "without"}
    | {"的", "和", "与", "或", "及"}
)
_BREAK = re.compile(r"[,;:|/()\[\]{}!?…，、；：。！？（）【】《》·\"“”]+|\s[-–—+&*•]+\s")
_HAN_RUN = re.compile(rf"[{HAN}]+")
_DIGIT = re.compile(r"\d")
_NAME = re.compile(r"[^\W\d_]")


class Worth:
    """Texts with how many products and how often asked, under the form in which they are compared."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._products: dict[str, int] = {}
        self._asked: dict[str, int] = {}

    def add(self, text: str, *, products: int = 0, asked: int = 0) -> None:
        """Add what is known of a text; the spelling of the first one stays."""
        key = key_of(text)
        if not key or len(text) > LONGEST_QUERY or not _NAME.search(key):
            return
        self._texts.setdefault(key, text)
        self._products[key] = max(products, self._products.get(key, 0))
        self._asked[key] = asked + self._asked.get(key, 0)

    def best(self) -> list[tuple[str, float]]:
        """Return the texts of most worth: the share of products, by its logarithm, and that of asking, add up."""
        products = 1.0 / log1p(max(self._products.values(), default=1) or 1)
        asked = ASKED_WEIGHT / log1p(max(self._asked.values(), default=0) or 1)
        worth = {
            text: log1p(self._products[key]) * products + log1p(self._asked[key]) * asked
            for key, text in self._texts.items()
        }
        return sorted(worth.items(), key=lambda pair: (-pair[1], len(pair[0]), pair[0]))[:MOST_QUERIES]


def asked_before(past_queries: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield past queries, cleaned, with how often each was asked, most frequent first."""
    asked = {text: count for text, count in past_queries.items() if count > 0}
    for text, count in sorted(asked.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_ASKED]:
        yield " ".join(clean(text, most=LONGEST_QUERY + 1).split()), count


def pairs(first: Sequence[str], second: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield `Sony Headphones` of the parallel columns `Sony`, `Headphones`, and how many products have both."""
    for (one, other), count in Counter(zip(first, second, strict=True)).most_common(MOST_PAIRS):
        if one and other and key_of(one) not in key_of(other):
            yield f"{one} {other}", count


def phrases(titles: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield what normalized titles begin and end with, up to a comma or a joining word, and how many titles do.

    A beginning that always goes on in the same way is no phrase of its own: `red cotton`, where only dresses are.
    """
    beginnings: Counter[str] = Counter()
    endings: Counter[str] = Counter()
    step = -(-len(titles) // TITLES_READ) or 1
    for title in titles[::step]:
        starts, ends = _ends_of(title)
        beginnings.update(starts)
        endings.update(ends)
    least = 1 if len(titles) <= FEW_PRODUCTS else 2
    unfinished = _unfinished(beginnings)
    for phrase, count in (beginnings | endings).items():
        is_whole = phrase in endings or (phrase not in unfinished and phrase.count(" ") < LONGEST_PHRASE)
        if count >= least and is_whole:
            yield phrase, count * step


def _unfinished(beginnings: Mapping[str, int]) -> set[str]:
    shorter = ((phrase.rpartition(" ")[0], count) for phrase, count in beginnings.items())
    return {phrase for phrase, count in shorter if phrase and beginnings.get(phrase) == count}


def _ends_of(title: str) -> tuple[set[str], set[str]]:
    starts: set[str] = set()
    ends: set[str] = set()
    if not title.isascii() and has_han(title):
        for run in _HAN_RUN.findall(title):
            ends |= set(_han_phrases(cut(run)))
        title = _HAN_RUN.sub(" , ", title)
    for segment in islice(_segments(title), 2):
        starts |= {" ".join(words) for words in _runs(segment, first=True)}
        ends |= {" ".join(words) for words in _runs(_without_code(segment), first=False)}
    return starts, ends


def _without_code(segment: Sequence[str]) -> Sequence[str]:
    """A segment up to the model numbers that it ends with (`headphones qx-700`)."""
    last = len(segment)
    while last and _DIGIT.search(segment[last - 1]):
        last -= 1
    return segment[:last]


def _runs(segment: Sequence[str], *, first: bool) -> Iterator[Sequence[str]]:
    """The first words of a segment, one more than a phrase has to tell whether it goes on; or the last ones."""
    for length in range(1, min(LONGEST_PHRASE + first, len(segment)) + 1):
        words = segment[:length] if first else segment[-length:]
        if _is_phrase(words):
            yield words


def _segments(title: str) -> Iterator[list[str]]:
    """Words of the title between commas, brackets and joining words."""
    for part in _BREAK.split(title):
        segment: list[str] = []
        for word in WORD.findall(part):
            if word not in _JOINING:
                segment.append(word)
            elif segment:
                yield segment
                segment = []
        if segment:
            yield segment


def _is_phrase(words: Sequence[str]) -> bool:
    """No number or single letter alone at its end, where it is cut off from what it measures."""
    return len(words[-1]) > 1 and not words[-1].isdecimal() and not words[0].isdecimal()


def _han_phrases(words: Sequence[str]) -> Iterator[str]:
    """The words of a run, its first and its last ones together, and neighbours that end in a single character."""
    least, most = HAN_LETTERS
    joined = {"".join(words[:length]) for length in range(2, LONGEST_PHRASE + 1)}
    joined |= {"".join(words[-length:]) for length in range(2, LONGEST_PHRASE + 1)}
    joined |= {first + second for first, second in pairwise(words) if len(second) == 1 and second not in _JOINING}
    for phrase in (*words, *joined):
        if least <= len(phrase) <= most and phrase[0] not in _JOINING and phrase[-1] not in _JOINING:
            yield phrase
