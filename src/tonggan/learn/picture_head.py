"""A measure of pictures by which a shopper's photo is near the catalogue's picture of the same product.

Stage 0 makes small whatever usually differs between a photo and the catalogue's picture of its product [within-class
covariance, Hatch 2006]; stage 1 is a residual head from there. Both learn the products that have photos, and mislead
photos of products that have none: that is measured, and weighs as much as there are such products.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tonggan.align.heads import Head, Weights
from tonggan.learn.alignment import STAGE_0, STAGE_1
from tonggan.learn.comparison import CHANCE, Comparison, Hits, Present, Row, choose
from tonggan.learn.pairs import Numbers, Pairs
from tonggan.records import Vectors

if TYPE_CHECKING:
    from tonggan.learn.heads import HeadSettings

AS_IT_IS = "encoder as it is"
"""The row of the encoder's own vectors, which is what is in use where no head is."""

ENCODER_ALONE = Present(AS_IT_IS)

TOP_1, TOP_5 = "photo to picture, top 1", "photo to picture, top 5"
WITHOUT_PHOTOS = "top 1, products without photos"

HELD_OUT_SHARE = 0.25
"""Last photos of each product that are held out: those taken one after the other look alike, so none is drawn."""

STRANGER_SHARE = 0.2
"""Products whose photos are held out whole, to see what becomes of products that have none."""

LEAST_PHOTOS = 40
"""Held-out photos below which an interval says nothing."""

LEAST_PRODUCTS = 5
"""Products with photos below which none can be kept apart as a stranger."""

RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Multiples of the mean variance added to each direction; the more, the nearer to the encoder as it is."""

Maker: TypeAlias = Callable[[Numbers], Head]
"""Fits a head on the photos at some positions."""


@dataclass(frozen=True, slots=True, eq=False)
class Photos:
    """Rows of photos, the catalogue row that each belongs to, and the rows of the catalogue's pictures.

    Photos of one product stand in the order in which they were taken; equal numbers in `same` mean the same picture.
    """

    rows: Vectors
    belongs_to: Numbers
    catalogue: Vectors
    same: Numbers

    @property
    def coverage(self) -> float:
        """Return the share of the catalogue's pictures that have a photo."""
        return len(np.unique(self.belongs_to)) / len(self.catalogue)

    def pairs(self, at: Numbers) -> Pairs:
        """Return photos with the catalogue's picture of the same product."""
        own = self.belongs_to[at]
        return Pairs(self.rows[at], self.catalogue[own], own, self.same[own])

    def top(self, head: Head, at: Numbers) -> dict[str, Hits]:
        """Return whether the catalogue's picture comes first, and among the first five, for the photos at `at`."""
        candidates = head.project(self.catalogue)
        ranks = np.concatenate([self._ranks(head, part, candidates) for part in np.array_split(at, len(at) // 256 + 1)])
        return {TOP_1: (ranks <= 1).astype(np.float64), TOP_5: (ranks <= 5).astype(np.float64)}

    def _ranks(self, head: Head, at: Numbers, candidates: Vectors) -> Numbers:
        scores = head.project(self.rows[at]) @ candidates.T
        is_right = self.same[self.belongs_to[at]][:, None] == self.same
        best = np.where(is_right, scores, -np.inf).max(axis=1, keepdims=True)
        return 1 + ((scores >= best) & ~is_right).sum(axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class LearntHead:
    """What was compared, and the head to use from now on where it is better than the present measure of pictures."""

    comparison: Comparison
    head: Head | None = None
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Positions of photos: of products that have others to learn from, and of products kept apart as strangers."""

    train: Numbers
    validation: Numbers
    test: Numbers
    strangers: Numbers

    @property
    def learning(self) -> Numbers:
        return np.sort(np.concatenate([self.train, self.validation]))

    def without_strangers(self, at: Numbers) -> Numbers:
        return np.setdiff1d(at, self.strangers)


def learn_picture_head(
    photos: Photos,
    *,
    present: Present = ENCODER_ALONE,
    stage: int = 1,
    settings: HeadSettings | None = None,
    seed: int = 0,
) -> LearntHead | None:
    """Learn a head from photos of products; None where too few are left to confirm it with.

    The last photos of each product are held out. What is used in the end is fitted on all photos. Stage 1 raises
    MissingExtraError where torch is not installed.
    """
    parts = _split(photos.belongs_to, seed=seed)
    if len(parts.test) < LEAST_PHOTOS or len(np.unique(photos.belongs_to)) < LEAST_PRODUCTS:
        return None
    makers: dict[str, Maker] = {AS_IT_IS: lambda _: Head(np.zeros(photos.rows.shape[1], np.float32))}
    makers[STAGE_0] = _whitening_maker(photos, parts)
    if stage == 1 or present.name == STAGE_1:
        makers[STAGE_1] = _residual_maker(photos, parts, makers[STAGE_0], settings=settings, seed=seed)
    rows = (_chance(photos, parts), *(_row(name, make, photos, parts) for name, make in makers.items()))
    trusted = [row.name for row in rows if _expected(row, photos) > _expected(rows[1], photos)]
    choice = choose(rows, present=present, pairs=len(photos.rows), measure=TOP_1, trusted=trusted)
    comparison = Comparison(
        "photos and pictures", rows, present.name, choice, queries=len(parts.test), pool=len(photos.catalogue)
    )
    if not choice.is_changed:
        return LearntHead(comparison)
    measures = {
        "photo_top_1": float(comparison.row(choice.used).hits[TOP_1].mean()),
        "photo_top_1_as_it_is": float(comparison.row(AS_IT_IS).hits[TOP_1].mean()),
        "photos": len(photos.rows),
    }
    return LearntHead(comparison, makers[choice.used](np.arange(len(photos.rows))), measures)


def whitening_head(photos: Photos, at: Numbers, *, ridge: float) -> Head:
    """Return the head that shrinks the directions in which photos differ from the catalogue's picture."""
    return _ridged(_differences(photos, at), ridge)


def _differences(photos: Photos, at: Numbers) -> tuple[Weights, np.ndarray, np.ndarray]:
    """Return the middle of photos and pictures, and the variances and directions of their differences."""
    pairs = photos.pairs(at)
    difference = (pairs.a - pairs.b).astype(np.float64)
    values, vectors = np.linalg.eigh(difference.T @ difference / (2 * len(at)))
    middle = (pairs.a.mean(axis=0) + photos.catalogue.mean(axis=0)) / 2
    return middle, np.maximum(values, 0), vectors


def _ridged(found: tuple[Weights, np.ndarray, np.ndarray], ridge: float) -> Head:
    middle, values, vectors = found
    mapping = vectors / np.sqrt(values + ridge * max(values.mean(), 1e-12)) @ vectors.T
    return Head(middle, mapping.astype(np.float32))


def _whitening_maker(photos: Photos, parts: _Parts) -> Maker:
    """Return stage 0 with the ridge by which products with and without photos together find most."""
    seen = _differences(photos, parts.train)
    apart = _differences(photos, parts.without_strangers(parts.train))

    def value(ridge: float) -> float:
        known = photos.top(_ridged(seen, ridge), parts.validation)[TOP_1].mean()
        unknown = photos.top(_ridged(apart, ridge), parts.strangers)[TOP_1].mean()
        return photos.coverage * float(known) + (1 - photos.coverage) * float(unknown)

    ridge = max(RIDGES, key=value)
    return lambda at: whitening_head(photos, at, ridge=ridge)


def _residual_maker(photos: Photos, parts: _Parts, start: Maker, *, settings: HeadSettings | None, seed: int) -> Maker:
    from tonggan.learn.heads import HeadSettings, train_heads

    chosen, begun = settings or HeadSettings(), start(parts.train)
    validation = photos.pairs(parts.validation)
    learning = photos.pairs(parts.train)
    found = train_heads(learning, (begun, begun), settings=chosen, validation=validation, is_shared=True, seed=seed)

    def make(at: Numbers) -> Head:
        head = start(at)
        if found.steps == 0:
            return head
        pairs = photos.pairs(at)
        return train_heads(pairs, (head, head), settings=chosen, steps=found.steps, is_shared=True, seed=seed).heads[0]

    return make


def _row(name: str, make: Maker, photos: Photos, parts: _Parts) -> Row:
    known = photos.top(make(parts.learning), parts.test)
    unknown = photos.top(make(parts.without_strangers(parts.learning)), parts.strangers)
    return Row(name, known | {WITHOUT_PHOTOS: unknown[TOP_1]})


def _chance(photos: Photos, parts: _Parts) -> Row:
    """The row of a random order; pictures that several products share are found more easily."""
    _, group, shared = np.unique(photos.same, return_inverse=True, return_counts=True)
    right = shared[group][photos.belongs_to] / len(photos.catalogue)
    known, unknown = right[parts.test], right[parts.strangers]
    return Row(CHANCE, {TOP_1: known, TOP_5: np.minimum(1.0, 5 * known), WITHOUT_PHOTOS: unknown})


def _expected(row: Row, photos: Photos) -> float:
    """Return the share of photos that find their product where every product is photographed as often."""
    known, unknown = (float(row.hits[measure].mean()) for measure in (TOP_1, WITHOUT_PHOTOS))
    return photos.coverage * known + (1 - photos.coverage) * unknown


def _split(belongs_to: Numbers, *, seed: int) -> _Parts:
    of_product = {product: np.flatnonzero(belongs_to == product) for product in np.unique(belongs_to)}
    learning, test = _ends(list(of_product.values()))
    train, validation = _ends([learning[belongs_to[learning] == product] for product in of_product])
    names = np.random.default_rng(seed).permutation(list(of_product))
    strangers = np.isin(belongs_to, names[: max(1, int(len(names) * STRANGER_SHARE))])
    return _Parts(train, validation, test, np.flatnonzero(strangers))


def _ends(lists: list[Numbers]) -> tuple[Numbers, Numbers]:
    """Return the first and the last part of each list, joined and in order."""
    kept = [int(np.ceil(len(each) * (1 - HELD_OUT_SHARE))) for each in lists]
    first = [each[:count] for each, count in zip(lists, kept, strict=True)]
    last = [each[count:] for each, count in zip(lists, kept, strict=True)]
    return np.sort(np.concatenate(first)), np.sort(np.concatenate(last))
