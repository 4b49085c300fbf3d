"""The model that reads signals: as it is kept, as it ships, and what it says of a shop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tonggan import Shop
from tonggan.demo.products import demo_products
from tonggan.errors import InputError
from tonggan.rank.answer_signals import SIGNAL_NAMES, Signals
from tonggan.rank.relevance import RelevanceModel, model_from_json, shipped_model


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


def test_the_shipped_model_is_of_the_signals_of_this_build() -> None:
    assert shipped_model().names == SIGNAL_NAMES
    assert 0.0 < shipped_model().threshold < 1.0


def test_of_no_signal_does_the_shipped_model_say_that_more_is_worse() -> None:
    assert (shipped_model().coefficients > 0).all()


@pytest.fixture(scope="module")
def demo_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The demo shop without its pictures, which words do not need."""
    records = [
        {"id": each.id, "title": str(each.title), "brand": str(each.brand), "product_type": str(each.kind.category),
         "description": f"{each.description.english}\n{each.description.chinese}"}
        for each in demo_products()
    ]  # fmt: skip
    with Shop.open(tmp_path_factory.mktemp("demo") / "shop") as shop:
        shop.ingest(records)
        yield shop


@pytest.mark.parametrize("words", ["red dress", "红色连衣裙", "wireless headphones"])
def test_what_the_demo_shop_sells_is_not_doubtful(demo_shop: Shop, words: str) -> None:
    answer = demo_shop.search(words)
    assert not answer.is_doubtful
    assert (answer.relevance or 0.0) > 0.9


@pytest.mark.parametrize("words", ["tractor engine oil filter", "拖拉机 机油滤清器", "fishing rod"])
def test_what_the_demo_shop_does_not_sell_is_doubtful(demo_shop: Shop, words: str) -> None:
    answer = demo_shop.search(words)
    assert answer.is_doubtful
    assert 0.0 < (answer.relevance or 0.0) < shipped_model().threshold
