"""Currencies as shoppers name them: $ and ¥ stand for families, of which a catalogue has one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from tonggan.understand.facts import Facts
from tonggan.understand.quantities.word_tables import any_of, rows_of


@dataclass(frozen=True, slots=True)
class Mark:
    """What a mark may stand for, ISO 4217, likeliest first.

    `needs` is empty, or says what makes money of a doubtful mark (pounds, rs): a `cue`, or prices in the `catalogue`.
    """

    currencies: tuple[str, ...]
    needs: str

    def currency(self, facts: Facts) -> str:
        """Return the one of its currencies that most products are priced in, or nothing where none is."""
        held = [code for code in self.currencies if facts.currencies.get(code)]
        return max(held, key=lambda code: facts.currencies[code], default="")

    def is_money(self, facts: Facts, *, has_cue: bool) -> bool:
        """Return whether a number beside it is an amount of money."""
        return not self.needs or bool(self.currency(facts)) or (self.needs == "cue" and has_cue)


def mark_of(text: str) -> Mark:
    """Return the mark of a text that `currency_pattern` matched."""
    return _marks()[text.replace("-", " ")]


def currency_pattern(name: str) -> str:
    """Return a pattern of any mark, as the group `name`; a mark of letters may touch the number it stands before."""
    touching = "|".join(sorted((mark for mark in _marks() if mark.isascii() and mark.isalpha()), key=len, reverse=True))
    return rf"(?P<{name}>{any_of(_marks())}|(?<![a-z])(?:{touching})(?=\d))"


@lru_cache(maxsize=1)
def _marks() -> dict[str, Mark]:
    return {mark: Mark(tuple(codes.split(",")), needs) for mark, codes, needs in rows_of("currencies")}
