"""`search` as people and programs read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cli.toy_feed import Tonggan

ANSWER_KEYS = {
    "hits", "found", "page", "per_page", "facets", "facet_stats", "query_id", "corrections", "relaxed", "degraded",
    "timings_ms", "understood", "readings", "relevance", "is_doubtful", "ranker", "rules", "redirect", "banners",
}  # fmt: skip


def ids(tonggan: Tonggan, *arguments: object) -> list[str]:
    ran = tonggan("search", *arguments, "--json")
    assert ran.code == 0, ran.err
    return [hit["id"] for hit in ran.record["hits"]]


def test_the_json_is_the_answer_that_others_rely_on(tonggan: Tonggan) -> None:
    answer = tonggan("search", "red", "mug", "--facet", "brand", "--json").record
    assert set(answer) == ANSWER_KEYS
    assert answer["facets"] == {"brand": {"Lumo": 2, "Kite": 1}}
    best = answer["hits"][0]
    assert {"id", "score", "product"} <= set(best)
    assert (best["id"], best["product"]["price"]) == ("mug-red", {"amount": 1000, "currency": "USD"})


def test_both_languages_find_the_product(tonggan: Tonggan) -> None:
    assert ids(tonggan, "blue", "mug")[0] == "mug-blue"
    assert ids(tonggan, "红色连衣裙")[0] == "dress-red"


def test_no_words_browse(tonggan: Tonggan) -> None:
    assert sorted(ids(tonggan)) == ["dress-red", "mug-blue", "mug-red"]


def test_filters_that_are_repeated_must_all_hold(tonggan: Tonggan) -> None:
    assert ids(tonggan, "--filter", "brand:=Kite || brand:=Lumo", "--filter", "price:<11") == ["mug-red"]


def test_facets_may_be_repeated_or_joined(tonggan: Tonggan) -> None:
    fields = ["--facet", "brand,price", "--facet", "color"]
    assert set(tonggan("search", *fields, "--json").record["facets"]) >= {"brand", "color"}


def test_an_order_and_pages(tonggan: Tonggan) -> None:
    by_price = ["--sort", "price:desc", "--per-page", 1]
    assert [ids(tonggan, *by_price, "--page", page) for page in (1, 2, 4)] == [["dress-red"], ["mug-blue"], []]


def test_likes_unlikes_and_stars(tonggan: Tonggan) -> None:
    assert ids(tonggan, "--like", "mug-blue", "--per-page", 1) in (["mug-blue"], ["mug-red"])
    assert ids(tonggan, "--like", "mug-red", "--like", "mug-blue", "--unlike", "dress-red")[-1] == "dress-red"
    assert ids(tonggan, "--rating", 4.9)[0] == "dress-red"


def test_a_picture_that_cannot_be_read_is_named(tonggan: Tonggan) -> None:
    ran = tonggan("search", "--image", "no.jpg")
    assert (ran.code, ran.err.splitlines()[0]) == (2, "error: no.jpg cannot be read: No such file or directory.")


def test_a_picture_searches(tonggan: Tonggan, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (200, 30, 40)).save(tmp_path / "photo.png")
    assert tonggan("search", "mug", "--image", tmp_path / "photo.png", "--json").record["hits"]


def test_people_see_title_price_stars_and_facets(tonggan: Tonggan) -> None:
    said = tonggan("search", "red mug", "--facet", "brand").out
    for part in ("Red mug 红色马克杯", "10.00 USD", "4.5 (20)", "brand: Lumo 2 · Kite 1", "3 found, page 1 of 1"):
        assert part in said


def test_explain_says_which_channels_made_the_score(tonggan: Tonggan) -> None:
    told = tonggan("search", "red mug", "--explain").out
    assert f"words {0.7 / (0.7 + 0.1 + 0.3 + 0.1):.3f} + phrase {0.1 / 1.2:.3f} + text {0.3 / 1.2:.3f}" in told
    assert set(tonggan("search", "mug", "--explain", "--json").record["hits"][0]["reasons"]) == {
        "words",
        "text",
        "text-shared",
    }


def test_one_channel_can_be_heard_alone(tonggan: Tonggan) -> None:
    assert "words 1.000" in tonggan("search", "red mug", "--explain", "--channel", "words").out


def test_weights_merging_and_groups_are_passed_on(tonggan: Tonggan) -> None:
    assert (
        ids(tonggan, "red mug", "--weights", "text:0.6,rating:0.4", "--rating", "4.5", "--merge", "rrf")[0] == "mug-red"
    )
    assert len(ids(tonggan, "--group-by", "brand")) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "message", "remedy"),
    [
        (["--filter", "brand:="], 2, "Filter, position 8: expected a value, found the end.", ""),
        (["--weights", "text"], 2, "'text' is no weight.", "Write --weights text:0.6,image:0.4."),
        (["--merge", "both"], 2, "Unknown merge 'both'; known: convex, rrf.", ""),
        (["--rating", "9"], 2, "rating 9.0 is not a number of stars.", "Give a number from 1 to 5."),
        (["--like", "none"], 4, "No product 'none' to compare with.", "Give the id of a product of this shop."),
        (["--page", "zero"], 2, None, "See tonggan search --help."),
        (["--colour", "red"], 2, "No such option: --colour.", "See tonggan search --help."),
        (["\udcff"], 2, "q is not UTF-8 text.", "Use a terminal with a UTF-8 locale."),
    ],
)
def test_a_mistake_is_a_line_of_what_and_a_line_of_what_to_do(
    tonggan: Tonggan, arguments: list[str], code: int, message: str | None, remedy: str
) -> None:
    ran = tonggan("search", *arguments)
    lines = ran.err.splitlines()
    assert (ran.code, ran.out, len(lines)) == (code, "", 2 if remedy else 1)
    assert message is None or lines[0] == f"error: {message}"
    assert lines[1:] == ([remedy] if remedy else [])
    told = tonggan("search", *arguments, "--json")
    assert (told.code, told.out, set(told.error)) == (code, "", {"code", "message", "remedy"})


def test_a_folder_without_a_shop_is_named_with_the_next_step(tonggan: Tonggan, tmp_path: Path) -> None:
    tonggan.shop = tmp_path / "nowhere"
    error = tonggan("search", "mug", "--json").error
    assert error["code"] == "not_found"
    assert error["message"] == f"There is no shop in {tonggan.shop}."
    assert "tonggan import FILE" in error["remedy"]
    assert not tonggan.shop.exists()
