"""A whole shop whose system of record is PostgreSQL."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from catalogue import postgres_server
from tonggan import Shop
from tonggan.catalogue.wire import product_as_json


def test_a_shop_on_postgresql_does_what_one_on_sqlite_does(
    postgres: str, tmp_path: Path, toy_feed: Path, toy_shop: Shop
) -> None:
    url = postgres_server.new_database(postgres, "whole_shop")
    with Shop.open(tmp_path / "shop", store=url, pack="catalogue") as shop:
        assert shop.ingest(toy_feed).accepted == 12
        assert shop.ingest(toy_feed).unchanged == 12
        questions: list[dict[str, Any]] = [{}, {"words": "蓝色连衣裙"}, {"words": "red"}, {"filter_by": "price:<60"}]
        for question in questions:
            mine, other = shop.search(**question), toy_shop.search(**question)
            assert [hit.product.id for hit in mine.hits] == [hit.product.id for hit in other.hits]
        picture = toy_feed.parent / "mug-blue.png"
        assert shop.search(image=picture).hits[0].product.id == "mug-blue"
        assert shop.put([product_as_json(shop.get("mug-blue"))]).unchanged == 1
        assert shop.delete(["mug-red"]) == ("mug-red",)
    assert not list((tmp_path / "shop").glob("*.db"))
    shutil.rmtree(tmp_path / "shop" / "index")
    with Shop.open(tmp_path / "shop", store=url) as shop:
        assert shop.search().found == shop.health()["products"] == 11
        assert shop.search("red mug").hits[0].product.id != "mug-red"
