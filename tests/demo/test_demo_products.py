"""The demo products: enough of them, in two languages, and consistent in themselves."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tonggan.demo.draw.figure import figures
from tonggan.demo.products import DemoProduct, demo_products, with_check_digit
from tonggan.demo.ratings import mean_of
from tonggan.demo.vocabulary import vocabulary

HAN = re.compile(r"[一-鿿]")
LATIN = re.compile(r"[A-Za-z]{2}")


@pytest.fixture(scope="module")
def products() -> list[DemoProduct]:
    return list(demo_products(seed=0))


def test_there_are_four_hundred_products_in_eighteen_departments(products: list[DemoProduct]) -> None:
    assert len(products) >= 400
    assert len({product.kind.department.name for product in products}) >= 18


def test_every_product_speaks_both_languages(products: list[DemoProduct]) -> None:
    for product in products:
        for text in (product.title, product.description, product.brand, product.kind.category):
            assert LATIN.search(text.english), text
            assert HAN.search(text.chinese), text
        assert not HAN.search(product.description.english), product.description


def test_no_slot_of_a_sentence_is_left_open(products: list[DemoProduct]) -> None:
    for product in products:
        spoken = f"{product.title} {product.description} {' '.join(review.text for review in product.reviews)}"
        assert not re.search(r"[{}|=]|  ", spoken), spoken


def test_descriptions_are_not_one_template(products: list[DemoProduct]) -> None:
    assert len({product.description.english for product in products}) > 0.97 * len(products)
    assert len({product.description.chinese for product in products}) > 0.97 * len(products)
    beginnings = Counter(" ".join(product.description.english.split()[:2]) for product in products)
    assert beginnings.most_common(1)[0][1] < 0.1 * len(products)


def test_titles_ids_skus_and_gtins_are_unique(products: list[DemoProduct]) -> None:
    forms = [form for product in products for form in product.forms]
    assert len({product.id for product in products}) == len(products)
    for codes in ([form.id for form in forms], [form.sku for form in forms], [form.gtin for form in forms]):
        assert len(set(codes)) == len(codes)
    assert len({product.title for product in products}) > 0.97 * len(products)


def test_the_same_seed_makes_the_same_products_and_another_does_not(products: list[DemoProduct]) -> None:
    assert list(demo_products(seed=0)) == products
    assert list(demo_products(seed=1)) != products


def test_histograms_agree_with_mean_and_written_reviews(products: list[DemoProduct]) -> None:
    assert mean_of((1, 0, 0, 0, 3)) == (1 * 1 + 3 * 5) / 4
    for product in products:
        written = Counter(review.stars for review in product.reviews)
        assert all(product.histogram[stars - 1] >= count for stars, count in written.items())
        assert product.histogram == () or 1 <= mean_of(product.histogram) <= 5


def test_gtins_end_in_their_check_digit(products: list[DemoProduct]) -> None:
    for product in products:
        for form in product.forms:
            weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(form.gtin))
            assert len(form.gtin) == 13
            assert weighted % 10 == 0


def test_the_check_digit_is_that_of_a_known_code() -> None:
    assert with_check_digit("400638133393") == "4006381333931"


def test_prices_are_positive_and_list_prices_higher(products: list[DemoProduct]) -> None:
    for form in (form for product in products for form in product.forms):
        assert form.price_minor > 0
        assert form.list_price_minor is None or form.list_price_minor > form.price_minor
        assert (form.inventory == 0) == (form.availability != "in_stock")


def test_forms_of_a_product_differ_in_their_option_or_colour(products: list[DemoProduct]) -> None:
    for product in products:
        told_apart = {(form.colour, form.value) for form in product.forms}
        assert len(told_apart) == len(product.forms)
    assert sum(len(product.forms) > 1 for product in products) > 100
    assert sum(len(product.colours) > 1 for product in products) >= 10


def test_every_kind_has_a_figure_and_every_word_it_names_is_known() -> None:
    words = vocabulary()
    for kind in words.kinds:
        assert kind.id in figures()
        assert set(kind.colours) <= words.colours.keys()
        assert set(kind.materials) <= words.materials.keys()
        assert set(kind.patterns) <= words.patterns.keys()
        assert {style.colour for style in kind.styles} <= {*words.colours, ""}
        assert not kind.sizes or kind.sizes in words.sizes
        assert len(kind.facts) >= 3
    assert len(words.kinds) >= 60


def test_ambiguous_words_name_different_kinds(products: list[DemoProduct]) -> None:
    def kinds_with(word: str) -> set[str]:
        return {product.kind.id for product in products if word in str(product.title) or word in str(product.brand)}

    assert {"apple", "phone"} <= kinds_with("苹果")
    assert {"mouse", "cattoy"} <= kinds_with("Mouse")
    assert {"keyboard", "piano"} <= kinds_with("Keyboard")
    assert len(kinds_with("Jaguar")) >= 5
