"""The bilingual retail lexicon: Chinese words, their English meanings, and what kind of word each is.

A row's first column is what somebody writes (a Chinese word, a regional word in traditional characters, a misspelling
in either language); the second is the English for it, the commonest first. A word has one row: it is looked up in
simplified characters, so a traditional form has a row of its own only where no simplified one says the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tonggan.encode.words import normalize
from tonggan.errors import InputError

COLUMNS = ("zh", "en", "kind")

KINDS = (
    *("product", "category", "part", "accessory", "colour", "material", "pattern", "style", "size", "unit"),
    *("feature", "use", "audience", "occasion", "season", "flavour", "quality", "brand", "regional", "misspelling"),
)

SEPARATOR = "|"
"""Stands between alternatives of the English column."""

WORDS_REMEMBERED = 1 << 15
"""Words whose normalized form is remembered: twice a lexicon, which is read by several parts of understanding."""

_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")


@dataclass(frozen=True, slots=True)
class LexiconRow:
    """One word: as it is written, `normalized` for looking up, its English `meanings`, and its kind."""

    written: str
    meanings: tuple[str, ...]
    kind: str

    @property
    def normalized(self) -> str:
        """Return the word in NFKC, lower case and simplified characters."""
        return _normalized(self.written)


def parse_lexicon(text: str, *, where: str = "lexicon.tsv") -> list[LexiconRow]:
    """Return the rows of a lexicon; InputError names the line that is not `zh, en, kind`, or whose word was there."""
    header, *lines = text.removesuffix("\n").split("\n")
    if tuple(header.split("\t")) != COLUMNS:
        raise InputError(f"{where}, line 1: {header!r} is not the header.", remedy="Start with: " + "\\t".join(COLUMNS))
    rows = [_row(line, where=f"{where}, line {number}") for number, line in enumerate(lines, start=2)]
    _refuse_repeats(rows, where=where)
    return rows


@lru_cache(maxsize=WORDS_REMEMBERED)
def _normalized(written: str) -> str:
    return normalize(written)


def _refuse_repeats(rows: Sequence[LexiconRow], *, where: str) -> None:
    lines: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        first = lines.setdefault(row.normalized, number)
        if first != number:
            raise InputError(
                f"{where}, line {number}: {row.written!r} is looked up as {row.normalized!r}, as line {first} is.",
                remedy="Write all its meanings in one row.",
            )


def _row(line: str, *, where: str) -> LexiconRow:
    columns = line.split("\t")
    if len(columns) != len(COLUMNS) or not all(column.strip() == column != "" for column in columns):
        raise InputError(f"{where}: {line!r} is not three filled columns.", remedy="Write zh, en and kind with tabs.")
    written, english, kind = columns
    if kind not in KINDS:
        raise InputError(f"{where}: kind {kind!r} is unknown.", remedy=f"Known kinds: {', '.join(KINDS)}.")
    return LexiconRow(written, _meanings(english, where=where), kind)


def _meanings(english: str, *, where: str) -> tuple[str, ...]:
    meanings = tuple(english.split(SEPARATOR))
    if any(meaning != " ".join(meaning.lower().split()) or not meaning for meaning in meanings):
        raise InputError(f"{where}: meanings {english!r} are not plain.", remedy="Lower case, one | between them.")
    if _HAN.search(english) or len(set(meanings)) < len(meanings):
        raise InputError(f"{where}: meanings {english!r}.", remedy="English only, and each meaning once.")
    return meanings
