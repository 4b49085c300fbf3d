"""The bridge part of the default pack, and how far it carries words to pictures of a shop that it has not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from tonggan.align.bridge import Bridge
from tonggan.align.heads import Head, mean_row
from tonggan.encode import Encoder
from tonggan.learn.pack.augment import scaled, squares
from tonggan.learn.pack.mobilenet import read_tflite
from tonggan.learn.pack.picture_export import OnnxNetwork
from tonggan.learn.pack.picture_sets import read_samples, read_sets
from tonggan.learn.pack.picture_training import SIDE
from tonggan.learn.pack.picture_words import chance_of_titles, conse, read_shop_pictures, recall_of_titles
from tonggan.learn.pack.sources import Sources
from tonggan.records import Vectors

RIDGE = 1.0
"""Multiple of the mean variance of picture rows that is added to each direction; .1 to 3 changed recall by .02."""

CONSE_WEIGHT = 1.0
"""How much what ImageNet's classes say of a picture counts beside its own words. Titles to pictures of shops left out,
mean recall@10 over four: .34 without, .36 at .3, .40 here, .37 at 3."""

BATCH = 64
"""Pictures that go through a network at once."""

DIMENSION = 96
"""Directions of the shared space; with all 256 the recall of shops left out differed by less than .01."""

LEAST_POOL = 20
"""Pictures that a left-out shop must have for its recall to say something."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Rows of pictures with rows of what is said and of what ImageNet's classes guess; the `shop` of each, if any."""

    pictures: Vectors
    said: Vectors
    guessed: Vectors
    titles: Vectors
    weights: Vectors
    shops: Sequence[str]


def learn_bridge(
    encoders: Mapping[str, Encoder], sources: Sources, *, tell: Callable[[str, int, int], None]
) -> tuple[Bridge, dict[str, float]]:
    """Return the bridge learnt from all pairs, and recall of titles for each shop when it was left out."""
    evidence = gather(encoders, sources, tell=tell)
    shops = np.array(evidence.shops)
    measures: dict[str, float] = {}
    for shop in sorted(set(evidence.shops) - {""}):
        own = shops == shop
        if own.sum() >= LEAST_POOL:
            trial = fit(evidence, ~own)
            titles, pictures = trial.project_text(evidence.titles[own]), trial.project_image(evidence.pictures[own])
            measures[f"{shop}_recall_at_10"] = recall_of_titles(titles, pictures)
            measures[f"{shop}_chance_at_10"] = chance_of_titles(titles)
    return fit(evidence, np.ones(len(shops), bool)), measures


def gather(encoders: Mapping[str, Encoder], sources: Sources, *, tell: Callable[[str, int, int], None]) -> Evidence:
    """Return training pictures with their class names and shops' pictures with their words."""
    samples = [sample for sample in read_samples(sources.data, read_sets()) if not sample.is_held_out and sample.words]
    sold = list(read_shop_pictures(sources.shops))
    pictures = squares([*(sample.path for sample in samples), *(product.path for product in sold)], SIDE)
    tell("pictures", 0, len(pictures))
    counts = Counter((sample.label_set, sample.label) for sample in samples)
    weights = [counts[sample.label_set, sample.label] ** -0.5 for sample in samples] + [1.0] * len(sold)
    text = encoders["text"]
    return Evidence(
        pictures=encoders["image"].encode_document(list(pictures.permute(0, 2, 3, 1).numpy())),
        said=text.encode_document([*(sample.words for sample in samples), *(product.text for product in sold)]),
        guessed=conse(_logits(pictures, sources), text.encode_query(sources.labels)),
        titles=text.encode_query([*("" for _ in samples), *(product.title for product in sold)]),
        weights=np.array(weights, np.float32),
        shops=[*("" for _ in samples), *(product.shop for product in sold)],
    )


def fit(evidence: Evidence, chosen: np.ndarray) -> Bridge:
    """Return the bridge of chosen pairs: pictures are led to words by ridge regression.

    The space is that of the directions in which led pictures differ; words are turned to them.
    """
    pictures, weights = evidence.pictures[chosen], evidence.weights[chosen, None]
    text, image = mean_row(evidence.said[chosen]), mean_row(pictures)
    said, guessed = (Head(text).project(rows[chosen]) for rows in (evidence.said, evidence.guessed))
    centred = (pictures - image).astype(np.float64)
    gram = centred.T @ (weights * centred)
    floor = RIDGE * np.trace(gram) / len(gram)
    wanted = weights * (said + CONSE_WEIGHT * guessed)
    mapping = np.linalg.solve(gram + floor * np.eye(len(gram)), centred.T @ wanted)
    led = centred @ mapping
    directions = np.linalg.eigh(led.T @ (weights * led))[1][:, ::-1][:, :DIMENSION]
    return Bridge(Head(text, directions.astype(np.float32)), Head(image, (mapping @ directions).astype(np.float32)))


def _logits(pictures: Tensor, sources: Sources) -> Vectors:
    """What the untouched network takes pictures for, one row of ImageNet's classes each."""
    network = read_tflite(sources.network)
    classifier = OnnxNetwork(nn.Sequential(network, network.logits), torch.zeros(1, 3, SIDE, SIDE))
    return torch.cat([classifier(scaled(some)) for some in pictures.split(BATCH)]).numpy()
