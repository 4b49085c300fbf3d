"""Merge weights move towards what finds more, as far as there are queries to tell."""

from __future__ import annotations

import numpy as np
import pytest

from learn.rank.judged_queries import make_examples
from tonggan.errors import NotReadyError
from tonggan.learn.rank.examples import mean_quality, quality
from tonggan.learn.rank.folds import folds_of, splits
from tonggan.learn.rank.merging import PRIOR_QUERIES, fit_weights, fused, merged


def test_the_default_merge_is_the_weighted_sum() -> None:
    example = make_examples(1)[0]
    expected = 0.9 * example.channels["words"] + 0.1 * example.channels["text"]
    assert merged(example) == pytest.approx(expected, abs=1e-6)


def test_fitted_weights_find_more_on_other_queries() -> None:
    held = make_examples(60, seed=1)
    weights = fit_weights(make_examples(60))
    before = mean_quality(held, [merged(example) for example in held])
    assert mean_quality(held, [merged(example, weights.of(example.kind)) for example in held]) > before + 0.02


def test_weights_go_part_of_the_way_and_add_up_to_one() -> None:
    weights = fit_weights(make_examples(50))
    share = 50 / (50 + PRIOR_QUERIES)
    assert 0.1 < weights.overall["text"] <= (1 - share) * 0.1 + share * 1.0 + 1e-9
    assert sum(weights.overall.values()) == pytest.approx(1.0)


def test_kinds_with_few_queries_take_the_weights_of_all() -> None:
    weights = fit_weights(make_examples(60))
    assert set(weights.by_kind) == {"name"}
    assert weights.of("code") == weights.overall


def test_too_few_queries_are_refused_with_numbers() -> None:
    with pytest.raises(NotReadyError, match=r"12 judged queries .* need 50.*Judge 38 more"):
        fit_weights(make_examples(12))


def test_reciprocal_rank_weighs_all_channels_alike() -> None:
    example = make_examples(1)[0]
    scores = fused(example)
    best_of_both = [int(np.argmax(each)) for each in example.channels.values()]
    assert all(scores[at] >= 1 / 61 for at in best_of_both)


def test_quality_is_that_of_served_candidates_alone() -> None:
    example = make_examples(1)[0]
    perfect = np.nan_to_num(example.grades).astype(np.float32)
    hidden = example.__class__(
        **{name: getattr(example, name) for name in example.__dataclass_fields__}
        | {"is_served": ~(np.nan_to_num(example.grades) >= 3)}
    )
    assert quality(hidden, perfect) < quality(example, perfect)


def test_folds_are_even_and_do_not_depend_on_order() -> None:
    names = [f"query {number}" for number in range(77)]
    folds = dict(zip(names, folds_of(names, seed=4), strict=True))
    assert sorted(list(folds.values()).count(fold) for fold in range(5)) == [15, 15, 15, 16, 16]
    assert dict(zip(names[::-1], folds_of(names[::-1], seed=4), strict=True)) == folds


def test_other_seeds_fold_otherwise() -> None:
    names = [f"query {number}" for number in range(50)]
    assert folds_of(names, seed=0) != folds_of(names, seed=1)


def test_no_query_teaches_and_judges() -> None:
    names = ["Red Dress", "red dress", *(f"query {number}" for number in range(20))]
    for taught, held in splits(names, folds_of(names, seed=0)):
        assert not {name.lower() for name in taught} & {name.lower() for name in held}
