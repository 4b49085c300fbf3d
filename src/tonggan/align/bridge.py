"""Two modalities in one space, each centred on its own mean [GR-CLIP 2025].

Where the encoders share a space already, that is all. Else titles and pictures of the same products are free pairs for
ridge canonical correlation [Hotelling 1936, CSA 2025]. What was learnt is trusted only as far as products that were
held out confirm it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tonggan.align.heads import LINEAR, RIDGE_CCA, Head, mean_row
from tonggan.errors import InputError
from tonggan.records import Vectors

RIDGES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Multiples of the mean variance added to each direction; the best on the validation part is taken."""

DIMENSION = 64
"""Canonical directions at most: held-out recall@10 on Flipkart was .61 at 32, .62 at 64 and .63 at 96."""

HELD_OUT_SHARE, VALIDATION_SHARE = 0.2, 0.15
"""Shares of the groups of pairs for the report and for the choice of the ridge; the rest is learnt from."""

LEAST_PAIRS = 60
"""Fewer pairs leave a dozen to confirm with, which confirm nothing."""

CHANCE_FACTOR = 3.0
"""Recall@10 on held-out products must be this many times chance before words may look for pictures."""

Positions: TypeAlias = npt.NDArray[np.int64]

SIDES = ("_a", "_b")
"""What the names of arrays end in: words first, then pictures."""

_NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class Bridge:
    """A head for words and one for pictures, of one kind and into one space."""

    text: Head
    image: Head

    @property
    def dim(self) -> int:
        return self.text.dim

    @property
    def implementation(self) -> str:
        """Return the name under which a part of a pack keeps this bridge."""
        kind = self.text.implementation
        return RIDGE_CCA if kind == LINEAR else kind

    @classmethod
    def restore(cls, weights: Mapping[str, np.ndarray]) -> Bridge:
        """Return the bridge whose `weights` these are; ValueError where they do not fit each other."""
        bridge = cls(*(Head.restore(_of_side(weights, side)) for side in SIDES))
        if bridge.text.dim != bridge.image.dim:
            raise ValueError(f"words go to {bridge.text.dim} dimensions, pictures to {bridge.image.dim}")
        return bridge

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return the arrays of both heads, those of words with `_a`, those of pictures with `_b`."""
        heads = zip(SIDES, (self.text, self.image), strict=True)
        return {f"{name}{side}": array for side, head in heads for name, array in head.weights().items()}

    def project_text(self, vectors: Vectors) -> Vectors:
        """Return text vectors in the shared space; zero rows stay zero."""
        return self.text.project(vectors)

    def project_image(self, vectors: Vectors) -> Vectors:
        """Return picture vectors in the shared space; zero rows stay zero."""
        return self.image.project(vectors)

    def centred_on(self, text: Vectors, image: Vectors) -> Bridge:
        """Return the bridge with the means of these rows in place of its own."""
        return Bridge(self.text.centred_on(text), self.image.centred_on(image))


@dataclass(frozen=True, slots=True)
class Recall:
    """Share of held-out queries whose own partner is among the first 1 and 10 of `pool` candidates."""

    at_1: float
    at_10: float
    pool: int

    @property
    def chance_at_1(self) -> float:
        return min(1.0, 1 / max(self.pool, 1))

    @property
    def chance_at_10(self) -> float:
        return min(1.0, 10 / max(self.pool, 1))

    @property
    def is_above_chance(self) -> bool:
        """Whether recall@10 is several times chance, and its 95 % Wilson lower bound above chance."""
        return self._is_above(self.at_10, self.chance_at_10)

    @property
    def is_first_above_chance(self) -> bool:
        """Whether recall@1 is several times chance, and its 95 % Wilson lower bound above chance."""
        return self._is_above(self.at_1, self.chance_at_1)

    def _is_above(self, share: float, chance: float) -> bool:
        return share >= CHANCE_FACTOR * chance and self._lower_bound(share) > chance

    def _lower_bound(self, share: float) -> float:
        square = _NORMAL_95**2 / self.pool
        spread = _NORMAL_95 * np.sqrt(share * (1 - share) / self.pool + square / (4 * self.pool))
        return float((share + square / 2 - spread) / (1 + square))


@dataclass(frozen=True, slots=True)
class BridgeReport:
    """What held-out products say of a bridge: words to pictures, pictures to words, and the ridge that was chosen.

    The ridge is 0 where none was chosen since the bridge came ready-made.
    """

    text_to_image: Recall
    image_to_text: Recall
    ridge: float
    pairs: int

    @property
    def is_trusted(self) -> bool:
        """Whether cross-modal search may be switched on.

        Among a few products even all within the first ten would not be several times chance; there the first place
        counts, both ways.
        """
        there, back = self.text_to_image, self.image_to_text
        if CHANCE_FACTOR * there.chance_at_10 <= 1:
            return there.is_above_chance
        return there.is_first_above_chance and back.is_first_above_chance


def identity_bridge(text: Vectors, image: Vectors) -> Bridge:
    """Return the bridge of encoders that share a space: only the mean of each one's rows is taken off.

    Raises InputError where the rows are not equally long.
    """
    if text.shape[1] != image.shape[1]:
        raise InputError(
            f"Words have {text.shape[1]} dimensions and pictures {image.shape[1]}; they share no space.",
            remedy="Fit a bridge between them.",
        )
    return Bridge(Head(mean_row(text)), Head(mean_row(image)))


def fit_bridge(a: Vectors, b: Vectors, *, groups: npt.ArrayLike, seed: int = 0) -> tuple[Bridge, BridgeReport] | None:
    """Tie paired vectors; return the bridge learnt from all pairs and what held-out pairs said, None with too few.

    Pairs of one group (same title, same picture) stay on one side of every split. The ridge is chosen on a
    validation part; the report comes from a test part that nothing was chosen on.
    """
    present = np.flatnonzero(a.any(axis=1) & b.any(axis=1))
    a, b, group = a[present], b[present], np.asarray(groups)[present]
    train, validation, test = split_groups(group, seed=seed)
    if len(present) < LEAST_PAIRS or min(len(train), len(validation), len(test)) == 0:
        return None
    ridge = choose_ridge(a, b, train=train, validation=validation)
    learning = np.concatenate([train, validation])
    trial = solve(a[learning], b[learning], ridge=ridge)
    text, image = trial.project_text(a[test]), trial.project_image(b[test])
    report = BridgeReport(recall(text, image), recall(image, text), ridge, len(present))
    return solve(a, b, ridge=ridge), report


def judge(bridge: Bridge, a: Vectors, b: Vectors, *, groups: npt.ArrayLike, seed: int = 0) -> BridgeReport | None:
    """Return what the pairs that `fit_bridge` reports on say of a bridge learnt elsewhere, None with too few.

    The bridge is centred on the pairs that `fit_bridge` would learn from, and learns nothing else of them.
    """
    present = np.flatnonzero(a.any(axis=1) & b.any(axis=1))
    a, b, group = a[present], b[present], np.asarray(groups)[present]
    train, validation, test = split_groups(group, seed=seed)
    if len(present) < LEAST_PAIRS or min(len(train), len(validation), len(test)) == 0:
        return None
    centred = bridge.centred_on(a[train], b[train])
    text, image = centred.project_text(a[test]), centred.project_image(b[test])
    return BridgeReport(recall(text, image), recall(image, text), 0.0, len(present))


def choose_ridge(a: Vectors, b: Vectors, *, train: Positions, validation: Positions) -> float:
    """Return the ridge whose bridge, learnt from one part of the pairs, finds most in the other."""
    return max(RIDGES, key=lambda ridge: _validated(solve(a[train], b[train], ridge=ridge), a, b, validation))


def recall(queries: Vectors, candidates: Vectors) -> Recall:
    """Return how often row i of the queries finds row i of the candidates; a tie counts against it."""
    scores = queries @ candidates.T
    own = np.diagonal(scores)[:, None]
    ranks = (scores >= own).sum(axis=1)
    return Recall(float(np.mean(ranks <= 1)), float(np.mean(ranks <= 10)), len(queries))


def group_pairs(*labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return a group number per pair; pairs that share any label of one kind, directly or by others, share a group.

    >>> group_pairs(["mug", "mug", "hat"], ["p1", "p2", "p2"]).tolist()
    [0, 0, 0]
    """
    parents = list(range(len(labels[0])))
    for kind in labels:
        first: dict[str, int] = {}
        for pair, label in enumerate(kind):
            one, other = _root(parents, pair), _root(parents, first.setdefault(label, pair))
            parents[max(one, other)] = min(one, other)
    return np.array([_root(parents, pair) for pair in range(len(parents))], np.int64)


def split_groups(groups: Positions, *, seed: int) -> tuple[Positions, ...]:
    """Return positions to learn from, to choose by and to report on; one pair per group is reported on."""
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    ends = np.cumsum([int(len(names) * HELD_OUT_SHARE), int(len(names) * VALIDATION_SHARE)])
    test, validation, train = (np.flatnonzero(np.isin(groups, part)) for part in np.split(names, ends))
    return train, _one_of_each(groups, validation), _one_of_each(groups, test)


def solve(a: Vectors, b: Vectors, *, ridge: float) -> Bridge:
    """Return the canonical directions of centred a and b, weighted by the root of their correlation."""
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    white_a, white_b = _whitening(a - mean_a, ridge=ridge), _whitening(b - mean_b, ridge=ridge)
    between = white_a.T @ ((a - mean_a).T.astype(np.float64) @ (b - mean_b) / len(a)) @ white_b
    left, correlation, right = np.linalg.svd(between, full_matrices=False)
    kept = min(DIMENSION, len(correlation))
    weight = np.sqrt(correlation[:kept])
    map_a, map_b = white_a @ left[:, :kept] * weight, white_b @ right[:kept].T * weight
    return Bridge(Head(mean_a, map_a.astype(np.float32)), Head(mean_b, map_b.astype(np.float32)))


def _root(parents: list[int], pair: int) -> int:
    while parents[pair] != pair:
        parents[pair] = parents[parents[pair]]
        pair = parents[pair]
    return pair


def _one_of_each(groups: npt.NDArray[np.int64], positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return positions[np.unique(groups[positions], return_index=True)[1]]


def _whitening(centred: npt.NDArray[np.float32], *, ridge: float) -> npt.NDArray[np.float64]:
    covariance = centred.T.astype(np.float64) @ centred / len(centred)
    values, vectors = np.linalg.eigh(covariance)
    return vectors / np.sqrt(np.maximum(values, 0) + ridge * max(values.mean(), 1e-12)) @ vectors.T


def _validated(bridge: Bridge, a: Vectors, b: Vectors, part: npt.NDArray[np.int64]) -> float:
    """Return the mean reciprocal-like score of a validation part: recall@10 both ways, recall@1 to break ties."""
    text, image = bridge.project_text(a[part]), bridge.project_image(b[part])
    there, back = recall(text, image), recall(image, text)
    return there.at_10 + back.at_10 + 0.1 * (there.at_1 + back.at_1)


def _of_side(weights: Mapping[str, np.ndarray], side: str) -> dict[str, np.ndarray]:
    return {name.removesuffix(side): array for name, array in weights.items() if name.endswith(side)}
