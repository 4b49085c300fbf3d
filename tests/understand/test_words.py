"""Words as terms to look up: what stands for what."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tonggan.records import Expansion
from tonggan.understand.words import COMPOUND_WEIGHT, WORDS_LIMIT, look_up, lookup_terms


def holding(*held: str) -> Callable[[Sequence[str]], list[int]]:
    return lambda terms: [int(term in held) for term in terms]


def test_an_expansion_stands_for_the_word_it_means() -> None:
    found = look_up("red 连衣裙", holding(), expansions=(Expansion("dress", "连衣裙", 0.7),))
    assert found.terms["dress"] == pytest.approx(0.7)
    assert found.stands_for["dress"] == "连衣裙"


def test_longer_expansions_share_their_weight_and_end_with_the_head() -> None:
    found = look_up("连衣裙", holding(), expansions=(Expansion("summer dress", "连衣裙", 0.7),))
    assert [found.terms[term] for term in ("summer", "dress")] == [0.7 / 2, 0.7 / 2]
    assert found.stands_for["dress"] == found.stands_for["summer"] == "连衣裙"


def test_an_expansion_of_the_same_length_keeps_its_weight() -> None:
    found = look_up("running shoes", holding(), expansions=(Expansion("jogging trainers", "running shoes", 0.4),))
    assert [found.terms[term] for term in ("jog", "trainer")] == [0.4, 0.4]
    assert (found.stands_for["jog"], found.stands_for["trainer"]) == ("run", "shoe")


def test_a_typed_word_stands_for_nothing_else() -> None:
    found = look_up("dress 连衣裙", holding(), expansions=(Expansion("dress", "连衣裙", 0.7),))
    assert found.terms["dress"] == 1.0
    assert "dress" not in found.stands_for


def test_an_expansion_of_words_that_are_not_asked_for_adds_nothing() -> None:
    assert look_up("red", holding(), expansions=(Expansion("dress", "连衣裙", 0.7),)).terms == {"red": 1.0}


def test_joined_and_parted_spellings_are_lighter() -> None:
    assert lookup_terms("water proof", holding("waterproof"))["waterproof"] == COMPOUND_WEIGHT
    assert lookup_terms("waterproof", holding("water", "proof"))["proof"] == COMPOUND_WEIGHT


def test_a_pasted_page_is_looked_up_as_far_as_its_first_words() -> None:
    assert len(lookup_terms(" ".join(f"word{at}" for at in range(500)), holding())) <= WORDS_LIMIT


def test_pairs_stand_for_the_word_that_they_are_part_of_where_products_hold_it() -> None:
    assert look_up("连衣裙", holding("连衣裙")).stands_for == {"连衣": "连衣裙", "衣裙": "连衣裙"}
    assert look_up("连衣裙", holding()).stands_for == {}


def test_pairs_stand_for_a_word_that_is_found_by_what_means_the_same() -> None:
    found = look_up("连衣裙", holding(), expansions=(Expansion("dress", "连衣裙", 0.7),))
    assert found.stands_for == {"连衣": "连衣裙", "衣裙": "连衣裙", "dress": "连衣裙"}


def test_pairs_across_two_words_stand_for_themselves() -> None:
    assert "色连" not in look_up("红色连衣裙", holding("红色", "连衣裙")).stands_for
