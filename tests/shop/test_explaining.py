"""Why a product is where it is, and why it is not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from tonggan import Shop
from tonggan.answer.explanation import Explanation, explanation_as_json
from tonggan.errors import InputError, NotFoundError
from tonggan.index.scoring import inverse_document_frequency
from tonggan.rank.features import NAMES
from tonggan.rank.version import RankerVersion, use_version, write_version
from tonggan.shop.rule_book import desk_of
from toy_shop import toy_records


def kinds(explained: Explanation) -> list[str]:
    return [obstacle.kind for obstacle in explained.obstacles]


def test_a_result_has_its_place_page_and_exact_decomposition(toy_shop: Shop) -> None:
    answer = toy_shop.search("red dress", per_page=2)
    explained = toy_shop.explain("red dress", answer.hits[1].product.id, per_page=2)
    assert (explained.is_result, explained.place, explained.page, explained.found) == (True, 2, 1, answer.found)
    assert explained.score == pytest.approx(answer.hits[1].score)
    assert sum(part["contribution"] for part in explained.merge.values()) == pytest.approx(explained.merged, abs=1e-6)
    assert toy_shop.explain("red dress", answer.hits[1].product.id, per_page=1).page == 2


def test_every_result_is_explained_at_its_own_place(toy_shop: Shop) -> None:
    hits = toy_shop.search("mug", per_page=12).hits
    assert [toy_shop.explain("mug", hit.product.id).place for hit in hits] == list(range(1, len(hits) + 1))


def test_words_are_told_with_fields_and_rarity(toy_shop: Shop) -> None:
    red, dress = toy_shop.explain("red dress", "mug-red").words
    assert (red.word, red.is_matched, "title" in red.fields, red.products) == ("red", True, True, 3)
    assert (dress.word, dress.is_matched, dress.fields, dress.products) == ("dress", False, (), 4)
    assert dress.rarity == pytest.approx(inverse_document_frequency(4, 12))
    assert red.share + dress.share == pytest.approx(1.0)


def test_the_first_result_is_ahead_by_the_difference_of_contributions(toy_shop: Shop) -> None:
    first, second = (toy_shop.explain("red dress", product_id) for product_id in ("dress-red", "mug-red"))
    assert first.leader is None
    assert second.leader is not None
    assert second.leader.product_id == "dress-red"
    for gap in second.leader.gaps:
        ahead = first.merge[gap.name]["contribution"] - second.merge[gap.name]["contribution"]
        assert gap.difference == pytest.approx(ahead)


def test_an_unknown_product_is_not_found(toy_shop: Shop) -> None:
    with pytest.raises(NotFoundError, match="no-such"):
        toy_shop.explain("mug", "no-such")


def test_each_condition_of_a_filter_that_leaves_it_out_is_named_with_its_value(toy_shop: Shop) -> None:
    explained = toy_shop.explain("red dress", "dress-red", filter_by="price:>15 && brand:=Kite && rating:>4")
    assert [obstacle.reason for obstacle in explained.obstacles] == [
        "The filter price:>15 leaves it out: its price is 10.",
        "The filter brand:=Kite leaves it out: its brand is Lumo.",
    ]
    assert explained.obstacles[0].remedy == "Remove the filter price:>15."
    assert (explained.place, explained.score, explained.merge) == (0, 0.0, {})


def test_an_understood_filter_is_named_with_the_key_that_undoes_it(toy_shop: Shop) -> None:
    explained = toy_shop.explain("mug under $75", "mug-black")
    (obstacle,) = explained.obstacles
    assert (obstacle.kind, obstacle.details["value"]) == ("understood", "80")
    assert obstacle.remedy == f"Undo {obstacle.details['key']}."
    assert toy_shop.explain("mug under $75", "mug-black", undo=[obstacle.details["key"]]).is_result


def test_hidden_by_the_request_is_told_before_all_else(toy_shop: Shop) -> None:
    explained = toy_shop.explain("dress", "dress-red", hidden_hits="dress-red", filter_by="brand:=Kite")
    assert kinds(explained) == ["hidden", "filter"]
    assert kinds(toy_shop.explain("mug", "dress-red", hidden_hits="dress-red"))[0] == "hidden"


def test_too_little_in_common_is_told_with_numbers_and_words_to_add(toy_shop: Shop) -> None:
    explained = toy_shop.explain("red dress", "headphones-blue")
    covered, meant = explained.obstacles
    assert (covered.kind, covered.details["coverage"], covered.details["missing"]) == (
        "coverage",
        0.0,
        ["red", "dress"],
    )
    assert covered.remedy == "Add to its title: red."
    assert (meant.kind, meant.details["floor"]) == ("similarity", 0.35)
    assert meant.details["similarity"] < 0.35


def test_reasons_against_are_told_in_chinese_too(toy_shop: Shop) -> None:
    explained = toy_shop.explain("红色连衣裙", "dress-red", filter_by="brand:=Kite")
    assert explained.obstacles[0].reason == "筛选条件 brand:=Kite 将其排除：它的 brand 为 Lumo。"
    assert explained.obstacles[0].remedy == "去掉筛选条件 brand:=Kite。"


def test_a_product_behind_others_of_its_group_is_told(toy_shop: Shop) -> None:
    explained = toy_shop.explain("dress", "dress-red", group_by="category", group_limit=1)
    assert kinds(explained) == ["grouped"]


def test_without_a_picture_nothing_can_be_compared(tmp_path: Path) -> None:
    record = {"id": "plain", "title": "Gold lamp"}
    lines = [json.dumps(each, ensure_ascii=False) for each in [*toy_records(tmp_path), record]]
    (tmp_path / "feed.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with Shop.open(tmp_path / "shop", pack="catalogue") as shop:
        shop.ingest(tmp_path / "feed.jsonl")
        explained = shop.explain("", "plain", image=tmp_path / "mug-red.png")
        assert (kinds(explained), explained.obstacles[0].details["space"]) == (["no_vector"], "image")
        with pytest.raises(InputError, match="no picture"):
            shop.explain("", "plain", image=tmp_path / "mug-red.png", occlusion=True)


def test_a_product_that_the_shop_hides_is_told(shop: Shop) -> None:
    shop.ingest([{"id": "a", "title": "Mug", "visibility": "hidden"}, {"id": "b", "title": "Mug"}])
    assert kinds(shop.explain("mug", "a")) == ["unpublished"]


def test_a_rule_that_hides_filters_or_raises_is_named(shop: Shop) -> None:
    shop.ingest(toy_records())
    desk = desk_of(shop, "rules")
    desk.save(
        [
            {"id": "no-red", "name": "No red", "condition": {"query": "mug"}, "actions": {"hides": ["mug-red"]}},
            {"id": "lumo", "condition": {"query": "dress"}, "actions": {"filter_by": "brand:=Lumo"}},
        ]
    )
    desk.publish(note="test")
    hidden, filtered = shop.explain("mug", "mug-red"), shop.explain("dress", "dress-blue")
    assert (kinds(hidden), hidden.obstacles[0].details["rules"]) == (["hidden_by_rule"], "No red")
    assert (kinds(filtered), filtered.obstacles[0].details["condition"]) == (["rule_filter"], "brand:=Lumo")
    assert shop.explain("mug", "mug-red", rules="none").is_result


def test_the_contributions_of_a_ranker_add_up_to_its_score(shop: Shop) -> None:
    shop.ingest(toy_records())
    weights = {"merged": 2.0, "rating": 0.5, "price": -0.25}
    arrays = {
        "weights": np.array([weights.get(name, 0.0) for name in NAMES]),
        "means": np.full(len(NAMES), 0.1),
    }
    version = RankerVersion("v1", "linear", "2026-01-01T00:00:00Z", feature_names=NAMES)
    write_version(shop.rankers, version, {"weights.safetensors": save(arrays)})
    use_version(shop.rankers, "v1")
    explained = shop.explain("red dress", "mug-red")
    ranker = explained.ranker
    assert ranker is not None
    assert (ranker.version, ranker.kind, len(ranker.contributions)) == ("v1", "linear", len(NAMES))
    moved = {part.feature: part.contribution for part in ranker.contributions}
    assert sum(moved.values()) == pytest.approx(ranker.score - ranker.base, abs=1e-5)
    assert moved["merged"] == pytest.approx(2.0 * (explained.merged - 0.1), abs=1e-5)
    assert moved["rating"] == pytest.approx(0.5 * (4.8 - 0.1), abs=1e-5)
    assert explained.leader is not None
    assert explained.leader.gaps[0].name == "merged score"
    assert shop.explain("red dress", "mug-red", ranker="none").ranker is None
    assert explained.why[0] == shop.search("red dress", explain=True).hits[explained.place - 1].why[0]
    assert explained.why[0] in ranker.phrases


def test_a_map_of_the_shoppers_picture_is_made_on_demand(toy_shop: Shop, toy_feed: Path) -> None:
    image = toy_feed.parent / "mug-blue.png"
    assert toy_shop.explain("", "mug-blue", image=image).occlusion is None
    shown = explanation_as_json(toy_shop.explain("", "mug-blue", image=image, occlusion=True))
    assert (shown["occlusion"]["of"], len(shown["occlusion"]["grid"])) == ("query", 7)
    assert max(max(row) for row in shown["occlusion"]["grid"]) == 1.0
    assert shown["occlusion"]["grid"][0][0] == 0.0
    assert shown["heat"].startswith("data:image/png;base64,")
    json.dumps(shown, allow_nan=False)
