"""Spelling by the catalogue's own words: what a typed word that nobody knows was meant to be.

Nothing that the catalogue holds is touched, nor brands, codes, quoted text and addresses. Words written together or
apart (`phonecase`, `head phones`) are left to `words.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tonggan.encode.words import terms
from tonggan.records import Interpretation, Token
from tonggan.understand.spelling.latin_words import LatinWord, open_places, typed_words
from tonggan.understand.spelling.typos import slip_cost
from tonggan.understand.spelling.vocabulary import HAN, LONGEST_WORD, Vocabulary

KIND = "spelling"

ONE_EDIT, TWO_EDITS = 4, 8
"""Letters of a word in which one slip is looked for, and two: in shorter ones, most words are near to most others."""

LEFT_OUT = 3
"""Letters of a word that may be one of four with a letter left out: no other slip is looked for in so short a word."""

LEAST_BELIEF = -6.5
"""Logarithm of how common a word is, less the cost of the slip, at which it is believed.

A word of one title may be one wrong letter away, even its first; one two slips away must be in five titles.
"""

RARE_COUNT, RARE_RATIO, RARE_LETTERS, RARE_COST = 1, 1_000, 6, 1.5
"""A word of one title is itself taken for a slip where a word one likely slip away is in a thousand times as many.

Of 547,567 words of Home Depot's titles, slips of any cost changed six (`sighting` and `doubler` among them), these
numbers change one, `rround`; of 132,978 of Icecat's, `catridge`.
"""

PARTED = 4.0
"""Cost in nats of reading an unknown word as two known ones, which `words.py` does, instead of as a slip."""

SHORTEST_PART = 3
"""Letters of each half of a parted word."""

WEIGHED = 4
"""Candidates that are weighed by the other words of the query: each takes a look into the index."""

WORDS_BESIDE = 3
"""Words beside the mended one that weigh, for the same reason."""

WORDS_LIMIT = 60
"""Words of a query that are looked at, as many as are looked up."""

MENDED_LIMIT = 8
"""Words of a query that are mended; who writes more unknown words writes another language."""

LONGEST_PHRASE = 3
"""Words of the longest misspelling in the lexicon that is looked for."""

LONGEST_HAN, HAN_LIMIT = 6, 200
"""Characters of the longest Chinese misspelling that is looked for, and how many characters are looked at."""

NEVER_MEANT = frozenset({"for", "and", "the", "with", "from", "your"})
"""Words that titles are full of and that nobody searches for: `foor` is a floor."""

Together = Callable[[Sequence[str]], int]
"""How many products hold all these words."""

_HAN_RUN = re.compile(rf"[{HAN}]{{2,{HAN_LIMIT}}}")


@dataclass(frozen=True, slots=True)
class Speller:
    """What is asked about each word of one query."""

    vocabulary: Vocabulary
    num_typos: int
    is_known: Callable[[str], bool]
    together: Together | None = None
    known: dict[str, bool] = field(default_factory=dict)

    def knows(self, word: str) -> bool:
        """Say whether the catalogue, its names or the lexicon have the word."""
        if word not in self.known:
            self.known[word] = word in self.vocabulary or self.is_known(word)
        return self.known[word]


def correct(
    text: str,
    tokens: Sequence[Token],
    vocabulary: Vocabulary,
    *,
    num_typos: int = 2,
    is_known: Callable[[str], bool],
    together: Together | None = None,
) -> list[Interpretation]:
    """Return what the misspelt words of a normalized text are replaced by; tokens left out stay as they are.

    `num_typos` is how many edits a word may be away, 0 for no correction. `is_known` says whether any product holds a
    Latin word, by its stem; `together` how many hold all of several words, which decides between candidates.
    """
    if num_typos <= 0:
        return []
    speller = Speller(vocabulary, num_typos, is_known, together)
    typed = typed_words(text, tokens)[:WORDS_LIMIT]
    phrases = list(_misspelt_phrases(typed, speller))
    taken = {at for phrase in phrases for at in range(phrase.start, phrase.end)}
    words = [at for at, each in enumerate(typed) if each.start not in taken and _is_doubtful(each.word, speller)]
    mended = [_mended(at, typed, speller) for at in words[:MENDED_LIMIT]]
    found = [*phrases, *filter(None, mended), *_misspelt_han(text, tokens, speller)]
    return sorted(found, key=lambda each: each.start)


def _is_doubtful(word: str, speller: Speller) -> bool:
    if not LEFT_OUT <= len(word) <= LONGEST_WORD:
        return False
    return not speller.knows(word) or _is_rare(word, speller.vocabulary)


def _is_rare(word: str, vocabulary: Vocabulary) -> bool:
    return len(word) >= RARE_LETTERS and 0 < vocabulary.count(word) <= RARE_COUNT and not vocabulary.is_fixed(word)


def _mended(at: int, typed: Sequence[LatinWord], speller: Speller) -> Interpretation | None:
    word = typed[at].word
    if speller.knows(word):
        meant = _much_commoner(word, speller.vocabulary)
    elif _joins(at, typed, speller.vocabulary):
        meant = ""
    else:
        beside = [each.word for each in typed if each.word != word and speller.knows(each.word)]
        meant = _meant(word, beside[:WORDS_BESIDE], speller)
    return _replaced(word, typed[at].start, end=typed[at].end, by=meant) if meant else None


def _much_commoner(word: str, vocabulary: Vocabulary) -> str:
    least = RARE_RATIO * vocabulary.count(word)
    near = [other for other in vocabulary.neighbours(word, distance=1) if vocabulary.count(other) >= least]
    slips = [other for other in near if slip_cost(word, other) <= RARE_COST and terms(other)[0] != terms(word)[0]]
    return min(slips, key=lambda other: (-_belief(word, other, vocabulary), other), default="")


def _joins(at: int, typed: Sequence[LatinWord], vocabulary: Vocabulary) -> bool:
    """Say whether the word is part of a known one that was typed in two."""
    pairs = pairwise(each.word for each in typed[max(0, at - 1) : at + 2])
    return any(vocabulary.count(first + second) for first, second in pairs)


def _meant(word: str, beside: Sequence[str], speller: Speller) -> str:
    """The word that was most likely meant, or nothing."""
    beliefs = _candidates(word, speller)
    if beside and speller.together is not None and len(beliefs) > 1:
        beliefs = {other: belief + _support(other, beside, speller.together) for other, belief in beliefs.items()}
    best = min(beliefs, key=lambda other: (-beliefs[other], other), default="")
    return best if best and beliefs[best] > _parted_belief(word, speller) else ""


def _candidates(word: str, speller: Speller) -> dict[str, float]:
    """Known words near this one with how far each is believed, the best few; farther ones only where none is near."""
    farthest = 2 if len(word) >= TWO_EDITS else 1
    for distance in range(1, min(speller.num_typos, farthest) + 1):
        near = set(speller.vocabulary.neighbours(word, distance=distance)) - NEVER_MEANT
        near = {other for other in near if len(word) >= ONE_EDIT or len(other) > len(word)}
        beliefs = {other: _belief(word, other, speller.vocabulary) for other in near}
        best = sorted(beliefs, key=lambda other: (-beliefs[other], other))[:WEIGHED]
        believed = {other: beliefs[other] for other in best if beliefs[other] >= LEAST_BELIEF}
        if believed:
            return believed
    return {}


def _belief(word: str, other: str, vocabulary: Vocabulary) -> float:
    return math.log(vocabulary.prior(other)) - slip_cost(word, other)


def _support(word: str, beside: Sequence[str], together: Together) -> float:
    return sum(math.log1p(together([word, other])) for other in beside) / len(beside)


def _parted_belief(word: str, speller: Speller) -> float:
    """How far the word is believed to be two known ones written together."""
    vocabulary, together = speller.vocabulary, speller.together
    places = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
    counts = [(min(vocabulary.count(word[:at]), vocabulary.count(word[at:])), at) for at in places]
    count, at = max(counts, default=(0, 0))
    if count and together is not None:
        count = together([word[:at], word[at:]])
    return math.log(count) - PARTED if count else -math.inf


def _misspelt_phrases(typed: Sequence[LatinWord], speller: Speller) -> Iterator[Interpretation]:
    """Misspellings that the lexicon names, the longest first, where the catalogue does not write so itself."""
    misspelt, at = speller.vocabulary.misspelt, 0
    while at < len(typed):
        for length in range(min(LONGEST_PHRASE, len(typed) - at), 0, -1):
            words = typed[at : at + length]
            phrase = " ".join(each.word for each in words)
            if phrase in misspelt and not all(speller.knows(each.word) for each in words):
                yield _replaced(phrase, words[0].start, end=words[-1].end, by=_best_held(misspelt[phrase], speller))
                at += length - 1
                break
        at += 1


def _misspelt_han(text: str, tokens: Sequence[Token], speller: Speller) -> Iterator[Interpretation]:
    if text.isascii():
        return
    misspelt, places = speller.vocabulary.misspelt, open_places(text, tokens)
    for run in _HAN_RUN.finditer(text):
        at = run.start()
        while at < run.end():
            ends = range(min(at + LONGEST_HAN, run.end()), at + 1, -1)
            end = next((end for end in ends if text[at:end] in misspelt), 0)
            if end and places.issuperset(range(at, end)) and not speller.vocabulary.count(text[at:end]):
                yield _replaced(text[at:end], at, end=end, by=_best_held(misspelt[text[at:end]], speller))
            at = end or at + 1


def _best_held(meanings: Sequence[str], speller: Speller) -> str:
    """Of several right spellings the one that the catalogue holds most; the first where it holds none."""
    return max(meanings, key=lambda meaning: min(map(speller.vocabulary.count, meaning.split())))


def _replaced(word: str, start: int, *, end: int, by: str) -> Interpretation:
    return Interpretation(KIND, f"{KIND}:{word}", word, start, end, replacement=by)
