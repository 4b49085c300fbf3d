"""From sets of pictures to what the tower is trained and measured on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor

from tonggan.learn.pack.augment import scaled
from tonggan.learn.pack.picture_export import OnnxNetwork
from tonggan.learn.pack.picture_sets import Sample
from tonggan.learn.pack.picture_training import SIDE, Lesson, PictureTower
from tonggan.learn.pack.teacher import teach


def lesson_of(samples: Sequence[Sample]) -> Lesson:
    """Return what can be learnt from samples that are not held out."""
    sets = sorted({sample.label_set for sample in samples if sample.label})
    numbers = {name: _numbers([sample.label for sample in samples if sample.label_set == name]) for name in sets}
    labels = [numbers[sample.label_set][sample.label] if sample.label else -1 for sample in samples]
    said = _numbers([sample.words for sample in samples if sample.words])
    vectors = torch.from_numpy(np.vstack([teach(list(said)), np.zeros((1, 384), np.float32)]))
    ids = torch.tensor([said.get(sample.words, -1) for sample in samples])
    return Lesson(
        labels=torch.tensor(labels),
        label_sets={name: torch.tensor([sample.label_set == name for sample in samples]) for name in sets},
        classes={name: len(numbers[name]) for name in sets},
        words=vectors[ids],
        word_ids=ids,
        repeats=torch.tensor([sample.repeat for sample in samples]),
        weights=_weights(samples),
    )


def _numbers(names: Sequence[str]) -> dict[str, int]:
    return {name: at for at, name in enumerate(dict.fromkeys(names))}


def _weights(samples: Sequence[Sample]) -> Tensor:
    """How often each sample is drawn: rare labels more often than common ones, by the root of their counts."""
    counts = Counter((sample.label_set, sample.label) for sample in samples)
    return torch.tensor(
        [sample.repeat / counts[sample.label_set, sample.label] ** 0.5 for sample in samples], dtype=torch.float64
    )


@torch.inference_mode()
def rows_of(tower: PictureTower, pictures: Tensor, *, batch: int = 64) -> Tensor:
    """Return the tower's rows of uint8 pictures."""
    rows, frozen = [], OnnxNetwork(tower.frozen, torch.zeros(1, 3, SIDE, SIDE))
    for some in pictures.split(batch):
        passed = frozen(scaled(some)).contiguous(memory_format=torch.channels_last)
        rows.append(nnf.normalize(tower.projection(tower.features(passed)), dim=1))
    return torch.cat(rows)


def held_out_measure(samples: Sequence[Sample], pictures: Tensor) -> Callable[[PictureTower], dict[str, float]]:
    """Return a function that measures, on held-out samples, how often the nearest picture has the same label.

    Where a set has groups, pictures of one's own group do not count. Where a set of catalogue pictures shares its
    labels, held-out photos look among those: top 1 and top 5.
    """
    held = [at for at, sample in enumerate(samples) if sample.is_held_out]
    references = [at for at, sample in enumerate(samples) if not sample.is_held_out and not sample.group]

    def measure(tower: PictureTower) -> dict[str, float]:
        measures: dict[str, float] = {}
        for name in sorted({samples[at].label_set for at in held}):
            asked = [at for at in held if samples[at].label_set == name]
            rows = rows_of(tower, pictures[asked])
            if samples[asked[0]].group:
                measures[f"{name}_nearest"] = _nearest(rows, [samples[at] for at in asked])
            else:
                known = [at for at in references if samples[at].label_set == name and samples[at].repeat > 1]
                found = rows @ rows_of(tower, pictures[known]).T
                measures |= _found(name, found, [samples[at] for at in asked], [samples[at] for at in known])
        return measures

    return measure


def _nearest(rows: Tensor, samples: Sequence[Sample]) -> float:
    scores = rows @ rows.T
    groups = _codes([sample.group for sample in samples])
    labels = _codes([sample.label for sample in samples])
    scores[groups[:, None] == groups[None, :]] = -2
    return float((labels[scores.argmax(dim=1)] == labels).float().mean())


def _found(name: str, scores: Tensor, asked: Sequence[Sample], known: Sequence[Sample]) -> dict[str, float]:
    labels = _codes([sample.label for sample in [*asked, *known]])
    right = labels[len(asked) :][scores.argsort(dim=1, descending=True)] == labels[: len(asked), None]
    return {
        f"{name}_top_1": float(right[:, :1].any(dim=1).float().mean()),
        f"{name}_top_5": float(right[:, :5].any(dim=1).float().mean()),
    }


def _codes(names: Sequence[str]) -> Tensor:
    return torch.tensor(list(map(_numbers(names).__getitem__, names)))
