from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from learn.known_map import known_pairs
from tonggan.align.bridge import Bridge, solve
from tonggan.align.heads import Head
from tonggan.learn.pairs import Pairs, reciprocal_rank

torch = pytest.importorskip("torch", reason="stage 1 needs the extra train")

from tonggan.learn.heads import CHECK_EVERY, HeadSettings, Trained, train_heads  # noqa: E402

QUICK = HeadSettings(hidden=32, steps=60, batch=128, learning_rate=1e-3)


def trained(pairs: Pairs, *, settings: HeadSettings = QUICK, seed: int = 0, **options: object) -> Trained:
    start = solve(pairs.a, pairs.b, ridge=0.1)
    return train_heads(pairs, (start.text, start.image), settings=settings, seed=seed, **options)  # type: ignore[arg-type]


def test_training_begins_at_the_linear_start() -> None:
    pairs = known_pairs(200)
    start = solve(pairs.a, pairs.b, ridge=0.1)
    heads = trained(pairs, steps=0).heads
    np.testing.assert_allclose(heads[0].project(pairs.a), start.project_text(pairs.a), atol=1e-6)
    np.testing.assert_allclose(heads[1].project(pairs.b), start.project_image(pairs.b), atol=1e-6)


def test_numpy_projects_as_the_heads_were_trained() -> None:
    from tonggan.learn.heads import _Residual

    pairs = known_pairs(50)
    start = solve(pairs.a, pairs.b, ridge=0.1).text
    side = _Residual(start, hidden=16, generator=torch.Generator().manual_seed(0))
    side.outer = torch.randn(side.outer.shape, generator=torch.Generator().manual_seed(1))
    within_torch = side(torch.from_numpy(pairs.a)).detach().numpy()
    np.testing.assert_allclose(side.head().project(pairs.a), within_torch, atol=1e-5)


def test_the_same_seed_gives_the_same_bits_and_another_one_others() -> None:
    pairs = known_pairs(200)
    one, two, other = trained(pairs), trained(pairs), trained(pairs, seed=1)
    for name, array in one.heads[0].weights().items():
        np.testing.assert_array_equal(array, two.heads[0].weights()[name])
    assert not np.array_equal(one.heads[0].weights()["inner"], other.heads[0].weights()["inner"])


def test_training_ends_at_the_best_look_and_never_below_the_start() -> None:
    pairs = known_pairs(400, bent=4)
    learning, validation = pairs.take(np.arange(300)), pairs.take(np.arange(300, 400))
    found = trained(learning, settings=replace(QUICK, steps=200), validation=validation)
    assert reciprocal_rank(found.heads, validation) == max(found.validation) >= found.validation[0]
    assert found.steps == CHECK_EVERY * int(np.argmax(found.validation))


def test_duplicates_are_partners_and_no_strangers() -> None:
    pairs = Pairs(
        np.eye(4, dtype=np.float32), np.eye(4, dtype=np.float32), np.array([0, 0, 1, 2]), np.array([3, 4, 5, 5])
    )
    assert pairs.partners(np.arange(4)).tolist() == [
        [True, True, False, False],
        [True, True, False, False],
        [False, False, True, True],
        [False, False, True, True],
    ]


def test_masked_duplicates_stay_together_where_unmasked_ones_are_torn_apart() -> None:
    pairs = known_pairs(150, noise=0.6)
    doubled = Pairs(
        np.repeat(pairs.a, 2, axis=0),
        known_pairs(300, noise=0.6, seed=3).b,
        np.repeat(np.arange(150), 2),
        np.arange(300),
    )
    plain = replace(QUICK, structure=0.0, steps=150)
    spread = {}
    for is_masked in (True, False):
        image = trained(doubled, settings=replace(plain, masks_duplicates=is_masked)).heads[1].project(doubled.b)
        spread[is_masked] = float(np.mean(np.sum(image[::2] * image[1::2], axis=1)))
    assert spread[True] > spread[False]


def test_structure_keeps_neighbourhoods() -> None:
    pairs = known_pairs(300, noise=1.0)
    start = solve(pairs.a, pairs.b, ridge=0.1)
    centred = pairs.a - pairs.a.mean(axis=0)
    before = np.corrcoef(centred)
    kept = {}
    for weight in (0.0, 20.0):
        text = trained(pairs, settings=replace(QUICK, structure=weight, steps=150)).heads[0].project(pairs.a)
        kept[weight] = float(np.corrcoef(before.ravel(), (text @ text.T).ravel())[0, 1])
    assert kept[20.0] > kept[0.0]
    assert start.dim == 16


def test_one_head_may_serve_both_sides() -> None:
    rows = known_pairs(120).a
    pairs = Pairs(rows, rows, np.arange(120), np.arange(120))
    head = Head(rows.mean(axis=0))
    heads = train_heads(pairs, (head, head), settings=QUICK, is_shared=True).heads
    np.testing.assert_array_equal(heads[0].project(rows), heads[1].project(rows))


def test_further_terms_move_their_own_parameters() -> None:
    pairs = known_pairs(100)
    moved = torch.zeros(1, requires_grad=True)
    trained(pairs, extras=[(lambda *_: (moved - 1).square().sum(), [moved])])
    assert moved.item() != 0


def test_a_restored_residual_bridge_projects_alike() -> None:
    pairs = known_pairs(100)
    bridge = Bridge(*trained(pairs).heads)
    np.testing.assert_array_equal(Bridge.restore(bridge.weights()).project_text(pairs.a), bridge.project_text(pairs.a))
