"""The real files are taken without a flag, every row counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonggan.errors import InputError
from tonggan.feed import open_feed
from tonggan.feed.columns import parse_target
from tonggan.feed.grouping import grouped
from tonggan.records import Offer, Refusal

pytestmark = pytest.mark.shared_data

NEEDED = {"id", "title"}


@pytest.mark.parametrize(
    ("name", "rows", "fields"),
    [
        ("icecat/products.jsonl.gz", 19_406, "brand price currency mpn gtin description categories image attributes"),
        ("homedepot/products.csv.gz", 54_667, ""),
        (
            "flipkart/products.csv",
            1_050,
            "brand price list_price currency categories description attributes rating image",
        ),
        ("luma/products.jsonl", 2_046, "sku group price currency categories description attributes image"),
        ("zh/taobao_titles.jsonl.gz", 4_393, ""),
        ("zh/litemall_goods.jsonl", 239, "brand categories price currency description attributes image"),
        ("zh/newbee_goods.jsonl", 575, "categories price currency description"),
        ("shops/adventureworks", 504, "sku color size list_price categories description image"),
        ("shops/aws_retail_demo/products.jsonl", 158, "categories description price image"),
        ("shops/contoso_traders", 50, "brand categories description price image"),
        ("shops/dotnet_eshop", 101, "brand categories description price image"),
        ("shops/saleor", 67, "categories description price image"),
        ("shops/sap_espm", 106, "categories description price image"),
        ("shops/tailwind_traders", 71, "brand categories description price image"),
    ],
)
def test_a_real_feed_is_read_whole_with_its_fields(shared_data: Path, name: str, rows: int, fields: str) -> None:
    feed = open_feed(shared_data / name)
    found = list(feed.offers())
    assert [row for row in found if isinstance(row, Refusal)] == []
    assert len(found) == rows
    mapped = {field for target in feed.mapping.columns.values() for field in parse_target(target)}
    assert {*fields.split(), *NEEDED} <= mapped
    assert all(isinstance(row, Offer) and row.values.keys() & {"title", "image"} for row in found)


def test_variants_of_a_real_feed_meet_their_products(shared_data: Path) -> None:
    groups = [group for group in grouped(open_feed(shared_data / "luma/products.jsonl")) if isinstance(group, list)]
    assert (len(groups), sum(map(len, groups))) == (199, 2_046)
    assert sum(len(group) > 1 for group in groups) == 147
    assert all("option:size" in offer.values for group in groups if len(group) > 5 for offer in group[1:])


def test_a_folder_with_two_feeds_asks_which(shared_data: Path) -> None:
    with pytest.raises(InputError, match=r"products\.jsonl, products_text_only\.jsonl"):
        open_feed(shared_data / "shops/aws_retail_demo")


def test_a_folder_of_real_pictures_is_a_feed(shared_data: Path) -> None:
    assert len(list(open_feed(shared_data / "clothing/images").offers())) == 2_000
