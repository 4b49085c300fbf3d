"""What understanding does to whole answers: browsing, counts, pages, pictures, undoing, rules, and any text at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tonggan import Shop
from tonggan.records import Answer
from tonggan.shop.rule_book import RuleDesk, desk_of
from understand.case_shop import case_records

HOSTILE = (
    *(
        "a" * 10_000,
        "红" * 10_000,
        "red dress " * 1_000,
        "under $50 " * 1_000,
        '"' * 10_000,
        "不要" * 5_000,
        "[" * 9_999,
    ),
    *("\0", "\x01\x02\x1b[31m", "\u202e\u2066", "\u200b" * 500, "\ud800", "a\udfffb", "\ufeff", "\U000e0041"),
    *('"', "'", "“", "「", "(", "`", "\\", "%s %d {}", "'; DROP TABLE products; --", "<script>", "${jndi:x}"),
    *("under 1e400", "over $1e400", "under $NaN", "price inf", "under $-5", "1e-400", "$" + "9" * 400, "0x10", "½ off"),
    *("over $100 under $50", "4 stars 2 stars", "not red red dress", "without without", "under", "不要", "以下"),
)


def ids(answer: Answer) -> list[str]:
    return [hit.product.id for hit in answer.hits]


def cents(answer: Answer) -> list[int]:
    return [hit.product.price.amount for hit in answer.hits if hit.product.price]


def test_words_that_all_became_a_filter_browse_within_it_in_browsing_order(case_shop: Shop) -> None:
    said = case_shop.search("under $50", per_page=100)
    chosen = case_shop.search(filter_by="price:<50 && currency:=USD", per_page=100)
    assert (said.found, ids(said)) == (chosen.found, ids(chosen))
    assert said.found > 40


def test_wishes_alone_order_what_is_browsed(case_shop: Shop) -> None:
    answer = case_shop.search("cheap under $50", per_page=100)
    assert cents(answer) == sorted(cents(answer))
    assert ids(case_shop.search("好评"))[0] == "pb2"  # The most ratings of those with 4.8 stars.


def test_what_was_loosened_leads_what_is_browsed(case_shop: Shop) -> None:
    answer = case_shop.search("over $1000")
    assert answer.relaxed == ("price:>1000",)
    assert set(ids(answer)[:2]) == {"lt2", "sf1"}


def test_a_caller_may_sort_what_is_browsed(case_shop: Shop) -> None:
    answer = case_shop.search("cheap", sort_by="price:desc", per_page=5)
    assert answer.hits[0].product.id == "ph2"


def test_a_picture_beside_words_that_all_became_filters_is_searched_within_them(case_shop: Shop) -> None:
    picture = np.full((32, 32, 3), 200, np.uint8)
    answer = case_shop.search("under $50", image=picture)
    assert answer.understood is not None
    assert answer.understood.words == ""
    assert all(hit.product.price and hit.product.price.amount < 5_000 for hit in answer.hits)


def test_counts_agree_with_what_is_shown_when_a_choice_was_understood(case_shop: Shop) -> None:
    answer = case_shop.search("dress under $100", facet_by="color,brand")
    assert answer.relaxed == ()
    for field, counts in answer.facets.items():
        assert counts
        for value, count in counts.items():
            chosen = case_shop.search("dress under $100", filter_by=f"{field}:=`{value}`", undo=())
            kept = [hit for hit in chosen.hits if hit.product.price and hit.product.price.amount < 10_000]
            assert len([hit for hit in kept if hit.product.price and hit.product.price.currency == "USD"]) == count


def test_the_prices_of_a_facet_are_those_without_the_price_that_was_understood(case_shop: Shop) -> None:
    within = case_shop.search("dress under $100", facet_by="price", per_page=100)
    apart = case_shop.search("dress", filter_by="currency:=USD", facet_by="price", per_page=100)
    assert within.facet_stats["price"] == apart.facet_stats["price"]
    assert within.found < apart.found


@pytest.mark.parametrize("query", ["headphones under $5", "under $1", "dress under $100"])
def test_pages_of_loosened_answers_have_no_gap_and_no_double(case_shop: Shop, query: str) -> None:
    whole = case_shop.search(query, per_page=100)
    pages = [case_shop.search(query, per_page=4, page=page) for page in range(1, whole.found // 4 + 2)]
    shown = [product_id for page in pages for product_id in ids(page)][:100]
    assert shown == ids(whole)
    assert {(page.found, page.relaxed) for page in pages} == {(whole.found, whole.relaxed)}


def test_an_undone_choice_leaves_nothing_out(case_shop: Shop) -> None:
    query = "dress under $40"
    free = case_shop.search(query, undo="price", per_page=100)
    assert free.understood is not None
    assert free.understood.interpretations == ()
    assert max(cents(free)) > 4_000


def test_a_filter_that_was_set_is_never_loosened(case_shop: Shop) -> None:
    answer = case_shop.search("over $50", filter_by="price:<5")
    assert all(amount < 500 for amount in cents(answer))


def test_contradictory_words_are_loosened_and_said(case_shop: Shop) -> None:
    answer = case_shop.search("keyboard over $100 under $50")
    assert set(answer.relaxed) <= {"price:>100", "price:<50"}
    assert answer.relaxed
    assert set(ids(answer)) >= {"kb4"}


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: ascii(query[:10]))
def test_hostile_texts_have_an_answer(case_shop: Shop, query: str) -> None:
    answer = case_shop.search(query)
    assert answer.found >= len(answer.hits)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=80), undo=st.sampled_from(["", "all", "price", "spelling"]))
def test_any_text_has_an_answer(case_shop: Shop, query: str, undo: str) -> None:
    answer = case_shop.search(query, undo=undo, per_page=3)
    assert answer.found >= len(answer.hits)
    assert answer.understood is not None or not query.strip().replace("\0", " ").strip()


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[Shop]:
    with Shop.open(tmp_path / "shop", pack="catalogue") as shop:
        shop.put([record for record in case_records() if "Dresses" in record["categories"][0]])
        yield shop


def publish(shop: Shop, kind: str, *documents: dict[str, Any]) -> None:
    desk: RuleDesk = desk_of(shop, kind)
    desk.save(list(documents))
    desk.publish(is_forced=True, note="for the test")


def test_a_rule_replaces_words_that_are_then_understood(ruled: Shop) -> None:
    publish(
        ruled,
        "rules",
        {
            "id": "a",
            "condition": {"query": "gala", "match": "exact"},
            "actions": {"replace_query": "evening dress under $200"},
        },
    )
    answer = ruled.search("gala")
    assert answer.understood is not None
    assert [each.key for each in answer.understood.interpretations] == ["price:<200"]
    assert answer.hits[0].product.id == "dr8"


def test_a_rules_filter_on_a_field_that_is_gone_filters_nothing(ruled: Shop) -> None:
    publish(ruled, "rules", {"id": "a", "actions": {"filter_by": "fabric:=Silk"}})
    assert ruled.search("dress").found == ruled.search("dress", rules="none").found > 0


def test_a_rules_filter_stays_where_what_was_understood_is_loosened(ruled: Shop) -> None:
    publish(ruled, "rules", {"id": "a", "actions": {"filter_by": "brand:=Kite && currency:=USD"}})
    answer = ruled.search("dress under $5")
    assert answer.relaxed == ("price:<5",)
    assert {hit.product.brand for hit in answer.hits} == {"Kite"}


def test_synonyms_are_searched_for_and_can_be_undone(ruled: Shop) -> None:
    publish(ruled, "synonyms", {"id": "s", "synonyms": ["frock", "dress"]})
    assert "dr1" in ids(ruled.search("frock"))
    undone = ruled.search("frock", undo="synonym").understood
    assert undone is not None
    assert all(each.weight < 1 and each.text != "frock" for each in undone.expansions)
