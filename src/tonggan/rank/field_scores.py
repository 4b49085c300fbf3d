"""How well the words of a query match each field of a candidate, on a scale that is the same for every query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tonggan.index import Rows, Scores, View
from tonggan.index.entries import WORD_FIELDS

TERMS_LIMIT = 16
"""Terms that are looked at one by one: those worth most. The others of a pasted page change little and cost time."""

_TITLE = list(WORD_FIELDS).index("title")


@dataclass(frozen=True, slots=True, eq=False)
class FieldMatch:
    """`shares` [rows, fields] are BM25F over its greatest possible value, 0 to 1; coverages are shares of the terms.

    A term counts in a coverage as it does in BM25F: by its weight and how rare it is.
    """

    shares: npt.NDArray[np.float32]
    coverage: Scores
    title_coverage: Scores


def match_fields(view: View, gains: Mapping[str, float], terms: Mapping[str, float], *, rows: Rows) -> FieldMatch:
    """Match weighted terms with the fields of some rows; `gains` are the weights times the terms' rarity."""
    leading = sorted(terms, key=lambda term: -gains[term])[:TERMS_LIMIT]
    total = sum(gains[term] for term in leading) or 1.0
    shares = np.zeros((len(rows), len(WORD_FIELDS)), np.float32)
    coverage, title_coverage = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    for term in leading:
        scores = view.field_scores({term: terms[term]}, rows)
        shares += scores
        is_held = scores > 0
        coverage += np.float32(gains[term] / total) * is_held.any(axis=1)
        title_coverage += np.float32(gains[term] / total) * is_held[:, _TITLE]
    return FieldMatch(shares / np.float32(total), coverage, title_coverage)
