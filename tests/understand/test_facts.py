"""What a catalogue has, and what readers make of a catalogue that lacks it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from tonggan.understand.facts import Facts, facts_of
from tonggan.understand.quantities.negation import read_exclusions
from tonggan.understand.quantities.stars import read_stars
from tonggan.understand.quantities.wishes import read_wishes


def view(*, text_fields: tuple[str, ...]) -> Any:
    return SimpleNamespace(
        number_fields=("price", "rating"),
        text_fields=text_fields,
        select=lambda: [0, 1, 2],
        facet=lambda name, rows, limit: {"USD": 2, "CNY": 1} if name == "currency" and len(rows) == 3 and limit else {},
    )


def test_facts_are_the_fields_and_currencies_of_a_view() -> None:
    facts = facts_of(cast(Any, view(text_fields=("title", "currency"))))
    assert facts == Facts(frozenset({"price", "rating"}), frozenset({"title", "currency"}), {"USD": 2, "CNY": 1})


def test_a_view_without_prices_has_no_currency() -> None:
    assert facts_of(cast(Any, view(text_fields=("title",)))).currencies == {}


def test_stars_that_no_product_has_are_said() -> None:
    assert [each.note for each in read_stars("4 stars and up", Facts())] == ["No product has a rating."]


def test_wishes_for_what_no_product_has_stay_words() -> None:
    assert read_wishes("cheap popular 现货 最新 30% off", Facts()) == []


def test_values_of_fields_that_the_index_lacks_exclude_by_title() -> None:
    facts = Facts(text_fields=frozenset({"title"}))
    reads = read_exclusions("bag without leather", known=lambda _: [("material", "Leather")], facts=facts)
    assert [each.key for each in reads] == ["exclusion:leather"]
    assert read_exclusions("bag without leather", known=lambda _: [("material", "Leather")], facts=Facts()) == []
