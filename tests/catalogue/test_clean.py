"""Rows of a feed become products, and every row that cannot be taken says why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from catalogue.sample_products import KETTLE
from tonggan.catalogue.clean import Cleaned, clean, clean_record, is_visible
from tonggan.catalogue.wire import product_as_json
from tonggan.records import Media, Money, Offer, Product


def offer(line: int = 2, *, group: str = "", metadata: Mapping[str, str] | None = None, **values: Any) -> Offer:
    cells = {name.replace("__", ":"): cell if isinstance(cell, tuple) else (cell,) for name, cell in values.items()}
    return Offer(line, cells, metadata or {}, group)


def only(cleaned: Cleaned) -> Product:
    assert cleaned.refusals == ()
    assert cleaned.product is not None
    return cleaned.product


def test_a_row_becomes_a_product() -> None:
    product = only(
        clean([offer(id="7", title="Mug", price="15.00 USD", color="Red", sku="M-7", rating="4", tags="a,b")])
    )
    assert (product.id, product.title, product.price) == ("7", "Mug", Money(1500, "USD"))
    assert product.attributes == {"color": ("Red",)}
    assert product.codes == {"sku": ("M-7",)}
    assert product.tags == ("a", "b")
    assert product.variants == ()


def test_markup_scripts_and_control_characters_do_not_survive() -> None:
    html = "<style>p{}</style><p>Soft &amp; warm</p><script>alert(1)</script>\x00<ul><li>Blue</li></ul>"
    product = only(clean([offer(title="<b>Tom &amp; Jerry</b>\x07", description=html)]))
    assert product.title == "Tom & Jerry"
    assert product.description == "Soft & warm\nBlue"


def test_markup_that_is_escaped_again_does_not_survive_either() -> None:
    assert (
        only(clean([offer(title="Mug", description="&amp;lt;p&amp;gt;Soft&amp;lt;/p&amp;gt;")])).description == "Soft"
    )


def test_text_is_composed_and_signs_that_are_no_markup_stay() -> None:
    assert only(clean([offer(title="Cafe\u0301 < 5 & > 3")])).title == "Café < 5 & > 3"


def test_the_quote_that_export_puts_before_a_formula_is_removed() -> None:
    assert only(clean([offer(title="'=1+1 mug")])).title == "=1+1 mug"


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"title": ""}, "title"),
        ({"title": " <b></b>"}, "title"),
        ({"title": "x" * 2_001}, "title"),
        ({"price": "-5"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"list_price": "inf"}, "list_price"),
        ({"price": "5", "currency": "bits"}, "price"),
        ({"rating": "7"}, "rating"),
        ({"rating": "NaN"}, "rating"),
        ({"rating": "4", "rating_count": "-1"}, "rating_count"),
        ({"inventory": "many"}, "inventory"),
        ({"id": "x" * 257}, "id"),
        ({"image": "data:image/png;base64,AAAA"}, "image"),
        ({"image": "https://shop.example/" + "x" * 9_000}, "image"),
        ({f"attribute:a{number}": "x" for number in range(1_001)}, "attributes"),
    ],
)
def test_a_bad_cell_refuses_its_row_by_name(values: dict[str, str], column: str) -> None:
    cleaned = clean([Offer(9, {name: (cell,) for name, cell in {"title": "Mug", **values}.items()})])
    assert cleaned.product is None
    assert [(refusal.line, refusal.column) for refusal in cleaned.refusals] == [(9, column)]
    assert all(refusal.reason and refusal.remedy and len(refusal.value) <= 200 for refusal in cleaned.refusals)


@pytest.mark.parametrize(
    "piece", ["<a ", "<!--", "<a b='", "&#9", "<script", ",", "(", ", (", " ", "> ", "\n", "a,b & ", "1,"]
)
def test_a_cell_of_half_written_marks_costs_no_more_than_its_length(piece: str) -> None:
    hostile = piece * (60_000 // len(piece))
    for field in ("title", "description", "categories", "tags", "image", "price", "rating", "gtin", "attribute:a"):
        clean([Offer(2, {"title": ("Mug",), field: (hostile,)})])
    clean_record({"title": hostile, "categories": hostile, "price": hostile, "image": hostile})


def test_an_entity_of_too_many_digits_stays_as_it_is() -> None:
    cell = "&#" + "9" * 5_000 + ";"
    assert only(clean([offer(title="Mug", description=cell, categories="A &#38; B")])).description == cell


def test_a_long_description_stays_whole() -> None:
    assert len(only(clean([offer(title="Mug", description="x" * 100_000)])).description) == 100_000


def test_a_bad_variant_is_refused_alone() -> None:
    rows = [
        offer(2, group="shirt", title="Shirt", price="10", option__Size="S", sku="a"),
        offer(3, group="shirt", price="-1", option__Size="M", sku="b"),
        offer(4, group="shirt", price="12", option__Size="L", sku="c"),
    ]
    cleaned = clean(rows)
    assert [refusal.line for refusal in cleaned.refusals] == [3]
    assert cleaned.product is not None
    assert [variant.id for variant in cleaned.product.variants] == ["a", "c"]


def test_the_title_of_a_refused_row_serves_its_variants() -> None:
    rows = [offer(2, group="s", title="Shirt", price="NaN", sku="a"), offer(3, group="s", price="9", sku="b")]
    cleaned = clean(rows)
    assert cleaned.product is not None
    assert (cleaned.product.title, len(cleaned.refusals)) == ("Shirt", 1)


def test_what_differs_between_rows_makes_options_and_the_rest_attributes() -> None:
    rows = [
        offer(
            2, group="shirt", title="Shirt", price="12", option__Colour="Red", option__Size="S", sku="a", inventory="3"
        ),
        offer(3, group="shirt", price="9", option__Colour="Red", option__Size="M", sku="b", inventory="0"),
        offer(4, group="shirt", image="https://shop.example/back.jpg"),
    ]
    product = only(clean(rows, default_currency="USD"))
    assert product.id == "shirt"
    assert product.options == {"size": ("S", "M")}
    assert product.attributes == {"color": ("Red",)}
    assert [variant.options for variant in product.variants] == [{"size": "S"}, {"size": "M"}]
    assert (product.price, product.inventory, product.availability) == (Money(900, "USD"), 3, "in_stock")
    assert [item.source for item in product.media] == ["https://shop.example/back.jpg"]


def test_a_parent_row_is_the_product_and_no_variant() -> None:
    rows = [
        offer(2, id="12", sku="SHIRT", title="Shirt", description="Soft"),
        offer(3, group="SHIRT", id="13", sku="SHIRT-S", price="9", option__Size="S"),
        offer(4, group="SHIRT", id="14", sku="SHIRT-M", price="9", option__Size="M"),
    ]
    product = only(clean(rows))
    assert (product.id, [variant.id for variant in product.variants]) == ("12", ["13", "14"])


def test_variants_packed_into_one_row_belong_to_its_product() -> None:
    rows = [
        offer(5, group="shirt", id="shirt", title="Shirt", price="9"),
        offer(5, group="shirt", id="s", price="9", option__Size="S"),
    ]
    product = only(clean(rows))
    assert (product.id, [variant.id for variant in product.variants]) == ("shirt", ["s"])
    assert product.options == {"size": ("S",)}


def test_a_row_of_the_group_without_options_is_the_product() -> None:
    rows = [
        offer(2, group="g", id="g", title="Tee", price="5", sku="tee", inventory="9"),
        offer(3, group="g", id="a", price="5", size="S", sku="tee-s", inventory="3"),
    ]
    product = only(clean(rows))
    assert (product.id, product.codes, product.inventory) == ("g", {"sku": ("tee",)}, 9)
    assert [variant.codes for variant in product.variants] == [{"sku": "tee-s"}]


def test_the_first_variant_may_give_its_id_to_the_group() -> None:
    rows = [
        offer(2, group="1", id="1", title="Tee", price="5", size="S"),
        offer(3, group="1", id="2", price="5", size="M"),
    ]
    product = only(clean(rows))
    assert product.id == "1"
    assert [variant.options for variant in product.variants] == [{"size": "S"}, {"size": "M"}]
    assert len({variant.id for variant in product.variants}) == 2


def test_an_id_that_comes_twice_in_a_group_is_refused_with_the_first_line() -> None:
    rows = [offer(2, group="g", id="a", title="Tee", size="S"), offer(8, group="g", id="a", size="M")]
    assert [(refusal.line, refusal.reason) for refusal in clean(rows).refusals] == [
        (8, "the id came before, on line 2")
    ]


@pytest.mark.parametrize(
    ("values", "group", "expected"),
    [
        ({"id": "7", "sku": "s"}, "", "7"),
        ({"sku": "s"}, "handle", "handle"),
        ({"sku": "s"}, "", "s"),
        ({"sku": "s"}, "line 2", "s"),
    ],
)
def test_the_id_is_the_best_name_there_is(values: dict[str, str], group: str, expected: str) -> None:
    row = Offer(2, {"title": ("Mug",), **{name: (cell,) for name, cell in values.items()}}, group=group)
    assert only(clean([row])).id == expected


def test_a_product_without_any_name_gets_the_same_id_every_time() -> None:
    first, again = (only(clean([offer(line, title="Mug", url="https://shop.example/m")])).id for line in (2, 99))
    assert first == again
    assert first != only(clean([offer(title="Mug", url="https://shop.example/n")])).id


def test_hidden_products_are_kept_and_marked() -> None:
    assert not is_visible(only(clean([offer(title="Mug", visible=("true", "draft"))])))
    assert is_visible(only(clean([offer(title="Mug", visible=("true", "active"))])))


def test_unknown_columns_stay_in_metadata_and_unknown_words_too() -> None:
    product = only(clean([offer(title="Mug", availability="ask us", metadata={"Shelf": "B7", "Empty": ""})]))
    assert product.metadata == {"Shelf": "B7", "availability": "ask us"}
    assert product.availability == "unknown"


def test_stock_tells_availability_where_nothing_else_does() -> None:
    assert only(clean([offer(title="Mug", inventory="3")])).availability == "in_stock"
    assert only(clean([offer(title="Mug", inventory="-3")])).availability == "out_of_stock"
    assert only(clean([offer(title="Mug", inventory="3", availability="sold out")])).availability == "out_of_stock"


@pytest.mark.parametrize(
    ("price", "list_price", "expected"), [("5", "9", (500, 900)), ("5", "0", (500, None)), ("", "9", (900, None))]
)
def test_a_list_price_stands_only_above_the_price(
    price: str, list_price: str, expected: tuple[int, int | None]
) -> None:
    product = only(clean([offer(title="Mug", price=price, list_price=list_price)]))
    assert (product.price and product.price.amount, product.list_price and product.list_price.amount) == expected


def test_pictures_of_one_cell_are_parted_and_clips_are_told_apart() -> None:
    cells = ("https://a.example/1.jpg?x=1,2,https://a.example/2.mp4", "//a.example/3.png")
    assert only(clean([offer(title="Mug", image=cells, image_alt=("front",))])).media == (
        Media("image", "https://a.example/1.jpg?x=1,2", alt="front"),
        Media("video", "https://a.example/2.mp4"),
        Media("image", "https://a.example/3.png"),
    )


@pytest.mark.parametrize(
    ("title", "language"),
    [("Kettle", "en"), ("红色连衣裙", "zh"), ("无印良品 MUJI 化妆水", "zh"), ("iPhone 15 Pro Max 256GB 红", "en")],
)
def test_the_language_is_that_of_most_of_the_text(title: str, language: str) -> None:
    assert only(clean([offer(title=title)])).language == language


def test_a_named_language_wins_as_its_primary_tag() -> None:
    assert only(clean([offer(title="Kettle", language="zh_CN")])).language == "zh"


def test_a_product_as_json_is_taken_back_unchanged() -> None:
    record = json.loads(json.dumps(product_as_json(KETTLE)))
    assert only(clean_record(record)) == KETTLE


def test_cleaning_twice_changes_nothing() -> None:
    rows = [offer(group="g", title="Tee &lt;b&gt;", price="5", size="S"), offer(3, group="g", price="6", size="M, L")]
    product = only(clean(rows))
    assert only(clean_record(product_as_json(product))) == product


def test_a_looser_record_is_read_by_the_same_rules() -> None:
    record = {
        "id": 7,
        "title": "Mug",
        "price": 4.5,
        "currency": "EUR",
        "image": "mug.jpg",
        "color": "red",
        "shelf": {"row": 2},
    }
    product = only(clean_record(record))
    assert (product.id, product.price) == ("7", Money(450, "EUR"))
    assert product.media == (Media("image", "mug.jpg"),)
    assert product.attributes == {"color": ("red",)}
    assert product.metadata == {"shelf": '{"row": 2}'}


@pytest.mark.parametrize(
    ("record", "column"),
    [
        ({}, "title"),
        ({"title": ["Mug"]}, "title"),
        ({"title": True}, "title"),
        ({"title": "Mug", "price": {"amount": 1.5, "currency": "USD"}}, "price"),
        ({"title": "Mug", "price": {"amount": -1, "currency": "USD"}}, "price"),
        ({"title": "Mug", "price": float("nan")}, "price"),
        ({"title": "Mug", "rating": {"mean": 9, "count": 3}}, "rating"),
        ({"title": "Mug", "availability": "perhaps"}, "availability"),
        ({"title": "Mug", "attributes": ["red"]}, "attributes"),
        ({"title": "Mug", "media": [{"kind": "hologram", "source": "a"}]}, "media"),
        ({"title": "Mug", "variants": [{"id": "a"}, {"id": "a"}]}, "variants"),
    ],
)
def test_a_bad_record_is_refused_by_name(record: dict[str, Any], column: str) -> None:
    cleaned = clean_record(record, line=4)
    assert cleaned.product is None
    assert [(refusal.line, refusal.column) for refusal in cleaned.refusals] == [(4, column)]


def test_a_hidden_product_stays_hidden_through_json() -> None:
    hidden = replace(KETTLE, metadata={"visibility": "hidden"})
    assert not is_visible(only(clean_record(product_as_json(hidden))))
