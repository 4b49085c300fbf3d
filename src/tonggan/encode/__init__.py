"""Stage 3. In: media of one modality. Out: vectors, and for words their terms.

Every encoder has the same contract and passes the same test suite (`tests/encode/test_contract.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

import numpy as np

from tonggan import registry
from tonggan.records import Vectors

ENCODERS: Mapping[str, str] = {
    "tfidf-svd": "tonggan.encode.text:TfidfSvdEncoder",
    "colour-shape-texture": "tonggan.encode.image:PictureEncoder",
    "rating-block": "tonggan.encode.rating:RatingEncoder",
}


class Encoder(Protocol):
    """Media of one modality to rows of norm 1, or zero rows where there is nothing to say (no known word).

    The same input gives the same row, alone or in a batch, today or after `save` and `load`.
    """

    modality: str
    dim: int
    parameters: Mapping[str, Any]

    @classmethod
    def fit(cls, items: Sequence[Any], *, seed: int = 0) -> Self:
        """Learn from a catalogue's items; any number of them will do, the same ones give the same encoder."""
        ...

    def encode_query(self, items: Sequence[Any]) -> Vectors: ...
    def encode_document(self, items: Sequence[Any]) -> Vectors: ...
    def weights(self) -> Mapping[str, np.ndarray]:
        """Return everything that was learnt, as arrays to keep."""
        ...

    @classmethod
    def restore(cls, weights: Mapping[str, np.ndarray], parameters: Mapping[str, Any]) -> Self:
        """Return the encoder with these `weights` and `parameters`."""
        ...


def encoder_class(name: str) -> type[Encoder]:
    """Return the encoder class registered under a name; InputError lists the known ones."""
    return registry.load("encoder", name, ENCODERS)
