from __future__ import annotations

import sys

import numpy as np
import pytest

from learn.known_map import known_pairs
from tonggan.align.bridge import fit_bridge, identity_bridge
from tonggan.errors import MissingExtraError
from tonggan.learn.alignment import DECISIVE, READY, STAGE_0, STAGE_1, learn_alignment
from tonggan.learn.comparison import CHANCE, Present
from tonggan.learn.pairs import Pairs


def test_a_known_map_is_learnt_and_used_where_nothing_was() -> None:
    pairs = known_pairs(400)
    found = learn_alignment(pairs, stage=0)
    assert found
    assert found.comparison.choice.used == STAGE_0
    assert found.comparison.row(STAGE_0).interval(DECISIVE).mean > 0.8
    assert found.comparison.row(CHANCE).interval(DECISIVE).mean == pytest.approx(10 / 80)
    assert found.measures["pairs"] == 400
    assert found.bridge


def test_stage_0_is_what_a_fit_of_the_same_pairs_gives() -> None:
    pairs = known_pairs(300)
    found, fitted = learn_alignment(pairs, stage=0), fit_bridge(pairs.a, pairs.b, groups=pairs.groups)
    assert found
    assert found.bridge
    assert fitted
    for name, array in fitted[0].weights().items():
        np.testing.assert_array_equal(found.bridge.weights()[name], array)
    assert found.measures["text_to_image_recall_at_10"] == fitted[1].text_to_image.at_10


def test_what_does_not_win_is_reported_and_not_used() -> None:
    pairs = known_pairs(300)
    strangers = Pairs(pairs.a, known_pairs(300, seed=9).b, pairs.same_a, pairs.same_b)
    found = learn_alignment(strangers, stage=0)
    assert found
    assert found.bridge is None
    assert found.comparison.choice.used == CHANCE
    assert not found.comparison.choice.is_changed
    assert STAGE_0 in {row.name for row in found.comparison.rows}


def test_a_base_that_shares_a_space_already_stays_where_nothing_beats_it() -> None:
    rows = known_pairs(300, noise=0.0).a
    pairs = Pairs(rows, rows, np.arange(300), np.arange(300))
    found = learn_alignment(pairs, ready=identity_bridge(rows, rows), present=Present(READY), stage=0)
    assert found
    assert found.comparison.row(READY).interval(DECISIVE).mean == 1.0
    assert found.comparison.choice.used == READY
    assert found.bridge is None


def test_what_is_best_already_is_learnt_anew_only_from_more_pairs() -> None:
    pairs = known_pairs(300)
    same, more = (learn_alignment(pairs, present=Present(STAGE_0, count), stage=0) for count in (300, 200))
    assert same
    assert more
    assert same.bridge is None
    assert more.bridge
    assert "anew, from 300 pairs, not 200" in more.comparison.choice.reason


def test_too_few_pairs_are_not_learnt_from() -> None:
    assert learn_alignment(known_pairs(40), stage=0) is None


def test_a_product_is_on_one_side_with_all_its_photos() -> None:
    pairs = known_pairs(100)
    many = pairs.take(np.repeat(np.arange(100), 3))
    found = learn_alignment(many, stage=0)
    assert found
    assert found.comparison.queries == 20


def test_stage_0_needs_no_torch_and_stage_1_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "tonggan.learn.heads", raising=False)
    assert learn_alignment(known_pairs(200), stage=0)
    with pytest.raises(MissingExtraError, match=r"pip install 'tonggan\[train\]'"):
        learn_alignment(known_pairs(200), stage=1)


def test_stage_1_undoes_what_no_linear_map_can() -> None:
    pytest.importorskip("torch", reason="stage 1 needs the extra train")
    from tonggan.learn.heads import HeadSettings

    quick = HeadSettings(learning_rate=1e-3, hidden=128, steps=200, batch=256, structure=0.0)
    found = learn_alignment(known_pairs(1000, noise=0.1, bent=5), settings=quick)
    assert found
    linear, residual = (found.comparison.row(name).interval(DECISIVE).mean for name in (STAGE_0, STAGE_1))
    assert residual > linear
    assert found.comparison.choice.used == STAGE_1
    assert found.bridge
    assert found.bridge.implementation == "residual"
