"""Which queries teach and which judge: folds by a seeded hash of the query, so that no query is ever on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import TypeVar

from tonggan.encode.words import normalize

FOLDS = 5
"""Parts in which judged queries are split; four teach, one judges, in turn."""

Item = TypeVar("Item")


def folds_of(query_ids: Sequence[str], *, seed: int, folds: int = FOLDS) -> list[int]:
    """Return the fold of each query, 0 to `folds` - 1, as even as can be; queries that normalize alike stand together.

    >>> folds_of(["Red dress", "red  DRESS", "mug"], seed=0, folds=2)
    [0, 0, 1]
    """
    keys = [" ".join(normalize(query_id).split()) for query_id in query_ids]
    order = sorted(set(keys), key=lambda key: sha256(f"{seed}:{key}".encode()).digest())
    place = {key: at % folds for at, key in enumerate(order)}
    return [place[key] for key in keys]


def splits(items: Sequence[Item], fold_of: Sequence[int]) -> Iterator[tuple[list[Item], list[Item]]]:
    """Yield, for each fold in turn, the items of all others and its own."""
    for fold in sorted(set(fold_of)):
        taught = [item for item, own in zip(items, fold_of, strict=True) if own != fold]
        yield taught, [item for item, own in zip(items, fold_of, strict=True) if own == fold]
