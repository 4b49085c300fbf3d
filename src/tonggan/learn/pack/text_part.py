"""The text part of the default pack: vocabulary, teacher's vectors, training, and the Chinese side by the lexicon."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tonggan.encode.lexicon import LexiconRow
from tonggan.encode.rows import unit_rows
from tonggan.encode.word_units import CHARACTER, LONGEST_PHRASE, PIECE, UnitReader, spoken_key
from tonggan.learn.pack.teacher import pieces, teach
from tonggan.learn.pack.text_corpus import Corpus
from tonggan.learn.pack.text_training import (
    Bags,
    Projection,
    TextPlan,
    fit_projection,
    train_words,
    weighted,
)
from tonggan.records import Vectors

PROJECTION_SAMPLE = 60_000
"""Texts of the corpus from which the principal directions are taken."""

LEAST_OFTEN = 3
"""Times that a word occurs in the corpus to have a vector of its own; rarer ones are mostly Latin names of species."""

LONGEST_NUMBER = 4
"""Characters of a number or code that is a word of its own; longer ones name one product and are left to BM25."""

SINGLE_SENSE = 0.7
"""A phrase of the lexicon whose meaning is at least this near (cosine) to the sum of its words needs no entry."""

FIRST_MEANING = 0.6
"""Share of the commonest meaning in a Chinese word's vector; the others share the rest."""

CHARACTER_WEIGHT = 0.3
"""Length of a lone character's vector against the mean of the words that hold it: it hints, and no more."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LATIN = re.compile(rf"({PIECE})?[a-z0-9][a-z0-9']*")
_DIGIT = re.compile(r"\d")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")

Tell = Callable[[str, int, int], None]
"""Called with a stage and how much of how much is done."""


@dataclass(frozen=True, slots=True)
class WordTable:
    """Units and their vectors [units, 256]; how much a unit counts is its vector's length."""

    vocabulary: Sequence[str]
    vectors: Vectors

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays of a `word-vectors` part: eight bits a number, one scale a unit."""
        scales = np.abs(self.vectors).max(axis=1) / 127 + 1e-12
        joined = "\n".join(self.vocabulary).encode("utf-8")
        return {
            "vocabulary": np.frombuffer(joined, np.uint8),
            "vectors": np.round(self.vectors / scales[:, None]).astype(np.int8),
            "scales": scales.astype(np.float32),
        }


def learn_words(
    corpus: Corpus, lexicon: Sequence[LexiconRow], *, plan: TextPlan, kept: Path, tell: Tell
) -> tuple[WordTable, Projection]:
    """Return the word table and the projection of the teacher's space; the teacher's rows are kept in a folder."""
    words = _english_vocabulary(corpus)
    spoken = _kept_rows(corpus.texts, kept, tell=tell)
    projection = fit_projection(_sample(spoken, seed=plan.seed))
    own = projection.rows(_kept_rows([word.removeprefix(PIECE) for word in words], kept, tell=tell))
    words, own = _with_phrases(words, own, lexicon, projection, kept=kept, tell=tell)
    rows, reader = {word: row for row, word in enumerate(words)}, UnitReader(words)
    bags = Bags(corpus.texts, reader, rows)
    start = weighted(own, bags.counts(), texts=len(corpus.texts))
    sides = ([first for first, _ in corpus.pairs], [second for _, second in corpus.pairs])
    pairs = (Bags(sides[0], reader, rows), Bags(sides[1], reader, rows))

    def told(step: int, terms: Mapping[str, float]) -> None:
        tell(" ".join(f"{name} {value:.3f}" for name, value in terms.items()), step, plan.steps)

    trained = train_words(start, bags, projection.rows(spoken), pairs=pairs, plan=plan, tell=told)
    return bilingual(WordTable(words, trained), lexicon), projection


def bilingual(table: WordTable, lexicon: Sequence[LexiconRow]) -> WordTable:
    """Return the table with the first column of the lexicon added, and characters as a fall-back.

    A word that the table has already keeps its own vector.
    """
    reader, rows = UnitReader(table.vocabulary), {unit: row for row, unit in enumerate(table.vocabulary)}
    known = set(table.vocabulary)
    added: dict[str, Vectors] = {}
    for row in lexicon:
        key, vector = spoken_key(row.written), _meaning(row, reader, rows, table.vectors)
        if key not in known and vector is not None and 0 < len(key.split()) <= LONGEST_PHRASE:
            added.setdefault(key, vector)
    added |= _characters(added)
    return WordTable([*table.vocabulary, *added], np.vstack([table.vectors, *added.values()]).astype(np.float32))


def _english_vocabulary(corpus: Corpus) -> list[str]:
    """The teacher's own pieces and words, and the words that occur often enough in the corpus."""
    counts = Counter(word for text in corpus.texts for word in _WORD.findall(text.lower().replace("’", "'")))
    frequent = [spoken_key(word) for word, count in counts.items() if count >= LEAST_OFTEN]
    candidates = dict.fromkeys([*pieces(), *frequent])
    return [word for word in candidates if _LATIN.fullmatch(word) and _is_word(word)]


def _is_word(word: str) -> bool:
    return not _DIGIT.search(word) or len(word) <= LONGEST_NUMBER


def _with_phrases(
    words: list[str], own: Vectors, lexicon: Sequence[LexiconRow], projection: Projection, *, kept: Path, tell: Tell
) -> tuple[list[str], Vectors]:
    """Add the phrases of the lexicon that mean something else than their words together."""
    meanings = {spoken_key(meaning): meaning for row in lexicon for meaning in row.meanings}
    phrases = {key: meaning for key, meaning in meanings.items() if 1 < len(key.split()) <= LONGEST_PHRASE}
    if not phrases:
        return words, own
    rows, reader = {word: row for row, word in enumerate(words)}, UnitReader(words)
    spoken = projection.rows(_kept_rows(list(phrases.values()), kept, tell=tell))
    summed = unit_rows(np.stack([_sum(phrase, reader, rows, own) for phrase in phrases]))
    has_own_sense = (spoken * summed).sum(axis=1) < SINGLE_SENSE
    chosen = [phrase for phrase, is_chosen in zip(phrases, has_own_sense, strict=True) if is_chosen]
    return [*words, *chosen], np.vstack([own, spoken[has_own_sense]])


def _meaning(row: LexiconRow, reader: UnitReader, rows: Mapping[str, int], vectors: Vectors) -> Vectors | None:
    sums = [_sum(meaning, reader, rows, vectors) for meaning in row.meanings]
    said = [one for one in sums if one.any()]
    if not said:
        return None
    rest = (1 - FIRST_MEANING) / max(1, len(said) - 1)
    shares = [FIRST_MEANING, *([rest] * (len(said) - 1))] if len(said) > 1 else [1.0]
    mixed = sum(share * one for share, one in zip(shares, said, strict=True))
    length = float(np.mean([np.linalg.norm(one) for one in said]))
    return unit_rows(np.asarray(mixed)[None])[0] * length


def _sum(text: str, reader: UnitReader, rows: Mapping[str, int], vectors: Vectors) -> Vectors:
    places = [rows[unit] for unit in dict.fromkeys(reader.units(text))]
    return vectors[places].sum(axis=0) if places else np.zeros(vectors.shape[1], np.float32)


def _characters(words: Mapping[str, Vectors]) -> dict[str, Vectors]:
    """A vector for each character: the mean of those of the words that hold it, short words more."""
    shares: dict[str, list[np.ndarray]] = defaultdict(list)
    for word, vector in words.items():
        for character in set(_HAN.findall(word)):
            shares[character].append(vector / len(word))
    return {CHARACTER + character: CHARACTER_WEIGHT * np.mean(own, axis=0) for character, own in shares.items()}


def _sample(rows: Vectors, *, seed: int) -> Vectors:
    return rows[np.random.default_rng(seed).permutation(len(rows))[:PROJECTION_SAMPLE]]


def _kept_rows(texts: Sequence[str], folder: Path, *, tell: Tell, part: int = 10_000) -> Vectors:
    """The teacher's rows of texts, float16, each part of them computed once and kept."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Vectors] = []
    for at in range(0, len(texts), part):
        own = texts[at : at + part]
        path = folder / f"{hashlib.sha256(chr(0).join(own).encode('utf-8')).hexdigest()[:24]}.npy"
        if not path.exists():
            np.save(path.with_suffix(".part.npy"), teach(own).astype(np.float16))
            path.with_suffix(".part.npy").replace(path)
        rows.append(np.load(path))
        tell("teacher", min(at + part, len(texts)), len(texts))
    return np.concatenate(rows)
