"""Signals of an answer, worked by hand and read off a small shop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tonggan import Shop
from tonggan.rank.answer_signals import (
    LEADERS,
    SIGNAL_NAMES,
    Evidence,
    Signals,
    TermWeights,
    head_terms,
    signals_of,
    signals_of_results,
    titles_of,
)


def rarity(count: int, of: int) -> float:
    return math.log1p((of - count + 0.5) / (count + 0.5))


def test_words_are_worth_their_rarity_and_unknown_ones_most() -> None:
    weights = TermWeights.of({"red": 1.0, "mug": 1.0, "zzz": 0.5}, [50, 10, 0], product_count=100)
    assert weights.worth == {"red": rarity(50, 100), "mug": rarity(10, 100), "zzz": 0.5 * rarity(0, 100)}
    assert weights.known == {"red", "mug"}
    known = rarity(50, 100) + rarity(10, 100)
    assert weights.share({"red", "mug", "other"}) == pytest.approx(known / (known + 0.5 * rarity(0, 100)))


def test_what_stands_for_a_word_covers_it_in_part_and_once() -> None:
    weights = TermWeights.of(
        {"sofa": 1.0, "couch": 0.6, "settee": 0.6}, [1, 1, 1], product_count=9,
        stands_for={"couch": "sofa", "settee": "sofa"},
    )  # fmt: skip
    assert weights.total == rarity(1, 9)
    assert weights.share({"couch"}) == pytest.approx(0.6)
    assert weights.share({"couch", "settee"}) == pytest.approx(1.0)
    assert weights.share({"sofa", "couch"}) == pytest.approx(1.0)


def test_signals_follow_from_scores_titles_and_vectors() -> None:
    weights = TermWeights.of({"red": 1.0, "mug": 1.0, "zzz": 1.0}, [5, 5, 0], product_count=20)
    total = 2 * rarity(5, 20) + rarity(0, 20)
    found = signals_of(
        weights,
        Evidence(
            words=["red", "mug", "zzz"],
            titles=["Red mugs", "Blue mug", "Plate"],
            word_scores=[1.2, 0.6, 0.3],
            best_coverage=0.9,
            head={"mug", "cup"},
            shared=3,
            named=0.8,
            similarities=[0.5, float("nan"), 0.4],
            nearest=[0.7, 0.2, 0.1],
            vectors=[[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]],
        ),
    )
    assert found.known_words == pytest.approx(2 * rarity(5, 20) / total)
    assert found.coverage == 0.9
    assert found.best_words == pytest.approx(1.2 / total)
    assert found.mean_words == pytest.approx((1.2 + 0.6 + 0.3) / 5 / total)
    assert found.spread == pytest.approx(float(np.std([1.2, 0.6, 0.3])) / total)
    assert found.agreement == 3 / 10
    assert found.named == 0.8
    assert found.best_similarity == 0.7
    assert found.title_coverage == pytest.approx(2 * rarity(5, 20) / total)
    assert found.head == pytest.approx(2 / 5)
    assert found.title_words == pytest.approx((2 + 1 + 0) / (3 * 5))
    assert found.shown_similarity == pytest.approx((0.5 + 0.4) / 5)
    assert found.contrast == pytest.approx(0.7 - 0.1)
    assert found.coherence == pytest.approx((0.6 + 0.8 + 0.0) / 3)


def test_only_the_five_first_hits_count() -> None:
    weights = TermWeights.of({"red": 1.0}, [12], product_count=20)
    found = signals_of(
        weights, Evidence(words=["red"], titles=["red"] * 9, word_scores=[0.1] * 9, similarities=[0.3] * 9)
    )
    assert found.mean_words == pytest.approx(0.1 / rarity(12, 20))
    assert (found.title_words, found.shown_similarity) == (1.0, pytest.approx(0.3))


def test_one_hit_alone_is_not_coherent() -> None:
    assert signals_of(TermWeights.of({}, [], product_count=0), Evidence(vectors=[[1.0, 0.0]])).coherence == 0.0


def test_nothing_found_gives_nothing_to_tell() -> None:
    assert signals_of(TermWeights.of({}, [], product_count=0), Evidence()) == Signals()


def test_the_vector_is_float32_in_the_order_of_the_names() -> None:
    vector = Signals(title_words=0.25, contrast=3.0).vector()
    assert vector.dtype == np.float32
    assert dict(zip(SIGNAL_NAMES, vector.tolist(), strict=True))["title_words"] == 0.25
    assert dict(zip(SIGNAL_NAMES, vector.tolist(), strict=True))["contrast"] == 3.0


@pytest.mark.parametrize(
    ("words", "head"),
    [
        ("red running shoes", "shoe"),
        ("case for phone", "case"),
        ("红色连衣裙", "连衣裙"),
        ("for phone", "phone"),
        ("", ""),
    ],
)
def test_the_head_is_the_last_word_before_what_it_goes_with(words: str, head: str) -> None:
    assert head_terms(words) == frozenset({head} - {""})


def test_what_stands_for_the_head_is_the_head_too() -> None:
    assert head_terms("red sofa", {"couch": "sofa", "crimson": "red"}) == {"sofa", "couch"}


def signals_in(shop: Shop, text: str) -> Signals:
    ranking = shop.ranked(text, ranker="none", rules="none")
    shown = ranking.leading(LEADERS)[:LEADERS]
    return signals_of_results(ranking.results, shown=shown, titles=titles_of(ranking.results.view, shown))


def test_signals_of_a_shop_tell_what_it_sells_from_what_it_does_not(toy_shop: Shop) -> None:
    good, poor = (signals_in(toy_shop, text) for text in ("red mug", "garden hose"))
    assert good.known_words == 1.0
    assert poor.known_words == 0.0
    assert good.best_words > poor.best_words == 0.0
    assert good.title_words > poor.title_words
    assert good.head > poor.head == 0.0
