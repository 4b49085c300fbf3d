"""The word vectors of the default pack: made to sum up to what the teacher says of whole texts.

The start is the teacher's vector of each word alone, turned to its principal directions and weighted by rarity
[Model2Vec; Arora 2017]. Then texts are imitated: cosine to the teacher's vector, and the similarities within a batch
[tokenlearn; Park 2019]; and pairs that mean the same are drawn together against the others of the batch (InfoNCE).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from tonggan.encode.rows import unit_rows
from tonggan.encode.word_units import UnitReader
from tonggan.records import Vectors

DIMENSION = 256

RARITY = 1e-3
"""Of smooth inverse frequency: a unit that makes up this share of all units counts half [Arora 2017 has 1e-3]."""

SIMILARITY_TEMPERATURE, PAIR_TEMPERATURE = 0.05, 0.07
"""At which similarities within a batch are imitated, and pairs told from the rest."""


@dataclass(frozen=True, slots=True)
class TextPlan:
    """How long and how hard to train."""

    steps: int = 4000
    batch: int = 512
    learning_rate: float = 1e-3
    cosine_weight: float = 1.0
    similarity_weight: float = 1.0
    pair_weight: float = 0.3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Projection:
    """The teacher's space turned to its `directions` [384, 256] about its `mean`."""

    mean: Vectors
    directions: Vectors

    def rows(self, teacher: Vectors) -> Vectors:
        """Return the teacher's rows in the space of the default pack."""
        return unit_rows((teacher.astype(np.float32) - self.mean) @ self.directions)


def fit_projection(teacher: Vectors) -> Projection:
    """Return the principal directions of the teacher's rows of the corpus."""
    mean = teacher.mean(axis=0, dtype=np.float64)
    centred = teacher.astype(np.float32) - mean.astype(np.float32)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return Projection(mean.astype(np.float32), np.ascontiguousarray(vectors[:, ::-1][:, :DIMENSION], np.float32))


class Bags:
    """Texts as lists of rows of a vocabulary, each counted once."""

    def __init__(self, texts: Sequence[str], reader: UnitReader, rows: dict[str, int]) -> None:
        self.bags = [np.array([rows[unit] for unit in dict.fromkeys(reader.units(text))], np.int64) for text in texts]

    def batch(self, chosen: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return the rows of chosen texts one after another, and where each text starts."""
        bags = [self.bags[at] for at in chosen]
        starts = np.concatenate([[0], np.cumsum([len(bag) for bag in bags])[:-1]])
        return torch.from_numpy(np.concatenate(bags)), torch.from_numpy(starts.astype(np.int64))

    def counts(self) -> Counter[int]:
        """Return in how many texts each row occurs."""
        return Counter(int(row) for bag in self.bags for row in bag)


def weighted(vectors: Vectors, counts: Counter[int], *, texts: int) -> Vectors:
    """Return unit vectors of words with lengths by rarity; a unit that no text has counts as one of two texts."""
    shares = np.array([max(counts[row], 2) / texts for row in range(len(vectors))])
    return (unit_rows(vectors) * (RARITY / (RARITY + shares))[:, None] ** 0.5).astype(np.float32)


def train_words(
    start: Vectors,
    bags: Bags,
    targets: Vectors,
    *,
    pairs: tuple[Bags, Bags],
    plan: TextPlan,
    tell: Callable[[int, dict[str, float]], None] | None = None,
) -> Vectors:
    """Return word vectors [units, 256] tuned on texts with `targets`, and on pairs. The same seed gives the same."""
    torch.manual_seed(plan.seed)
    chance = np.random.default_rng(plan.seed)
    table = nn.EmbeddingBag.from_pretrained(torch.from_numpy(start.copy()), freeze=False, mode="sum", sparse=True)
    optimizer = torch.optim.SparseAdam(list(table.parameters()), lr=plan.learning_rate)
    usable = np.array([at for at, bag in enumerate(bags.bags) if len(bag)])
    paired = np.array(
        [at for at, both in enumerate(zip(pairs[0].bags, pairs[1].bags, strict=True)) if all(map(len, both))]
    )
    for step in range(plan.steps):
        chosen, couples = chance.choice(usable, plan.batch), chance.choice(paired, plan.batch // 2)
        own = nnf.normalize(table(*bags.batch(chosen)), dim=1)
        wanted = torch.from_numpy(targets[chosen])
        terms = {
            "cosine": (1 - (own * wanted).sum(dim=1)).mean(),
            "similarity": _similarity_loss(own, wanted),
            "pairs": _pair_loss(*(nnf.normalize(table(*side.batch(couples)), dim=1) for side in pairs)),
        }
        total = (
            plan.cosine_weight * terms["cosine"]
            + plan.similarity_weight * terms["similarity"]
            + plan.pair_weight * terms["pairs"]
        )
        optimizer.zero_grad()
        total.backward()
        for group in optimizer.param_groups:
            group["lr"] = plan.learning_rate * (1 - step / plan.steps)
        optimizer.step()
        if tell:
            tell(step + 1, {name: float(term.detach()) for name, term in terms.items()})
    return table.weight.detach().numpy()


def _similarity_loss(own: Tensor, wanted: Tensor) -> Tensor:
    """Divergence of the similarities among a batch from those that the teacher sees."""
    itself = torch.eye(len(own), dtype=torch.bool)
    scores, reference = (
        (rows @ rows.T / SIMILARITY_TEMPERATURE).masked_fill(itself, -1e4).log_softmax(dim=1) for rows in (own, wanted)
    )
    return nnf.kl_div(scores, reference, log_target=True, reduction="batchmean")


def _pair_loss(first: Tensor, second: Tensor) -> Tensor:
    scores = first @ second.T / PAIR_TEMPERATURE
    target = torch.arange(len(scores))
    return (nnf.cross_entropy(scores, target) + nnf.cross_entropy(scores.T, target)) / 2
