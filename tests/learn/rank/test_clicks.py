"""Clicks tell how far shoppers look, and weigh more where few look."""

from __future__ import annotations

import numpy as np
import pytest

from learn.rank.judged_queries import make_examples
from tonggan.errors import NotReadyError
from tonggan.learn.rank.clicks import Impression, diagnose, estimate_examination, taught_by_clicks
from tonggan.rank.features import PLACES


def make_impressions(power: float, *, count: int = 20_000) -> list[Impression]:
    """Products of 50 queries at random places; place k is looked at k ^ -power of the time."""
    draw = np.random.default_rng(0)
    likings = draw.random((50, 10))
    shown = zip(
        draw.integers(50, size=count), draw.integers(10, size=count), draw.integers(1, 11, size=count), strict=True
    )
    return [
        Impression(
            f"q{query}", f"p{product}", int(place), bool(draw.random() < likings[query, product] * place**-power)
        )
        for query, product, place in shown
    ]


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_how_examination_falls_is_found_from_clicks(power: float) -> None:
    assert estimate_examination(make_impressions(power)).power == pytest.approx(power, abs=0.1)


def test_too_few_clicks_are_refused_with_numbers() -> None:
    with pytest.raises(NotReadyError, match="1 clicks at 2 positions"):
        estimate_examination([Impression("q", "a", 1, True), Impression("q", "b", 2, False)])


def test_a_click_weighs_one_over_the_chance_of_examination() -> None:
    example = make_examples(1)[0]
    impressions = [
        Impression("query 0", "p000", 1, False),
        Impression("query 0", "p001", 4, True),
        Impression("another", "p002", 1, True),
    ]
    examination = estimate_examination(make_impressions(0.5))
    taught, told = taught_by_clicks(example, impressions, examination)
    assert taught.grades[:2].tolist() == [0.0, 1.0]
    assert np.isnan(taught.grades[2:]).all()
    assert taught.importance is not None
    assert taught.importance[:3].tolist() == pytest.approx([1.0, 4**examination.power, 0.0])
    assert (told.clicks, told.effective) == (1, pytest.approx(1.0))


def test_the_position_teaches_and_all_clicks_weigh_alike_without_examination() -> None:
    taught, _ = taught_by_clicks(make_examples(1)[0], [Impression("query 0", "p001", 4, True)])
    assert taught.table[1, PLACES["position"]] == 4.0
    assert taught.importance is not None
    assert taught.importance[1] == 1.0


def test_weights_are_held_back_and_the_share_is_told() -> None:
    told = diagnose(np.array([1.0, 0.01]))
    assert (told.greatest_weight, told.clipped_share) == (10.0, 0.5)
    assert told.effective == pytest.approx((1 + 10) ** 2 / (1 + 100))
