"""Attention over modalities: which of meaning, looks and the bridge between them to trust, candidate by candidate.

For each space a token is made of how query and product agree, dimension by dimension; the features ask, the tokens
answer, and those that answer best are heard [Bahdanau 2015]. What was heard goes into the score network beside the
features. Where a query or a product has no vector, its token is not heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tonggan.learn.rank.examples import Example
from tonggan.learn.rank.learnt import Learnt
from tonggan.learn.rank.linear import scale_of
from tonggan.learn.rank.network import DEFAULT_NETWORK, Network, NetworkSettings, train_bags
from tonggan.learn.rank.network_export import LEAST_NORM, LIMIT, attention_onnx
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

    def score(self, example: Example) -> Tensor:
        table = torch.from_numpy(example.table)
        known = torch.nan_to_num((table - self.means) / self.deviations).clamp(-LIMIT, LIMIT)
        joined = torch.cat([known, self._heard(example, known)], dim=1)
        return (self.line(known) + self.outer(self.dropout(torch.relu(self.inner(joined)))))[:, 0]

    def _heard(self, example: Example, known: Tensor) -> Tensor:
        asked = self.asked(known)
        tokens, logits = [], []
        for at, (space, dim) in enumerate(self.dims.items()):
            query, products = example.modalities.get(
                space, (np.zeros(dim, np.float32), np.zeros((len(known), dim), np.float32))
            )
            agreement = torch.from_numpy(products) * torch.from_numpy(query)
            is_there = (agreement.square().sum(dim=1, keepdim=True) > LEAST_NORM**2).float()
            cosine = agreement.sum(dim=1, keepdim=True)
            token = torch.tanh(self.tokens[at](self.dropout(agreement)) + cosine * self.along[at]) * is_there
            tokens.append(token)
            logits.append((token * asked).sum(dim=1, keepdim=True) + (is_there - 1) * 1e4)
        attention = torch.softmax(torch.cat(logits, dim=1), dim=1)
        return sum((attention[:, at : at + 1] * token for at, token in enumerate(tokens)), start=torch.zeros(()))


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
