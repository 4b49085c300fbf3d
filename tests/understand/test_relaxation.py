"""What is given up for want of results: as little as possible, and never what somebody set or does not want."""

from __future__ import annotations

from tonggan.records import AllOf, Condition, Filter, Interpretation, Not, Query, Understanding
from tonggan.understand.relaxation import joined, loosened

PRICE = Condition("price", "<", ("50",))
CURRENCY = Condition("currency", "=", ("USD",))
STARS = Condition("rating", ">=", ("4",))
LEATHER = Not(Condition("material", "=", ("Leather",)))
BRAND = Condition("brand", "=", ("Kite",))


def query_of(set_by_hand: Filter | None = None, **filters: Filter) -> Query:
    read = tuple(Interpretation(kind, kind, kind, 0, 1, filter=tree) for kind, tree in filters.items())
    understood = Understanding("", "", interpretations=read)
    return Query("belt", filters=joined(set_by_hand, *filters.values()), understood=understood)


def steps(query: Query, *, found: int) -> list[tuple[str, Filter | None]]:
    return [(key, looser.filters) for key, looser in loosened(query, found=found)]


def test_each_thing_is_given_up_alone_before_several_are() -> None:
    query = query_of(price=PRICE, stars=STARS)
    assert steps(query, found=0) == [("stars", PRICE), ("price", STARS), ("stars,price", None)]


def test_a_filter_that_somebody_set_stays() -> None:
    assert steps(query_of(BRAND, price=PRICE), found=0) == [("price", BRAND)]


def test_the_same_filter_set_by_hand_stays() -> None:
    assert steps(query_of(PRICE, price=PRICE), found=0) == [("price", PRICE)]


def test_what_is_not_wanted_is_given_up_last_and_only_where_there_is_nothing() -> None:
    query = query_of(exclusion=LEATHER, price=PRICE)
    assert [key for key, _ in steps(query, found=0)] == ["price", "price,exclusion"]
    assert [key for key, _ in steps(query, found=1)] == ["price"]


def test_both_parts_of_a_price_go_together() -> None:
    query = query_of(STARS, price=AllOf((PRICE, CURRENCY)))
    assert steps(query, found=0) == [("price", STARS)]


def test_what_was_given_up_is_remembered_to_order_by() -> None:
    (_, _), (_, _), (_, both) = loosened(query_of(price=PRICE, stars=STARS), found=0)
    assert both.loosened == {"stars": STARS, "price": PRICE}


def test_nothing_understood_loosens_nothing() -> None:
    assert steps(Query("belt", filters=PRICE), found=0) == []


def test_joined_filters_are_one_flat_conjunction() -> None:
    assert joined() is joined(None, None) is None
    assert joined(None, PRICE) == PRICE
    assert joined(AllOf((PRICE, AllOf((CURRENCY,)))), STARS) == AllOf((PRICE, CURRENCY, STARS))
