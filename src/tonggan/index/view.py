"""One immutable picture of an index, and everything that may be asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tonggan.index import NOBODY, Rows, Scores, WordMatch
from tonggan.index.columns import most_frequent
from tonggan.index.contents import Snapshot
from tonggan.index.filters import mask_of
from tonggan.index.graph import Graph
from tonggan.index.matrices import MatrixView
from tonggan.index.neighbours import Eligible, nearest
from tonggan.index.ordering import TEXT_MATCH, by_keys, by_score
from tonggan.index.scoring import check_fields, check_space, check_terms, unit_vector
from tonggan.index.values import check_field, check_filter, show_number
from tonggan.records import Filter, SortKey


class IndexView:
    """A View (see the contract) over the arrays of one snapshot."""

    def __init__(self, snapshot: Snapshot, graphs: Mapping[str, Graph]) -> None:
        self._snapshot = snapshot
        self._graphs = graphs

    @property
    def position(self) -> int:
        return self._snapshot.position

    @property
    def count(self) -> int:
        return self._snapshot.live_count

    @cached_property
    def text_fields(self) -> Sequence[str]:
        return tuple(sorted(self._texts))

    @cached_property
    def number_fields(self) -> Sequence[str]:
        return tuple(sorted(self._numbers))

    def select(self, filters: Filter | None = None) -> Rows:
        if filters is None:
            return self._live_rows
        check_filter(filters, self._texts, self._numbers)
        mask = mask_of(filters, self._snapshot.columns, self._snapshot.identities, count=self._snapshot.rows)
        return np.flatnonzero(mask & self._snapshot.live).astype(np.int32)

    def match(
        self, terms: Mapping[str, float], *, fields: Sequence[str] = (), stands_for: Mapping[str, str] = NOBODY
    ) -> WordMatch:
        check_terms(terms)
        check_fields(fields, self._snapshot.words.weights)
        return self._snapshot.words.match(terms, fields=fields, stands_for=stands_for)

    def nearest(self, space: str, vector: np.ndarray, *, k: int, within: Rows | None = None) -> tuple[Rows, Scores]:
        return nearest(
            self._matrix(space),
            self._graphs[space],
            self._unit(space, vector),
            k=k,
            eligible=Eligible(self._snapshot.live, within),
            count=self._snapshot.vector_counts[space],
        )

    def similarity(self, space: str, vector: np.ndarray, rows: Rows) -> Scores:
        return self._matrix(space).similarity(self._unit(space, vector), rows)

    def vectors(self, space: str, product_ids: Sequence[str]) -> dict[str, np.ndarray]:
        matrix = self._matrix(space)
        rows = self.rows(product_ids)
        slots = matrix.slot_of_row[rows].tolist()
        ids = self.ids(rows)
        return {name: matrix.vectors[slot].copy() for name, slot in zip(ids, slots, strict=True) if slot >= 0}

    def facet(self, name: str, rows: Rows, *, limit: int) -> dict[str, int]:
        check_field(name, self._texts, self._numbers)
        columns = self._snapshot.columns
        if name in columns.texts:
            return columns.texts[name].counts(rows, self._snapshot.rows, limit=limit)
        numbers = self.numbers(name, rows)
        distinct, totals = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
        shown = [show_number(number) for number in distinct.tolist()]
        return most_frequent(np.arange(len(distinct)), totals, shown, limit=limit)

    def statistics(self, name: str, rows: Rows) -> dict[str, float]:
        numbers = self.numbers(name, rows)
        held = numbers[~np.isnan(numbers)]
        if not len(held):
            return {}
        total = float(held.sum())
        low, high = float(held.min()), float(held.max())
        return {"count": float(len(held)), "min": low, "max": high, "sum": total, "avg": total / len(held)}

    def order(self, rows: Rows, scores: Scores, keys: Sequence[SortKey]) -> Rows:
        ranks, by_rank = self._snapshot.identities.ranks(self._snapshot.rows)
        if not keys or list(keys) == [SortKey(TEXT_MATCH)]:
            return by_score(rows, scores, ranks, by_rank)
        values = [(self._sort_values(key.field, rows, scores, ranks), key.descending) for key in keys]
        return by_keys(rows, values, scores, ranks)

    def numbers(self, name: str, rows: Rows) -> npt.NDArray[np.float64]:
        check_field(name, self._numbers)
        return self._snapshot.columns.numbers[name].values(rows, self._snapshot.rows)

    def values(self, name: str, rows: Rows) -> list[tuple[str, ...]]:
        check_field(name, self._texts, ("id",))
        if name == "id":
            return [(product_id,) for product_id in self.ids(rows)]
        return self._snapshot.columns.texts[name].values(rows, self._snapshot.rows)

    def ids(self, rows: Rows) -> list[str]:
        known = self._snapshot.identities.ids
        return [known[row] for row in rows.tolist()]

    def rows(self, product_ids: Sequence[str]) -> Rows:
        rows = self._snapshot.identities.rows(product_ids, self._snapshot.rows)
        return rows[self._snapshot.live[rows]].astype(np.int32)

    def document_frequency(self, terms: Sequence[str]) -> list[int]:
        return self._snapshot.words.document_frequency(terms)

    def field_scores(self, terms: Mapping[str, float], rows: Rows) -> npt.NDArray[np.float32]:
        check_terms(terms)
        return self._snapshot.words.field_scores(terms, rows)

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(self._snapshot.columns.texts)

    @cached_property
    def _numbers(self) -> frozenset[str]:
        return frozenset(self._snapshot.columns.numbers)

    @cached_property
    def _live_rows(self) -> Rows:
        rows = np.flatnonzero(self._snapshot.live).astype(np.int32)
        rows.flags.writeable = False
        return rows

    def _matrix(self, space: str) -> MatrixView:
        check_space(space, self._snapshot.matrices)
        return self._snapshot.matrices[space]

    def _unit(self, space: str, vector: np.ndarray) -> np.ndarray:
        return unit_vector(vector, space=space, dim=self._snapshot.matrices[space].vectors.shape[1])

    def _sort_values(self, name: str, rows: Rows, scores: Scores, ranks: np.ndarray) -> np.ndarray:
        if name == TEXT_MATCH:
            return scores
        if name == "id":
            return ranks[rows]
        columns, count = self._snapshot.columns, self._snapshot.rows
        check_field(name, self._texts, self._numbers, ("id", TEXT_MATCH))
        if name in columns.numbers:
            return columns.numbers[name].values(rows, count)
        return columns.texts[name].sort_key(rows, count)
