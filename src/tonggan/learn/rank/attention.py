"""Attention over modalities: which of meaning, looks and the bridge between them to trust, candidate by candidate.

For each space a token is made of how query and product agree, dimension by dimension; the features ask, the tokens
answer, and those that answer best are heard [Bahdanau 2015]. What was heard goes into the score network beside the
features. Where a query or a product has no vector, its token is not heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from tonggan.learn.rank.examples import Example
from tonggan.learn.rank.learnt import Learnt
from tonggan.learn.rank.linear import scale_of
from tonggan.learn.rank.network import DEFAULT_NETWORK, Network, NetworkSettings, train_bags
from tonggan.learn.rank.network_export import LEAST_NORM, attention_onnx
from tonggan.rank.features import NAMES
from tonggan.rank.rankers import MODEL, NetworkRanker, session_of

WIDTH = 8
"""Numbers in a token: little, since few judgments must teach a map from every dimension of a space."""


class AttentionNetwork(Network):
    """A score network that also hears one token per space."""

    def __init__(
        self, means: np.ndarray, deviations: np.ndarray, settings: NetworkSettings, *, dims: dict[str, int]
    ) -> None:
        super().__init__(means, deviations, settings)
        self.dims = dims
        self.inner = torch.nn.Linear(len(NAMES) + WIDTH, settings.hidden)
        self.asked = torch.nn.Linear(len(NAMES), WIDTH)
        self.tokens = torch.nn.ModuleList([torch.nn.Linear(dim, WIDTH) for dim in dims.values()])
        self.along = torch.nn.ParameterList([torch.nn.Parameter(torch.ones(WIDTH)) for _ in dims])

    def read(self, example: Example) -> Any:
        """Return the features, and for each space the query, the products, and how far and whether both are there."""
        known = self.known(example)
        return known, [self._space(example, space, dim) for space, dim in self.dims.items()]

    def forward(self, read: Sequence[Any]) -> Tensor:
        """Return the score of each candidate of some examples, one example after the other."""
        known = torch.cat([each for each, _ in read])
        return self.scores(torch.cat([known, self._heard(known, [spaces for _, spaces in read])], dim=1))

    def _space(self, example: Example, space: str, dim: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        query, products = example.modalities.get(
            space, (np.zeros(dim, np.float32), np.zeros((len(example.product_ids), dim), np.float32))
        )
        agreement = products * query
        is_there = np.linalg.norm(agreement, axis=1, keepdims=True) > LEAST_NORM
        told = (query, products, agreement.sum(axis=1, keepdims=True), is_there.astype(np.float32))
        return tuple(torch.from_numpy(each) for each in told)  # pyright: ignore[reportReturnType]

    def _heard(self, known: Tensor, spaces: Sequence[Sequence[tuple[Tensor, Tensor, Tensor, Tensor]]]) -> Tensor:
        asked = self.asked(known)
        tokens, logits = [], []
        for at, layer in enumerate(self.tokens):
            own = [each[at] for each in spaces]
            cosine, is_there = torch.cat([each[2] for each in own]), torch.cat([each[3] for each in own])
            agreed = torch.cat([self._agreement(layer, query, products) for query, products, *_ in own])
            token = torch.tanh(agreed + cosine * self.along[at]) * is_there
            tokens.append(token)
            logits.append((token * asked).sum(dim=1, keepdim=True) + (is_there - 1) * 1e4)
        attention = torch.softmax(torch.cat(logits, dim=1), dim=1)
        return sum((attention[:, at : at + 1] * token for at, token in enumerate(tokens)), start=torch.zeros(()))

    def _agreement(self, layer: Any, query: Tensor, products: Tensor) -> Tensor:
        """A token before the cosine: the query is taken into the weights, and dropped by dimension, to be quick."""
        return functional.linear(products, layer.weight * self.dropout(query), layer.bias)


@dataclass(frozen=True, slots=True)
class AttentionLearner:
    """Learns a score network with attention over the spaces that the training queries speak in."""

    name: str = "attention"
    settings: NetworkSettings = DEFAULT_NETWORK

    def __call__(self, examples: Sequence[Example], *, seed: int) -> Learnt:
        dims = {space: len(query) for example in examples for space, (query, _) in sorted(example.modalities.items())}
        means, deviations = scale_of(examples)
        networks, passes = train_bags(
            lambda: AttentionNetwork(means, deviations, self.settings, dims=dims), examples, self.settings, seed=seed
        )
        weights = [{name: each.detach().numpy().copy() for name, each in n.state_dict().items()} for n in networks]
        model = attention_onnx(weights, dims)
        session = session_of(model, name="an attention network")
        ranker = NetworkRanker(NAMES, session, kind=self.name, spaces=tuple(dims), dims=dims)
        return Learnt(ranker, {MODEL: model}, {"dims": dims}, {"passes": passes})
