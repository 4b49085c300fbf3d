"""Words and pictures in one space, learnt from a shop's own pairs, and measured on products that were held out.

Every way is fitted on the same learning part and reported on the same held-out part: the space that the base pack
brings, centred anew; stage 0, ridge CCA; stage 1, residual heads from the better of these two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tonggan.align.bridge import LEAST_PAIRS, Bridge, BridgeReport, Recall, choose_ridge, solve, split_groups
from tonggan.learn.comparison import CHANCE, NOTHING, Comparison, Present, Row, choose
from tonggan.learn.pairs import Numbers, Pairs, reciprocal_rank
from tonggan.records import Vectors

if TYPE_CHECKING:
    from tonggan.learn.heads import HeadSettings

READY, STAGE_0, STAGE_1 = "base, centred anew", "stage 0", "stage 1"
"""Names of rows, beside chance."""

DECISIVE = "R@10, both ways"
"""The measure that decides: the mean of words to pictures and pictures to words, product by product."""

Maker: TypeAlias = Callable[[Numbers], Bridge]
"""Fits a bridge on the pairs at some positions."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """What was compared, and the bridge to use from now on where one is better than the present one.

    `measures` are those of the bridge for the card of a pack.
    """

    comparison: Comparison
    bridge: Bridge | None = None
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Positions to learn from, to choose by and to report on."""

    train: Numbers
    validation: Numbers
    test: Numbers

    @property
    def learning(self) -> Numbers:
        return np.concatenate([self.train, self.validation])


def learn_alignment(
    pairs: Pairs,
    *,
    ready: Bridge | None = None,
    present: Present = NOTHING,
    stage: int = 1,
    settings: HeadSettings | None = None,
    seed: int = 0,
) -> Alignment | None:
    """Learn a space from pairs of words (a) and pictures (b); None where the pairs are too few to confirm anything.

    `ready` is a bridge that came with the base pack, `present` is what is in use. Products are held out
    whole: the same title or picture stays on one side. What is used in the end is fitted on all pairs. Stage 1 raises
    MissingExtraError where torch is not installed.
    """
    parts = _Parts(*split_groups(pairs.groups, seed=seed))
    if len(pairs.a) < LEAST_PAIRS or not all(map(len, (parts.train, parts.validation, parts.test))):
        return None
    makers = _linear_makers(pairs, parts, ready)
    if stage == 1 or present.name == STAGE_1:
        makers[STAGE_1] = _residual_maker(pairs, parts, makers, settings=settings, seed=seed)
    fitted = {name: make(parts.learning) for name, make in makers.items()}
    test = pairs.take(parts.test)
    rows = (_chance(len(parts.test)), *(_row(name, bridge, test) for name, bridge in fitted.items()))
    recalls = {row.name: _recalls(row) for row in rows}
    trusted = [name for name in fitted if BridgeReport(*recalls[name], ridge=0.0, pairs=len(pairs.a)).is_trusted]
    choice = choose(rows, present=present, pairs=len(pairs.a), measure=DECISIVE, trusted=trusted)
    comparison = Comparison(
        "words and pictures", rows, present.name, choice, queries=len(parts.test), pool=len(parts.test)
    )
    if not choice.is_changed:
        return Alignment(comparison)
    measures = _measures(*recalls[choice.used]) | {"pairs": len(pairs.a)}
    return Alignment(comparison, makers[choice.used](np.arange(len(pairs.a))), measures)


def _linear_makers(pairs: Pairs, parts: _Parts, ready: Bridge | None) -> dict[str, Maker]:
    ridge = choose_ridge(pairs.a, pairs.b, train=parts.train, validation=parts.validation)
    makers: dict[str, Maker] = {}
    if ready is not None:
        makers[READY] = lambda at: ready.centred_on(pairs.a[at], pairs.b[at])
    makers[STAGE_0] = lambda at: solve(pairs.a[at], pairs.b[at], ridge=ridge)
    return makers


def _residual_maker(
    pairs: Pairs, parts: _Parts, makers: Mapping[str, Maker], *, settings: HeadSettings | None, seed: int
) -> Maker:
    """Return stage 1 from the linear start that the validation part prefers, for as long as it said."""
    from tonggan.learn.heads import HeadSettings, train_heads

    chosen, validation = settings or HeadSettings(), pairs.take(parts.validation)
    starts = {name: make(parts.train) for name, make in makers.items()}
    name = max(starts, key=lambda each: reciprocal_rank((starts[each].text, starts[each].image), validation))
    start = starts[name]
    learning = pairs.take(parts.train)
    found = train_heads(learning, (start.text, start.image), settings=chosen, validation=validation, seed=seed)

    def make(at: Numbers) -> Bridge:
        begun = makers[name](at)
        if found.steps == 0:
            return begun
        heads = (begun.text, begun.image)
        return Bridge(*train_heads(pairs.take(at), heads, settings=chosen, steps=found.steps, seed=seed).heads)

    return make


def _row(name: str, bridge: Bridge, test: Pairs) -> Row:
    text, image = bridge.project_text(test.a), bridge.project_image(test.b)
    return _both_ways(name, _ranks(text, image), _ranks(image, text))


def _chance(pool: int) -> Row:
    """The row of a random order: every rank from 1 to `pool` is as likely."""
    at_1, at_10 = np.full(pool, 1 / pool), np.full(pool, min(1.0, 10 / pool))
    return Row(CHANCE, _named(at_1, at_10, at_1, at_10))


def _both_ways(name: str, there: Numbers, back: Numbers) -> Row:
    hits = [(ranks <= reach).astype(np.float64) for ranks in (there, back) for reach in (1, 10)]
    return Row(name, _named(*hits))


def _named(there_1: np.ndarray, there_10: np.ndarray, back_1: np.ndarray, back_10: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "words to pictures, R@1": there_1,
        "words to pictures, R@10": there_10,
        "pictures to words, R@1": back_1,
        "pictures to words, R@10": back_10,
        DECISIVE: (there_10 + back_10) / 2,
    }


def _ranks(queries: Vectors, candidates: Vectors) -> Numbers:
    """Return the rank of row i of the candidates for row i of the queries, from 1; a tie counts against it."""
    scores = queries @ candidates.T
    return (scores >= np.diagonal(scores)[:, None]).sum(axis=1)


def _recalls(row: Row) -> tuple[Recall, Recall]:
    at = [float(hits.mean()) for hits in row.hits.values()]
    pool = len(row.hits[DECISIVE])
    return Recall(at[0], at[1], pool), Recall(at[2], at[3], pool)


def _measures(there: Recall, back: Recall) -> dict[str, float]:
    return {
        "text_to_image_recall_at_1": there.at_1,
        "text_to_image_recall_at_10": there.at_10,
        "image_to_text_recall_at_1": back.at_1,
        "image_to_text_recall_at_10": back.at_10,
        "chance_at_1": there.chance_at_1,
        "chance_at_10": there.chance_at_10,
        "held_out_pool": there.pool,
    }
