"""Signals of an answer worked by hand, the model that reads them, and the rule where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tonggan import Shop
from tonggan.errors import InputError
from tonggan.rank.order import Ranking
from tonggan.rank.relevance import (
    SIGNAL_NAMES,
    Evidence,
    RelevanceModel,
    Signals,
    TermWeights,
    is_doubtful_untrained,
    model_from_json,
    signals_of,
    signals_of_results,
)
from tonggan.records import Query
from tonggan.retrieve import RetrievalSettings
from tonggan.retrieve.result_set import find


def rarity(count: int, of: int) -> float:
    return math.log1p((of - count + 0.5) / (count + 0.5))


def a_model(**changed: object) -> RelevanceModel:
    """A model that looks at nothing but title_words: log odds are title_words in units of 0.5 above 0.5."""
    count = len(SIGNAL_NAMES)
    coefficients = np.zeros(count)
    coefficients[SIGNAL_NAMES.index("title_words")] = 1.0
    fields = {
        "means": np.full(count, 0.5), "scales": np.full(count, 0.5), "coefficients": coefficients, "intercept": 0.0,
        "knots": np.array([-1.0, 1.0]), "levels": np.array([0.1, 0.9]), "threshold": 0.5,
    }  # fmt: skip
    return RelevanceModel(**{**fields, **changed})  # type: ignore[arg-type]


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
            coverages=[0.9, 0.5, 0.5],
            members=40,
            similarities=[0.5, float("nan"), 0.4],
            nearest=[0.2, 0.7, 0.1],
            vectors=[[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]],
        ),
    )
    assert found.known_words == pytest.approx(2 * rarity(5, 20) / total)
    assert found.coverage == 0.9
    assert found.best_words == pytest.approx(1.2 / total)
    assert found.mean_words == pytest.approx((1.2 + 0.6 + 0.3) / 5 / total)
    assert found.gap == 1.0
    assert found.best_similarity == 0.7
    assert found.title_coverage == pytest.approx(2 * rarity(5, 20) / total)
    assert found.members == pytest.approx(math.log(41))
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


def test_the_gap_is_between_the_first_and_the_tenth() -> None:
    weights = TermWeights.of({"red": 1.0}, [12], product_count=20)
    assert signals_of(weights, Evidence(word_scores=[2.0, *[1.0] * 8, 0.5])).gap == pytest.approx(1 - 0.5 / 2.0)


def test_one_hit_alone_is_not_coherent() -> None:
    assert signals_of(TermWeights.of({}, [], product_count=0), Evidence(vectors=[[1.0, 0.0]])).coherence == 0.0


def test_nothing_found_gives_nothing_to_tell() -> None:
    assert signals_of(TermWeights.of({}, [], product_count=0), Evidence()) == Signals()


def test_the_vector_is_float32_in_the_order_of_the_names() -> None:
    vector = Signals(title_words=0.25, contrast=3.0).vector()
    assert vector.dtype == np.float32
    assert dict(zip(SIGNAL_NAMES, vector.tolist(), strict=True))["title_words"] == 0.25
    assert dict(zip(SIGNAL_NAMES, vector.tolist(), strict=True))["contrast"] == 3.0


def test_probability_is_read_off_the_curve_and_stays_at_its_ends() -> None:
    model = a_model()
    assert model.probability(Signals(title_words=0.5)) == pytest.approx(0.5)
    assert model.probability(Signals(title_words=0.75)) == pytest.approx(0.7)
    assert model.probability(Signals(title_words=1.0)) == pytest.approx(0.9)
    assert a_model(knots=np.array([-0.5, 0.5])).probability(Signals(title_words=0.0)) == pytest.approx(0.1)


def test_an_answer_under_the_threshold_is_doubtful() -> None:
    assert a_model().is_doubtful(Signals(title_words=0.49))
    assert not a_model().is_doubtful(Signals(title_words=0.5))


def test_a_model_comes_back_from_its_json_as_it_was() -> None:
    model = a_model()
    again = model_from_json(model.as_json())
    assert again.as_json() == model.as_json()
    assert again.probability(Signals(title_words=0.6)) == model.probability(Signals(title_words=0.6))


def test_a_model_of_other_signals_is_refused_with_both_lists() -> None:
    with pytest.raises(InputError, match="other signals") as error:
        model_from_json(a_model().as_json() | {"signals": ["coverage", "clicks"]})
    assert "clicks" in str(error.value)
    assert "title_words" in str(error.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"format": 9}, {"means": [1.0]}, {"knots": []}, {"levels": [0.9, 0.1]}, {"threshold": "high"},
        {"scales": [0.0] * len(SIGNAL_NAMES)}, {"intercept": float("nan")}, {"coefficients": None},
    ],
)  # fmt: skip
def test_a_damaged_model_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InputError):
        model_from_json(a_model().as_json() | changed)


def test_without_a_model_an_answer_is_doubtful_when_neither_words_nor_meaning_fit() -> None:
    assert is_doubtful_untrained(Signals())
    assert is_doubtful_untrained(Signals(title_words=0.49, shown_similarity=0.39))
    assert not is_doubtful_untrained(Signals(title_words=0.5))
    assert not is_doubtful_untrained(Signals(shown_similarity=0.4))


def signals_in(shop: Shop, text: str) -> Signals:
    standing = shop.projection.standing
    view = standing.index.view()
    results = find(Query(words=text), view, standing.senses, RetrievalSettings())
    shown, _ = Ranking(results).page()
    titles = {product.id: product.title for product in shop.store.get(view.ids(shown))}
    return signals_of_results(results, shown=shown, titles=[titles[each] for each in view.ids(shown)])


def test_signals_of_a_shop_tell_what_it_sells_from_what_it_does_not(toy_shop: Shop) -> None:
    good, poor = (signals_in(toy_shop, text) for text in ("red mug", "garden hose"))
    assert good.known_words == 1.0
    assert poor.known_words == 0.0
    assert good.best_words > poor.best_words == 0.0
    assert good.title_words > poor.title_words
    assert is_doubtful_untrained(poor)
