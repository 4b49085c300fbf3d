"""Columns are known by alias in both languages; what nobody knows is suggested, never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tonggan.errors import InputError
from tonggan.feed import FIELDS
from tonggan.feed.columns import SPECIAL, choose_fields, identity, parse_target, read_table, suggest

SPECIFIED = {
    "title": "标题|商品名称|宝贝名称|品名",
    "price": "价格|售价|现价",
    "list_price": "原价|划线价|retail_price",
    "brand": "品牌",
    "categories": "类目|分类|category_l1",
    "image": "主图|图片|商品图片|images|image_url|image_urls",
    "description": "详情|描述|short_description|brief|intro",
    "gtin": "条码|条形码",
    "inventory": "库存",
    "rating": "评分",
    "rating_count": "评价数",
    "url": "链接",
    "color": "颜色",
    "size": "尺码",
    "material": "材质",
    "id": "product_uid|商品编号",
    "attributes": "specs|规格参数",
}


USUAL = [(field, header) for field, names in SPECIFIED.items() for header in names.split("|")]


@pytest.mark.parametrize(("field", "header"), USUAL)
def test_a_usual_name_is_known(field: str, header: str) -> None:
    columns = [header, "id"] if field in ("gtin",) else [header]
    assert field in parse_target(choose_fields(columns)[header])


@pytest.mark.parametrize("header", ["Image URL", "image_url", "imageUrl", "ＩＭＡＧＥ－ＵＲＬ", " image.url "])
def test_headers_are_one_whatever_their_case_width_and_punctuation(header: str) -> None:
    assert identity(header) == "imageurl"


def test_what_stands_in_brackets_does_not_matter() -> None:
    assert choose_fields(["售价(元)", "Title [en]"]) == {"售价(元)": "price", "Title [en]": "title"}


def test_the_stock_number_is_the_id_only_where_there_is_no_other() -> None:
    assert choose_fields(["sku", "title"]) == {"sku": "id|sku", "title": "title"}
    assert choose_fields(["sku", "id"]) == {"sku": "sku", "id": "id"}


def test_of_two_columns_for_one_field_the_likelier_wins() -> None:
    assert choose_fields(["product_name", "title"]) == {"title": "title"}


def test_several_columns_feed_a_field_that_takes_several() -> None:
    assert choose_fields(["category", "category_l1"]) == {"category": "categories", "category_l1": "categories"}


def test_names_in_one_language_count_where_there_is_no_plain_name() -> None:
    assert choose_fields(["name_zh"]) == {"name_zh": "title"}
    assert choose_fields(["name", "name_zh"]) == {"name": "title"}


def test_a_misspelt_column_is_suggested_and_not_mapped() -> None:
    assert choose_fields(["prodct titel"]) == {}
    assert suggest("prodct titel", unfilled=FIELDS) == "title"
    assert suggest("prodct titel", unfilled=["price"]) == ""
    assert suggest("voltage", unfilled=FIELDS) == ""


def test_an_unknown_field_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'title'"):
        parse_target("titel")
    with pytest.raises(InputError, match="Unknown field 'skuu'"):
        parse_target("id|skuu")


def test_every_alias_names_a_field_and_none_names_two_first_fields() -> None:
    table = read_table("aliases.toml")
    assert set(table) <= {*FIELDS, *SPECIAL}
    seen: dict[str, str] = {}
    for field, entry in table.items():
        for name in entry["names"]:
            assert seen.setdefault(identity(name), field) == field, name


@given(some.text(max_size=30))
def test_any_header_has_an_identity_that_stays_itself(header: str) -> None:
    assert identity(identity(header)) == identity(header) or not any(mark.isalnum() for mark in header)
