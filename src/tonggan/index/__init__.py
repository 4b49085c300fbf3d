"""Stage 5. In: products with their terms and vectors. Out: something searchable.

The index is a projection of the store: it remembers the last change it has applied, can be thrown away and rebuilt.
Adapters: `zvec` (in process, the default) and `exact` (numpy brute force, the oracle for tests).

A request reads one `View`: an immutable picture of the index at one change. Rows are integers that name products within
a view; text and numbers are held as columns, so that filters, facets and orders are computed here and are exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from tonggan import registry
from tonggan.records import Filter, SortKey

ADAPTERS: Mapping[str, str] = {
    "zvec": "tonggan.index.zvec_index:ZvecIndex",
    "exact": "tonggan.index.exact_index:ExactIndex",
}

Rows: TypeAlias = npt.NDArray[np.int32]
"""int32, [n], ascending, each a live product of one view."""

Scores: TypeAlias = npt.NDArray[np.float32]
"""float32, [n], parallel to some Rows; higher is better."""


NOBODY: Mapping[str, str] = MappingProxyType({})
"""No term stands for another one."""


@dataclass(frozen=True, slots=True)
class IndexSchema:
    """What an index holds: the dimension of each vector space, the weight of each word field, and whose vectors.

    An index whose schema differs from the one asked for on open is rebuilt; `fingerprint` names the fitted encoders.
    """

    spaces: Mapping[str, int]
    word_fields: Mapping[str, float]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One product as the index sees it.

    `terms` are analysed words by field, `texts` values to filter and count by, `numbers` values to compare and sort by,
    `vectors` one row of norm 1 per space (a space left out has no vector).
    """

    product_id: str
    terms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    vectors: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WordMatch:
    """Every product that holds at least one query term, in row order.

    `scores` are BM25F; `coverage` is the share, 0 to 1, of the query's weighted inverse document frequency that the
    product's terms cover.
    """

    rows: Rows
    scores: Scores
    coverage: Scores


class View(Protocol):
    """The index at one change. All answers of one view agree with each other."""

    @property
    def position(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def text_fields(self) -> Sequence[str]: ...
    @property
    def number_fields(self) -> Sequence[str]: ...

    def select(self, filters: Filter | None = None) -> Rows:
        """All rows that pass; InputError names an unknown field, or text where a number is needed."""
        ...

    def match(
        self, terms: Mapping[str, float], *, fields: Sequence[str] = (), stands_for: Mapping[str, str] = NOBODY
    ) -> WordMatch:
        """Rows with any of the weighted terms in any of the fields (all fields when none is named).

        `stands_for` says of an alternative which of the terms it covers in its stead (`asked_terms.py`).
        """
        ...

    def nearest(self, space: str, vector: np.ndarray, *, k: int, within: Rows | None = None) -> tuple[Rows, Scores]:
        """Up to k rows of greatest cosine similarity among `within`, best first (ties: lower row first)."""
        ...

    def similarity(self, space: str, vector: np.ndarray, rows: Rows) -> Scores:
        """Cosine similarity of each row, NaN where the product has no vector in the space."""
        ...

    def vectors(self, space: str, product_ids: Sequence[str]) -> dict[str, np.ndarray]:
        """Stored vectors of the products that have one."""
        ...

    def facet(self, name: str, rows: Rows, *, limit: int) -> dict[str, int]:
        """How many of the rows hold each value, most frequent first (ties: by value)."""
        ...

    def statistics(self, name: str, rows: Rows) -> dict[str, float]:
        """`count, min, max, sum, avg` of a number field over the rows that have it; empty when none has."""
        ...

    def order(self, rows: Rows, scores: Scores, keys: Sequence[SortKey]) -> Rows:
        """The rows in order of the keys; what is left tied goes by score, then by product id."""
        ...

    def numbers(self, name: str, rows: Rows) -> npt.NDArray[np.float64]:
        """A number field of the rows, NaN where absent."""
        ...

    def values(self, name: str, rows: Rows) -> list[tuple[str, ...]]:
        """Values of a text field, or of `id`, for each row; spelt as the first product that had them spelt them."""
        ...

    def ids(self, rows: Rows) -> list[str]: ...
    def rows(self, product_ids: Sequence[str]) -> Rows:
        """Rows of those products that are here, ascending."""
        ...

    def document_frequency(self, terms: Sequence[str]) -> list[int]: ...
    def field_scores(self, terms: Mapping[str, float], rows: Rows) -> npt.NDArray[np.float32]:
        """BM25F of each row in each field alone, [rows, fields] with the fields in the order of the schema.

        A term is as rare as it is in any field, so that fields compare; the parts add up to no less than `match`.
        """
        ...


class Index(Protocol):
    """The writer's side. One process holds an index; `apply` is idempotent and never makes a reader wait."""

    schema: IndexSchema

    def view(self) -> View: ...
    def apply(self, entries: Sequence[Entry], deletions: Sequence[str] = (), *, position: int) -> None:
        """Remove deletions, add or replace entries, and be at `position` of the change log; visible on return."""
        ...

    def checkpoint(self) -> None:
        """Write to disk what a later open needs; what came after is replayed from the change log."""
        ...

    def optimize(self, *, wait: bool = False) -> None:
        """Index rows that are still scanned, in the background unless told to wait."""
        ...

    def close(self) -> None: ...


class IndexAdapter(Protocol):
    """How an index comes to be."""

    def create(self, folder: str, schema: IndexSchema) -> Index:
        """A new, empty index at position 0."""
        ...

    def open(self, folder: str, schema: IndexSchema) -> Index:
        """An existing index; NotReadyError, with the reason, when it is lost, damaged or of another schema."""
        ...


def index_adapter(name: str) -> IndexAdapter:
    """Return the adapter registered under a name; InputError lists the known ones."""
    return registry.load("index", name, ADAPTERS)
