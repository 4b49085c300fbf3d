"""All that the readers read into one query, without overlaps, and the words that are left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tonggan.records import Interpretation
from tonggan.understand.facts import Facts
from tonggan.understand.quantities.negation import Known, read_exclusions
from tonggan.understand.quantities.prices import read_prices
from tonggan.understand.quantities.stars import read_stars
from tonggan.understand.quantities.wishes import read_wishes


def read_interpretations(text: str, *, known: Known, facts: Facts) -> list[Interpretation]:
    """Return what a cleaned text means beyond its words, in its order.

    Where two readers read one stretch, stars win over prices, prices over wishes, and these over exclusions: the
    number in `评分4以上` is no price, the `budget` of `budget 200` no wish, and 不要太贵 excludes nothing.
    """
    kept: list[Interpretation] = []
    for reads in (read_stars(text, facts), read_prices(text, facts), read_wishes(text, facts)):
        kept += [read for read in reads if not _overlaps(read, kept)]
    kept += [read for read in read_exclusions(text, known=known, facts=facts) if not _overlaps(read, kept)]
    return sorted(kept, key=lambda read: read.start)


def remaining_words(text: str, interpretations: Iterable[Interpretation]) -> str:
    """Return the text without the stretches that became interpretations; a replacement stands for its stretch."""
    parts: list[str] = []
    at = 0
    for read in sorted(interpretations, key=lambda each: each.start):
        parts += [text[at : read.start], read.replacement]
        at = read.end
    return " ".join(" ".join([*parts, text[at:]]).split())


def _overlaps(read: Interpretation, kept: Sequence[Interpretation]) -> bool:
    return any(read.start < each.end and each.start < read.end for each in kept)
