"""The bilingual retail lexicon: Chinese words, their English meanings, and what kind of word each is.

A row's first column is what somebody writes (a Chinese word, a regional word in traditional characters, a misspelling
in either language); the second is the English for it, the commonest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tonggan.encode.words import normalize
from tonggan.errors import InputError

COLUMNS = ("zh", "en", "kind")

KINDS = (
    *("product", "category", "part", "accessory", "colour", "material", "pattern", "style", "size", "unit"),
    *("feature", "use", "audience", "occasion", "season", "flavour", "quality", "brand", "regional", "misspelling"),
)

SEPARATOR = "|"
"""Stands between alternatives of the English column."""


@dataclass(frozen=True, slots=True)
class LexiconRow:
    """One word: as it is written, `normalized` for looking up, its English `meanings`, and its kind."""

    written: str
    meanings: tuple[str, ...]
    kind: str

    @property
    def normalized(self) -> str:
        """Return the word in NFKC, lower case and simplified characters."""
        return normalize(self.written)


def parse_lexicon(text: str, *, where: str = "lexicon.tsv") -> list[LexiconRow]:
    """Return the rows of a lexicon; InputError names the line that is not `zh, en, kind`."""
    header, *lines = text.splitlines() or [""]
    if tuple(header.split("\t")) != COLUMNS:
        raise InputError(f"{where}, line 1: {header!r} is not the header.", remedy="Start with: " + "\\t".join(COLUMNS))
    return [_row(line, where=f"{where}, line {number}") for number, line in enumerate(lines, start=2)]


def _row(line: str, *, where: str) -> LexiconRow:
    columns = line.split("\t")
    if len(columns) != len(COLUMNS) or not all(column.strip() == column != "" for column in columns):
        raise InputError(f"{where}: {line!r} is not three filled columns.", remedy="Write zh, en and kind with tabs.")
    written, english, kind = columns
    if kind not in KINDS:
        raise InputError(f"{where}: kind {kind!r} is unknown.", remedy=f"Known kinds: {', '.join(KINDS)}.")
    return LexiconRow(written, _meanings(english, where=where), kind)


def _meanings(english: str, *, where: str) -> tuple[str, ...]:
    meanings: Sequence[str] = english.split(SEPARATOR)
    if any(meaning != meaning.strip().lower() or not meaning for meaning in meanings):
        raise InputError(f"{where}: meanings {english!r} are not plain.", remedy="Lower case, one | between them.")
    return tuple(meanings)
