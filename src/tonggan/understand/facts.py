"""What a catalogue has to filter and order by, as far as a shopper's words can ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tonggan.index import View

CURRENCIES_COUNTED = 50
"""Currencies of a catalogue that are told apart; the largest merchants sell in about forty."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The number and text fields of an index, and how many products are priced in each ISO 4217 currency."""

    number_fields: frozenset[str] = frozenset()
    text_fields: frozenset[str] = frozenset()
    currencies: Mapping[str, int] = field(default_factory=dict)


def facts_of(view: View) -> Facts:
    """Return the facts of what a view sees."""
    has_currency = "currency" in view.text_fields
    currencies = view.facet("currency", view.select(), limit=CURRENCIES_COUNTED) if has_currency else {}
    return Facts(frozenset(view.number_fields), frozenset(view.text_fields), currencies)
