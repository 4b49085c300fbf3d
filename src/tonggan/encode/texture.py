"""What a picture is made of: small patches told apart by a codebook learnt from pictures [Coates 2011]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from tonggan.encode.oklab import Lab
from tonggan.encode.rows import sliced_product

PATCH_SIDE, PATCH_STRIDE = 8, 4
"""Patches of 8 pixels every 4; 6 every 3 found fewer cropped copies at twice the time."""

WORDS = 128
"""Patches of the codebook; 256 changed nothing on Flipkart and doubled the time."""

COMPONENTS = 60
"""Principal components of a patch that are kept: 95 % of the variance."""

BANDS = 3
"""Horizontal bands that are summed up apart; beside them the middle, and all. Left and right are not told apart."""

SAMPLED_PATCHES = 20_000
"""Patches from which codebook and components are learnt, 150 per word; 40,000 changed nothing on Flipkart."""

ROUNDS = 12
"""Rounds of k-means; the codebook moves by under 1 % after ten."""

_CHROMA_GAIN = 2.0
_CONTRAST_NOISE = 0.02


@dataclass(frozen=True, slots=True)
class Codebook:
    """Whitening of patches, `mean` [features] and `components` [features, COMPONENTS], and `words` [WORDS, ...]."""

    mean: npt.NDArray[np.float32]
    components: npt.NDArray[np.float32]
    words: npt.NDArray[np.float32]


def fit_codebook(labs: Sequence[Lab], *, seed: int = 0) -> Codebook:
    """Learn the codebook from pictures, with their mirror images."""
    generator = np.random.default_rng(seed)
    share = max(1, SAMPLED_PATCHES // max(1, len(labs)))
    drawn = [patches[generator.permutation(len(patches))[:share]] for patches in map(_patches, labs)]
    sample = np.concatenate(drawn)
    mean = sample.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((sample - mean).T))
    values, vectors = values[::-1][:COMPONENTS], vectors[:, ::-1][:, :COMPONENTS]
    components = (vectors / np.sqrt(values + 0.05 * values.mean())).astype(np.float32)
    return Codebook(mean, components, k_means((sample - mean) @ components, WORDS, generator=generator, rounds=ROUNDS))


def texture(lab: Lab, codebook: Codebook) -> npt.NDArray[np.float32]:
    """Return how much of each word is in the bands, the middle and the whole; the same for the mirror image."""
    activity = _activity(lab, codebook)
    width = activity.shape[1]
    middle = activity[:, width // 4 : width - width // 4]
    regions = [*np.array_split(activity, BANDS), middle, activity]
    return np.concatenate([region.mean(axis=(0, 1)) for region in regions]).astype(np.float32)


def k_means(
    points: npt.NDArray[np.float32], count: int, *, generator: np.random.Generator, rounds: int
) -> npt.NDArray[np.float32]:
    """Return `count` centres (fewer where there are fewer points), from a random start, by Lloyd's rounds."""
    centres = points[generator.permutation(len(points))[:count]].copy()
    for _ in range(rounds):
        nearest = np.argmax(sliced_product(points, centres.T) - 0.5 * (centres**2).sum(axis=1), axis=1)
        order = np.argsort(nearest, kind="stable")
        present, first = np.unique(nearest[order], return_index=True)
        sums = np.add.reduceat(points[order], first, axis=0)
        centres[present] = sums / np.diff([*first, len(points)])[:, None]
    return centres


def _activity(lab: Lab, codebook: Codebook) -> npt.NDArray[np.float32]:
    """Return the triangle activation of each word at each place, of picture and mirror image together.

    It is how much nearer the word is than words are on average. The grid of patches is its own mirror image, so that
    mirroring the components stands for mirroring each patch, and the places are then turned round.
    """
    across = (lab.shape[1] - PATCH_SIDE) // PATCH_STRIDE + 1
    both = np.hstack([codebook.components, _mirrored(codebook.components)])
    whitened = (
        sliced_product(_patches(lab), both).reshape(-1, codebook.components.shape[1])
        - codebook.mean @ codebook.components
    )
    squares = (whitened**2).sum(axis=1, keepdims=True) + (codebook.words**2).sum(axis=1)
    distance = np.sqrt(np.maximum(squares - 2 * sliced_product(whitened, codebook.words.T), 0))
    activity = np.maximum(distance.mean(axis=1, keepdims=True) - distance, 0)
    as_is, mirrored = np.moveaxis(activity.reshape(-1, across, 2, activity.shape[1]), 2, 0)
    return as_is + mirrored[:, ::-1]


def _mirrored(components: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    windows = components.reshape(3, PATCH_SIDE, PATCH_SIDE, -1)
    return windows[:, :, ::-1].reshape(components.shape)


def _patches(lab: Lab) -> npt.NDArray[np.float32]:
    """Return patches [n, features]: lightness without its mean, chroma as it is, contrast normalised."""
    windows = sliding_window_view(lab, (PATCH_SIDE, PATCH_SIDE), axis=(0, 1))[::PATCH_STRIDE, ::PATCH_STRIDE]
    patches = windows.reshape(windows.shape[0] * windows.shape[1], 3, PATCH_SIDE**2).copy()
    patches[:, 0] -= patches[:, 0].mean(axis=1, keepdims=True)
    patches[:, 1:] *= _CHROMA_GAIN
    flat = patches.reshape(len(patches), -1)
    return flat / np.sqrt((flat**2).mean(axis=1, keepdims=True) + _CONTRAST_NOISE**2)
