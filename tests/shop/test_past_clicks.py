"""What was clicked for a word tells which of its meanings shoppers have in mind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tonggan.rank.version import MERGE_ONLY, RankerVersion, use_version, write_version
from tonggan.shop import Shop

FRUIT = [f"fruit-{at}" for at in range(6)]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop in which an apple is a brand and a fruit."""
    with Shop.open(tmp_path / "shop") as opened:
        phones = [
            {
                "id": f"phone-{at}",
                "title": f"Smart phone {at}",
                "brand": "Apple",
                "category": "Phones",
                "price": "99 USD",
            }
            for at in range(6)
        ]
        fruit = [
            {"id": name, "title": f"Red apple {at}", "brand": "Farm", "category": "Fruit", "price": "1 USD"}
            for at, name in enumerate(FRUIT)
        ]
        opened.ingest([*phones, *fruit])
        yield opened


def remember(shop: Shop, clicks: object) -> None:
    kept = {"clicks.json": json.dumps(clicks).encode() if not isinstance(clicks, bytes) else clicks}
    write_version(shop.rankers, RankerVersion("clicked", MERGE_ONLY, "2026-01-01"), kept)
    use_version(shop.rankers, "clicked")


def share_of_fruit(shop: Shop, words: str) -> float:
    readings = shop.search(words).readings
    return sum(reading.share for reading in readings if set(reading.product_ids) & set(FRUIT))


def test_clicks_raise_the_meaning_that_shoppers_choose(shop: Shop) -> None:
    before = share_of_fruit(shop, "apple")
    assert 0 < before < 1
    remember(shop, {"apple": {FRUIT[0]: 1.0, "phone-0": -1.0}})
    after = share_of_fruit(shop, " APPLE ")
    assert after > before


def test_what_nearly_all_choose_is_what_was_meant(shop: Shop) -> None:
    remember(shop, {"apple": dict.fromkeys(FRUIT, 4.0) | {f"phone-{at}": -1.0 for at in range(6)}})
    assert shop.search("apple").readings == ()


def test_damaged_clicks_cost_the_version_and_not_the_answer(shop: Shop) -> None:
    before = [hit.product.id for hit in shop.search("apple").hits]
    remember(shop, b'{"apple": [1]}')
    answer = shop.search("apple")
    assert (answer.degraded, [hit.product.id for hit in answer.hits]) == (("ranker",), before)
