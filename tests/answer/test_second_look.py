"""What a ranker saw, and how its score comes about."""

from __future__ import annotations

import numpy as np
import pytest

from tonggan.answer.second_look import sampled_contributions


def test_sampled_contributions_of_a_weighted_sum_are_its_parts() -> None:
    weights = np.array([2.0, -1.0, 0.5])
    found = sampled_contributions(
        np.array([3.0, 4.0, np.nan], np.float32), lambda table: (np.nan_to_num(table) @ weights).astype(np.float32)
    )
    assert found.values[0].tolist() == pytest.approx([2.0 * 3.0, -1.0 * 4.0, 0.0])
    assert found.base == 0.0


def test_sampled_contributions_add_up_where_features_act_together() -> None:
    def score(table: np.ndarray) -> np.ndarray:
        known = np.nan_to_num(table)
        return (1.0 + known[:, 0] * known[:, 1] + known[:, 2]).astype(np.float32)

    found = sampled_contributions(np.array([2.0, 3.0, 4.0], np.float32), score)
    assert found.base == 1.0
    assert found.base + found.values.sum() == pytest.approx(1.0 + 2.0 * 3.0 + 4.0, abs=1e-6)
    assert found.values[0, 2] == pytest.approx(4.0)
