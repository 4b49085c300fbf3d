"""From what was learnt to a version that a shop keeps, with a card that says where it comes from and how good it is."""

from __future__ import annotations

from collections.abc import Mapping

from tonggan.learn.rank.table import LearntRanking
from tonggan.rank.features import NAMES
from tonggan.rank.version import MERGE_ONLY, RankerVersion


def version_of(learnt: LearntRanking, *, version: str, created_at: str) -> tuple[RankerVersion, Mapping[str, bytes]]:
    """Return the version to write, and the files of its ranker; one that keeps the default has neither."""
    ranker = learnt.learnt
    weights = learnt.weights
    figures = learnt.row(learnt.choice.used).interval
    return (
        RankerVersion(
            version=version,
            kind=ranker.ranker.kind if ranker else MERGE_ONLY,
            created_at=created_at,
            queries=learnt.queries,
            seed=learnt.seeds[0],
            feature_names=NAMES if ranker else (),
            weights={"overall": dict(weights.overall), **{k: dict(w) for k, w in weights.by_kind.items()}}
            if weights
            else {},
            measures={"nDCG@10": figures.mean, "low": figures.low, "high": figures.high},
            parameters=dict(ranker.parameters) if ranker else {},
            card=_card(learnt, version),
        ),
        dict(ranker.files) if ranker else {},
    )


def _card(learnt: LearntRanking, version: str) -> str:
    lines = [
        f"# Ranker {version}",
        "",
        f"Learnt from {learnt.queries} judged queries of this shop; {learnt.skipped} had no product of grade above 0.",
        *([f"{learnt.click_queries} queries more were taught by clicks alone."] if learnt.click_queries else []),
        f"In use: {learnt.choice.used}. {learnt.choice.reason}",
        "",
        "| row | nDCG@10, held out | 95 % interval | gain over the default merge | p |",
        "| --- | --- | --- | --- | --- |",
    ]
    default = learnt.row("convex")
    for row in learnt.rows:
        own, gain = row.interval, row.gain(default)
        lines.append(
            f"| {row.name} | {own.mean:.4f} | {own.low:.4f} to {own.high:.4f} | {gain.mean:+.4f} | {gain.p_value:.4f} |"
        )
    lines += [f"\n{name} is left out: {reason}" for name, reason in learnt.left_out.items()]
    return "\n".join([*lines, ""])
