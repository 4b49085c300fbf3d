"""The word score that every adapter computes: BM25F [Robertson 2004, https://doi.org/10.1145/1031171.1031181].

tf' = sum over fields of  weight * tf / (1 - B + B * length / average length)
score = sum over terms of  query weight * idf * tf' / (K1 + tf')
idf = ln(1 + (N - df + 0.5) / (df + 0.5))
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tonggan.errors import InputError, unknown_name
from tonggan.index import Entry, IndexSchema

K1 = 1.2
"""How soon repeats of a term stop adding: the usual value [Robertson 2009]; products repeat words to fill space."""

B = 0.5
"""How much long fields are held back, 0 to 1: product titles vary little, so less than the .75 of full documents."""

TERM_FREQUENCY_LIMIT = 255
"""Repeats beyond this are not counted, so that a frequency fits a byte; at K1 = 1.2 they would add under 0.5 %."""

SIMILARITY_DECIMALS = 6
"""Cosines are rounded to this, or equal vectors differ by the rounding of whichever product computed them."""


def inverse_document_frequency(frequency: int, count: int) -> float:
    """How rare a term is that `frequency` of `count` products hold; above 0 for every term."""
    return math.log1p((count - frequency + 0.5) / (frequency + 0.5))


def saturate(frequencies: np.ndarray, weights: np.ndarray, ratios: np.ndarray) -> npt.NDArray[np.float32]:
    """tf' / (K1 + tf') of postings; all three by field in the last axis, `ratios` being length over average length."""
    weighted = (frequencies * weights / (1 - B + B * ratios)).sum(axis=-1)
    return (weighted / (K1 + weighted)).astype(np.float32)


def check_terms(terms: Mapping[str, float]) -> None:
    """Raise InputError when a term has a weight that is no finite number of 0 or more."""
    for term, weight in terms.items():
        if not (math.isfinite(weight) and weight >= 0):
            raise InputError(f"Term {term!r} has the weight {weight}; a weight is 0 or more.")


def check_fields(fields: Iterable[str], known: Iterable[str]) -> None:
    """Raise InputError when a word field is not one of the schema."""
    names = tuple(known)
    for name in fields:
        if name not in names:
            raise InputError(unknown_name("word field", name, names))


def unit_vector(vector: np.ndarray, *, space: str, dim: int) -> npt.NDArray[np.float32]:
    """The vector at norm 1, or all zero as it came; InputError when its shape or a number in it is wrong."""
    flat = np.asarray(vector, dtype=np.float32)
    if flat.shape != (dim,):
        raise InputError(f"A vector of space '{space}' has shape ({dim},); this one has {flat.shape}.")
    if not np.isfinite(flat).all():
        raise InputError(f"A vector of space '{space}' holds a number that is not finite.")
    norm = float(np.linalg.norm(flat))
    return flat / np.float32(norm) if norm > 0 else flat


def check_space(name: str, spaces: Iterable[str]) -> None:
    """Raise InputError when a vector space is not one of the schema."""
    if name not in spaces:
        raise InputError(unknown_name("vector space", name, spaces))


def check_entries(entries: Sequence[Entry], schema: IndexSchema) -> list[Entry]:
    """The last entry of each id, in order; InputError when one does not fit the schema."""
    for entry in entries:
        if not entry.product_id:
            raise InputError("An entry has no product id.")
        check_fields(entry.terms, schema.word_fields)
        for name, vector in entry.vectors.items():
            check_space(name, schema.spaces)
            unit_vector(vector, space=name, dim=schema.spaces[name])
        if any(math.isinf(number) for number in entry.numbers.values()):
            raise InputError(f"Product {entry.product_id!r} has a number that is not finite.")
    return list({entry.product_id: entry for entry in entries}.values())
