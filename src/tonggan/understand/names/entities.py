"""What the stretches of a query name: brands, categories, colours, sizes, models.

Names found in the gazetteer, and stretches that stand where names stand, are spans with a score; the best set of spans
that do not overlap is found by dynamic programming. A name of several meanings takes the one that the words around it
ask for: 苹果 before 手机 is a brand where the catalogue has phones of that brand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from math import exp, log
from typing import Final, NamedTuple

from tonggan.records import Entity, Token
from tonggan.understand.names.gazetteer import Gazetteer
from tonggan.understand.names.name_tagger import OUTSIDE, TAUGHT, path_of
from tonggan.understand.names.name_units import LONGEST_NAME, UNITS_LIMIT, Match, Meaning, Unit, is_han, units_of

UNNAMED_KINDS = frozenset({"quality", "feature", "part", "use", "unit", "regional"})
"""Kinds of words in the lexicon that describe and name nothing."""

LENGTH_POWER = 1.3
"""Of a name's length: above 1, so that one long name is better than two short ones in its place."""

LATIN_LENGTH = 2.0
"""Characters that a Latin word counts for; a Chinese word has two."""

CUT_PENALTY = 1.0
"""For each end of a name that stands inside a word as the segmenter cuts it."""

KNOWN_WEIGHT = 1.0
"""Of the log odds of a name's precision beside what its surroundings say; 0 to 1 changed F1 on titles by < .003."""

LEAST_SURROUNDINGS = -1.0
"""The most that surroundings can say against a name that the catalogue holds: a query is no title."""

UNKNOWN_BIAS = -0.2
"""Nats per unit by which a name told by its surroundings alone may fall short of none; at .3, F1 was .01 lower."""

LEAST_PATH = -8.0
"""Log odds below which the beginning of a name is not followed further: no ending makes up for it."""

OTHER_SCORE = 0.5
"""Of a character of a colour, a size, a material: enough to be named, never enough to break up a longer name."""

MODEL_SCORE = 1.0
"""Of a word that looks like a model number."""

MODEL_CONFIDENCE = 0.6

LEAST_MEANING = 0.05
"""Share of a meaning at least; rarer ones are chance."""

IN_COMPANY, OUT_OF_COMPANY = 4.0, 0.1
"""How much likelier a brand is beside a category it is sold in, or one it is not."""

HEAD_FACTOR, MODIFIER_FACTOR = 3.0, 3.0
"""How much likelier the last name of a phrase is its category, and one before a category is not."""

PARTED_KINDS = frozenset({"brand", "material", "pattern", "audience"})
"""Kinds that part a word of the lexicon in two with the product after them; orange juice is no juice in orange."""

TOLD_FACTOR = 1.5
"""How much likelier the kind is that the surroundings were read as."""

_MODEL: Final = re.compile(r"(?=.*\d.*\d)(?=.*[a-z])(?!\d+(?:\.\d+)?[a-z]{1,4}$)[a-z0-9]+(?:[-.][a-z0-9]+)*")
_SHORTEST_MODEL = 4


class _Span(NamedTuple):
    first: int
    last: int
    kind: str
    score: float
    confidence: float
    meanings: tuple[Meaning, ...]


def find_entities(text: str, tokens: Sequence[Token], gazetteer: Gazetteer) -> tuple[Entity, ...]:
    """Return what a cleaned text names, in order and without overlaps; each with its likeliest meaning."""
    return tuple(readings[0] for readings in all_readings(text, tokens, gazetteer))


def all_readings(text: str, tokens: Sequence[Token], gazetteer: Gazetteer) -> tuple[tuple[Entity, ...], ...]:
    """Return, for each named stretch, all that it may mean, the likeliest first; confidences add up to 1 at most."""
    units = units_of(text)[:UNITS_LIMIT]
    if not units:
        return ()
    spans = _best_path(_spans(text, units, tokens, gazetteer), len(units))
    return tuple(_readings(text, units, spans, at=at, gazetteer=gazetteer) for at in range(len(spans)))


def _spans(text: str, units: Sequence[Unit], tokens: Sequence[Token], gazetteer: Gazetteer) -> list[_Span]:
    matches = _without_pairs(gazetteer.matches(text, units))
    edges = {place for token in tokens for place in (token.start, token.end)}
    if gazetteer.tagger is None:
        spans = [span for match in matches if (span := _plain_span(match, units, edges))]
    else:
        shares = gazetteer.tagger.log_shares(text, units, tokens=tokens, matches=matches)
        spans = list(_told_spans(shares, units, matches, edges))
    return spans + list(_model_spans(units))


def _without_pairs(matches: Sequence[Match]) -> list[Match]:
    """Leave out words of the lexicon that say two things the catalogue has apart: 苹果手机 is a brand and a product."""
    brought = {(match.first, match.last) for match in matches if _is_held(match, PARTED_KINDS)}
    products = {(match.first, match.last) for match in matches if _is_held(match, ("category",))}
    return [
        match
        for match in matches
        if any(meaning.field for meaning in match.meanings)
        or not any(
            (match.first, middle) in brought and (middle, match.last) in products
            for middle in range(match.first + 1, match.last)
        )
    ]


def _is_held(match: Match, kinds: Collection[str]) -> bool:
    return any(meaning.field and meaning.kind in kinds for meaning in match.meanings)


def _plain_span(match: Match, units: Sequence[Unit], edges: set[int]) -> _Span | None:
    """A name scored by its length and precision."""
    meanings = _named(match.meanings)
    if not meanings:
        return None
    first = meanings[0]
    score = _length(units[match.first : match.last]) ** LENGTH_POWER * (0.5 + first.precision)
    score -= CUT_PENALTY * _cuts(match.first, match.last, units, edges)
    return _Span(match.first, match.last, first.kind, score, first.precision, meanings)


def _told_spans(
    shares: Sequence[Sequence[float]], units: Sequence[Unit], matches: Sequence[Match], edges: set[int]
) -> Iterator[_Span]:
    """Names scored by what surrounds them, known or not."""
    known = {(match.first, match.last): _named(match.meanings) for match in matches}
    seen = set[tuple[int, int, str]]()
    for (first, last), meanings in known.items():
        for kind in dict.fromkeys(meaning.kind for meaning in meanings):
            mine = tuple(meaning for meaning in meanings if meaning.kind == kind)
            seen.add((first, last, kind))
            yield _known_span(
                shares,
                units,
                (first, last, kind),
                meanings=(*mine, *(m for m in meanings if m.kind != kind)),
                edges=edges,
            )
    for first, last, kind, score in _paths(shares):
        if (first, last, kind) not in seen and score > UNKNOWN_BIAS * (last - first):
            confidence = exp(
                sum(shares[first + at][label] for at, label in enumerate(path_of(kind, last - first))) / (last - first)
            )
            yield _Span(first, last, kind, score - UNKNOWN_BIAS * (last - first), confidence, ())


def _known_span(
    shares: Sequence[Sequence[float]],
    units: Sequence[Unit],
    place: tuple[int, int, str],
    *,
    meanings: tuple[Meaning, ...],
    edges: set[int],
) -> _Span:
    first, last, kind = place
    best = meanings[0]
    if kind not in TAUGHT:
        score = OTHER_SCORE * _length(units[first:last]) - CUT_PENALTY * _cuts(first, last, units, edges)
        return _Span(first, last, kind, score, best.precision, meanings)
    score = _against_outside(shares, first, path_of(kind, last - first))
    if best.field:
        odds = log(best.precision / (1.0 - min(best.precision, 0.99)))
        score = max(score, LEAST_SURROUNDINGS) + KNOWN_WEIGHT * odds
    return _Span(first, last, kind, score, best.precision, meanings)


def _paths(shares: Sequence[Sequence[float]]) -> Iterator[tuple[int, int, str, float]]:
    """Every stretch that may be a name of a kind that is told by surroundings, with its log odds."""
    for kind in TAUGHT:
        begin, inside, end, single = path_of(kind, 3) + path_of(kind, 1)
        for first, row in enumerate(shares):
            yield first, first + 1, kind, row[single] - row[OUTSIDE]
            score = row[begin] - row[OUTSIDE]
            for last in range(first + 1, min(len(shares), first + LONGEST_NAME)):
                if score < LEAST_PATH:
                    break
                here = shares[last]
                yield first, last + 1, kind, score + here[end] - here[OUTSIDE]
                score += here[inside] - here[OUTSIDE]


def _against_outside(shares: Sequence[Sequence[float]], first: int, path: Sequence[int]) -> float:
    return sum(shares[first + at][label] - shares[first + at][OUTSIDE] for at, label in enumerate(path))


def _model_spans(units: Sequence[Unit]) -> Iterator[_Span]:
    for at, unit in enumerate(units):
        if len(unit.text) >= _SHORTEST_MODEL and _MODEL.fullmatch(unit.text):
            yield _Span(at, at + 1, "model", MODEL_SCORE, MODEL_CONFIDENCE, ())


def _best_path(spans: Sequence[_Span], count: int) -> list[_Span]:
    """Spans of the greatest total score that do not overlap; only those that add to it."""
    ending: list[list[_Span]] = [[] for _ in range(count + 1)]
    for span in spans:
        if span.score > 0.0:
            ending[span.last].append(span)
    totals, chosen = [0.0], list[_Span | None]([None])
    for place in range(1, count + 1):
        total, best = totals[place - 1], None
        for span in ending[place]:
            if totals[span.first] + span.score > total:
                total, best = totals[span.first] + span.score, span
        totals.append(total)
        chosen.append(best)
    path, place = [], count
    while place:
        span = chosen[place]
        place = place - 1 if span is None else span.first
        path += [] if span is None else [span]
    return path[::-1]


def _readings(
    text: str, units: Sequence[Unit], spans: Sequence[_Span], *, at: int, gazetteer: Gazetteer
) -> tuple[Entity, ...]:
    span = spans[at]
    start, end = units[span.first].start, units[span.last - 1].end
    said = text[start:end]
    if not span.meanings:
        return (Entity(span.kind, said, start, end, said, confidence=round(span.confidence, 4)),)
    is_told = gazetteer.tagger is not None
    weights = [
        meaning.precision
        * _fit(meaning, spans, at, gazetteer)
        * (TOLD_FACTOR if is_told and meaning.kind == span.kind else 1.0)
        for meaning in span.meanings
    ]
    total = max(1.0, sum(weights))
    shares = sorted(zip(weights, span.meanings, strict=True), key=lambda pair: -pair[0])
    kept = [(weight, meaning) for weight, meaning in shares if weight >= LEAST_MEANING * shares[0][0]]
    return tuple(
        Entity(meaning.kind, said, start, end, meaning.value or said, meaning.field, round(weight / total, 4))
        for weight, meaning in kept
    )


def _fit(meaning: Meaning, spans: Sequence[_Span], at: int, gazetteer: Gazetteer) -> float:
    """How well a meaning suits the other names of the query; 1 where it alone is possible or nothing tells."""
    if len({other.kind for other in spans[at].meanings}) < 2:
        return 1.0
    others = [span for place, span in enumerate(spans) if place != at and span.kind == "category"]
    follows = at + 1 < len(spans) and spans[at + 1].kind == "category"
    if meaning.kind == "brand":
        company = _company(meaning, others, gazetteer)
        return company * MODIFIER_FACTOR if follows and company >= 1.0 else company
    if meaning.kind == "category":
        led = at > 0 and spans[at - 1].kind not in ("category", "brand")
        return HEAD_FACTOR if led and not follows else 1.0
    return MODIFIER_FACTOR if follows else 1.0


def _company(meaning: Meaning, others: Sequence[_Span], gazetteer: Gazetteer) -> float:
    company = gazetteer.company.get(meaning.value)
    if not company or not others:
        return 1.0
    met = any(said.value in company for span in others for said in span.meanings)
    return IN_COMPANY if met else OUT_OF_COMPANY


def _named(meanings: Sequence[Meaning]) -> tuple[Meaning, ...]:
    return tuple(meaning for meaning in meanings if meaning.kind not in UNNAMED_KINDS)


def _length(units: Sequence[Unit]) -> float:
    return sum(1.0 if is_han(unit.text) else LATIN_LENGTH for unit in units)


def _cuts(first: int, last: int, units: Sequence[Unit], edges: set[int]) -> int:
    return (units[first].start not in edges) + (units[last - 1].end not in edges)
