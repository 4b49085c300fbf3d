from __future__ import annotations

import numpy as np
import pytest

from learn.known_map import taken_photos
from tonggan.learn.alignment import STAGE_0, STAGE_1
from tonggan.learn.comparison import CHANCE
from tonggan.learn.picture_head import AS_IT_IS, TOP_1, TOP_5, WITHOUT_PHOTOS, Photos, learn_picture_head


def test_what_all_photos_suffer_is_unlearnt_for_products_with_and_without_photos() -> None:
    found = learn_picture_head(taken_photos(60), stage=0)
    assert found
    before, after = (found.comparison.row(name) for name in (AS_IT_IS, STAGE_0))
    assert after.gain(TOP_1, over=before).low > 0.2
    assert after.interval(WITHOUT_PHOTOS).mean > before.interval(WITHOUT_PHOTOS).mean
    assert found.comparison.choice.used == STAGE_0
    assert found.head
    assert found.measures["photo_top_1"] == after.interval(TOP_1).mean


def test_stage_1_is_in_the_same_table() -> None:
    pytest.importorskip("torch", reason="stage 1 needs the extra train")
    from tonggan.learn.heads import HeadSettings

    quick = HeadSettings(learning_rate=1e-3, hidden=32, steps=60, batch=128)
    found = learn_picture_head(taken_photos(40), settings=quick)
    assert found
    assert found.comparison.row(STAGE_1).interval(TOP_1).mean > found.comparison.row(AS_IT_IS).interval(TOP_1).mean


def test_photos_of_nothing_in_the_catalogue_teach_nothing() -> None:
    photos = taken_photos(60)
    generator = np.random.default_rng(5)
    noise = generator.standard_normal(photos.rows.shape).astype(np.float32)
    found = learn_picture_head(Photos(noise, photos.belongs_to, photos.catalogue, photos.same), stage=0)
    assert found
    assert found.head is None
    assert found.comparison.choice.used == AS_IT_IS


def test_too_few_photos_or_products_are_not_learnt_from() -> None:
    assert learn_picture_head(taken_photos(8, each=4), stage=0) is None
    assert learn_picture_head(taken_photos(4, each=80), stage=0) is None


def test_products_that_share_a_picture_are_equally_right() -> None:
    photos = taken_photos(60)
    shared = Photos(photos.rows, photos.belongs_to, photos.catalogue[np.arange(60) // 2], np.arange(60) // 2)
    found = learn_picture_head(shared, stage=0)
    assert found
    assert found.comparison.row(CHANCE).interval(TOP_1).mean == pytest.approx(2 / 60)
    assert found.comparison.row(CHANCE).interval(TOP_5).mean == pytest.approx(10 / 60)
