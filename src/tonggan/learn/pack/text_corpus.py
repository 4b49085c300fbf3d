"""What the default pack's words are learnt from: short texts about things, and pairs that mean the same.

Definitions of WordNet 3.0 (its own permissive licence), meanings of the retail lexicon, titles composed from the
lexicon, and titles with descriptions of shops whose licence allows it. No evaluation set is read.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tonggan.encode.lexicon import LexiconRow
from tonggan.errors import NotFoundError

COMPOSED = 60_000
"""Titles put together from the lexicon."""

FULL_FILES = frozenset({5, 6, 13, 20, 27, 8, 7, 10, 44, 0})
"""WordNet's files of animals, things, food, plants, substances, bodies, qualities, messages and adjectives are taken
whole; of the other nouns and verbs, one in four."""

SHOP_FIELDS = (("name", "Name", "title"), ("description", "Description", "description_en"))
"""Keys under which shops keep a title and a description."""

PATTERNS: Sequence[Sequence[str]] = (
    ("colour", "product"),
    ("material", "product"),
    ("feature", "product"),
    ("product", "audience"),
    ("product", "use"),
    ("brand", "product"),
    ("brand", "colour", "product", "size"),
    ("quality", "colour", "material", "product"),
    ("feature", "product", "use"),
    ("style", "pattern", "product", "audience"),
    ("brand", "feature", "product", "part"),
    ("season", "style", "colour", "product"),
    ("product", "feature", "feature", "colour", "unit"),
    ("brand", "product", "accessory"),
    ("audience", "product", "occasion"),
    ("size", "material", "product", "use"),
)
"""Kinds of words in the order in which titles and queries name them."""

JOINED_BY_FOR = frozenset({"audience", "use", "occasion"})
"""What follows a product after "for", mostly."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts to imitate the teacher on, and pairs of texts that mean the same."""

    texts: Sequence[str]
    pairs: Sequence[tuple[str, str]]


def read_corpus(lexicon: Sequence[LexiconRow], *, wordnet: Path, shops: Path, seed: int) -> Corpus:
    """Return the corpus; the same files and seed give the same one. NotFoundError names what is missing."""
    chance = random.Random(seed)
    entries = list(_wordnet(wordnet, chance))
    sold = list(_shops(shops))
    composed, halves = _composed(lexicon, chance)
    meanings = [meaning for row in lexicon for meaning in row.meanings]
    synonyms = [(row.meanings[0], other) for row in lexicon for other in row.meanings[1:]]
    synonyms += [
        (row.written, row.meanings[0]) for row in lexicon if row.kind == "misspelling" and row.written.isascii()
    ]
    defined = [(words, definition) for words, definition in entries if words]
    texts = [text for pair in (*entries, *sold) for text in pair if text] + meanings + composed
    return Corpus(list(dict.fromkeys(texts)), [*synonyms, *sold, *halves, *defined])


def _wordnet(folder: Path, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Words and definition of each synset."""
    for name in ("data.noun", "data.adj", "data.verb"):
        path = folder / name
        if not path.exists():
            raise NotFoundError(f"{path} is not there.", remedy="Install Debian's wordnet-base, or give --wordnet DIR.")
        for line in filter(None, path.read_text(encoding="latin-1").split("\n")):
            if line.startswith("  "):
                continue
            head, _, gloss = line.partition(" | ")
            fields = head.split(" ")
            if int(fields[1]) in FULL_FILES or chance.random() < 0.25:
                count = int(fields[3], 16)
                words = [re.sub(r"\(.*\)", "", fields[4 + 2 * at]).replace("_", " ").lower() for at in range(count)]
                yield ", ".join(words), gloss.split('; "')[0].strip()


def _shops(folder: Path) -> Iterator[tuple[str, str]]:
    """Title and description of each product of each shop."""
    if not folder.is_dir():
        raise NotFoundError(f"{folder} is not there.", remedy="Give the folder of the sets with --data.")
    for path in sorted(folder.glob("*/products*.jsonl")):
        for line in filter(None, path.read_text(encoding="utf-8").split("\n")):
            record: Mapping[str, Any] = json.loads(line)
            title, description = (_first(record, keys) for keys in SHOP_FIELDS)
            if title:
                yield title, description[:600]


def _first(record: Mapping[str, Any], keys: Sequence[str]) -> str:
    return next((str(record[key]).strip() for key in keys if record.get(key)), "")


def _composed(lexicon: Sequence[LexiconRow], chance: random.Random) -> tuple[list[str], list[tuple[str, str]]]:
    """Titles, and for every second one a paraphrase made of the other meanings of the same words."""
    by_kind: dict[str, list[LexiconRow]] = defaultdict(list)
    for row in lexicon:
        by_kind["product" if row.kind == "category" else row.kind].append(row)
    titles: list[str] = []
    paraphrases: list[tuple[str, str]] = []
    for number in range(COMPOSED):
        kinds = chance.choice(PATTERNS)
        rows = [(kind, chance.choice(by_kind[kind])) for kind in kinds if by_kind[kind]]
        title = _title(rows, chance)
        titles.append(title)
        if number % 2:
            paraphrases.append((title, _title(chance.sample(rows, len(rows)), chance)))
    return titles, paraphrases


def _title(rows: Sequence[tuple[str, LexiconRow]], chance: random.Random) -> str:
    words: list[str] = []
    for at, (kind, row) in enumerate(rows):
        is_joined = at > 0 and kind in JOINED_BY_FOR and chance.random() < 0.7
        words += ["for", chance.choice(row.meanings)] if is_joined else [chance.choice(row.meanings)]
    return " ".join(words)
