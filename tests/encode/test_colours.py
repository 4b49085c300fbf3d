from __future__ import annotations

import numpy as np
import pytest

from tonggan.encode.background import foreground
from tonggan.encode.colours import Colour, dominant_colours
from tonggan.records import Picture


def colours_of(picture: Picture) -> tuple[Colour, ...]:
    return dominant_colours(picture, foreground(picture))


def on_white(colour: tuple[int, int, int]) -> np.ndarray:
    picture = np.full((120, 90, 3), 255, np.uint8)
    picture[30:90, 20:70] = colour
    return picture


@pytest.mark.parametrize(
    ("colour", "english", "chinese"),
    [
        ((20, 20, 22), "black", "黑色"),
        ((210, 25, 30), "red", "红色"),
        ((30, 140, 60), "green", "绿色"),
        ((25, 35, 80), "navy", "藏青色"),
        ((250, 220, 60), "yellow", "黄色"),
        ((140, 70, 170), "purple", "紫色"),
        ((100, 60, 35), "brown", "棕色"),
        ((248, 180, 200), "pink", "粉色"),
    ],
)
def test_a_product_on_white_has_the_name_of_its_own_colour(colour: tuple, english: str, chinese: str) -> None:
    (found,) = colours_of(on_white(colour))
    assert (found.name_en, found.name_zh) == (english, chinese)
    assert found.share == pytest.approx(1, abs=0.05)
    assert np.abs(np.subtract(found.rgb, colour)).max() <= 12


def test_two_colours_come_in_order_of_their_share() -> None:
    picture = on_white((210, 25, 30))
    picture[75:90, 20:70] = (20, 20, 22)
    assert [colour.name_en for colour in colours_of(picture)] == ["red", "black"]


def test_a_picture_of_one_colour_is_not_all_background() -> None:
    (found,) = colours_of(np.full((1, 1, 3), 255, np.uint8))
    assert (found.name_en, found.share) == ("white", 1.0)


def test_white_goods_on_white_paper_are_white() -> None:
    picture = on_white((236, 236, 234))
    assert [colour.name_en for colour in colours_of(picture)] == ["white"]


def test_a_fold_in_the_cloth_is_no_second_colour() -> None:
    picture = on_white((215, 20, 26))
    picture[30:90, 40:46] = (168, 14, 18)
    assert [colour.name_en for colour in colours_of(picture)] == ["red"]


def test_where_the_product_is_not_known_the_whole_picture_counts() -> None:
    picture = on_white((210, 25, 30))
    assert [colour.name_en for colour in dominant_colours(picture, None)] == ["white", "red"]


def test_the_same_picture_gives_the_same_colours() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    assert colours_of(noise) == colours_of(noise)
    assert 1 <= len(colours_of(noise)) <= 3
