"""The image part of the default pack: views of the training pictures, tuning, and ONNX with half-precision weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from tonggan.learn.pack.augment import squares
from tonggan.learn.pack.mobilenet import read_tflite
from tonggan.learn.pack.picture_export import half_weights, onnx_of
from tonggan.learn.pack.picture_lesson import held_out_measure, lesson_of
from tonggan.learn.pack.picture_sets import read_samples, read_sets
from tonggan.learn.pack.picture_training import SIDE, Plan, see, start, tower_of, train
from tonggan.learn.pack.sources import Sources

MEASURED_EVERY = 500
"""Steps between measures on the held-out part, for the curves."""


@dataclass(frozen=True, slots=True)
class LearntPictures:
    """The network as ONNX, what it reaches on held-out pictures, and its curves by step."""

    network: bytes
    measures: Mapping[str, float]
    curves: Sequence[Mapping[str, float]]


def learn_pictures(sources: Sources, *, plan: Plan, tell: Callable[[str, int, int], None]) -> LearntPictures:
    """Return the picture network learnt from the sets of pictures below the data folder."""
    samples = read_samples(sources.data, read_sets())
    pictures = squares([sample.path for sample in samples], SIDE)
    learnt = torch.tensor([at for at, sample in enumerate(samples) if not sample.is_held_out])
    lesson = lesson_of([samples[at] for at in learnt])
    tower = tower_of(read_tflite(sources.network))
    views = see(tower, pictures[learnt], lesson.repeats, plan=plan, tell=lambda at, of: tell("views", at, of))
    start(tower, views.features)
    measure = held_out_measure(samples, pictures)
    before = measure(tower)
    curves = train(
        tower,
        lesson,
        views,
        plan=plan,
        measure=measure,
        every=MEASURED_EVERY,
        tell=lambda step, terms: tell(" ".join(f"{name} {term:.2f}" for name, term in terms.items()), step, plan.steps),
    )
    network = half_weights(onnx_of(tower, torch.zeros(2, 3, SIDE, SIDE)))
    measures = {f"{name}_before": value for name, value in before.items()} | measure(tower)
    steps = [{"step": at + 1, **terms} for at, terms in enumerate(curves.losses)]
    return LearntPictures(network, measures, [*steps, *curves.measures])
