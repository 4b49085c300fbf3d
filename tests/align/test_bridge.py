from __future__ import annotations

import numpy as np
import pytest

from tonggan.align.bridge import LEAST_PAIRS, Bridge, Recall, fit_bridge, group_pairs, recall
from tonggan.encode.rows import unit_rows
from tonggan.records import Vectors


def tied_pairs(count: int, *, noise: float, seed: int = 0) -> tuple[Vectors, Vectors]:
    """Two views, of 24 and 16 dimensions, of the same eight hidden numbers, each far off its origin."""
    generator = np.random.default_rng(seed)
    hidden = generator.standard_normal((count, 8))
    views = [
        hidden @ generator.standard_normal((8, dim)) + noise * generator.standard_normal((count, dim)) + offset
        for dim, offset in ((24, 3.0), (16, -2.0))
    ]
    return unit_rows(views[0]), unit_rows(views[1])


def test_pairs_that_share_a_cause_find_each_other() -> None:
    a, b = tied_pairs(600, noise=0.3)
    fitted = fit_bridge(a, b, groups=range(600))
    assert fitted
    bridge, report = fitted
    assert report.text_to_image.pool == 120
    assert report.text_to_image.at_10 > 0.8
    assert report.image_to_text.at_10 > 0.8
    assert report.is_trusted
    assert recall(bridge.project_text(a), bridge.project_image(b)).at_10 > 0.5


@pytest.mark.parametrize("seed", range(5))
def test_pairs_that_share_nothing_are_not_trusted(seed: int) -> None:
    a, _ = tied_pairs(400, noise=0.3, seed=seed)
    _, b = tied_pairs(400, noise=0.3, seed=seed + 100)
    fitted = fit_bridge(a, b, groups=range(400), seed=seed)
    assert fitted
    assert not fitted[1].is_trusted


def test_too_few_pairs_give_no_bridge() -> None:
    a, b = tied_pairs(LEAST_PAIRS - 1, noise=0.1)
    assert fit_bridge(a, b, groups=range(len(a))) is None
    assert fit_bridge(np.zeros((0, 4), np.float32), np.zeros((0, 3), np.float32), groups=[]) is None


def test_one_product_many_times_over_proves_nothing() -> None:
    a, b = tied_pairs(200, noise=0.1)
    assert fit_bridge(a, b, groups=[0] * 200) is None


def test_a_product_without_one_of_the_two_teaches_nothing() -> None:
    a, b = tied_pairs(300, noise=0.3)
    fitted = fit_bridge(a, b, groups=range(300))
    gaps = np.zeros((40, b.shape[1]), np.float32)
    more = fit_bridge(np.concatenate([a, a[:40]]), np.concatenate([b, gaps]), groups=range(340))
    assert fitted
    assert more
    np.testing.assert_array_equal(fitted[0].weights()["map_a"], more[0].weights()["map_a"])
    assert more[1].pairs == 300


def test_the_report_counts_one_pair_of_each_group() -> None:
    a, b = tied_pairs(300, noise=0.3)
    doubled = fit_bridge(np.repeat(a, 2, axis=0), np.repeat(b, 2, axis=0), groups=np.repeat(np.arange(300), 2))
    assert doubled
    assert doubled[1].text_to_image.pool == 60


def test_the_same_seed_gives_the_same_bridge() -> None:
    a, b = tied_pairs(200, noise=0.3)
    one, two = fit_bridge(a, b, groups=range(200), seed=4), fit_bridge(a, b, groups=range(200), seed=4)
    assert one
    assert two
    assert one[1] == two[1]
    np.testing.assert_array_equal(one[0].weights()["map_b"], two[0].weights()["map_b"])


def test_projections_have_norm_one_and_zero_stays_zero() -> None:
    a, b = tied_pairs(200, noise=0.3)
    fitted = fit_bridge(a, b, groups=range(200))
    assert fitted
    rows = fitted[0].project_text(np.concatenate([a[:3], np.zeros((1, a.shape[1]), np.float32)]))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 1, 0], atol=1e-6)
    assert rows.dtype == np.float32


def test_a_restored_bridge_projects_alike() -> None:
    a, b = tied_pairs(200, noise=0.3)
    fitted = fit_bridge(a, b, groups=range(200))
    assert fitted
    np.testing.assert_array_equal(Bridge.restore(fitted[0].weights()).project_image(b), fitted[0].project_image(b))


def test_recall_counts_a_tie_as_a_miss() -> None:
    rows = np.ones((4, 1), np.float32)
    assert recall(rows, rows) == Recall(at_1=0.0, at_10=1.0, pool=4)


def test_trust_needs_three_times_chance_and_a_sure_lower_bound() -> None:
    assert not Recall(at_1=0.0, at_10=0.29, pool=100).is_above_chance
    assert Recall(at_1=0.0, at_10=0.31, pool=100).is_above_chance
    assert not Recall(at_1=0.5, at_10=1.0, pool=12).is_above_chance


def test_pairs_that_share_a_title_or_a_picture_share_a_group() -> None:
    groups = group_pairs(["a", "b", "a", "c", "d"], ["1", "2", "3", "2", "4"]).tolist()
    assert groups == [0, 1, 0, 1, 4]
