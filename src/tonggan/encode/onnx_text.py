"""Texts by a pretrained ONNX model; how it wants them, and what it makes of its token rows, is data of the part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Self

import numpy as np

from tonggan.encode import EncodeSettings
from tonggan.encode.cache import QueryCache
from tonggan.encode.rows import unit_rows
from tonggan.encode.runtime import OnnxModel, in_batches, output_dimension
from tonggan.encode.tokens import Tokens
from tonggan.errors import InputError, unknown_name
from tonggan.packs.folder import PartFiles
from tonggan.records import Vectors

INPUTS: Final[tuple[str, ...]] = ("input_ids", "attention_mask", "token_type_ids")
"""Inputs that a text model may take; the last is all zero, for there is one text."""


class OnnxTextEncoder:
    """Texts to the rows of a model; one that says nothing is a zero row.

    Parameters of the part: those of `TextRules`; `pooling`, `none` where the model's output is [texts, dim] already;
    `eos_token`, the number of the token that `eos` looks for; and `alone`, as for pictures.
    """

    modality = "text"

    def __init__(self, model: OnnxModel, tokens: Tokens, *, pooling: str, eos_token: int, batch: int) -> None:
        if pooling not in POOLINGS:
            raise InputError(unknown_name("pooling", pooling, POOLINGS))
        for name in model.inputs:
            if name not in INPUTS:
                raise InputError(f"{model.name}: {unknown_name('input', name, INPUTS)}")
        self.dim = output_dimension(model, axes=2 if pooling == "none" else 3)
        self._model, self._tokens, self._batch = model, tokens, batch
        self._pool, self._eos_token = POOLINGS[pooling], eos_token
        self._cache = QueryCache()

    @classmethod
    def open(cls, files: PartFiles, *, settings: EncodeSettings) -> Self:
        """Return the encoder in the files of a part."""
        parameters = files.part.parameters
        batch = 1 if parameters.get("alone") else max(1, settings.batch)
        return cls(
            OnnxModel.open(files, settings=settings),
            Tokens.open(files),
            pooling=parameters.get("pooling", "none"),
            eos_token=parameters.get("eos_token", -1),
            batch=batch,
        )

    def encode_query(self, items: Sequence[str]) -> Vectors:
        """Return one row per query; recent ones are kept."""
        return self._cache.rows(items, self._encoded_queries, dim=self.dim)

    def encode_document(self, items: Sequence[str]) -> Vectors:
        """Return one row per text."""
        return self._encoded(items, prefix=self._tokens.rules.document_prefix)

    def _encoded_queries(self, items: Sequence[str]) -> Vectors:
        return self._encoded(items, prefix=self._tokens.rules.query_prefix)

    def _encoded(self, texts: Sequence[str], *, prefix: str) -> Vectors:
        tokens = [self._tokens.of(text, prefix=prefix) for text in texts]
        telling = [place for place, given in enumerate(tokens) if given]
        rows = np.zeros((len(texts), self.dim), np.float32)
        if telling:
            given = [tokens[place] for place in telling]
            rows[telling] = in_batches(list(map(len, given)), self._batch, lambda batch: self._run(given, batch))
        return unit_rows(rows)

    def _run(self, tokens: Sequence[Sequence[int]], batch: np.ndarray) -> np.ndarray:
        numbers, mask = self._tokens.padded([tokens[place] for place in batch])
        inputs = dict(zip(INPUTS, (numbers, mask, np.zeros_like(numbers)), strict=True))
        output = self._model.run({name: inputs[name] for name in self._model.inputs})
        return self._pool(output, mask, numbers == self._eos_token)


def _mean(states: np.ndarray, mask: np.ndarray, is_eos: np.ndarray) -> np.ndarray:
    return (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)


def _first(states: np.ndarray, mask: np.ndarray, is_eos: np.ndarray) -> np.ndarray:
    return states[np.arange(len(states)), mask.argmax(axis=1)]


def _last(states: np.ndarray, mask: np.ndarray, is_eos: np.ndarray) -> np.ndarray:
    return states[np.arange(len(states)), mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)]


def _eos(states: np.ndarray, mask: np.ndarray, is_eos: np.ndarray) -> np.ndarray:
    return states[np.arange(len(states)), is_eos.argmax(axis=1)]


def _as_it_is(states: np.ndarray, mask: np.ndarray, is_eos: np.ndarray) -> np.ndarray:
    return states


POOLINGS: Final[Mapping[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]]] = {
    "none": _as_it_is,
    "mean": _mean,
    "cls": _first,
    "last": _last,
    "eos": _eos,
}
"""From token rows [texts, tokens, dim], mask and places of the end token to one row per text."""
