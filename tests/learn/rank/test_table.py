"""The table compares on the same folds, and uses what is learnt only where its gain is sure."""

from __future__ import annotations

import numpy as np
import pytest

from learn.rank.judged_queries import make_examples
from tonggan.errors import NotReadyError
from tonggan.learn.rank.keeping import version_of
from tonggan.learn.rank.linear import LinearLearner
from tonggan.learn.rank.table import DEFAULT, RankingRow, choose, learn_ranking


def row(name: str, values: list[float]) -> RankingRow:
    return RankingRow(name, {str(at): value for at, value in enumerate(values)}, (float(np.mean(values)),))


def test_a_sure_gain_is_used() -> None:
    choice = choose([row(DEFAULT, [0.5] * 60), row("linear", [0.6] * 60)])
    assert (choice.used, choice.is_changed) == ("linear", True)
    assert "linear gains +0.1000" in choice.reason


def test_a_gain_that_may_be_chance_leaves_the_default() -> None:
    swings = [0.9, 0.2] * 30
    choice = choose([row(DEFAULT, [0.5] * 60), row("linear", swings)])
    assert (choice.used, choice.is_changed) == (DEFAULT, False)
    assert "not sure" in choice.reason


def test_words_alone_are_for_comparison_only() -> None:
    assert choose([row("words", [1.0] * 60), row(DEFAULT, [0.5] * 60)]).used == DEFAULT


def test_every_row_is_judged_on_every_query_once() -> None:
    learnt = learn_ranking(make_examples(60), learners=[LinearLearner()], seeds=(0, 1))
    assert [row.name for row in learnt.rows] == ["words", "rrf", "convex", "convex-fitted", "linear"]
    assert all(len(row.values) == 60 and len(row.by_seed) == 2 for row in learnt.rows)


def test_the_winner_is_learnt_from_all_and_kept_with_its_table() -> None:
    learnt = learn_ranking(make_examples(60), learners=[LinearLearner()])
    assert learnt.choice.used == "linear"
    version, files = version_of(learnt, version="one", created_at="2026-01-01")
    assert (version.kind, version.queries, list(files)) == ("linear", 60, ["weights.safetensors"])
    assert "| linear | " in version.card
    assert version.measures["nDCG@10"] == pytest.approx(learnt.row("linear").interval.mean)
    assert learnt.as_json()["rows"]["linear"]["gain"]["low"] > 0


def test_where_nothing_can_be_learnt_the_default_stays() -> None:
    examples = make_examples(60, noise=0.0)
    learnt = learn_ranking(examples, learners=[])
    assert (learnt.choice.used, learnt.learnt, learnt.weights) == (DEFAULT, None, None)
    version, files = version_of(learnt, version="one", created_at="2026-01-01")
    assert (version.kind, version.weights, files) == ("convex", {}, {})


def test_too_few_judged_queries_are_refused_with_numbers() -> None:
    with pytest.raises(NotReadyError, match=r"20 of 20 judged queries .* need 50.*Judge 30 more"):
        learn_ranking(make_examples(20))


def test_too_few_grades_leave_rankers_out_with_numbers() -> None:
    examples = [
        example.__class__(
            **{name: getattr(example, name) for name in example.__dataclass_fields__}
            | {"grades": np.where(np.arange(30) < 5, example.grades, np.nan)}
        )
        for example in make_examples(60)
    ]
    learnt = learn_ranking(examples, learners=[LinearLearner()])
    grades = sum(int((~np.isnan(example.grades)).sum()) for example in examples)
    assert learnt.left_out == {"linear": f"{grades} candidates have a grade; a ranker needs 500."}
