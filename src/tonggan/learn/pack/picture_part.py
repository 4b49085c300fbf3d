"""The image part of the default pack: views of the training pictures, tuning, and ONNX with half-precision weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import torch

from tonggan.learn.pack.augment import squares
from tonggan.learn.pack.mobilenet import read_tflite
from tonggan.learn.pack.picture_export import half_weights, onnx_of
from tonggan.learn.pack.picture_lesson import held_out_measure, lesson_of
from tonggan.learn.pack.picture_sets import Sample, read_samples, read_sets
from tonggan.learn.pack.picture_training import FROZEN_LAYERS, SIDE, Plan, Views, see, start, tower_of, train
from tonggan.learn.pack.sources import Sources

MEASURED_EVERY = 100
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
    kept = sources.work / f"views-{_digest([samples[at] for at in learnt], plan)}.pt"
    if not kept.exists():
        seen = see(tower, pictures[learnt], lesson.repeats, plan=plan, tell=lambda at, of: tell("views", at, of))
        torch.save(asdict(seen), kept)
    views = Views(**torch.load(kept, weights_only=True))
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


def _digest(samples: Sequence[Sample], plan: Plan) -> str:
    """A name for the views of samples: the same pictures seen in the same way."""
    told = [*((str(sample.path), sample.repeat) for sample in samples), plan.views, plan.seed, FROZEN_LAYERS, SIDE]
    return hashlib.sha256(repr(told).encode("utf-8")).hexdigest()[:16]
