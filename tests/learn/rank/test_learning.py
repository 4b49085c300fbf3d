"""Every learner finds what tells, is kept in files that score alike, and gives the same ranker for the same seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from learn.rank.judged_queries import make_examples
from tonggan.learn.rank.attention import AttentionLearner
from tonggan.learn.rank.examples import Example, mean_quality
from tonggan.learn.rank.lambdamart import LambdaMartLearner, TreeSettings
from tonggan.learn.rank.learnt import Learner
from tonggan.learn.rank.linear import LinearLearner
from tonggan.learn.rank.merging import merged
from tonggan.learn.rank.network import NetworkLearner, NetworkSettings
from tonggan.rank.features import NAMES
from tonggan.rank.version import RankerVersion, open_version, write_version

pytest.importorskip("lightgbm")
SMALL_TREES = TreeSettings(rounds=(10, 30), bags=1)
SMALL_NETWORK = NetworkSettings(passes=30, bags=1, learning_rate=0.01)
LEARNERS: list[Learner] = [
    LinearLearner(),
    LambdaMartLearner(settings=SMALL_TREES),
    LambdaMartLearner(is_on_convex=True, settings=SMALL_TREES),
    NetworkLearner(settings=SMALL_NETWORK),
    AttentionLearner(settings=SMALL_NETWORK),
]


@pytest.fixture(params=LEARNERS, ids=lambda learner: learner.name)
def learner(request: pytest.FixtureRequest) -> Learner:
    return request.param


def test_what_tells_is_found(learner: Learner) -> None:
    learnt, held = learner(make_examples(40), seed=0), make_examples(40, seed=1)
    before = mean_quality(held, [merged(example) for example in held])
    assert mean_quality(held, [learnt.score(example) for example in held]) > before + 0.1


def test_what_nobody_saw_is_not_held_to_be_bad(learner: Learner) -> None:
    held = make_examples(40, seed=1)
    before = mean_quality(held, [merged(example) for example in held])
    learnt = learner([hide_best(example) for example in make_examples(40)], seed=0)
    assert mean_quality(held, [learnt.score(example) for example in held]) > before + 0.05


def hide_best(example: Example) -> Example:
    """Clicks on what is fair, where nobody saw what is good."""
    is_hidden = example.grades == 3
    grades = np.where(is_hidden, np.nan, example.grades)
    return replace(example, grades=grades, judged=grades[~np.isnan(grades)], importance=np.where(is_hidden, 0.0, 1.0))


def test_the_same_seed_gives_the_same_scores(learner: Learner) -> None:
    examples = make_examples(20)
    first, second = learner(examples, seed=1), learner(examples, seed=1)
    assert first.score(examples[0]).tolist() == second.score(examples[0]).tolist()


def test_a_kept_ranker_scores_as_the_learnt_one(learner: Learner, tmp_path: Path) -> None:
    examples = make_examples(20)
    learnt = learner(examples, seed=0)
    version = RankerVersion("one", learner.name, "2026-01-01", feature_names=NAMES, parameters=learnt.parameters)
    write_version(tmp_path, version, learnt.files)
    _, ranker = open_version(tmp_path, "one")
    assert ranker is not None
    assert ranker.kind == learner.name
    found = ranker.score(examples[0].table, examples[0].modalities)
    assert np.abs(found - learnt.score(examples[0])).max() < 1e-5


def test_contributions_of_what_explains_itself_add_up(learner: Learner) -> None:
    examples = make_examples(20)
    ranker = learner(examples, seed=0).ranker
    if not hasattr(ranker, "explain"):
        pytest.skip("networks are not explained by Shapley values")
    found = ranker.explain(examples[0].table)  # pyright: ignore[reportAttributeAccessIssue]
    assert found.values.sum(axis=1) + found.base == pytest.approx(ranker.score(examples[0].table), abs=1e-4)


def test_queries_without_any_candidate_are_passed_over() -> None:
    examples = make_examples(20)
    empty = np.zeros(0)
    nothing = examples[0].__class__(
        "none", "name", (), np.zeros((0, len(NAMES)), np.float32), {}, {}, empty.astype(np.float32), empty,
        np.array([3.0]), empty.astype(bool),
    )  # fmt: skip
    for learner in LEARNERS[:3]:
        assert np.isfinite(learner([*examples, nothing], seed=0).score(examples[0])).all()


def test_attention_does_not_hear_a_space_that_is_not_there() -> None:
    examples = make_examples(20)
    learnt = AttentionLearner(settings=SMALL_NETWORK)(examples, seed=0)
    table = examples[0].table
    query, products = examples[0].modalities["text"]
    without = learnt.ranker.score(table, {})
    assert without.tolist() == learnt.ranker.score(table, {"text": (query, np.zeros_like(products))}).tolist()
    assert np.isfinite(without).all()
