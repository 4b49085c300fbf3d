"""Stage 3. In: media of one modality. Out: vectors, and for words their terms.

Encoders come in two kinds. Those of `ENCODERS` are fitted on the shop's own catalogue; those of `PRETRAINED` are opened
from the files of a pack and know the world. Every encoder passes the same test suite (`tests/encode/test_contract.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np

from tonggan import registry
from tonggan.errors import InputError, unknown_name
from tonggan.packs import Pack
from tonggan.packs.folder import PartFiles
from tonggan.records import Vectors

ENCODERS: Mapping[str, str] = {
    "tfidf-svd": "tonggan.encode.text:TfidfSvdEncoder",
    "colour-shape-texture": "tonggan.encode.image:PictureEncoder",
    "rating-block": "tonggan.encode.rating:RatingEncoder",
}

PRETRAINED: Mapping[str, str] = {
    "onnx-image": "tonggan.encode.onnx_image:OnnxImageEncoder",
    "onnx-text": "tonggan.encode.onnx_text:OnnxTextEncoder",
    "model2vec": "tonggan.encode.static_tokens:StaticTokenEncoder",
    "word-vectors": "tonggan.encode.word_vectors:WordVectorEncoder",
}

COSTLY = frozenset({"colour-shape-texture", "onnx-image", "onnx-text"})
"""Encoders that take longer over an item than it takes to keep its row and look it up again."""


DEVICES = ("cpu", "cuda", "coreml", "directml")
"""Where models run, as far as the installed ONNX Runtime can."""


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How models run; `[encode]` of shop.toml."""

    device: str = "cpu"
    """`cpu`, `cuda`, `coreml` or `directml`; what the installed ONNX Runtime does not have is refused."""

    threads: int = 0
    """Threads of one model; 0 is one per core."""

    batch: int = 32
    """Texts or pictures that go through a model at once."""

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise InputError(
                unknown_name("device", self.device, DEVICES), remedy="Set `device` of [encode] in shop.toml."
            )


DEFAULT_SETTINGS = EncodeSettings()


class Encoder(Protocol):
    """Media of one modality to rows of norm 1, or zero rows where there is nothing to say (no known word).

    The same input gives the same row, alone or in a batch, today or after being kept and opened again.
    """

    modality: str
    dim: int

    def encode_query(self, items: Sequence[Any]) -> Vectors: ...
    def encode_document(self, items: Sequence[Any]) -> Vectors: ...


class FittedEncoder(Encoder, Protocol):
    """An encoder that learns from a catalogue, and is kept as arrays."""

    parameters: Mapping[str, Any]

    @classmethod
    def fit(cls, items: Sequence[Any], *, seed: int = 0) -> Self:
        """Learn from a catalogue's items; any number of them will do, the same ones give the same encoder."""
        ...

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return everything that was learnt, as arrays to keep."""
        ...

    @classmethod
    def restore(cls, weights: Mapping[str, np.ndarray], parameters: Mapping[str, Any]) -> Self:
        """Return the encoder with these `weights` and `parameters`."""
        ...


class PretrainedEncoder(Encoder, Protocol):
    """An encoder that comes complete, in the files of a pack."""

    @classmethod
    def open(cls, files: PartFiles, *, settings: EncodeSettings) -> Self:
        """Return the encoder in the files; NotReadyError, InputError, KeyError or ValueError where they are not its."""
        ...


def encoder_class(name: str) -> type[FittedEncoder]:
    """Return the class of a fitted encoder registered under a name; InputError lists the known ones."""
    return registry.load("encoder", name, ENCODERS)


def open_encoder(pack: Pack, name: str, *, settings: EncodeSettings = DEFAULT_SETTINGS) -> Encoder:
    """Return the encoder that is a part of a pack, of either kind."""
    part, files = pack.parts[name], PartFiles(pack, name)
    if part.implementation in PRETRAINED:
        implementation: type[PretrainedEncoder] = registry.load("encoder", part.implementation, PRETRAINED)
        return implementation.open(files, settings=settings)
    return encoder_class(part.implementation).restore(files.arrays(), part.parameters)
