"""Channels can be heard one at a time, which is how an evaluation compares them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tonggan import Shop
from tonggan.errors import InputError
from toy_shop import toy_records


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("chosen")
    with Shop.open(folder / "shop", index="exact") as shop:
        shop.put(toy_records())
        yield shop


@pytest.mark.parametrize("channel", ["words", "text"])
def test_only_the_chosen_channel_explains_a_score(shop: Shop, channel: str) -> None:
    answer = shop.search("red dress", channels=channel, explain=True)
    assert answer.hits[0].product.id == "dress-red"
    assert {name for hit in answer.hits for name in hit.reasons} == {channel}


def test_a_channel_that_has_nothing_to_say_finds_nothing(shop: Shop) -> None:
    assert shop.search("red dress", channels=["image"]).found == 0


def test_an_unknown_channel_is_named_with_the_known_ones(shop: Shop) -> None:
    with pytest.raises(InputError, match=r"Unknown channel 'wrods'; known: .*words.* Did you mean 'words'"):
        shop.search("red dress", channels="wrods")
