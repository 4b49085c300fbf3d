"""LambdaMART [Burges 2010] by LightGBM, held back as few judgments ask: small trees, slow steps, monotone features.

Two forms: trees alone, and trees that correct the merged order. How many rounds, and how much the merged score weighs
before the trees, is chosen inside the training queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tonggan.errors import MissingExtraError
from tonggan.learn.rank.examples import Example, quality
from tonggan.learn.rank.folds import folds_of, splits
from tonggan.learn.rank.learnt import Learnt
from tonggan.learn.rank.lightgbm_trees import onnx_of_trees, trees_of_boosters
from tonggan.rank.features import FEATURES, NAMES, PLACES
from tonggan.rank.rankers import MODEL, WEIGHTS, TreeRanker

INNER_FOLDS = 4

RISING = frozenset(
    {"words", "coverage", "title_coverage", "title_phrase", "core_share", "text", "text_relative", "text_picture"}
    | {"text_picture_relative", "image", "image_relative", "merged", "merged_relative", "rating_bayes"}
    | {"brand_match", "category_match", "colour_match", "attribute_match"}
    | {name for name in NAMES if name.startswith("words_")}
)
"""Features of which more can only be better; all else being equal, a better match must not fall."""

FALLING = frozenset({"merged_rank"})
"""Features of which less can only be better."""


@dataclass(frozen=True, slots=True)
class TreeSettings:
    """How trees are grown."""

    leaves: int = 6
    learning_rate: float = 0.05
    least_rows: int = 30
    """Candidates in a leaf at least."""

    l2: float = 10.0
    feature_share: float = 0.4
    """Features that each tree may use: correlated ones then share the work."""

    query_share: float = 0.8
    """Training queries that each tree sees."""

    truncation: int = 20
    """Ranks at the top whose order is learnt."""

    rounds: tuple[int, ...] = (10, 20, 40, 80, 160)
    """Numbers of trees that are tried inside the training queries."""

    bags: int = 3
    """Ensembles of other seeds that are averaged."""

    starts: tuple[float, ...] = (0.0,)
    """Weights of the merged score before the trees that are tried; 0 is trees alone."""


ALONE = TreeSettings()
ON_CONVEX = TreeSettings(starts=(5.0, 10.0, 20.0), rounds=(5, 10, 20, 40, 80))


@dataclass(frozen=True, slots=True)
class LambdaMartLearner:
    """Learns trees; `weight_of_unjudged` is how much a candidate without a grade counts as one of grade 0."""

    name: str = "lambdamart"
    settings: TreeSettings = ALONE
    weight_of_unjudged: float = 1.0

    def __call__(self, examples: Sequence[Example], *, seed: int) -> Learnt:
        start, rounds, held_out = self._chosen(examples, seed=seed)
        settings = self.settings
        boosters = [self._train(examples, rounds, start=start, seed=seed + bag) for bag in range(settings.bags)]
        merged = np.concatenate([example.table[example.is_served, PLACES["merged"]] for example in examples])
        place = PLACES["merged"] if start else -1
        mean = float(np.nan_to_num(merged).mean()) if start else 0.0
        trees = trees_of_boosters(boosters, start=place, start_weight=start, start_mean=mean)
        from safetensors.numpy import save

        files = {WEIGHTS: save(trees.arrays()), MODEL: onnx_of_trees(trees, features=len(NAMES))}
        parameters = {"start": place, "start_weight": start, "start_mean": mean}
        chosen = {"start_weight": start, "rounds": rounds, "held_out": held_out}
        return Learnt(TreeRanker(NAMES, trees, kind=self.name), files, parameters, chosen)

    def _chosen(self, examples: Sequence[Example], *, seed: int) -> tuple[float, int, float]:
        """The start and the number of rounds that were best on held-out training queries; of equal ones the least."""
        tried = {
            (start, rounds): held_out
            for start in self.settings.starts
            for rounds, held_out in self._curve(examples, start=start, seed=seed).items()
        }
        start, rounds = max(tried, key=lambda key: (round(tried[key], 4), -key[1]))
        return start, rounds, tried[start, rounds]

    def _curve(self, examples: Sequence[Example], *, start: float, seed: int) -> Mapping[int, float]:
        """Held-out nDCG@10 after each number of rounds."""
        fold_of = folds_of([example.query_id for example in examples], seed=seed, folds=INNER_FOLDS)
        found: dict[int, list[float]] = {rounds: [] for rounds in self.settings.rounds}
        for taught, held in splits(examples, fold_of):
            booster = self._train(taught, max(self.settings.rounds), start=start, seed=seed)
            for example in held:
                for rounds, values in found.items():
                    scores = booster.predict(example.table, num_iteration=rounds, num_threads=1)
                    values.append(quality(example, (scores + started(example, start)).astype(np.float32)))
        return {rounds: float(np.mean(values)) for rounds, values in found.items()}

    def _train(self, examples: Sequence[Example], rounds: int, *, start: float, seed: int) -> Any:
        lightgbm = _lightgbm()
        gains = np.concatenate([example.gains for example in examples])
        grades, labels = np.unique(gains, return_inverse=True)
        data = lightgbm.Dataset(
            np.concatenate([example.table for example in examples]),
            labels,
            group=[len(example.product_ids) for example in examples],
            weight=np.concatenate([_importance(example, self.weight_of_unjudged) for example in examples]),
            init_score=np.concatenate([started(example, start) for example in examples]) if start else None,
            feature_name=list(NAMES),
        )
        label_gain = (np.exp2(grades) - 1).tolist()
        return lightgbm.train(_parameters(self.settings, label_gain, seed=seed), data, num_boost_round=rounds)


def on_convex() -> LambdaMartLearner:
    """Return the learner of trees that correct the merged order."""
    return LambdaMartLearner("lambdamart-on-convex", replace(ON_CONVEX))


def started(example: Example, start: float) -> np.ndarray:
    """Return the scores that the trees correct."""
    return start * np.nan_to_num(example.table[:, PLACES["merged"]].astype(np.float64))


def _importance(example: Example, weight_of_unjudged: float) -> np.ndarray:
    importance = np.where(np.isnan(example.grades), weight_of_unjudged, 1.0)
    return importance if example.importance is None else importance * example.importance


def _parameters(settings: TreeSettings, label_gain: list[float], *, seed: int) -> dict[str, Any]:
    return {
        "objective": "lambdarank",
        "label_gain": label_gain,
        "lambdarank_truncation_level": settings.truncation,
        "num_leaves": settings.leaves,
        "learning_rate": settings.learning_rate,
        "min_data_in_leaf": settings.least_rows,
        "min_sum_hessian_in_leaf": 1e-3,
        "lambda_l2": settings.l2,
        "feature_fraction": settings.feature_share,
        "bagging_fraction": settings.query_share,
        "bagging_freq": 1,
        "bagging_by_query": True,
        "monotone_constraints": [(name in RISING) - (name in FALLING) for name in (each.name for each in FEATURES)],
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed,
        "verbose": -1,
    }


def _lightgbm() -> Any:
    try:
        import lightgbm
    except ImportError as error:
        raise MissingExtraError(
            "Rankers of trees are learnt by LightGBM.", remedy="pip install 'tonggan[rank]'."
        ) from error
    return lightgbm
