"""Signals of an answer worked by hand, the model that reads them, and the rule where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tonggan.errors import InputError
from tonggan.rank.relevance import (
    SIGNAL_NAMES,
    RelevanceModel,
    Signals,
    TermWeights,
    is_doubtful_untrained,
    model_from_json,
    signals_of,
)


def rarity(count: int, of: int) -> float:
    return math.log1p((of - count + 0.5) / (count + 0.5))


def a_model(**changed: object) -> RelevanceModel:
    """A model that looks at nothing but coverage: log odds are coverage in units of 0.5 above 0.5."""
    count = len(SIGNAL_NAMES)
    coefficients = np.zeros(count)
    coefficients[SIGNAL_NAMES.index("coverage")] = 1.0
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


def test_signals_follow_from_scores_coverage_and_titles() -> None:
    weights = TermWeights.of({"red": 1.0, "mug": 1.0}, [5, 5], product_count=20)
    total = 2 * rarity(5, 20)
    found = signals_of(
        weights,
        word_scores=[1.2, 0.6, 0.3],
        coverages=[1.0, 0.5, 0.5],
        similarities=[0.2, 0.7],
        agreement=0.3,
        titles=["Blue mug", "Red plate"],
        members=40,
    )
    assert found.coverage == 1.0
    assert found.best_words == pytest.approx(1.2 / total)
    assert found.mean_words == pytest.approx((1.2 + 0.6 + 0.3) / 5 / total)
    assert found.best_similarity == 0.7
    assert found.agreement == 0.3
    assert found.known_words == 1.0
    assert found.title_coverage == pytest.approx(0.5)
    assert found.members == pytest.approx(math.log(41))


def test_hits_without_a_vector_count_nothing_in_the_mean_of_those_shown() -> None:
    weights = TermWeights.of({"red": 1.0}, [12], product_count=20)
    shown = [0.5, float("nan"), 0.4, 0.3, 0.2, 0.9]
    found = signals_of(weights, word_scores=[], coverages=[], shown_similarities=shown)
    assert found.shown_similarity == pytest.approx((0.5 + 0.4 + 0.3 + 0.2) / 5)


def test_nothing_found_gives_nothing_to_tell() -> None:
    assert signals_of(TermWeights.of({}, [], product_count=0), word_scores=[], coverages=[]) == Signals()


def test_the_vector_is_float32_in_the_order_of_the_names() -> None:
    vector = Signals(coverage=0.25, members=3.0).vector()
    assert vector.dtype == np.float32
    assert dict(zip(SIGNAL_NAMES, vector.tolist(), strict=True))["coverage"] == 0.25
    assert dict(zip(SIGNAL_NAMES, vector.tolist(), strict=True))["members"] == 3.0


def test_probability_is_read_off_the_curve_and_stays_at_its_ends() -> None:
    model = a_model()
    assert model.probability(Signals(coverage=0.5)) == pytest.approx(0.5)
    assert model.probability(Signals(coverage=0.75)) == pytest.approx(0.7)
    assert model.probability(Signals(coverage=1.0)) == pytest.approx(0.9)
    assert a_model(knots=np.array([-0.5, 0.5])).probability(Signals(coverage=0.0)) == pytest.approx(0.1)


def test_an_answer_under_the_threshold_is_doubtful() -> None:
    assert a_model().is_doubtful(Signals(coverage=0.49))
    assert not a_model().is_doubtful(Signals(coverage=0.5))


def test_a_model_comes_back_from_its_json_as_it_was() -> None:
    model = a_model()
    again = model_from_json(model.as_json())
    assert again.as_json() == model.as_json()
    assert again.probability(Signals(coverage=0.6)) == model.probability(Signals(coverage=0.6))


def test_a_model_of_other_signals_is_refused_with_both_lists() -> None:
    with pytest.raises(InputError, match="other signals") as error:
        model_from_json(a_model().as_json() | {"signals": ["coverage", "clicks"]})
    assert "clicks" in str(error.value)
    assert "title_coverage" in str(error.value)


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
    assert is_doubtful_untrained(Signals(title_coverage=0.49, shown_similarity=0.44))
    assert not is_doubtful_untrained(Signals(title_coverage=0.5))
    assert not is_doubtful_untrained(Signals(shown_similarity=0.45))
