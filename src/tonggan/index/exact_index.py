"""The adapter `exact`: dictionaries and loops, as plain as can be. The oracle that other adapters are held against."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tonggan.errors import NotReadyError
from tonggan.index import NOBODY, Entry, IndexSchema, Rows, Scores, WordMatch
from tonggan.index.array_files import REBUILD, read_record, write_record
from tonggan.index.asked_terms import Asked, arrange
from tonggan.index.exact_filters import passes
from tonggan.index.folder_lock import FolderLock
from tonggan.index.scoring import (
    K1,
    SIMILARITY_DECIMALS,
    TERM_FREQUENCY_LIMIT,
    B,
    check_entries,
    check_fields,
    check_space,
    check_terms,
    inverse_document_frequency,
    unit_vector,
)
from tonggan.index.values import check_field, check_filter, fold, show_number
from tonggan.records import Filter, SortKey

CONTENTS = "exact.json"
"""The one file of this adapter."""

TEXT_MATCH = "_text_match"
"""The name under which a sort key means the merged score."""


@dataclass(frozen=True, slots=True)
class Contents:
    """All entries by row; a row number is never used for another product. `spellings` are the first ones seen."""

    position: int
    entries: Mapping[int, Entry]
    row_by_id: Mapping[str, int]
    texts: frozenset[str]
    numbers: frozenset[str]
    spellings: Mapping[tuple[str, str], str]


class ExactView:
    """A View (see the contract) that computes everything from the entries, each time."""

    def __init__(self, contents: Contents, schema: IndexSchema) -> None:
        self._contents = contents
        self._schema = schema

    @property
    def position(self) -> int:
        return self._contents.position

    @property
    def count(self) -> int:
        return len(self._contents.entries)

    @property
    def text_fields(self) -> Sequence[str]:
        return tuple(sorted(self._contents.texts))

    @property
    def number_fields(self) -> Sequence[str]:
        return tuple(sorted(self._contents.numbers))

    def select(self, filters: Filter | None = None) -> Rows:
        entries = self._contents.entries
        if filters is None:
            return _rows(entries)
        check_filter(filters, self._contents.texts, self._contents.numbers)
        return _rows(row for row, entry in entries.items() if passes(filters, entry))

    def match(
        self, terms: Mapping[str, float], *, fields: Sequence[str] = (), stands_for: Mapping[str, str] = NOBODY
    ) -> WordMatch:
        check_terms(terms)
        check_fields(fields, self._schema.word_fields)
        names = [name for name in self._schema.word_fields if not fields or name in fields]
        weighted = {row: self._weighted(entry, names) for row, entry in self._contents.entries.items()}
        asked = arrange(terms, stands_for)
        holders = [sum(term in held for held in weighted.values()) for term in asked.terms]
        rarities = [inverse_document_frequency(frequency, self.count) for frequency in holders]
        gains = dict(zip(asked.terms, asked.gains(rarities), strict=True))
        rows = _rows(row for row, held in weighted.items() if any(term in held for term in gains))
        groups = [[asked.terms[place] for place in group] for group in asked.groups]
        scores = [sum(_best(group, gains, weighted[row]) for group in groups) for row in rows.tolist()]
        covered = [_covered(weighted[row], asked, gains) for row in rows.tolist()]
        return WordMatch(rows, np.array(scores, dtype=np.float32), np.array(covered, dtype=np.float32))

    def nearest(self, space: str, vector: np.ndarray, *, k: int, within: Rows | None = None) -> tuple[Rows, Scores]:
        rows = self.select() if within is None else within
        scores = self.similarity(space, vector, rows)
        held = ~np.isnan(scores)
        rows, scores = rows[held], scores[held]
        best = sorted(range(len(rows)), key=lambda place: (-scores[place], rows[place]))[: max(k, 0)]
        return rows[best], scores[best]

    def similarity(self, space: str, vector: np.ndarray, rows: Rows) -> Scores:
        check_space(space, self._schema.spaces)
        unit = unit_vector(vector, space=space, dim=self._schema.spaces[space])
        scores = [self._cosine(space, unit, row) for row in rows.tolist()]
        return np.round(np.array(scores, dtype=np.float32), SIMILARITY_DECIMALS)

    def vectors(self, space: str, product_ids: Sequence[str]) -> dict[str, np.ndarray]:
        check_space(space, self._schema.spaces)
        entries = [self._contents.entries[row] for row in self.rows(product_ids).tolist()]
        return {entry.product_id: entry.vectors[space] for entry in entries if space in entry.vectors}

    def facet(self, name: str, rows: Rows, *, limit: int) -> dict[str, int]:
        check_field(name, self._contents.texts | self._contents.numbers)
        shown = self.values(name, rows) if name in self._contents.texts else self._shown_numbers(name, rows)
        totals = Counter(value for values in shown for value in values)
        return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0]))[: max(limit, 0)])

    def statistics(self, name: str, rows: Rows) -> dict[str, float]:
        held = [number for number in self.numbers(name, rows).tolist() if number == number]
        if not held:
            return {}
        total = sum(held)
        return {"count": len(held), "min": min(held), "max": max(held), "sum": total, "avg": total / len(held)}

    def order(self, rows: Rows, scores: Scores, keys: Sequence[SortKey]) -> Rows:
        known = self._contents.texts | self._contents.numbers | {"id", TEXT_MATCH}
        for key in keys:
            check_field(key.field, known)
        score = dict(zip(rows.tolist(), scores.tolist(), strict=True))
        ordered = sorted(rows.tolist(), key=lambda row: self._contents.entries[row].product_id)
        for key in reversed([*keys, SortKey(TEXT_MATCH)]):
            values = {row: self._sort_value(key.field, row, score) for row in ordered}
            held = [row for row in ordered if values[row] is not None]
            held.sort(key=values.__getitem__, reverse=key.descending)
            ordered = held + [row for row in ordered if values[row] is None]
        return np.array(ordered, dtype=np.int32)

    def numbers(self, name: str, rows: Rows) -> npt.NDArray[np.float64]:
        check_field(name, self._contents.numbers)
        return np.array([self._contents.entries[row].numbers.get(name, np.nan) for row in rows.tolist()], dtype=float)

    def values(self, name: str, rows: Rows) -> list[tuple[str, ...]]:
        check_field(name, self._contents.texts | {"id"})
        if name == "id":
            return [(product_id,) for product_id in self.ids(rows)]
        return [self._spelt(name, self._contents.entries[row]) for row in rows.tolist()]

    def ids(self, rows: Rows) -> list[str]:
        return [self._contents.entries[row].product_id for row in rows.tolist()]

    def rows(self, product_ids: Sequence[str]) -> Rows:
        known = self._contents.row_by_id
        return _rows({known[product_id] for product_id in product_ids if product_id in known})

    def document_frequency(self, terms: Sequence[str]) -> list[int]:
        held = [{term for terms in entry.terms.values() for term in terms} for entry in self._contents.entries.values()]
        return [sum(term in item for item in held) for term in terms]

    def field_scores(self, terms: Mapping[str, float], rows: Rows) -> npt.NDArray[np.float32]:
        check_terms(terms)
        gains = {
            term: weight * inverse_document_frequency(frequency, self.count)
            for (term, weight), frequency in zip(terms.items(), self.document_frequency(list(terms)), strict=True)
        }
        scores = np.zeros((len(rows), len(self._schema.word_fields)), dtype=np.float32)
        for at, row in enumerate(rows.tolist()):
            for column, name in enumerate(self._schema.word_fields):
                held = self._weighted(self._contents.entries[row], [name])
                scores[at, column] = sum(gains[t] * held[t] / (K1 + held[t]) for t in terms if t in held)
        return scores

    def _weighted(self, entry: Entry, names: Sequence[str]) -> dict[str, float]:
        weighted: dict[str, float] = {}
        for name in names:
            terms = entry.terms.get(name, ())
            length = 1 - B + B * len(terms) / self._average_lengths[name]
            for term, frequency in Counter(terms).items():
                gain = self._schema.word_fields[name] * min(frequency, TERM_FREQUENCY_LIMIT) / length
                weighted[term] = weighted.get(term, 0.0) + gain
        return weighted

    @cached_property
    def _average_lengths(self) -> dict[str, float]:
        entries = self._contents.entries.values()
        totals = {name: sum(len(entry.terms.get(name, ())) for entry in entries) for name in self._schema.word_fields}
        return {name: total / len(entries) or 1.0 for name, total in totals.items()}

    def _cosine(self, space: str, unit: np.ndarray, row: int) -> float:
        vector = self._contents.entries[row].vectors.get(space)
        return float("nan") if vector is None else float(vector @ unit)

    def _shown_numbers(self, name: str, rows: Rows) -> list[tuple[str, ...]]:
        return [(show_number(number),) if number == number else () for number in self.numbers(name, rows).tolist()]

    def _spelt(self, name: str, entry: Entry) -> tuple[str, ...]:
        folded = dict.fromkeys(fold(value) for value in entry.texts.get(name, ()))
        return tuple(self._contents.spellings[name, value] for value in folded)

    def _sort_value(self, name: str, row: int, score: Mapping[int, float]) -> Any:
        entry = self._contents.entries[row]
        if name in (TEXT_MATCH, "id"):
            return score[row] if name == TEXT_MATCH else entry.product_id
        if name in self._contents.numbers:
            return entry.numbers.get(name)
        values = entry.texts.get(name, ())
        return fold(values[0]) if values else None


class ExactIndex:
    """The writer's side: copies everything with every change, so that a view can never see half of one."""

    def __init__(self, folder: Path, schema: IndexSchema, contents: Contents, lock: FolderLock) -> None:
        self.schema = schema
        self._folder = folder
        self._contents = contents
        self._next_row = max(contents.entries, default=-1) + 1
        self._folder_lock = lock
        self._lock = threading.Lock()

    @classmethod
    def create(cls, folder: str, schema: IndexSchema) -> Self:
        """A new, empty index at position 0."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(path)
        index = cls(path, schema, Contents(0, {}, {}, frozenset(), frozenset(), {}), lock)
        index.checkpoint()
        return index

    @classmethod
    def open(cls, folder: str, schema: IndexSchema) -> Self:
        """An existing index; NotReadyError, with the reason, when it is lost, damaged or of another schema."""
        path = Path(folder) / CONTENTS
        if not path.parent.is_dir():
            raise NotReadyError(f"There is no index in {folder}.", remedy=REBUILD)
        lock = FolderLock(Path(folder))
        try:
            return cls(Path(folder), schema, _read(path, schema), lock)
        except BaseException:
            lock.release()
            raise

    def view(self) -> ExactView:
        return ExactView(self._contents, self.schema)

    def apply(self, entries: Sequence[Entry], deletions: Sequence[str] = (), *, position: int) -> None:
        with self._lock:
            self._folder_lock.check_held()
            latest = check_entries(entries, self.schema)
            kept = {**self._contents.row_by_id}
            replaced = {kept.pop(name) for name in [*deletions, *(item.product_id for item in latest)] if name in kept}
            held = {row: entry for row, entry in self._contents.entries.items() if row not in replaced}
            for entry in latest:
                held[self._next_row] = _clean(entry, self.schema)
                kept[entry.product_id] = self._next_row
                self._next_row += 1
            self._contents = self._with_fields(latest, held, kept, max(position, self._contents.position))

    def checkpoint(self) -> None:
        contents = self._contents
        spellings = [[name, folded, value] for (name, folded), value in contents.spellings.items()]
        record = {"schema": asdict(self.schema), "position": contents.position, "spellings": spellings}
        write_record(self._folder / CONTENTS, record | {"rows": _plain(contents)})

    def optimize(self, *, wait: bool = False) -> None:
        """There is nothing to do: everything is scanned."""

    def close(self) -> None:
        self._folder_lock.release()

    def _with_fields(
        self, entries: Sequence[Entry], held: dict[int, Entry], kept: dict[str, int], position: int
    ) -> Contents:
        before = self._contents
        return _with_spellings(Contents(position, held, kept, before.texts, before.numbers, before.spellings), entries)


def _with_spellings(contents: Contents, entries: Sequence[Entry]) -> Contents:
    texts = {name for entry in entries for name, values in entry.texts.items() if values}
    numbers = {name for entry in entries for name, number in entry.numbers.items() if number == number}
    spellings = dict(contents.spellings)
    for entry in entries:
        for name, values in entry.texts.items():
            for value in values:
                spellings.setdefault((name, fold(value)), value)
    return Contents(
        contents.position,
        contents.entries,
        contents.row_by_id,
        contents.texts | texts,
        contents.numbers | numbers,
        spellings,
    )


def _clean(entry: Entry, schema: IndexSchema) -> Entry:
    units = {name: unit_vector(item, space=name, dim=schema.spaces[name]) for name, item in entry.vectors.items()}
    vectors = {name: unit for name, unit in units.items() if unit.any()}
    numbers = {name: number for name, number in entry.numbers.items() if number == number}
    return Entry(entry.product_id, entry.terms, entry.texts, numbers, vectors)


def _rows(rows: Any) -> Rows:
    return np.array(sorted(rows), dtype=np.int32)


def _plain(contents: Contents) -> list[Any]:
    return [
        [row, entry.product_id, _listed(entry.terms), _listed(entry.texts), dict(entry.numbers),
         {name: vector.tolist() for name, vector in entry.vectors.items()}]
        for row, entry in contents.entries.items()
    ]  # fmt: skip


def _listed(values: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(items) for name, items in values.items()}


def _read(path: Path, schema: IndexSchema) -> Contents:
    record = read_record(path)
    if record["schema"] != asdict(schema):
        raise NotReadyError("The index was built with another schema.", remedy=REBUILD)
    entries = {
        row: Entry(name, terms, texts, numbers, {space: np.array(v, np.float32) for space, v in vectors.items()})
        for row, name, terms, texts, numbers, vectors in record["rows"]
    }
    row_by_id = {entry.product_id: row for row, entry in entries.items()}
    spellings = {(name, folded): value for name, folded, value in record["spellings"]}
    empty = Contents(int(record["position"]), entries, row_by_id, frozenset(), frozenset(), spellings)
    return _with_spellings(empty, list(entries.values()))


def _best(terms: Sequence[str], gains: Mapping[str, float], held: Mapping[str, float]) -> float:
    """What the best of terms that stand for each other gains a row."""
    return max((gains[term] * held[term] / (K1 + held[term]) for term in terms if term in held), default=0.0)


def _covered(held: Mapping[str, float], asked: Asked, gains: Mapping[str, float]) -> float:
    """The share of the query's gain that a product's terms cover; what stands for one term covers it once."""
    covered = 0.0
    for typed, *others in ([asked.terms[place] for place in group] for group in asked.groups):
        weight = dict(zip(asked.terms, asked.weights, strict=True))
        shares = [weight[term] / weight[typed] for term in (typed, *others) if term in held and weight[typed]]
        covered += gains[typed] * min(1.0, sum(shares))
    return covered / (sum(gains[asked.terms[group[0]]] for group in asked.groups) or 1.0)
