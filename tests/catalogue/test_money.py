"""Prices as merchants write them."""

from __future__ import annotations

import pytest

from tonggan.catalogue.money import UNKNOWN_CURRENCY, major_text, read_money
from tonggan.errors import InputError
from tonggan.records import Money


@pytest.mark.parametrize(
    ("cell", "amount", "currency"),
    [
        ("15.00 USD", 1500, "USD"),
        ("$1,299.00", 129900, "USD"),
        ("US$ 5", 500, "USD"),
        ("HK$5", 500, "HKD"),
        ("1.299,00 €", 129900, "EUR"),
        ("1.299 €", 129900, "EUR"),
        ("1'299.50 CHF", 129950, "CHF"),
        ("1 299,00 kr", 129900, "SEK"),
        ("¥199", 19900, "CNY"),
        ("￥199.00元", 19900, "CNY"),
        ("１９９元起", 19900, "CNY"),
        ("Rs. 899", 89900, "INR"),
        ("Rs.899/-", 89900, "INR"),
        ("₹1,29,999.00", 12999900, "INR"),
        ("JPY 1,500", 1500, "JPY"),
        ("1500円", 1500, "JPY"),
        ("KWD 1.500", 1500, "KWD"),
        ("4995", 499500, UNKNOWN_CURRENCY),
        ("12,5", 1250, UNKNOWN_CURRENCY),
        ("10.000", 1000, UNKNOWN_CURRENCY),
        (".50", 50, UNKNOWN_CURRENCY),
        ("109.98999999", 10999, UNKNOWN_CURRENCY),
        ("0", 0, UNKNOWN_CURRENCY),
    ],
)
def test_a_price_is_read_as_minor_units(cell: str, amount: int, currency: str) -> None:
    assert read_money(cell) == Money(amount, currency)


@pytest.mark.parametrize("cell", ["", " ", "-", "N/A", "call for price", "面议"])
def test_a_cell_may_say_that_there_is_no_price(cell: str) -> None:
    assert read_money(cell) is None


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("-5", "never negative"),
        ("-$5.00", "never negative"),
        ("(5.00)", "never negative"),
        ("NaN", "not a number"),
        ("inf", "not a number"),
        ("free", "no number"),
        ("1e5", "more than one number"),
        ("199-299", "more than one number"),
        ("1,2,3", "grouped in no known way"),
        ("9" * 17, "beyond any price"),
        ("9.99 zorkmids", "unknown currency"),
        ("USD 5 EUR", "more than one currency"),
    ],
)
def test_what_is_no_price_is_refused_with_the_reason(cell: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_money(cell)


def test_the_cell_wins_over_the_column_and_the_column_over_the_shop() -> None:
    assert read_money("5 EUR", currency="USD", default_currency="CNY") == Money(500, "EUR")
    assert read_money("5", currency="usd", default_currency="CNY") == Money(500, "USD")
    assert read_money("5", default_currency="CNY") == Money(500, "CNY")


def test_a_shared_sign_is_the_currency_of_the_column_where_it_can_be() -> None:
    assert read_money("$5", currency="CAD") == Money(500, "CAD")
    assert read_money("¥500", default_currency="JPY") == Money(500, "JPY")
    assert read_money("$5", currency="EUR") == Money(500, "USD")


def test_an_unknown_currency_column_is_refused() -> None:
    with pytest.raises(InputError, match="unknown currency 'BITS'"):
        read_money("5", currency="bits")


@pytest.mark.parametrize("money", [Money(129900, "EUR"), Money(199, "JPY"), Money(1500, "KWD"), Money(5, "USD")])
def test_written_prices_are_read_back(money: Money) -> None:
    assert read_money(major_text(money)) == money
