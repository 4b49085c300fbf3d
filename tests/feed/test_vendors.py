"""Every source of the table is recognised by its header and read without a flag."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from feed.feed_samples import offers_of, read, save
from tonggan.errors import InputError
from tonggan.feed import open_feed
from tonggan.feed.columns import parse_target
from tonggan.feed.grouping import grouped
from tonggan.feed.vendors import find_vendor, load_vendors
from tonggan.records import Offer


def groups_of(path: Path) -> list[list[Offer]]:
    return [group for group in grouped(open_feed(path)) if isinstance(group, list)]


@pytest.mark.parametrize(
    ("text", "name", "vendor", "format"),
    [
        (read("shopify.csv"), "a.csv", "shopify", "delimited"),
        (read("shopify_legacy.csv"), "a.csv", "shopify_legacy", "delimited"),
        (read("google.tsv"), "a.tsv", "google", "delimited"),
        (read("google_rss.xml"), "a.xml", "google", "xml"),
        (read("google_atom.xml"), "a.xml", "google", "xml"),
        (read("openai.csv"), "a.csv", "openai", "delimited"),
        (read("openai_older.csv"), "a.csv", "openai", "delimited"),
        (read("woocommerce.csv"), "a.csv", "woocommerce", "delimited"),
        (read("woocommerce_german.csv"), "a.csv", "woocommerce", "delimited"),
        (read("woocommerce_french.csv"), "a.csv", "woocommerce", "delimited"),
        (read("woocommerce_spanish.csv"), "a.csv", "woocommerce", "delimited"),
        (read("woocommerce_chinese.csv"), "a.csv", "woocommerce", "delimited"),
        (read("magento.csv"), "a.csv", "magento", "delimited"),
        (read("taobao.csv"), "a.csv", "taobao", "delimited"),
        (read("json_ld.json"), "a.json", "json_ld", "json"),
        (read("ucp.json"), "a.json", "ucp", "json"),
        (read("acp.json"), "a.json", "acp", "json"),
        ("title,price\nA,1\n", "a.csv", "any", "delimited"),
    ],
)
def test_a_vendor_is_recognised_by_its_header(tmp_path: Path, text: str, name: str, vendor: str, format: str) -> None:
    feed = open_feed(save(tmp_path, name, text))
    assert (feed.vendor, feed.format) == (vendor, format)
    assert len(list(feed.offers())) == len(list(feed.offers())) > 0


def test_every_vendor_file_names_only_fields_that_exist() -> None:
    for vendor in load_vendors().values():
        assert all(parse_target(target) for target in vendor.columns.values())
        assert vendor.detect or vendor.name == "any"


def test_an_unknown_vendor_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match="Did you mean 'shopify'"):
        find_vendor("shopfy")


@pytest.mark.parametrize("text", [read("shopify.csv"), read("shopify_legacy.csv")])
def test_rows_without_a_title_are_variants_or_pictures_of_the_product_above(tmp_path: Path, text: str) -> None:
    first, second = groups_of(save(tmp_path, "a.csv", text))
    assert len(first) == 3
    assert len(second) == 1
    assert {offer.group for offer in first} == {first[0].group}
    assert [offer.values.get("title") for offer in first[1:]] == [None, None]
    picture = first[2].values
    assert set(picture) <= {"image", "image_alt"}


def test_an_option_name_on_the_first_row_holds_for_the_product_and_no_longer(tmp_path: Path) -> None:
    lamp, vase = groups_of(save(tmp_path, "a.csv", read("shopify_legacy.csv")))
    assert [offer.values.get("option:Color") for offer in lamp[:2]] == [("Red",), ("Blue",)]
    assert not any(name.startswith("option:") for name in vase[0].values)


def test_published_and_status_both_decide_visibility(tmp_path: Path) -> None:
    offers = offers_of(save(tmp_path, "a.csv", read("shopify_legacy.csv")))
    assert offers[0].values["visible"] == ("TRUE", "active")
    assert offers[-1].values["visible"] == ("FALSE", "draft")


def test_the_sale_price_is_the_price_and_the_usual_price_the_list_price(tmp_path: Path) -> None:
    tee, cap, _ = offers_of(save(tmp_path, "a.tsv", read("google.tsv")))
    assert (tee.values["price"], tee.values["list_price"]) == (("12.00 USD",), ("15.00 USD",))
    assert cap.values["price"] == ("8.00 USD",)
    assert "list_price" not in cap.values


def test_rows_of_one_item_group_meet_in_the_order_of_first_appearance(tmp_path: Path) -> None:
    groups = groups_of(save(tmp_path, "a.tsv", read("google.tsv")))
    assert [[offer.values["id"][0] for offer in group] for group in groups] == [["A1", "A2"], ["B1"]]


def test_rss_keeps_details_as_attributes_and_nested_elements_as_metadata(tmp_path: Path) -> None:
    (offer,) = offers_of(save(tmp_path, "a.xml", read("google_rss.xml")))
    assert offer.line == 3
    assert offer.values["title"] == ("Tee & more",)
    assert offer.values["url"] == ("https://s.example/a1",)
    assert offer.values["attribute:Origin"] == ("Peru",)
    assert offer.values["attribute:Cut"] == ("Slim",)
    assert offer.values["price"] == ("15.00 USD",)
    assert offer.metadata["shipping.price"] == "3.00 USD"
    assert offer.group == "TEE"


def test_atom_links_are_read_from_their_attribute(tmp_path: Path) -> None:
    (offer,) = offers_of(save(tmp_path, "a.xml", read("google_atom.xml")))
    assert offer.values["url"] == ("https://s.example/b1",)
    assert offer.values["title"] == ("Cap",)


@pytest.mark.parametrize(("text", "visible"), [(read("openai.csv"), "true"), (read("openai_older.csv"), "false")])
def test_the_openai_feed_is_read_in_current_and_older_names(tmp_path: Path, text: str, visible: str) -> None:
    packed = tmp_path / "feed.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    (offer,) = offers_of(packed)
    assert offer.values["id"] == ("O1",)
    assert offer.values["image"] == ("https://s.example/o1.jpg",)
    assert offer.values["url"] == ("https://s.example/o1",)
    assert offer.values["visible"] == (visible,)


def test_the_openai_feed_is_read_as_tsv_and_json_lines_too(tmp_path: Path) -> None:
    tsv = offers_of(save(tmp_path, "a.tsv", read("openai.csv").replace(",", "\t")))
    line = '{"item_id":"O1","title":"Pan","image_url":"https://s.example/o1.jpg","price":"30.00 USD",'
    line += '"is_eligible_search":true}'
    jsonl = offers_of(save(tmp_path, "a.jsonl", line))
    assert tsv[0].values["price"] == jsonl[0].values["price"] == ("30.00 USD",)
    assert jsonl[0].values["visible"] == ("true",)


def test_woocommerce_variations_find_their_parent_by_stock_number_or_id(tmp_path: Path) -> None:
    groups = groups_of(save(tmp_path, "a.csv", read("woocommerce.csv")))
    assert [[offer.values["id"][0] for offer in group] for group in groups] == [["10", "11", "13"], ["12"]]
    hoodie, small, medium = groups[0]
    assert {hoodie.group, small.group, medium.group} == {"10"}
    assert small.values["option:Size"] == ("S",)
    assert hoodie.values["attribute:Size"] == ("S", "M")
    assert groups[1][0].values["attribute:Material"] == ("Clay",)
    assert (small.values["price"], small.values["list_price"]) == (("35",), ("45",))


def test_woocommerce_cells_with_several_pictures_and_tags_are_split(tmp_path: Path) -> None:
    hoodie = offers_of(save(tmp_path, "a.csv", read("woocommerce.csv")))[0]
    assert hoodie.values["image"] == ("https://s.example/h1.jpg", "https://s.example/h2.jpg")
    assert hoodie.values["tags"] == ("warm", "soft")
    assert hoodie.values["categories"] == ("Clothing > Hoodies, Sale",)
    assert hoodie.values["availability"] == ("in_stock",)


def test_a_decimal_comma_becomes_a_point(tmp_path: Path) -> None:
    (offer,) = offers_of(save(tmp_path, "a.csv", read("woocommerce_german.csv")))
    assert (offer.values["price"], offer.values["list_price"]) == (("1299.50",), ("1500.00",))
    assert offer.values["sku"] == ("TASSE",)
    assert offer.values["attribute:Farbe"] == ("Rot",)


@pytest.mark.parametrize(
    ("text", "title", "price", "attribute"),
    [
        (read("woocommerce_french.csv"), "Tasse", "12.50", "attribute:Couleur"),
        (read("woocommerce_spanish.csv"), "Taza", "12.50", "attribute:Color"),
        (read("woocommerce_chinese.csv"), "茶杯", "9", "attribute:颜色"),
    ],
)
def test_woocommerce_headers_are_known_in_translation(
    tmp_path: Path, text: str, title: str, price: str, attribute: str
) -> None:
    (offer,) = offers_of(save(tmp_path, "a.csv", text))
    assert offer.values["title"] == (title,)
    assert offer.values["price"] == (price,)
    assert attribute in offer.values
    assert offer.values["image"] == ("https://s.example/t.jpg",)


def test_magento_variants_before_and_after_their_product_meet_it(tmp_path: Path) -> None:
    jacket, pump = groups_of(save(tmp_path, "a.csv", read("magento.csv")))
    assert [offer.values["sku"][0] for offer in jacket] == ["J", "J-S", "J-M"]
    assert [offer.group for offer in jacket] == ["J", "J", "J"]
    assert jacket[1].values["option:size"] == ("S",)
    assert jacket[2].values["option:color"] == ("Black",)
    assert "attribute:color" not in jacket[2].values
    assert jacket[0].values["categories"] == ("Default Category > Men > Jackets", "Default Category > New")
    assert pump[0].values["image"] == ("/p.jpg", "/p1.jpg", "/p2.jpg")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "gbk", "utf-8-sig"])
def test_the_taobao_assistant_is_read_in_its_encodings(tmp_path: Path, encoding: str) -> None:
    dress, towel = groups_of(save(tmp_path, "a.csv", read("taobao.csv"), encoding=encoding))
    assert dress[0].values["title"] == ('真丝"连衣裙"',)
    assert dress[0].values["image"] == ("http://s.example/a.jpg", "http://s.example/b.jpg")
    assert [offer.values.get("price") for offer in dress] == [("269",), ("269",), ("299",)]
    assert dress[1].values["option:颜色"] == ("雾白",)
    assert dress[1].values["sku"] == ("LYQ-W",)
    assert dress[2].values["option:颜色"] == ("28324",)
    assert towel[0].values["visible"] == ("no",)


def test_json_ld_groups_unfold_into_a_product_and_its_variants(tmp_path: Path) -> None:
    coat, scarf = groups_of(save(tmp_path, "a.json", read("json_ld.json")))
    assert [offer.group for offer in coat] == ["COAT"] * 3
    assert coat[0].values["brand"] == ("Nord",)
    assert coat[0].values["rating"] == ("4.5",)
    assert coat[1].values["size"] == ("S",)
    assert coat[1].values["price"] == ("89.90",)
    assert coat[1].values["gtin"] == ("444",)
    assert scarf[0].values["attribute:Wool"] == ("80 %",)
    assert scarf[0].values["image"] == ("https://s.example/scarf.jpg",)


def test_ucp_money_in_minor_units_is_written_out(tmp_path: Path) -> None:
    ((shoe, variant),) = groups_of(save(tmp_path, "a.json", read("ucp.json")))
    assert shoe.values["price"] == variant.values["price"] == ("59.99",)
    assert variant.values["currency"] == ("USD",)
    assert variant.values["option:Size"] == ("41",)
    assert shoe.values["image_alt"] == ("A shoe",)
    assert shoe.values["categories"] == ("Shoes",)
    assert shoe.values["rating_count"] == ("9",)


def test_acp_yen_have_no_minor_unit(tmp_path: Path) -> None:
    ((_, variant),) = groups_of(save(tmp_path, "a.json", read("acp.json")))
    assert variant.values["price"] == ("4900",)
    assert variant.values["option:Color"] == ("Red",)
    assert variant.values["gtin"] == ("555",)
