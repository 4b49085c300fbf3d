"""Brands and categories told by their surroundings: a log-linear tagger that a catalogue's own titles teach.

A shop knows the brand and the categories of its products, and most titles name them; so each title is an example of
where such names stand, what words they follow, and which characters they end in. What is learnt tells names that no
field holds yet. Labels are BIES of each kind, as in named entity recognition; features are counted words, so that
learning takes seconds; weights are fitted by Adagrad [Duchi 2011, https://jmlr.org/papers/v12/duchi11a.html].
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tonggan.records import Token
from tonggan.understand.names.name_units import Match, Unit, is_han

TAUGHT = ("category", "brand")
"""Kinds that are learnt: the two that shops keep inventing names for."""

OUTSIDE, LABELS = 0, ("O", *(kind + place for kind in TAUGHT for place in "BIES"))

TITLES_NEEDED = 300
"""Titles that name their own brand or category at least; fewer teach noise."""

UNITS_STUDIED = 100_000
"""Units that are learnt from at most; half of them cost .013 of F1 on Chinese titles, more cost seconds."""

LEAST_COUNT = 3
"""Times that a feature occurs at least; all of them, five times as many, were worse on Chinese titles."""

ROUNDS, BATCHES = 3, 32
"""Eight rounds were no better than three."""

RATE, SHRINKAGE, STEADINESS = 0.5, 0.1, 0.1
"""Step of Adagrad, the pull of weights to zero, and what tames the first steps; halving any changed F1 by < .004."""

EDGE = "^"


class Study(NamedTuple):
    """A title, cut in units and words, with the names in it and the fields and values of its product."""

    text: str
    units: Sequence[Unit]
    tokens: Sequence[Token]
    matches: Sequence[Match]
    own: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class NameTagger:
    """Weights, float32 [features + 1, labels], and the row of each feature; row 0 is that of features never seen."""

    rows: Mapping[str, int]
    weights: npt.NDArray[np.float32]

    @classmethod
    def learn(cls, studies: Sequence[Study]) -> NameTagger | None:
        """Return what the titles teach; None where too few of them name what they sell."""
        chosen = _chosen(studies)
        if sum(any(labels) for _, labels in chosen) < TITLES_NEEDED:
            return None
        features = [unit for study, _ in chosen for unit in _features(study)]
        answers = np.array([label for _, labels in chosen for label in labels])
        counts = Counter(chain.from_iterable(features))
        frequent = (feature for feature, count in counts.items() if count >= LEAST_COUNT)
        rows = {feature: row for row, feature in enumerate(frequent, start=1)}
        return cls(rows, _fitted(_numbers(features, rows), answers, len(rows) + 1))

    def log_shares(
        self, text: str, units: Sequence[Unit], *, tokens: Sequence[Token], matches: Sequence[Match]
    ) -> list[list[float]]:
        """Return, for each unit, the logarithm of the probability of each label."""
        features = list(_features(Study(text, units, tokens, matches, frozenset())))
        scores = _scores(self.weights, _numbers(features, self.rows))
        scores -= np.log(np.exp(scores - scores.max(1, keepdims=True)).sum(1, keepdims=True)) + scores.max(
            1, keepdims=True
        )
        return scores.tolist()


def path_of(kind: str, length: int) -> list[int]:
    """Return the labels of the units of a name."""
    start = 1 + 4 * TAUGHT.index(kind)
    return [start + 3] if length == 1 else [start, *[start + 1] * (length - 2), start + 2]


def _chosen(studies: Sequence[Study]) -> list[tuple[Study, list[int]]]:
    """Titles with the labels of their units, evenly over all, as many as are studied."""
    total = sum(len(study.units) for study in studies)
    share = min(1.0, UNITS_STUDIED / max(1, total))
    chosen = [study for at, study in enumerate(studies) if int((at + 1) * share) > int(at * share)]
    return [(study, _labels(study)) for study in chosen if study.units]


def _labels(study: Study) -> list[int]:
    """Names of what the product itself is stand where they are written, the longest first."""
    labels = [OUTSIDE] * len(study.units)
    for match in sorted(study.matches, key=lambda match: match.first - match.last):
        kind = _own_kind(match, study.own)
        if kind and not any(labels[match.first : match.last]):
            labels[match.first : match.last] = path_of(kind, match.last - match.first)
    return labels


def _own_kind(match: Match, own: frozenset[tuple[str, str]]) -> str:
    kinds = (meaning.kind for meaning in match.meanings if (meaning.field, meaning.value) in own)
    return next((kind for kind in kinds if kind in TAUGHT), "")


def _features(study: Study) -> Iterator[tuple[str, ...]]:
    """What is seen around each unit; 16 of each."""
    units, words = study.units, _words(study)
    known = _marks(study, is_word=True)
    named = _marks(study, is_word=False)
    seen = [EDGE, *(_shown(unit.text) for unit in units), EDGE, EDGE]
    for at, (place, word, tag, before, after) in enumerate(words):
        here, next_one = seen[at + 1], seen[at + 2]
        yield (
            *("c" + here, "b" + seen[at], "d" + next_one, "e" + seen[at + 3], f"cd{here} {next_one}"),
            *(f"x{seen[at]} {next_one}", f"w{place}{word}", f"t{place}{tag}", f"pt{place}{before}{tag}"),
            *(f"nt{place}{tag}{after}", "l" + known[at + 1], f"lg{known[at + 1]}{named[at + 1]}{place}"),
            *(f"ln{known[at + 1]}{known[at + 2]}", f"lp{known[at]}{known[at + 1]}"),
            *(f"gn{named[at + 1]}{named[at + 2]}", f"s{_shape(units[at].text)}{min(at, 2)}"),
        )


def _words(study: Study) -> list[tuple[str, str, str, str, str]]:
    """Of each unit: its place in its word (BIES), the word, its tag, and the tags before and after."""
    tokens, at = study.tokens, 0
    found = []
    for unit in study.units:
        while at < len(tokens) and tokens[at].end <= unit.start:
            at += 1
        before = tokens[at - 1].tag if at else EDGE
        if at == len(tokens) or tokens[at].start > unit.start:
            found.append(("S", unit.text, "PUNCT", before, tokens[at].tag if at < len(tokens) else EDGE))
            continue
        token = tokens[at]
        place = _place(unit.start == token.start, unit.end >= token.end)
        found.append((place, token.text, token.tag, before, tokens[at + 1].tag if at + 1 < len(tokens) else EDGE))
    return found


def _place(is_first: bool, is_last: bool) -> str:
    if is_first:
        return "S" if is_last else "B"
    return "E" if is_last else "I"


def _marks(study: Study, *, is_word: bool) -> list[str]:
    """Kind and place of the longest names from the left, of the lexicon or of the catalogue; an edge at both ends.

    A name of the catalogue that no other product has teaches nothing on the title of its own product.
    """
    marks = ["-"] * (len(study.units) + 2)
    marks[0] = marks[-1] = EDGE
    free_from = 0
    for match in study.matches:
        if match.first < free_from:
            continue
        kind = _lexicon_kind(match) if is_word else _others_kind(match, study.own)
        if kind:
            length = match.last - match.first
            for at in range(length):
                marks[match.first + at + 1] = kind + _place(at == 0, at == length - 1)
            free_from = match.last
    return marks


def _lexicon_kind(match: Match) -> str:
    return next((meaning.kind for meaning in match.meanings if meaning.is_word), "")


def _others_kind(match: Match, own: frozenset[tuple[str, str]]) -> str:
    best, most = "", 0
    for meaning in match.meanings:
        if meaning.kind in TAUGHT and meaning.field:
            others = meaning.count - ((meaning.field, meaning.value) in own)
            if others > most:
                best, most = meaning.kind, others
    return best


def _shown(text: str) -> str:
    return "0" if text.isdigit() else text


def _shape(text: str) -> str:
    if is_han(text):
        return "h"
    if text.isdigit():
        return "n"
    if text.isalpha():
        return "a"
    return "m" if text[0].isalnum() else "p"


def _numbers(features: Sequence[Sequence[str]], rows: Mapping[str, int]) -> npt.NDArray[np.int32]:
    get = rows.get
    return np.array([[get(feature, 0) for feature in unit] for unit in features], np.int32)


def _scores(weights: npt.NDArray[np.float32], numbers: np.ndarray) -> npt.NDArray[np.float32]:
    """Sums of the weights of each unit; a column of features at a time, as all at once would leave the cache."""
    scores = weights.take(numbers[:, 0], axis=0)
    for column in range(1, numbers.shape[1]):
        scores += weights.take(numbers[:, column], axis=0)
    return scores


def _fitted(numbers: npt.NDArray[np.int32], answers: np.ndarray, count: int) -> npt.NDArray[np.float32]:
    weights = np.zeros((count, len(LABELS)), np.float32)
    squares = np.full_like(weights, STEADINESS)
    order = np.random.default_rng(0).permutation(len(numbers))
    batches = [_Batch.of(numbers[part], answers[part]) for part in np.array_split(order, BATCHES)]
    for _ in range(ROUNDS):
        for batch in batches:
            gradient = batch.gradient(weights) + SHRINKAGE * weights[batch.used]
            squares[batch.used] += gradient * gradient
            weights[batch.used] -= RATE * gradient / np.sqrt(squares[batch.used])
        weights[0] = 0.0
    return weights


class _Batch(NamedTuple):
    """Units learnt from at once; features sorted, so that the gradient of each is one sum over neighbours."""

    numbers: np.ndarray
    answers: np.ndarray
    order: np.ndarray
    used: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, numbers: np.ndarray, answers: np.ndarray) -> _Batch:
        flat = numbers.ravel()
        order = np.argsort(flat, kind="stable")
        used, starts = np.unique(flat[order], return_index=True)
        return cls(numbers, answers, order // numbers.shape[1], used, starts)

    def gradient(self, weights: np.ndarray) -> np.ndarray:
        scores = _scores(weights, self.numbers)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        shares[np.arange(len(shares)), self.answers] -= 1.0
        return np.add.reduceat(shares.take(self.order, axis=0), self.starts, axis=0)
