"""The picture tower: MobileNet v2 tuned to tell products apart, kept close to what it knew, and tied to words.

Four terms are summed: a cosine softmax over the labels of each set [Wang 2017, NormFace]; closeness to the features
that the untouched network has at full size (distillation); the similarities among a batch as it has them (relational
distillation [Park 2019]); and InfoNCE against the teacher's vectors of what is said of the pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from tonggan.learn.pack.augment import augmented, scaled
from tonggan.learn.pack.mobilenet import FEATURES, MobileNet

SIDE, TEACHER_SIDE, KEPT_SIDE = 160, 224, 192
"""Pixels that the tower sees, that the teacher sees, and at which pictures are kept for augmentation."""

DIMENSION = 256
"""Width of the tower's rows: that of the space shared with words."""

SCALE, SMOOTHING = 20.0, 0.1
"""Inverse temperature of the cosine softmax, and label smoothing."""

TEMPERATURE = 0.07
"""Of InfoNCE [Radford 2021]."""

FROZEN_LAYERS = 7
"""Layers of the network that stay as they were: edges and textures are the same everywhere, and training takes half the
time. With all layers free, categories of a shop never seen fell from .84 to .79."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard to train."""

    steps: int = 2400
    batch: int = 64
    learning_rate: float = 2e-4
    warm_up: int = 100
    weight_decay: float = 0.02
    distillation_weight: float = 4.0
    relation_weight: float = 30.0
    words_weight: float = 0.5
    seed: int = 0


@dataclass(slots=True)
class Lesson:
    """What is learnt from: all tensors have one row per sample, `label_sets` names the rows that share labels."""

    pictures: Tensor
    labels: Tensor
    label_sets: Mapping[str, Tensor]
    classes: Mapping[str, int]
    words: Tensor
    word_ids: Tensor
    weights: Tensor


@dataclass(slots=True)
class Curves:
    """Loss terms by step, to be plotted, and measures by step."""

    losses: list[dict[str, float]] = field(default_factory=list)
    measures: list[dict[str, float]] = field(default_factory=list)


class PictureTower(nn.Module):
    """Pictures [n, 3, 160, 160] scaled to -1..1, to rows of norm 1 [n, 256]."""

    def __init__(self, network: MobileNet) -> None:
        super().__init__()
        self.network = network
        self.projection = nn.Linear(FEATURES, DIMENSION)

    def forward(self, pictures: Tensor) -> Tensor:
        return nnf.normalize(self.projection(self.network(pictures)), dim=1)


def start(network: MobileNet, features: Tensor) -> PictureTower:
    """Return a tower whose projection is the principal components of the teacher's `features`, half whitened."""
    tower = PictureTower(network)
    mean = features.mean(dim=0)
    values, vectors = torch.linalg.eigh(torch.cov((features - mean).T.double()))
    values, vectors = values.flip(0)[:DIMENSION], vectors.flip(1)[:, :DIMENSION]
    matrix = (vectors / (values + 0.1 * values.mean()) ** 0.25).T.float()
    tower.projection.weight.data, tower.projection.bias.data = matrix.contiguous(), -matrix @ mean
    return tower


@torch.inference_mode()
def features_of(network: nn.Module, pictures: Tensor, *, batch: int = 64) -> Tensor:
    """Return what a network makes of uint8 pictures."""
    rows = []
    for some in pictures.split(batch):
        with torch.autocast("cpu", torch.bfloat16):
            rows.append(network(scaled(some)).float())
    return torch.cat(rows)


def train(
    tower: PictureTower,
    lesson: Lesson,
    teacher: Tensor,
    *,
    plan: Plan,
    measure: Callable[[PictureTower], dict[str, float]] | None = None,
    every: int = 400,
    tell: Callable[[int, dict[str, float]], None] | None = None,
) -> Curves:
    """Tune the tower in place; `teacher` holds its features of each sample. The same seed gives the same tower."""
    torch.manual_seed(plan.seed)
    generator = torch.Generator().manual_seed(plan.seed)
    heads = nn.ModuleDict({name: _Cosine(count) for name, count in lesson.classes.items()})
    speech = nn.Linear(DIMENSION, lesson.words.shape[1])
    tower.network.features[:FROZEN_LAYERS].requires_grad_(False)
    optimizer = _optimizer(tower, [*heads.parameters(), *speech.parameters()], plan=plan)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, plan=plan))
    tower.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    curves = Curves()
    for step in range(plan.steps):
        chosen = torch.multinomial(lesson.weights, plan.batch, replacement=True, generator=generator)
        views = augmented(lesson.pictures[chosen], SIDE, generator=generator)
        with torch.autocast("cpu", torch.bfloat16):
            features = tower.network(views)
        terms = _terms(tower, features.float(), chosen, lesson=lesson, teacher=teacher, heads=heads, speech=speech)
        total = (
            terms["labels"]
            + plan.distillation_weight * terms["distillation"]
            + plan.relation_weight * terms["relations"]
            + plan.words_weight * terms["words"]
        )
        optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        curves.losses.append({name: float(term.detach()) for name, term in terms.items()})
        if measure and (step + 1) % every == 0:
            curves.measures.append({"step": step + 1, **measure(tower)})
        if tell:
            tell(step + 1, curves.losses[-1])
    return curves


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
            {"params": list(tower.network.features[FROZEN_LAYERS:].parameters()), "lr": plan.learning_rate},
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


def _terms(
    tower: PictureTower,
    features: Tensor,
    chosen: Tensor,
    *,
    lesson: Lesson,
    teacher: Tensor,
    heads: nn.ModuleDict,
    speech: nn.Linear,
) -> dict[str, Tensor]:
    rows = nnf.normalize(tower.projection(features), dim=1)
    known = nnf.normalize(teacher[chosen] - teacher.mean(dim=0), dim=1)
    own = nnf.normalize(features - teacher.mean(dim=0), dim=1)
    return {
        "labels": _label_loss(rows, chosen, lesson=lesson, heads=heads),
        "distillation": (1 - (own * known).sum(dim=1)).mean(),
        "relations": (rows @ rows.T - known @ known.T).pow(2).mean(),
        "words": _word_loss(nnf.normalize(speech(rows), dim=1), chosen, lesson=lesson),
    }


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
