"""A score network: the features of a candidate to its score, learnt from whole lists; the file that needs torch.

The network starts at the merged score and learns what to add to it. Features stand in units of their deviation, and
what is not known is the mean. The loss compares a list's softmax with that of its gains [ListNet, Cao 2007].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tonggan.errors import MissingExtraError
from tonggan.learn.one_thread import one_thread
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
    from torch.nn.utils.rnn import pad_sequence
except ImportError as error:
    raise MissingExtraError("Score networks are trained with torch.", remedy="pip install 'tonggan[train]'.") from error

START = 3.0
"""Weight of the merged score, in deviations, at which training starts, as in the linear ranker."""

CHECK_EVERY, PATIENCE = 5, 6
"""Passes over the queries between looks at the held-out part, and looks without gain after which training ends."""

INNER_FOLDS = 4

UNSEEN, NOWHERE = -1.0, -1e9
"""The share of a candidate that is no part of its list, and the score that takes it out."""


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
    """Queries a step; 16 save a fifth of the time."""

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

    def known(self, example: Example) -> Tensor:
        """Return the features in units of their deviation, 0 where not known."""
        return torch.nan_to_num((torch.from_numpy(example.table) - self.means) / self.deviations).clamp(-LIMIT, LIMIT)

    def read(self, example: Example) -> Any:
        """Return what `forward` takes of an example; made once, since passes over the queries are many."""
        return self.known(example)

    def forward(self, read: Sequence[Any]) -> Tensor:
        """Return the score of each candidate of some examples, one example after the other."""
        return self.scores(torch.cat(list(read)))

    def scores(self, joined: Tensor) -> Tensor:
        """Return what line and hidden layer say; the line hears the features alone, which stand first."""
        curved = self.outer(self.dropout(torch.relu(self.inner(joined))))
        return (self.line(joined[:, : len(NAMES)]) + curved)[:, 0]


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """An example as a network takes it; `shares` are what part of the list's whole gain each candidate has."""

    example: Example
    read: Any
    shares: Tensor


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
    with one_thread():
        lessons = _lessons(make(), examples)
        for bag in range(settings.bags):
            held = [lesson for lesson, fold in zip(lessons, fold_of, strict=True) if fold == bag % INNER_FOLDS]
            taught = [lesson for lesson, fold in zip(lessons, fold_of, strict=True) if fold != bag % INNER_FOLDS]
            torch.manual_seed(seed * 1_000 + bag)
            network = make()
            passes.append(_train(network, taught, held, settings=settings))
            networks.append(network.eval())
    return networks, passes


def _lessons(network: Any, examples: Sequence[Example]) -> list[Lesson]:
    with torch.no_grad():
        return [Lesson(example, network.read(example), _shares(example)) for example in examples]


def _shares(example: Example) -> Tensor:
    """What a list's softmax is compared with; none where nothing is gained, and less than 0 where nobody looked."""
    counts = example.weights_in_training
    gains = (np.exp2(example.gains) - 1) * counts
    shares = gains / max(gains.sum(), 1e-12)
    return torch.from_numpy(np.where(counts > 0, shares, UNSEEN).astype(np.float32))


def _train(network: Any, taught: Sequence[Lesson], held: Sequence[Lesson], *, settings: NetworkSettings) -> int:
    """Train until the held-out part gains no more, go back to the best, and return the passes up to it."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    best, reached, at = _state(network), _held_out(network, held), 0
    for done in range(1, settings.passes + 1):
        network.train()
        for batch in _batches(taught, settings.batch):
            loss = _list_loss(network([lesson.read for lesson in batch]), batch)
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


def _list_loss(scores: Tensor, batch: Sequence[Lesson]) -> Tensor:
    """The mean over lists, which are padded to the longest; what nobody saw is no part of its list."""
    lists = scores.split([len(lesson.shares) for lesson in batch])
    padded = pad_sequence(list(lists), batch_first=True)
    shares = pad_sequence([lesson.shares for lesson in batch], batch_first=True, padding_value=UNSEEN)
    logs = functional.log_softmax(padded.masked_fill(shares < 0, NOWHERE), dim=1)
    return -(shares.clamp(min=0) * logs).sum() / len(batch)


def _held_out(network: Any, held: Sequence[Lesson]) -> float:
    network.eval()
    with torch.no_grad():
        scores = network([lesson.read for lesson in held]).split([len(lesson.shares) for lesson in held])
    return mean_quality([lesson.example for lesson in held], [each.numpy() for each in scores])


def _batches(lessons: Sequence[Lesson], size: int) -> Iterator[list[Lesson]]:
    order = torch.randperm(len(lessons)).tolist()
    for at in range(0, len(order), size):
        yield [lessons[place] for place in order[at : at + size]]


def _state(network: Any) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def _weights(network: Network) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy().copy() for name, tensor in network.state_dict().items()}
