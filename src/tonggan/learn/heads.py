"""Stage 1: residual heads on top of linear ones, learnt on cached vectors by contrast; the file that needs torch.

h(x) = (W + D) x + V gelu(U x), from D = V = 0, so that training begins at the linear start and weight decay pulls back
to it. Vectors of pairs are near, all others far [InfoNCE, van den Oord 2018], except that the same title or picture
is never far from itself; each modality keeps its own neighbourhoods [STRUCTURE, Gröger 2025].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tonggan.align.heads import Head
from tonggan.errors import MissingExtraError
from tonggan.learn.one_thread import one_thread
from tonggan.learn.pairs import Pairs, reciprocal_rank

try:
    import torch
    from torch import Tensor
    from torch.nn import functional
except ImportError as error:
    raise MissingExtraError(
        "Stage 1 trains with torch.", remedy="pip install 'tonggan[train]', or --stage 0."
    ) from error

FIRST_TEMPERATURE, LEAST_TEMPERATURE = 0.07, 0.01
"""Where the learnt temperature begins, and its floor [CLIP, Radford 2021]."""

STRUCTURE_TEMPERATURE = 0.1
"""Softens similarities within a modality so that a row has some ten neighbours rather than one."""

CHECK_EVERY, PATIENCE = 10, 10
"""Steps between looks at the validation part, and looks without gain after which training ends."""

Extra: TypeAlias = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""One more term of the loss: rows of both sides, then both in the shared space, to a number."""


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """How heads are trained; the figures behind each choice are printed by `benchmarks/alignment.py`."""

    hidden: int = 256
    """Units of the residual."""

    steps: int = 400
    """Steps at most, 28 ms each on one core however many pairs there are: three trainings take half a minute."""

    batch: int = 512
    """Pairs that are compared with each other in a step."""

    learning_rate: float = 3e-4
    """Of AdamW; falls to a tenth by half a cosine. At 1e-3 a thousand pairs are overfitted within 20 steps."""

    weight_decay: float = 0.1
    """Pulls the heads back to their linear start."""

    structure: float = 1.0
    """Weight of keeping each modality's own neighbourhoods. At 5, photos of known products gained .006 in top-1, those
    of products without photos lost .023."""

    masks_duplicates: bool = True
    """Whether the same title or picture counts as a partner; if not, as a stranger like all others."""


@dataclass(frozen=True, slots=True)
class Trained:
    """Heads of words and pictures (the same one where it is shared), the steps to them, and what was seen on the way.

    `validation` is the mean reciprocal rank of the validation part, both ways, at each look, the linear start first.
    """

    heads: tuple[Head, Head]
    steps: int
    validation: tuple[float, ...] = field(default=())


def train_heads(
    pairs: Pairs,
    start: tuple[Head, Head],
    *,
    settings: HeadSettings,
    validation: Pairs | None = None,
    steps: int | None = None,
    is_shared: bool = False,
    extras: Sequence[tuple[Extra, Sequence[Tensor]]] = (),
    seed: int = 0,
) -> Trained:
    """Train residual heads from linear ones; with a `validation` part, return those that were best on it.

    Without one they are those after `steps`, as many as the settings have if not told. `is_shared` trains one head for
    both sides, which start from the first. `extras` are further terms of the loss with their own parameters. The same
    arguments give the same bits on one machine.
    """
    generator = torch.Generator().manual_seed(seed)
    sides = [_Residual(head, hidden=settings.hidden, generator=generator) for head in start[: 1 if is_shared else 2]]
    learner = _Learner(sides[0], sides[-1], settings, list(extras))
    batches = _batches(len(pairs.a), size=settings.batch, generator=generator)
    with one_thread():
        if validation is not None:
            return _trained_until_best(learner, pairs, validation, batches)
        taken = settings.steps if steps is None else steps
        for _ in range(taken):
            learner.step(pairs, next(batches))
        return Trained(learner.heads(), taken)


def _trained_until_best(
    learner: _Learner, pairs: Pairs, validation: Pairs, batches: Iterator[npt.NDArray[np.int64]]
) -> Trained:
    best, seen = learner.heads(), [reciprocal_rank(learner.heads(), validation)]
    while len(seen) - 1 - int(np.argmax(seen)) < PATIENCE and (len(seen) - 1) * CHECK_EVERY < learner.settings.steps:
        for _ in range(CHECK_EVERY):
            learner.step(pairs, next(batches))
        now = reciprocal_rank(learner.heads(), validation)
        best = learner.heads() if now > max(seen) else best
        seen.append(now)
    return Trained(best, int(np.argmax(seen)) * CHECK_EVERY, tuple(seen))


class _Residual:
    """The tensors of one head while it is trained."""

    def __init__(self, head: Head, *, hidden: int, generator: torch.Generator) -> None:
        start = np.eye(len(head.mean), dtype=np.float32) if head.map is None else head.map
        self.mean = torch.from_numpy(head.mean.copy())
        self.start = torch.from_numpy(start / np.sqrt(np.mean(np.sum(start**2, axis=1))))
        self.shift = torch.zeros_like(self.start, requires_grad=True)
        self.inner = torch.randn(len(head.mean), hidden, generator=generator).requires_grad_()
        self.outer = torch.zeros(hidden, head.dim, requires_grad=True)

    @property
    def parameters(self) -> list[Tensor]:
        return [self.shift, self.inner, self.outer]

    def __call__(self, rows: Tensor) -> Tensor:
        centred = rows - self.mean
        mapped = centred @ (self.start + self.shift)
        return functional.normalize(mapped + functional.gelu(centred @ self.inner, approximate="tanh") @ self.outer)

    def head(self) -> Head:
        tensors = (self.start + self.shift, self.inner, self.outer)
        mapping, inner, outer = (np.ascontiguousarray(tensor.detach().numpy().copy()) for tensor in tensors)
        return Head(self.mean.numpy().copy(), mapping, inner, outer)


class _Learner:
    """Two heads (or one for both sides), the temperature, and the optimiser that moves them."""

    def __init__(
        self, a: _Residual, b: _Residual, settings: HeadSettings, extras: list[tuple[Extra, Sequence[Tensor]]]
    ) -> None:
        self.a, self.b, self.settings = a, b, settings
        self._extras = [term for term, _ in extras]
        self._log_temperature = torch.tensor(float(np.log(FIRST_TEMPERATURE)), requires_grad=True)
        moved = [tensor for side in dict.fromkeys((a, b)) for tensor in side.parameters]
        free = [self._log_temperature, *(tensor for _, tensors in extras for tensor in tensors)]
        groups = [{"params": moved, "weight_decay": settings.weight_decay}, {"params": free, "weight_decay": 0.0}]
        self._optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
        self._schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            self._optimizer, settings.steps, eta_min=settings.learning_rate / 10
        )

    def heads(self) -> tuple[Head, Head]:
        return self.a.head(), self.b.head()

    def step(self, pairs: Pairs, at: npt.NDArray[np.int64]) -> None:
        rows_a, rows_b = torch.from_numpy(pairs.a[at]), torch.from_numpy(pairs.b[at])
        is_partner = torch.from_numpy(pairs.partners(at) if self.settings.masks_duplicates else np.eye(len(at)) > 0)
        loss = self._loss(rows_a, rows_b, is_partner)
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self._schedule.step()

    def _loss(self, rows_a: Tensor, rows_b: Tensor, is_partner: Tensor) -> Tensor:
        there, back = self.a(rows_a), self.b(rows_b)
        similarity = there @ back.T / self._log_temperature.exp().clamp(min=LEAST_TEMPERATURE)
        loss = (_contrast(similarity, is_partner) + _contrast(similarity.T, is_partner.T)) / 2
        if self.settings.structure:
            kept = _divergence(rows_a - self.a.mean, there) + _divergence(rows_b - self.b.mean, back)
            loss = loss + self.settings.structure * kept / 2
        return loss + sum(term(rows_a, rows_b, there, back) for term in self._extras)


def _contrast(similarity: Tensor, is_partner: Tensor) -> Tensor:
    """Return InfoNCE with several partners: each competes with the strangers of its row, not with other partners."""
    strangers = similarity.masked_fill(is_partner, float("-inf")).logsumexp(dim=1, keepdim=True)
    each = torch.logaddexp(similarity, strangers) - similarity
    return ((each * is_partner).sum(dim=1) / is_partner.sum(dim=1)).mean()


def _divergence(before: Tensor, after: Tensor) -> Tensor:
    """Return the Jensen-Shannon divergence between the neighbourhoods of rows before and after they are mapped."""
    old, new = _neighbourhoods(functional.normalize(before)), _neighbourhoods(after)
    middle = torch.logaddexp(old, new) - float(np.log(2))
    ways = [functional.kl_div(middle, each, reduction="batchmean", log_target=True) for each in (old, new)]
    return (ways[0] + ways[1]) / 2


def _neighbourhoods(rows: Tensor) -> Tensor:
    """Return the log share that each other row has in a row's neighbourhood; its own is as good as none."""
    own = torch.eye(len(rows), dtype=torch.bool)
    return (rows @ rows.T / STRUCTURE_TEMPERATURE).masked_fill(own, -1e4).log_softmax(dim=1)


def _batches(count: int, *, size: int, generator: torch.Generator) -> Iterator[npt.NDArray[np.int64]]:
    """Yield positions without end, each once a round, in batches of nearly one size."""
    parts = max(1, round(count / size))
    while True:
        yield from np.array_split(torch.randperm(count, generator=generator).numpy(), parts)
