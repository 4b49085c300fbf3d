"""Text by its own words: TF-IDF over the terms of stage 3, folded by a truncated SVD fitted on the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tonggan.encode.rows import unit_rows
from tonggan.encode.svd import SparseRows, truncated_svd
from tonggan.encode.words import query_terms, terms
from tonggan.records import Vectors

DIMENSION = 192
"""Latent dimensions. Icecat nDCG@10 of vectors alone: .27 at 96, .30 at 128, .37 at 192, .40 at 256, each a third more
memory; merged with BM25 all four lie within .01, so the memory decides (`benchmarks/catalogue_pack.py`)."""

MAXIMUM_TERMS = 40_000
"""Most frequent terms kept: 31 MB of weights. Home Depot has 15,000 that occur twice."""

SMALL_CATALOGUE = 1_000
"""Up to this many texts a term that occurs once is kept; above, it must occur in two, or it teaches nothing."""

SPECTRUM_POWER = -0.5
"""Directions are scaled by their singular value to this power; -0.5 was .01 above 0 and .08 above 1 on Icecat."""


class TfidfSvdEncoder:
    """Texts to latent topics of one catalogue; a text without a word of the catalogue is a zero row.

    Fitted in seconds on 20,000 texts; a query takes microseconds.
    """

    modality = "text"

    def __init__(self, vocabulary: Sequence[str], projection: npt.NDArray[np.float32]) -> None:
        self.dim = projection.shape[1]
        self.parameters: Mapping[str, Any] = MappingProxyType({"version": 1})
        self._rows = {term: row for row, term in enumerate(vocabulary)}
        self._projection = projection

    @classmethod
    def fit(cls, items: Sequence[str], *, seed: int = 0, dim: int = DIMENSION) -> Self:
        """Learn vocabulary, inverse document frequencies and latent directions from texts."""
        counts = [Counter(terms(text)) for text in items]
        frequencies = _vocabulary(counts)
        inverse = _inverse_frequencies(list(frequencies.values()), texts=len(items))
        rows = {term: row for row, term in enumerate(frequencies)}
        weighted = (_document_row(count, rows) for count in counts)
        matrix = SparseRows.of([_normalised(row, inverse) for row in weighted], width=len(rows))
        singular, directions = truncated_svd(matrix, dim, seed=seed)
        projection = (directions * inverse[:, None] * (singular / singular[:1]) ** SPECTRUM_POWER).astype(np.float32)
        return cls(list(frequencies), projection if projection.size else np.zeros((len(rows), 1), np.float32))

    @classmethod
    def restore(cls, weights: Mapping[str, np.ndarray], parameters: Mapping[str, Any]) -> Self:
        """Return the encoder whose `weights` these are."""
        vocabulary = weights["vocabulary"].tobytes().decode("utf-8")
        return cls(vocabulary.split("\n") if vocabulary else [], weights["projection"])

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return the terms, joined by line feeds as UTF-8 bytes, and the projection [terms, dim]."""
        joined = "\n".join(self._rows).encode("utf-8")
        return {"vocabulary": np.frombuffer(joined, np.uint8), "projection": self._projection}

    def encode_query(self, items: Sequence[str]) -> Vectors:
        """Return one row per query; parts of words count less than whole ones."""
        return self._project(_query_row(query_terms(text), self._rows) for text in items)

    def encode_document(self, items: Sequence[str]) -> Vectors:
        """Return one row per text; repeated terms count logarithmically."""
        return self._project(_document_row(Counter(terms(text)), self._rows) for text in items)

    def _project(self, rows: Iterable[_Row]) -> Vectors:
        matrix = SparseRows.of(list(rows), width=len(self._rows))
        return unit_rows(matrix.times(self._projection))


_Row = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


def _vocabulary(counts: Sequence[Counter[str]]) -> dict[str, int]:
    frequencies = Counter(term for count in counts for term in count)
    minimum = 1 if len(counts) <= SMALL_CATALOGUE else 2
    kept = sorted(frequencies.items(), key=lambda pair: (-pair[1], pair[0]))[:MAXIMUM_TERMS]
    return {term: frequency for term, frequency in kept if frequency >= minimum}


def _inverse_frequencies(frequencies: Sequence[int], *, texts: int) -> npt.NDArray[np.float32]:
    return (np.log((1 + texts) / (1 + np.array(frequencies, np.float64))) + 1).astype(np.float32)


def _document_row(count: Mapping[str, int], rows: Mapping[str, int]) -> _Row:
    known = [(rows[term], times) for term, times in count.items() if term in rows]
    columns, times = np.array(known, np.float32).reshape(-1, 2).T
    return columns.astype(np.int64), 1 + np.log(times)


def _query_row(weights: Mapping[str, float], rows: Mapping[str, int]) -> _Row:
    known = [(rows[term], weight) for term, weight in weights.items() if term in rows]
    columns, values = np.array(known, np.float32).reshape(-1, 2).T
    return columns.astype(np.int64), values


def _normalised(row: _Row, inverse: npt.NDArray[np.float32]) -> _Row:
    columns, values = row
    weighted = values * inverse[columns]
    return columns, weighted / max(float(np.linalg.norm(weighted)), 1e-12)
