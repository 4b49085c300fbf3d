"""The picture tower: MobileNet v2 tuned to tell products apart, kept close to what it knew, and tied to words.

Four terms are summed: a cosine softmax over the labels of each set [Wang 2017, NormFace]; closeness to the features
that the untouched network has of the same view (distillation); the similarities among a batch as that one has them
(relational distillation [Park 2019]); and InfoNCE against the teacher's vectors of what is said of the pictures.

The first layers stay as they are, so each view of a picture passes them once, before training begins.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from tonggan.learn.pack.augment import augmented, scaled
from tonggan.learn.pack.mobilenet import FEATURES, MobileNet
from tonggan.learn.pack.picture_export import OnnxNetwork

SIDE = 224
"""Pixels that the tower sees. At 160 the untouched network found .07 fewer groceries and .045 fewer clothes, and a
picture takes 4 ms instead of 2 on one core."""

DIMENSION = 256
"""Width of the tower's rows: that of the space shared with words."""

FROZEN_LAYERS = 11
"""Layers of the network that stay as they were: edges, textures and parts are the same everywhere. With all layers
free, categories of a shop never seen fell from .84 to .79."""

WHITENING, WHITENING_FLOOR = 0.5, 0.1
"""How far the first directions are brought to equal variance, and the share of the mean variance added to each."""

AVERAGED = 0.995
"""Of the running average of weights that a step leaves [Polyak 1992]: two hundred steps; it keeps what is known."""

SCALE, SMOOTHING = 20.0, 0.1
"""Inverse temperature of the cosine softmax, and label smoothing."""

TEMPERATURE = 0.07
"""Of InfoNCE [Radford 2021]."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard to train.

    Chosen on held-out photos of groceries and clothes and on categories of shops that are not trained on; with twice
    the distillation groceries' top-1 fell from .59 to .53 and clothes from .60 to .58, with twice the steps to .50.
    """

    views: int = 4
    steps: int = 900
    batch: int = 64
    learning_rate: float = 3e-4
    warm_up: int = 50
    weight_decay: float = 0.02
    distillation_weight: float = 2.0
    relation_weight: float = 15.0
    words_weight: float = 0.5
    seed: int = 0


@dataclass(slots=True)
class Lesson:
    """What is said of each sample: all tensors have one row per sample, `label_sets` names those that share labels."""

    labels: Tensor
    label_sets: Mapping[str, Tensor]
    classes: Mapping[str, int]
    words: Tensor
    word_ids: Tensor
    repeats: Tensor
    weights: Tensor


@dataclass(slots=True)
class Views:
    """Views behind the frozen layers: of which `samples`, and the `features` that the untouched network has of them."""

    activations: Tensor
    samples: Tensor
    features: Tensor


@dataclass(slots=True)
class Curves:
    """Loss terms by step, to be plotted, and measures by step."""

    losses: list[dict[str, float]] = field(default_factory=list)
    measures: list[dict[str, float]] = field(default_factory=list)


class PictureTower(nn.Module):
    """Pictures [n, 3, 224, 224] scaled to -1..1, to rows of norm 1 [n, 256]."""

    def __init__(self, network: MobileNet) -> None:
        super().__init__()
        self.frozen = network.features[:FROZEN_LAYERS].requires_grad_(False)
        self.tuned = network.features[FROZEN_LAYERS:]
        self.projection = nn.Linear(FEATURES, DIMENSION)

    def features(self, activations: Tensor) -> Tensor:
        """Return the pooled features [n, 1280] of what left the frozen layers, channels last in memory.

        The tuned layers may stand on a GPU; all else stays where it is.
        """
        device = next(self.tuned.parameters()).device
        with torch.autocast(device.type, torch.bfloat16):
            return self.tuned(activations.to(device)).float().mean(dim=(2, 3)).to(activations.device)

    def forward(self, pictures: Tensor) -> Tensor:
        pooled = self.tuned(self.frozen(pictures)).mean(dim=(2, 3))
        return nnf.normalize(self.projection(pooled), dim=1)


def tower_of(network: MobileNet) -> PictureTower:
    """Return a tower of a network, its projection not set yet."""
    return PictureTower(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


@torch.inference_mode()
def see(
    tower: PictureTower, pictures: Tensor, repeats: Tensor, *, plan: Plan, tell: Callable[[int, int], None]
) -> Views:
    """Return `views` views of each uint8 picture, times its repeat; the first one is the picture as it is."""
    generator = torch.Generator().manual_seed(plan.seed)
    samples = torch.repeat_interleave(torch.arange(len(pictures)), repeats * plan.views)
    is_plain = torch.cat([torch.ones(1, dtype=torch.bool), samples[1:] != samples[:-1]])
    frozen = OnnxNetwork(tower.frozen, torch.zeros(1, 3, SIDE, SIDE))
    activations, features = [], []
    for own in torch.arange(len(samples)).split(plan.batch):
        some = pictures[samples[own]]
        anew = augmented(some, SIDE, generator=generator)
        passed = frozen(torch.where(is_plain[own][:, None, None, None], scaled(some), anew))
        features.append(tower.features(passed))
        activations.append(passed.half().contiguous(memory_format=torch.channels_last))
        tell(int(own[-1]) + 1, len(samples))
    return Views(torch.cat(activations), samples, torch.cat(features))


def start(tower: PictureTower, features: Tensor) -> None:
    """Set the projection to the principal directions of the untouched network's features, half whitened."""
    mean = features.mean(dim=0)
    values, vectors = torch.linalg.eigh(torch.cov((features - mean).T.double()))
    values, vectors = values.flip(0)[:DIMENSION], vectors.flip(1)[:, :DIMENSION]
    matrix = (vectors / (values + WHITENING_FLOOR * values.mean()) ** (WHITENING / 2)).T.float()
    tower.projection.weight.data, tower.projection.bias.data = matrix.contiguous(), -matrix @ mean


def train(
    tower: PictureTower,
    lesson: Lesson,
    views: Views,
    *,
    plan: Plan,
    measure: Callable[[PictureTower], dict[str, float]] | None = None,
    every: int = 100,
    tell: Callable[[int, dict[str, float]], None] | None = None,
) -> Curves:
    """Tune the tower in place, on a GPU where there is one.

    Its weights become the running average of those of the last steps, as it was when `measure` was best by the mean.
    The same seed gives the same tower on the same machine.
    """
    torch.manual_seed(plan.seed)
    tower.tuned.to("cuda" if torch.cuda.is_available() else "cpu")
    generator = torch.Generator().manual_seed(plan.seed)
    course = _Course(tower, lesson, views, plan=plan)
    chances = lesson.weights[views.samples] / (lesson.repeats[views.samples] * plan.views)
    averaged = AveragedModel(tower, multi_avg_fn=get_ema_multi_avg_fn(AVERAGED))
    curves, best, kept = Curves(), -math.inf, copy.deepcopy(tower.state_dict())
    for step in range(1, plan.steps + 1):
        chosen = torch.multinomial(chances, plan.batch, replacement=True, generator=generator)
        curves.losses.append(course.step(chosen))
        averaged.update_parameters(tower)
        if measure and step % every == 0:
            measured = measure(cast(PictureTower, averaged.module))
            curves.measures.append({"step": step, **measured})
            if sum(measured.values()) > best:
                best, kept = sum(measured.values()), copy.deepcopy(averaged.module.state_dict())
        if tell:
            tell(step, curves.losses[-1])
    tower.load_state_dict(kept if measure else averaged.module.state_dict())
    tower.tuned.to("cpu")
    return curves


class _Course:
    """What training keeps from step to step: what judges the rows, and the optimiser of all of it."""

    def __init__(self, tower: PictureTower, lesson: Lesson, views: Views, *, plan: Plan) -> None:
        self._tower, self._lesson, self._views, self._plan = tower, lesson, views, plan
        self._heads = nn.ModuleDict({name: _Cosine(count) for name, count in lesson.classes.items()})
        self._speech = nn.Linear(DIMENSION, lesson.words.shape[1])
        self._optimizer = _optimizer(tower, [*self._heads.parameters(), *self._speech.parameters()], plan=plan)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, lambda step: _rate(step, plan=plan))
        self._centre = views.features.mean(dim=0)

    def step(self, chosen: Tensor) -> dict[str, float]:
        """Learn from chosen views once; return the terms of the loss, weighted."""
        terms = self._terms(chosen)
        self._optimizer.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        nn.utils.clip_grad_norm_(self._tower.parameters(), 1.0)
        self._optimizer.step()
        self._schedule.step()
        return {name: float(term.detach()) for name, term in terms.items()}

    def _terms(self, chosen: Tensor) -> dict[str, Tensor]:
        plan, samples = self._plan, self._views.samples[chosen]
        passed = self._views.activations[chosen].float().contiguous(memory_format=torch.channels_last)
        features = self._tower.features(passed)
        known = nnf.normalize(self._views.features[chosen] - self._centre, dim=1)
        own = nnf.normalize(features - self._centre, dim=1)
        rows = nnf.normalize(self._tower.projection(features), dim=1)
        spoken = nnf.normalize(self._speech(rows), dim=1)
        return {
            "labels": _label_loss(rows, samples, lesson=self._lesson, heads=self._heads),
            "distillation": plan.distillation_weight * (1 - (own * known).sum(dim=1)).mean(),
            "relations": plan.relation_weight * (rows @ rows.T - known @ known.T).pow(2).mean(),
            "words": plan.words_weight * _word_loss(spoken, samples, lesson=self._lesson),
        }


class _Cosine(nn.Module):
    """Cosine of rows with one direction per class, scaled."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.directions = nn.Parameter(torch.randn(classes, DIMENSION) * 0.05)

    def forward(self, rows: Tensor) -> Tensor:
        return SCALE * rows @ nnf.normalize(self.directions, dim=1).T


def _optimizer(tower: PictureTower, fresh: Sequence[nn.Parameter], *, plan: Plan) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        [
            {"params": list(tower.tuned.parameters()), "lr": plan.learning_rate},
            {"params": list(tower.projection.parameters()), "lr": plan.learning_rate},
            {"params": list(fresh), "lr": plan.learning_rate * 10},
        ],
        weight_decay=plan.weight_decay,
        fused=True,
    )


def _rate(step: int, *, plan: Plan) -> float:
    if step < plan.warm_up:
        return (step + 1) / plan.warm_up
    return 0.5 * (1 + math.cos(math.pi * (step - plan.warm_up) / max(1, plan.steps - plan.warm_up)))


def _label_loss(rows: Tensor, chosen: Tensor, *, lesson: Lesson, heads: nn.ModuleDict) -> Tensor:
    total, count = rows.new_zeros(()), 0
    for name, head in heads.items():
        own = lesson.label_sets[name][chosen] & (lesson.labels[chosen] >= 0)
        if own.any():
            labels = lesson.labels[chosen][own]
            total = total + nnf.cross_entropy(head(rows[own]), labels, label_smoothing=SMOOTHING, reduction="sum")
            count += int(own.sum())
    return total / max(count, 1)


def _word_loss(spoken: Tensor, chosen: Tensor, *, lesson: Lesson) -> Tensor:
    """InfoNCE both ways; pictures of which the same is said are no negatives of each other."""
    ids = lesson.word_ids[chosen]
    said = ids >= 0
    if int(said.sum()) < 2:
        return spoken.new_zeros(())
    scores = spoken[said] @ lesson.words[chosen][said].T / TEMPERATURE
    same = (ids[said][:, None] == ids[said][None, :]) & ~torch.eye(len(scores), dtype=torch.bool)
    scores = scores.masked_fill(same, -1e4)
    target = torch.arange(len(scores))
    return (nnf.cross_entropy(scores, target) + nnf.cross_entropy(scores.T, target)) / 2
