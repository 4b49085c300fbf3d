"""What breaks is named in the answer, and the rest of the shop still answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tonggan import Shop
from tonggan.errors import InputError
from tonggan.records import Answer, Picture
from tonggan.shop.projection import Standing
from toy_shop import toy_records

RED = np.full((32, 32, 3), (200, 30, 40), np.uint8)


class BrokenEncoders:
    """Encoders of which some raise; the others know nothing to say."""

    fingerprint = "broken"
    spaces: dict[str, int] = {}
    fitted_products = 12

    def __init__(self, failure: Exception, *broken: str) -> None:
        self._failure = failure
        self._broken = broken

    def encode_text_query(self, words: str) -> dict[str, np.ndarray]:
        return self._said("text")

    def encode_image_query(self, picture: Picture) -> dict[str, np.ndarray]:
        return self._said("image")

    def encode_rating_query(self, stars: float) -> dict[str, np.ndarray]:
        return self._said("rating")

    def _said(self, name: str) -> dict[str, np.ndarray]:
        if name in self._broken:
            raise self._failure
        return {}


@pytest.fixture(scope="module")
def pictureless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The toy shop without pictures."""
    with Shop.open(tmp_path_factory.mktemp("pictureless") / "shop", pack="catalogue") as shop:
        shop.put(toy_records())
        yield shop


def ask(shop: Shop, encoders: Any, monkeypatch: pytest.MonkeyPatch, **question: Any) -> Answer:
    standing = shop.projection.standing
    monkeypatch.setattr(shop.projection, "standing", Standing(standing.index, encoders))
    return shop.search(**question)


@pytest.mark.parametrize(
    "failure", [RuntimeError("ort"), OSError("file gone"), KeyError("weights"), MemoryError(), TypeError("shape")]
)
def test_words_answer_for_an_encoder_that_raises(
    pictureless: Shop, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    answer = ask(pictureless, BrokenEncoders(failure, "text"), monkeypatch, words="red dress")
    assert answer.degraded == ("text",)
    assert answer.hits[0].product.id == "dress-red"
    assert answer.hits[0].score > answer.hits[-1].score


def test_every_encoder_that_fails_is_named_once(toy_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    encoders = BrokenEncoders(RuntimeError(), "text", "image", "rating")
    answer = ask(toy_shop, encoders, monkeypatch, words="mug", image=RED, rating=4.0)
    assert answer.degraded == ("text", "image", "rating")
    assert answer.found == 4


def test_a_query_that_is_wrong_is_no_degradation(toy_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    encoders = BrokenEncoders(InputError("No such picture."), "image")
    with pytest.raises(InputError, match="No such picture"):
        ask(toy_shop, encoders, monkeypatch, image=RED)


def test_without_encoders_words_and_filters_still_answer(pictureless: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ask(pictureless, None, monkeypatch, words="red dress", filter_by="price:<100", facet_by="brand")
    assert answer.degraded == ("text",)
    assert answer.hits[0].product.id == "dress-red"
    assert sum(answer.facets["brand"].values()) == answer.found
    assert pictureless.health()["degraded"] == ["encoders"]
    assert pictureless.search().degraded == ()


@pytest.mark.parametrize("question", [{"image": RED}, {"rating": 4.0}, {"like": "mug-red"}])
def test_what_cannot_be_asked_at_all_finds_nothing_and_says_so(
    pictureless: Shop, monkeypatch: pytest.MonkeyPatch, question: dict[str, Any]
) -> None:
    answer = ask(pictureless, None, monkeypatch, **question, facet_by="brand", page=2)
    assert answer.degraded == tuple(question)
    assert (answer.found, answer.hits, answer.facets["brand"]) == (0, (), {})


def test_a_picture_in_a_shop_without_pictures_finds_nothing_and_says_so(pictureless: Shop) -> None:
    answer = pictureless.search(image=RED)
    assert (answer.found, answer.degraded) == (0, ("image",))
    beside_words = pictureless.search("mug", image=RED)
    assert (beside_words.found, beside_words.degraded) == (4, ("image",))


def test_stars_order_what_a_failed_picture_leaves(toy_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    standing = toy_shop.projection.standing
    assert standing.senses is not None

    def fail(_: Picture) -> dict[str, np.ndarray]:
        raise RuntimeError("ort")

    monkeypatch.setattr(standing.senses, "encode_image_query", fail)
    answer = toy_shop.search(image=RED, rating=4.8, per_page=3)
    assert answer.degraded == ("image",)
    assert {hit.product.id for hit in answer.hits} == {"dress-red", "mug-red", "headphones-red"}


def test_an_empty_shop_is_not_degraded(shop: Shop, toy_feed: Path) -> None:
    picture = {"image": toy_feed.parent / "mug-red.png"}
    questions: list[dict[str, Any]] = [{"words": "mug"}, picture, {"rating": 4.0}]
    for question in questions:
        answer = shop.search(**question)
        assert (answer.found, answer.degraded) == (0, ())
