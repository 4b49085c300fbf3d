"""What is searched for beside the words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tonggan.records import Entity
from tonggan.understand.names.expansion import (
    CROSS_WEIGHT,
    ENOUGH,
    EXPANSIONS_LIMIT,
    EXPANSIONS_PER_WORD,
    LATER_WEIGHT,
    Count,
    expand,
)
from tonggan.understand.segmentation import segment


def few(_: str) -> int:
    """Every text is in a few products."""
    return ENOUGH - 1


def weights(text: str, entities: Sequence[Entity] = (), *, count: Count = few) -> dict[str, float]:
    return {each.text: each.weight for each in expand(segment(text), entities, count=count)}


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("耳机", "headphones"),
        ("耳机", "earphones"),
        ("dress", "连衣裙"),
        ("苹果", "apple"),
        ("apple", "苹果"),
        ("nike", "耐克"),
    ],
)
def test_a_word_is_also_searched_in_the_other_language(word: str, other: str) -> None:
    assert 0 < weights(word)[other] < 1


def test_the_commonest_meaning_weighs_most() -> None:
    assert weights("耳机") == {"headphones": CROSS_WEIGHT, "earphones": LATER_WEIGHT, "earbuds": LATER_WEIGHT}


def test_what_the_catalogue_does_not_hold_is_left_out() -> None:
    assert weights("耳机", count=lambda text: int(text == "earbuds")) == {"earbuds": LATER_WEIGHT}


def test_an_expansion_says_what_it_stands_for() -> None:
    (found,) = expand(segment("red dress"), (), count=lambda text: int(text == "连衣裙"))
    assert (found.text, found.stands_for) == ("连衣裙", "dress")


def test_a_word_read_as_a_colour_is_expanded_as_a_colour() -> None:
    orange = Entity("colour", "orange", 0, 6)
    found = weights("orange dress", [orange])
    assert "橙色" in found
    assert "橙子" not in found


def test_words_that_nobody_knows_stay_alone() -> None:
    assert expand(segment("qwxz 123"), (), count=few) == ()
    assert expand([], (), count=few) == ()


def test_expansions_stay_few() -> None:
    text = " ".join(["dress", "shoes", "bag", "phone", "lamp", "shirt", "cup", "table", "chair", "hat"])
    assert len(expand(segment(text), (), count=few)) <= EXPANSIONS_LIMIT
    assert len(expand(segment("bag"), (), count=few)) <= EXPANSIONS_PER_WORD
