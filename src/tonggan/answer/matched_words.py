"""Which of the asked words a product holds, in which fields, and how rare they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tonggan.answer.highlight import stem_of
from tonggan.encode.words import terms as terms_of
from tonggan.encode.words import words as words_of
from tonggan.index import Rows
from tonggan.index.entries import WORD_FIELDS
from tonggan.index.scoring import inverse_document_frequency
from tonggan.records import Expansion
from tonggan.retrieve.result_set import ResultSet
from tonggan.understand.words import COMPOUND_WEIGHT

SPELLINGS_KEPT = 1 << 12
"""Texts whose words are remembered: what means the same comes back with the next query."""


@dataclass(frozen=True, slots=True)
class AskedTerm:
    """A term that is looked up, as people write it; `asked` is the typed stretch that it stands for, or empty."""

    term: str
    word: str
    weight: float
    asked: str = ""


@dataclass(frozen=True, slots=True)
class WordEvidence:
    """A word that was asked for: the `fields` of a product that hold it, and the other spellings that they hold.

    `rarity` is its inverse document frequency, `products` how many hold it, `share` its part of the whole query.
    """

    word: str
    is_matched: bool
    fields: tuple[str, ...]
    instead: tuple[str, ...]
    rarity: float
    products: int
    share: float


def asked_terms(results: ResultSet) -> list[AskedTerm]:
    """Return the whole words of a query, their joined and parted spellings, and what is searched for in their stead."""
    query, questions = results.query, results.questions
    expansions = query.understood.expansions if query.understood else ()
    typed = dict(_spellings(query.words))
    meant = dict(_meanings(expansions))
    found = []
    for term, weight in questions.terms.items():
        if term in questions.stands_for:
            original = questions.stands_for[term]
            word, asked = meant.get(term, (term, typed.get(original, original)))
            found.append(AskedTerm(term, word, weight, asked))
        elif weight == 1.0 or (weight == COMPOUND_WEIGHT and term not in typed):
            found.append(AskedTerm(term, typed.get(term, term), weight))
    return found


def holding(results: ResultSet, asked: Sequence[AskedTerm], rows: Rows) -> npt.NDArray[np.bool_]:
    """Tell which rows hold which terms in which of the searched fields, [terms, rows, fields]."""
    searched = results.query.query_by
    is_searched = np.array([not searched or name in searched for name in WORD_FIELDS])
    scores = [results.view.field_scores({each.term: 1.0}, rows) > 0 for each in asked]
    return np.array(scores, bool).reshape(len(asked), len(rows), len(WORD_FIELDS)) & is_searched


def word_evidence(results: ResultSet, row: int) -> tuple[WordEvidence, ...]:
    """Return what one product has of each whole word that was asked for."""
    asked = asked_terms(results)
    held = holding(results, asked, np.array([row], np.int32))[:, 0]
    frequencies = results.view.document_frequency([each.term for each in asked])
    rarities = [inverse_document_frequency(frequency, results.view.count) for frequency in frequencies]
    own = [at for at, each in enumerate(asked) if each.term not in results.questions.stands_for]
    total = sum(rarities[at] * asked[at].weight for at in own) or 1.0
    found = []
    for at in own:
        if asked[at].weight == 1.0:
            others = _instead(results, asked, asked[at].term)
            instead = tuple(asked[other].word for other in others if held[other].any())
            fields = tuple(name for name, is_held in zip(WORD_FIELDS, held[at], strict=True) if is_held)
            share = rarities[at] * asked[at].weight / total
            evidence = WordEvidence(asked[at].word, bool(fields), fields, instead, rarities[at], frequencies[at], share)
            found.append(evidence)
    return tuple(found)


def _instead(results: ResultSet, asked: Sequence[AskedTerm], term: str) -> list[int]:
    return [at for at, each in enumerate(asked) if results.questions.stands_for.get(each.term) == term]


@lru_cache(maxsize=SPELLINGS_KEPT)
def _spellings(text: str) -> tuple[tuple[str, str], ...]:
    """Terms with how they are written: the word that each stands for whole, a part of one as it is."""
    found: list[tuple[str, str]] = []
    for word in words_of(text):
        found += [*((part, part) for part in terms_of(word)), (stem_of(word), word)]
    return tuple(found)


def _meanings(expansions: Sequence[Expansion]) -> Iterator[tuple[str, tuple[str, str]]]:
    for expansion in reversed(expansions):
        yield from ((term, (word, expansion.stands_for.strip())) for term, word in _spellings(expansion.text))
