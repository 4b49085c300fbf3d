"""What is compared in `benchmarks/rivals.py`: engines that hold the same products, words and vectors, asked alike.

Every engine runs in processes of its own: one that builds it, then one per round that opens it cold and asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

ENGINES: Mapping[str, str] = {
    "tonggan": "benchmarks.engines.ours:WholeAnswer",
    "tonggan, hits only": "benchmarks.engines.ours:HitsOnly",
    "lancedb": "benchmarks.engines.lance:Lance",
    "chroma": "benchmarks.engines.chroma:Chroma",
    "qdrant edge": "benchmarks.engines.qdrant:QdrantEdge",
    "bare zvec": "benchmarks.engines.bare_zvec:BareZvec",
}

PAGE = 10
"""Hits of an answer."""

DEPTH = 20
"""Candidates that a rival takes from each half before it merges them: the depth of Qdrant's own hybrid examples, and
fewer than the 200 that we rank, which is to the rivals' favour."""

RANK_OFFSET = 60
"""Of reciprocal rank fusion, the same for all [Cormack 2009]."""

LINKS = 16
"""HNSW's m, the same for all."""

LINKING_BREADTH = 200
"""HNSW's breadth while building, the same for all."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A filter: products of one brand, or within a range of prices, or all of them where nothing is set."""

    name: str
    brand: str = ""
    low: float = 0.0
    high: float = 0.0

    @property
    def is_empty(self) -> bool:
        return not self.brand and not self.high


@dataclass(frozen=True, slots=True)
class Question:
    """Words, and their vector of norm 1, which rivals are given and we compute."""

    words: str
    vector: np.ndarray


@dataclass(frozen=True, slots=True)
class Item:
    """A product as the rivals hold it."""

    id: str
    title: str
    brand: str
    category: str
    price: float
    vector: np.ndarray

    def fields(self) -> dict[str, Any]:
        """Return what an answer shows of it."""
        return {"title": self.title, "brand": self.brand, "category": self.category, "price": self.price}


@dataclass(frozen=True, slots=True)
class Found:
    """One hit: its price shows whether a change has arrived."""

    id: str
    price: float


class Engine(Protocol):
    """One engine in one folder. `breadth` is what it is told of how far to look: ef, in each of them."""

    distribution: ClassVar[str]
    answer: ClassVar[str]
    settings: ClassVar[str]
    breadths: ClassVar[Sequence[int]]

    @classmethod
    def build(cls, folder: Path, items: Sequence[Item]) -> None: ...
    def __init__(self, folder: Path) -> None: ...
    def nearest(self, vector: np.ndarray, restriction: Restriction, *, breadth: int) -> list[str]: ...
    def match(self, words: str) -> list[str]: ...
    def ask(self, question: Question, restriction: Restriction, *, breadth: int) -> list[Found]: ...
    def change(self, item: Item) -> None: ...
    def close(self) -> None: ...


def engine_class(name: str) -> type[Engine]:
    """Return an engine's class; ImportError when its library is not installed."""
    module, attribute = ENGINES[name].split(":")
    return getattr(import_module(module), attribute)
