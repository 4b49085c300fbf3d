"""Searching the toy shop: what is found, first, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tonggan import Shop
from tonggan.errors import InputError, NotFoundError, NotReadyError
from tonggan.records import Answer
from toy_shop import toy_records


def ids(answer: Answer) -> list[str]:
    return [hit.product.id for hit in answer.hits]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("red dress", "dress-red"),
        ("蓝色连衣裙", "dress-blue"),
        ("藍色連衣裙", "dress-blue"),
        ("绿色陶瓷马克杯", "mug-green"),
        ("wh1000xm3", "headphones-blue"),
        ("ＷＨ－１０００ＸＭ３", "headphones-blue"),
        ("SKU-005", "mug-blue"),
    ],
)
def test_words_find_their_product_first(toy_shop: Shop, words: str, first: str) -> None:
    assert ids(toy_shop.search(words))[0] == first


def test_a_picture_finds_its_own_product_first(toy_shop: Shop, toy_feed: Path) -> None:
    assert ids(toy_shop.search(image=toy_feed.parent / "mug-blue.png"))[0] == "mug-blue"


def test_a_picture_and_words_find_the_shape_of_one_in_the_colour_of_the_other(toy_shop: Shop, toy_feed: Path) -> None:
    assert ids(toy_shop.search("blue", image=toy_feed.parent / "mug-red.png"))[0] == "mug-blue"


def test_like_and_unlike_are_arithmetic_on_stored_vectors(toy_shop: Shop) -> None:
    found = ids(toy_shop.search(like="mug-red", unlike="mug-blue"))
    assert found[0] == "mug-red"
    assert found.index("dress-red") < found.index("mug-blue")


def test_stars_alone_order_by_closeness_and_certainty(toy_shop: Shop) -> None:
    found = ids(toy_shop.search(rating=4.8))
    assert {"dress-red", "mug-red", "headphones-red"} == set(found[:3])


def test_stars_beside_words_only_order(toy_shop: Shop) -> None:
    found = ids(toy_shop.search("mug", rating=4.8))
    assert set(found) == {"mug-red", "mug-blue", "mug-green", "mug-black"}
    assert found[0] == "mug-red"


def test_nothing_asked_browses_everything(toy_shop: Shop) -> None:
    answer = toy_shop.search()
    assert answer.found == 12
    assert ids(answer)[0].endswith("-red")


def test_unknown_words_find_nothing(toy_shop: Shop) -> None:
    assert toy_shop.search("zzzunknownzzz").found == 0


def test_joined_and_parted_spellings_meet(toy_shop: Shop) -> None:
    assert toy_shop.search("head phones").found == toy_shop.search("headphones").found == 4


def test_pages_cut_the_set_without_gap_or_double(toy_shop: Shop, toy_feed: Path) -> None:
    picture = {"image": toy_feed.parent / "mug-red.png"}
    questions: list[dict[str, Any]] = [{}, {"words": "red"}, picture, {"rating": 4.0}]
    for question in questions:
        whole = ids(toy_shop.search(**question, per_page=100))
        pages = [ids(toy_shop.search(**question, per_page=5, page=page)) for page in (1, 2, 3)]
        assert [product_id for page in pages for product_id in page] == whole
        assert len(set(whole)) == len(whole) == toy_shop.search(**question).found


def test_sort_orders_by_fields_and_leaves_the_set_alone(toy_shop: Shop) -> None:
    answer = toy_shop.search("dress", sort_by="price:desc")
    prices = [hit.product.price.amount for hit in answer.hits if hit.product.price]
    assert prices == sorted(prices, reverse=True)
    assert answer.found == toy_shop.search("dress").found


def test_pins_and_hidden_products(toy_shop: Shop) -> None:
    answer = toy_shop.search("dress", pinned_hits="mug-red:1", hidden_hits="dress-red")
    assert ids(answer)[0] == "mug-red"
    assert "dress-red" not in ids(answer)
    assert answer.found == len(ids(answer))


def test_grouping_shows_at_most_so_many_of_each_value(toy_shop: Shop) -> None:
    answer = toy_shop.search(group_by="color", group_limit=2, facet_by="brand")
    colours = [hit.product.attributes["color"][0] for hit in answer.hits]
    assert answer.found == 8
    assert all(colours.count(colour) == 2 for colour in colours)
    for brand, count in answer.facets["brand"].items():
        assert toy_shop.search(group_by="color", group_limit=2, filter_by=f"brand:={brand}").found == count


def test_explained_contributions_add_up_to_the_score(toy_shop: Shop) -> None:
    hit = toy_shop.search("red dress", explain=True).hits[0]
    assert sum(reason["contribution"] for reason in hit.reasons.values()) == pytest.approx(hit.score, abs=1e-5)


def test_matched_words_are_marked(toy_shop: Shop) -> None:
    hit = toy_shop.search("dresses").hits[0]
    assert "\ue000dress\ue001" in hit.highlight["title"]


def test_rrf_is_an_option(toy_shop: Shop) -> None:
    assert ids(toy_shop.search("red dress", merge="rrf"))[0] == "dress-red"


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ({"words": "x" * 100_001}, "100,001"),
        ({"page": 0}, "page 0"),
        ({"per_page": 2.5}, "per_page 2.5"),
        ({"pinned_hits": "mug-red:0"}, "mug-red:0"),
        ({"per_page": 251}, "per_page 251"),
        ({"rating": 7}, "rating 7"),
        ({"filter_by": "nosuch:=1"}, "nosuch"),
        ({"filter_by": "price:>abc"}, "abc"),
        ({"filter_by": "brand:=["}, "position"),
        ({"sort_by": "price:up"}, "up"),
        ({"facet_by": "nosuch"}, "nosuch"),
        ({"sort_by": "nosuch:asc"}, "nosuch"),
        ({"group_by": "nosuch"}, "nosuch"),
        ({"query_by": "nosuch", "words": "red"}, "nosuch"),
        ({"weights": {"smell": 1.0}}, "smell"),
        ({"weights": {"text": -1.0}}, "text:-1.0"),
        ({"merge": "sum"}, "sum"),
        ({"image": b"not a picture"}, "picture"),
        ({"image": "no/such/file.png"}, "no/such/file.png"),
        ({"image": "no\0such.png"}, "null byte"),
    ],
)
def test_bad_input_is_refused_with_its_name(toy_shop: Shop, question: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError) as caught:
        toy_shop.search(**question)
    assert named in str(caught.value)


def test_like_of_an_unknown_product_is_not_found(toy_shop: Shop) -> None:
    with pytest.raises(NotFoundError, match="no-such-id"):
        toy_shop.search(like="no-such-id")


def test_values_with_operators_and_quotes_are_only_values(toy_shop: Shop) -> None:
    for value in ("' OR 1=1 --", "a && b", "x:=y", "]", "\0", "%", "🙂"):
        assert toy_shop.search(filter_by=f"brand:=`{value}`").found == 0


def test_an_empty_shop_answers_everything_with_nothing(shop: Shop, toy_feed: Path) -> None:
    assert shop.search("dress").found == 0
    assert shop.search().found == 0
    with pytest.raises((NotReadyError, NotFoundError)):
        shop.search(like="x")


def test_of_two_pins_of_one_product_the_first_counts(toy_shop: Shop) -> None:
    answer = toy_shop.search("mug", pinned_hits="mug-red:2,mug-red:1,dress-red:9", per_page=5)
    assert ids(answer)[1] == "mug-red"
    assert ids(answer)[-1] == "dress-red"
    assert answer.found == len(set(ids(answer))) == 5


def test_one_id_may_be_deleted_and_one_record_alone_is_no_list(shop: Shop) -> None:
    shop.put(toy_records())
    assert shop.delete("mug-red") == ("mug-red",)
    assert shop.search().found == 11
    with pytest.raises(InputError, match="list"):
        shop.put({"id": "x", "title": "y"})  # type: ignore[arg-type]


def test_an_unknown_kind_of_interpretation_is_refused(toy_shop: Shop) -> None:
    with pytest.raises(InputError, match=r"kind of interpretation 'prise'.*Did you mean 'price'"):
        toy_shop.search("red dress", undo="prise")
    assert toy_shop.search("red dress", undo=["price:<50", "spelling", "all"]).found
