"""Whatever is asked, a facet count is the number of results that choosing the value shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tonggan import Shop

FACETS = ("brand", "color", "category", "availability")

WORDS = st.sampled_from(
    ["", "red", "dress", "blue mug", "蓝色", "耳机", "马克杯", "wh1000xm3", "every day", "nothing here"]
)
FILTERS = st.lists(
    st.sampled_from(
        [
            "price:<60",
            "price:[20..90]",
            "brand:=Lumo",
            "brand:=[Lumo,Kite]",
            "color:=[red,blue]",
            "color:!=green",
            "rating:>3",
            "availability:=in_stock",
            "(brand:=Kite || price:<30)",
            "category:=`Shop > Mug`",
            "title:dress",
        ]
    ),
    max_size=3,
    unique=True,
).map(" && ".join)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    question: dict[str, Any] = {"words": draw(WORDS), "filter_by": draw(FILTERS)}
    if draw(st.booleans()):
        question["like"] = draw(st.sampled_from(["mug-red", "dress-blue"]))
    if draw(st.booleans()):
        question["rating"] = draw(st.sampled_from([1.0, 3.5, 4.8]))
    if draw(st.booleans()):
        question["image"] = draw(st.sampled_from(["mug-red.png", "dress-green.png"]))
    if draw(st.booleans()):
        question["hidden_hits"] = "dress-red"
    if draw(st.booleans()):
        question["pinned_hits"] = "mug-black:2"
    if draw(st.booleans()):
        question["sort_by"] = draw(st.sampled_from(["price:asc", "rating:desc,price:asc", "_text_match:desc"]))
    if draw(st.booleans()):
        question |= {"group_by": draw(st.sampled_from(["brand", "color"])), "group_limit": draw(st.integers(1, 3))}
    return question


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=questions(), facet=st.sampled_from(FACETS))
def test_a_facet_count_is_what_choosing_it_shows(
    toy_shop: Shop, toy_feed: Path, question: dict[str, Any], facet: str
) -> None:
    if "image" in question:
        question["image"] = toy_feed.parent / question["image"]
    others = " && ".join(
        part for part in question["filter_by"].split(" && ") if part and not part.startswith(f"{facet}:")
    )
    kept = " && ".join(part for part in [others, *_negations(question["filter_by"], facet)] if part)
    answer = toy_shop.search(**question, facet_by=facet, per_page=100)
    for value, count in answer.facets[facet].items():
        chosen = " && ".join(part for part in (kept, f"{facet}:=`{value}`") if part)
        narrowed: dict[str, Any] = question | {"filter_by": chosen}
        assert toy_shop.search(**narrowed).found == count


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=questions())
def test_pages_together_are_the_set(toy_shop: Shop, toy_feed: Path, question: dict[str, Any]) -> None:
    if "image" in question:
        question["image"] = toy_feed.parent / question["image"]
    whole = [hit.product.id for hit in toy_shop.search(**question, per_page=100).hits]
    pages = [toy_shop.search(**question, per_page=5, page=page) for page in (1, 2, 3)]
    assert [hit.product.id for page in pages for hit in page.hits] == whole
    assert {page.found for page in pages} == {len(whole)}
    assert len(set(whole)) == len(whole)


def _negations(filters: str, facet: str) -> list[str]:
    return [part for part in filters.split(" && ") if part.startswith(f"{facet}:!=")]
