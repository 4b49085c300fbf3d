"""Numbers as people write them."""

from __future__ import annotations

import pytest

from tonggan.understand.quantities.numerals import NUMBERS_READ, number_text, numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            ("50", 50),
            ("1,000", 1_000),
            ("1,234,567.5", 1_234_567.5),
            ("49,99", 49.99),
            ("1.299,00", 1_299),
            (".5", 0.5),
        ),
        *(("1.5k", 1_500), ("2千", 2_000), ("1万", 10_000), ("3.5万", 35_000), ("1百", 100)),
        *(
            ("五十", 50),
            ("十五", 15),
            ("一百二", 120),
            ("两百", 200),
            ("二百五十", 250),
            ("一百零五", 105),
            ("三千五", 3_500),
        ),
        *(("一万二", 12_000), ("一万二千三", 12_300), ("百", 100), ("四点五", 4.5), ("二〇二四", 2_024)),
        *(("fifty", 50), ("two hundred", 200), ("a hundred", 100), ("twenty-five", 25), ("one hundred and five", 105)),
        *(("a thousand", 1_000), ("two thousand five hundred", 2_500), ("nineteen", 19)),
    ],
)
def test_a_number_has_the_value_that_people_mean(text: str, value: float) -> None:
    (number,) = numbers(text)
    assert (number.value, number.start, number.end) == (value, 0, len(text))


@pytest.mark.parametrize("text", ["iphone11", "wh-1000xm4", "百褶裙", "万能", "千克", "十字绣", "someone", "百叶窗"])
def test_digits_and_numerals_inside_words_are_no_numbers(text: str) -> None:
    assert numbers(text) == ()


def test_two_digits_of_one_scale_are_a_range() -> None:
    (number,) = numbers("两三百")
    assert (number.value, number.upper) == (200, 300)


def test_a_unit_that_begins_like_a_scale_is_a_unit() -> None:
    assert [number.value for number in numbers("3千克 三千瓦 2百分")] == [3, 3, 2]


@pytest.mark.parametrize("text", ["1e400", "9" * 2_000, "亿" * 30, "12345678901234"])
def test_absurd_numbers_are_told(text: str) -> None:
    assert numbers(text)[0].is_absurd


def test_the_first_numbers_only_are_read() -> None:
    assert len(numbers("1 " * 1_000)) == NUMBERS_READ


def test_a_number_is_shown_with_two_digits_at_most() -> None:
    assert [number_text(value) for value in (50.0, 0.8 * 29.99, 199.99, 1e9)] == ["50", "23.99", "199.99", "1000000000"]
