"""A score network: the features of a candidate to its score, learnt from whole lists; the file that needs torch.

The network starts at the merged score and learns what to add to it. Features stand in units of their deviation, and
what is not known is the mean. The loss compares a list's softmax with that of its gains [ListNet, Cao 2007].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from tonggan.errors import MissingExtraError
from tonggan.learn.rank.examples import Example, mean_quality
from tonggan.learn.rank.folds import folds_of
from tonggan.learn.rank.learnt import Learnt
from tonggan.learn.rank.linear import scale_of
from tonggan.learn.rank.network_export import LIMIT, network_onnx
from tonggan.rank.features import NAMES, PLACES
from tonggan.rank.rankers import MODEL, NetworkRanker, session_of

try:
    import torch
    from torch import Tensor
    from torch.nn import functional
except ImportError as error:
    raise MissingExtraError("Score networks are trained with torch.", remedy="pip install 'tonggan[train]'.") from error

START = 3.0
"""Weight of the merged score, in deviations, at which training starts, as in the linear ranker."""

CHECK_EVERY, PATIENCE = 5, 6
"""Passes over the queries between looks at the held-out part, and looks without gain after which training ends."""

INNER_FOLDS = 4


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """How score networks are trained."""

    hidden: int = 16
    """Units of the one hidden layer."""

    passes: int = 150
    learning_rate: float = 3e-3
    weight_decay: float = 0.1
    dropout: float = 0.3
    batch: int = 8
    """Queries a step."""

    bags: int = 3
    """Networks of other seeds and held-out parts whose scores are averaged."""


DEFAULT_NETWORK = NetworkSettings()


class Network(torch.nn.Module):
    """One hidden layer beside a straight line that starts at the merged score."""

    def __init__(self, means: np.ndarray, deviations: np.ndarray, settings: NetworkSettings) -> None:
        super().__init__()
        self.means = torch.nn.Parameter(torch.from_numpy(means.astype(np.float32)), requires_grad=False)
        self.deviations = torch.nn.Parameter(torch.from_numpy(deviations.astype(np.float32)), requires_grad=False)
        self.inner = torch.nn.Linear(len(NAMES), settings.hidden)
        self.outer = torch.nn.Linear(settings.hidden, 1, bias=False)
        self.line = torch.nn.Linear(len(NAMES), 1, bias=False)
        self.dropout = torch.nn.Dropout(settings.dropout)
        with torch.no_grad():
            self.outer.weight.zero_()
            self.line.weight.zero_()
            self.line.weight[0, PLACES["merged"]] = START

    def forward(self, table: Tensor) -> Tensor:
        known = torch.nan_to_num((table - self.means) / self.deviations).clamp(-LIMIT, LIMIT)
        return (self.line(known) + self.outer(self.dropout(torch.relu(self.inner(known)))))[:, 0]

    def score(self, example: Example) -> Tensor:
        """Return the score of each candidate."""
        return self(torch.from_numpy(example.table))


@dataclass(frozen=True, slots=True)
class NetworkLearner:
    """Learns a score network."""

    name: str = "network"
    settings: NetworkSettings = DEFAULT_NETWORK

    def __call__(self, examples: Sequence[Example], *, seed: int) -> Learnt:
        means, deviations = scale_of(examples)
        networks, passes = train_bags(
            lambda: Network(means, deviations, self.settings), examples, self.settings, seed=seed
        )
        model = network_onnx([_weights(network) for network in networks])
        ranker = NetworkRanker(NAMES, session_of(model, name="a score network"))
        return Learnt(ranker, {MODEL: model}, {}, {"passes": passes})


def train_bags(
    make: Callable[[], Any], examples: Sequence[Example], settings: NetworkSettings, *, seed: int
) -> tuple[list[Any], list[int]]:
    """Train several networks, each stopped by another held-out part of the queries; return them and their passes."""
    fold_of = folds_of([example.query_id for example in examples], seed=seed, folds=INNER_FOLDS)
    networks, passes = [], []
    with _one_thread():
        for bag in range(settings.bags):
            held = [example for example, fold in zip(examples, fold_of, strict=True) if fold == bag % INNER_FOLDS]
            taught = [example for example, fold in zip(examples, fold_of, strict=True) if fold != bag % INNER_FOLDS]
            torch.manual_seed(seed * 1_000 + bag)
            network = make()
            passes.append(_train(network, taught, held, settings=settings))
            networks.append(network.eval())
    return networks, passes


def _train(network: Any, taught: Sequence[Example], held: Sequence[Example], *, settings: NetworkSettings) -> int:
    """Train until the held-out part gains no more, go back to the best, and return the passes up to it."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    best, reached, at = _state(network), _held_out(network, held), 0
    for done in range(1, settings.passes + 1):
        network.train()
        for batch in _batches(taught, settings.batch):
            loss = torch.stack([_list_loss(network.score(example), example) for example in batch]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if done % CHECK_EVERY == 0:
            found = _held_out(network, held)
            if found > reached:
                best, reached, at = _state(network), found, done
            elif done - at >= CHECK_EVERY * PATIENCE:
                break
    network.load_state_dict(best)
    return at


def _list_loss(scores: Tensor, example: Example) -> Tensor:
    gains = torch.from_numpy((np.exp2(example.gains) - 1).astype(np.float32))
    total = gains.sum()
    if total <= 0:
        return scores.sum() * 0
    return -(gains / total * functional.log_softmax(scores, dim=0)).sum()


def _held_out(network: Any, held: Sequence[Example]) -> float:
    network.eval()
    with torch.no_grad():
        return mean_quality(held, [network.score(example).numpy() for example in held])


def _batches(examples: Sequence[Example], size: int) -> Iterator[list[Example]]:
    order = torch.randperm(len(examples)).tolist()
    for at in range(0, len(order), size):
        yield [examples[place] for place in order[at : at + size]]


def _state(network: Any) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def _weights(network: Network) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy().copy() for name, tensor in network.state_dict().items()}


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums in one order, so that the same seed gives the same bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
