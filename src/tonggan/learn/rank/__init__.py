"""Judgments -> an order: merge weights and rankers learnt from judged queries, compared on the same folds.

`examples.py` turns judged queries into tables; `merging.py` fits merge weights, `linear.py`, `lambdamart.py`,
`network.py` and `attention.py` learn rankers (each a `Learner`, see `learnt.py`); `table.py` compares all of them and
chooses; `clicks.py` makes grades of clicks. What is chosen is kept as a version of the shop (`rank/version.py`).
"""

from __future__ import annotations

from tonggan.learn.rank.examples import Example, example_of
from tonggan.learn.rank.keeping import version_of
from tonggan.learn.rank.merging import MergeWeights, fit_weights
from tonggan.learn.rank.table import LearntRanking, RankingChoice, RankingRow, learn_ranking

__all__ = [
    "Example",
    "LearntRanking",
    "MergeWeights",
    "RankingChoice",
    "RankingRow",
    "example_of",
    "fit_weights",
    "learn_ranking",
    "version_of",
]
