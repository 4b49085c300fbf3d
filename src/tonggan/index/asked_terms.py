"""The terms of one match: typed ones, and alternatives that stand for a typed one.

A typed term counts towards coverage with its gain, weight times inverse document frequency. An alternative covers the
typed term that it stands for, in the proportion of their weights, and all that stand for one term cover it once; so a
product is not held back for lacking words that mean the same as those it has. Of the terms of one group the best one
scores: a title in two languages says no more than one in either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TERMS_PER_BYTE = 8
"""Query terms per byte of the map that says which terms a row holds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Terms in the order of their bits; those of one group stand in one byte, gaps are empty terms of weight 0.

    `groups` are the places of a typed term and of what stands for it, the typed one first.
    """

    terms: Sequence[str]
    weights: Sequence[float]
    groups: Sequence[Sequence[int]]

    def gains(self, rarities: Sequence[float]) -> list[float]:
        """What each term adds to a score: its weight times its rarity, for an alternative at most the typed one's."""
        gains = [0.0] * len(self.terms)
        for first, *others in self.groups:
            gains[first] = self.weights[first] * rarities[first]
            for place in others:
                gains[place] = self.weights[place] * min(rarities[place], rarities[first])
        return gains

    def share_tables(self, gains: Sequence[float]) -> list[npt.NDArray[np.float32]]:
        """For each byte of terms, the covered share of the query for each of the sets of terms that it can say."""
        total = sum(gains[group[0]] for group in self.groups) or 1.0
        tables = [np.zeros(1) for _ in range(-(-len(self.terms) // TERMS_PER_BYTE))]
        for group in self.groups:
            at = group[0] // TERMS_PER_BYTE
            tables[at] = np.add.outer(self._covered(group, gains) / total, tables[at]).ravel()
        return [table.astype(np.float32) for table in tables]

    def _covered(self, group: Sequence[int], gains: Sequence[float]) -> npt.NDArray[np.float64]:
        """What each set of the group's terms covers, at most the typed term's gain."""
        typed, covered = group[0], np.zeros(1)
        for place in group:
            share = self.weights[place] / self.weights[typed] if self.weights[typed] else 0.0
            covered = np.concatenate([covered, covered + gains[typed] * share])
        return np.minimum(covered, gains[typed])


def arrange(terms: Mapping[str, float], stands_for: Mapping[str, str]) -> Asked:
    """Place the terms; an alternative whose typed term is not asked for is a typed one itself.

    Of the alternatives of one term, those beyond a byte are left out, the lightest first.
    """
    grouped: dict[str, list[str]] = {term: [] for term in terms if stands_for.get(term) not in terms}
    for term in terms:
        if term not in grouped:
            grouped.setdefault(stands_for[term], []).append(term)
    placed: list[str] = []
    groups: list[list[int]] = []
    for typed, others in grouped.items():
        group = [typed, *sorted(others, key=lambda term: -terms[term])[: TERMS_PER_BYTE - 1]]
        left = -len(placed) % TERMS_PER_BYTE
        placed += [""] * (left if left < len(group) else 0)
        groups.append(list(range(len(placed), len(placed) + len(group))))
        placed += group
    return Asked(placed, [terms.get(term, 0.0) for term in placed], groups)
