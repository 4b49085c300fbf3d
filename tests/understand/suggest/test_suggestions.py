"""What is suggested while one types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonggan.encode.lexicon import LexiconRow
from tonggan.encode.words import normalize
from tonggan.index import View
from tonggan.records import Product, Rating
from tonggan.understand.suggest.suggestions import Suggestion, Suggestions
from tonggan.understand.suggest.typed import key_of
from understand.suggest.suggestion_shop import suggestion_products, suggestion_view

CASES = Path(__file__).parents[1] / "cases" / "suggestions.tsv"
LEAST_RIGHT = 0.95


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    return suggestion_view(tmp_path_factory.mktemp("index") / "i")


@pytest.fixture(scope="module")
def learnt(view: View) -> Suggestions:
    return Suggestions.learn(view)


@pytest.fixture(scope="module")
def suggest(learnt: Suggestions) -> Callable[[str], list[Suggestion]]:
    return learnt.suggest


def texts(suggestions: list[Suggestion], kind: str = "") -> list[str]:
    return [each.text for each in suggestions if not kind or each.kind == kind]


def test_written_cases_are_among_the_first_five(learnt: Suggestions) -> None:
    cases = [line.split("\t") for line in CASES.read_text(encoding="utf-8").splitlines()[1:]]
    found = {typed: texts(learnt.suggest(typed)[:5]) for typed, _ in cases}
    wrong = {typed: found[typed] for typed, wanted in cases if key_of(wanted) not in map(key_of, found[typed])}
    assert len(cases) >= 60
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(cases), wrong


def test_nothing_is_suggested_that_finds_nothing(learnt: Suggestions, view: View) -> None:
    for typed in ("", "s", "d", "re", "手", "l", "c"):
        assert all(each.count >= 1 for each in learnt.suggest(typed, limit=20))
    unanswerable = Suggestions.learn(view, past_queries={"dress espresso": 90, "unicorn": 80, "dress": 1})
    assert "dress espresso" not in texts(unanswerable.suggest("dress e", limit=50))
    assert unanswerable.suggest("unico") == []


def test_a_count_is_how_many_products_hold_every_word(learnt: Suggestions) -> None:
    counts = {each.text: each.count for each in learnt.suggest("dress")}
    titles_with_dress = sum("dress" in product.title.lower() for product in suggestion_products())
    assert counts["dress"] == titles_with_dress == 4
    assert {each.text: each.count for each in learnt.suggest("手机")}["手机"] == 4


def test_a_category_is_shown_with_its_parent_and_known_by_its_path(tmp_path: Path) -> None:
    paths = ("Shop > Women > Shoes", "Shop > Men > Shoes", "Outlet > Men > Shoes", "Shoes")
    products = [Product(str(at), f"Thing {at}", categories=(path,)) for at, path in enumerate(paths)]
    found = Suggestions.learn(suggestion_view(tmp_path / "i", products)).suggest("shoes", limit=50)
    assert sorted((each.text, each.path, each.count) for each in found if each.kind == "category") == [
        ("Outlet > Men > Shoes", "Outlet > Men > Shoes", 1),
        ("Shop > Men > Shoes", "Shop > Men > Shoes", 1),
        ("Women > Shoes", "Shop > Women > Shoes", 1),
    ]


def test_products_come_by_ratings_then_by_length_of_title(tmp_path: Path) -> None:
    products = [
        Product("long", "Oak table, very large"),
        Product("short", "Oak table"),
        Product("rated", "Round oak table of the year", rating=Rating(3.0, 9)),
    ]
    learnt = Suggestions.learn(suggestion_view(tmp_path / "i", products))
    found = [each for each in learnt.suggest("oak", limit=20) if each.kind == "product"]
    assert [each.product_id for each in found][:2] == ["rated", "long"]  # "Oak table" is there as a query.


def test_the_beginning_of_the_whole_comes_before_that_of_a_later_word(learnt: Suggestions) -> None:
    found = texts(learnt.suggest("coffee", limit=20), "query")
    first_later = next(at for at, text in enumerate(found) if not text.startswith("coffee"))
    assert first_later > 0
    assert not any(text.lower().startswith("coffee") for text in found[first_later:])


def test_what_was_asked_often_comes_first(view: View) -> None:
    asked = Suggestions.learn(view, past_queries={"leather shoes": 50, "leather boots": 500})
    assert texts(asked.suggest("leather"))[:2] == ["leather boots", "leather shoes"]


@pytest.mark.parametrize(
    ("typed", "text", "highlight"),
    [
        ("dre", "Women > Dresses", ((8, 11),)),
        ("red dr", "red dresses", ((0, 6),)),
        ("lyq", "连衣裙", ((0, 3),)),
        ("shouj", "手机", ((0, 2),)),
        ("手机ke", "手机壳", ((0, 3),)),
        ("連衣", "连衣裙", ((0, 2),)),
        ("astra 256", "Astra 12 Pro Smartphone 256GB", ((0, 5), (24, 27))),
    ],
)
def test_the_typed_part_is_marked(
    learnt: Suggestions, typed: str, text: str, highlight: tuple[tuple[int, int], ...]
) -> None:
    assert {each.text: each.highlight for each in learnt.suggest(typed)}[text] == highlight


def test_what_a_misspelling_was_taken_for_is_said(learnt: Suggestions) -> None:
    assert {each.correction for each in learnt.suggest("headphnes")} == {"headphones"}
    assert {each.correction for each in learnt.suggest("手几壳")} == {"手机壳"}
    assert {each.correction for each in learnt.suggest("dress")} == {""}


def test_three_letters_are_never_mended(learnt: Suggestions) -> None:
    assert learnt.suggest("xzq") == []


def test_no_text_comes_twice(learnt: Suggestions) -> None:
    for typed in ("", "d", "dress", "手机", "s", "coffee m"):
        found = [normalize(each.text) for each in learnt.suggest(typed, limit=30)]
        assert len(found) == len(set(found))


def test_singular_and_plural_are_one_query(learnt: Suggestions) -> None:
    found = texts(learnt.suggest("dress", limit=30), "query")
    assert [text for text in ("dress", "dresses") if text in found] == ["dress"]


def test_of_eight_places_queries_categories_and_products_have_some(learnt: Suggestions) -> None:
    found = learnt.suggest("s")
    assert len(found) == 8
    assert {each.kind for each in found} == {"query", "category", "product"}
    assert [each.kind for each in found] == sorted((each.kind for each in found), key="query category product".index)


def test_a_language_brings_its_own_script_first(learnt: Suggestions) -> None:
    assert texts(learnt.suggest("s", language="en"), "query")[0].isascii()
    assert not texts(learnt.suggest("s", language="zh-CN"), "query")[0].isascii()


def test_colours_of_the_lexicon_stand_before_categories(tmp_path: Path) -> None:
    products = [Product("a", "Crimson evening gown", categories=("Women > Dresses",))]
    view = suggestion_view(tmp_path / "i", products)
    lexicon = [LexiconRow("绯红", ("crimson",), "colour")]
    assert "crimson dresses" in texts(Suggestions.learn(view, lexicon=lexicon).suggest("crimson"))
    assert "crimson dresses" not in texts(Suggestions.learn(view).suggest("crimson"))


@pytest.mark.parametrize("adapter", ["exact", "zvec"])
def test_an_empty_catalogue_suggests_nothing(tmp_path: Path, adapter: str) -> None:
    learnt = Suggestions.learn(suggestion_view(tmp_path / "i", [], adapter=adapter))
    assert [learnt.suggest(typed) for typed in ("", "a", "手", "dress")] == [[]] * 4


def test_both_adapters_suggest_the_same(tmp_path: Path, learnt: Suggestions) -> None:
    other = Suggestions.learn(suggestion_view(tmp_path / "i", adapter="zvec"))
    for typed in ("", "d", "lyq", "coffee", "手机"):
        assert other.suggest(typed) == learnt.suggest(typed)


@pytest.mark.parametrize("limit", [-1, 0, 1, 3, 8, 50, 10_000])
def test_a_limit_is_kept(learnt: Suggestions, limit: int) -> None:
    assert len(learnt.suggest("s", limit=limit)) <= max(0, min(limit, 50))


@given(st.text(max_size=80) | st.text(alphabet="d res手机连\ud800\u202e\0'-", max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_has_an_answer(suggest: Callable[[str], list[Suggestion]], typed: str) -> None:
    for each in suggest(typed):
        assert all(0 <= start < end <= len(each.text) for start, end in each.highlight)


def test_a_pasted_book_has_an_answer(learnt: Suggestions) -> None:
    assert learnt.suggest("dress " * 100_000) == learnt.suggest(("dress " * 100_000)[:64])
