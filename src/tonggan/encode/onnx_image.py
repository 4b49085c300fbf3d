"""Pictures by a pretrained ONNX model; how it wants them is data in the part's parameters."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Self

import numpy as np

from tonggan.encode import EncodeSettings
from tonggan.encode.cache import QueryCache
from tonggan.encode.pixels import Preparation, prepared
from tonggan.encode.rows import unit_rows
from tonggan.encode.runtime import MODEL, OnnxModel, output_dimension
from tonggan.errors import InputError
from tonggan.packs.folder import PartFiles
from tonggan.records import Picture, Vectors

SMALL_MODEL_BYTES, SMALL_BATCH = 16_000_000, 4
"""Up to this size, threads within one picture mostly wait for each other: two cores took 3.6 ms a picture together, and
2.9 ms with a thread for each of two batches."""


class OnnxImageEncoder:
    """Pictures to the rows of a model with one input, the prepared pictures, and one output [pictures, dim].

    Parameters of the part: those of `Preparation`, and `alone` where the model must see one picture at a time, as a
    model quantized by the range of its input must, or a picture's row would depend on the others.
    """

    modality = "image"

    def __init__(self, model: OnnxModel, preparation: Preparation, *, batch: int, workers: int = 1) -> None:
        if len(model.inputs) != 1:
            raise InputError(f"{model.name} takes {', '.join(model.inputs)}; a picture model takes one input.")
        self.dim = output_dimension(model)
        self._model, self._preparation, self._batch, self._workers = model, preparation, batch, workers
        self._input = next(iter(model.inputs))
        self._cache = QueryCache()

    @classmethod
    def open(cls, files: PartFiles, *, settings: EncodeSettings) -> Self:
        """Return the encoder in the files of a part."""
        parameters = files.part.parameters
        batch, workers = 1 if parameters.get("alone") else max(1, settings.batch), 1
        if settings.device == "cpu" and not settings.threads and files.path(MODEL).stat().st_size <= SMALL_MODEL_BYTES:
            settings, batch, workers = replace(settings, threads=1), min(batch, SMALL_BATCH), os.cpu_count() or 1
        return cls(OnnxModel.open(files, settings=settings), Preparation.of(parameters), batch=batch, workers=workers)

    def encode_query(self, items: Sequence[Picture]) -> Vectors:
        """Return one row per picture, as for documents; recent ones are kept."""
        return self._cache.rows(items, self.encode_document, dim=self.dim)

    def encode_document(self, items: Sequence[Picture]) -> Vectors:
        """Return one row per picture."""
        batches = [items[at : at + self._batch] for at in range(0, len(items), self._batch)]
        if not batches:
            return np.zeros((0, self.dim), np.float32)
        if min(len(batches), self._workers) == 1:
            return np.concatenate([self._encoded(some) for some in batches])
        with ThreadPoolExecutor(self._workers) as pool:
            return np.concatenate(list(pool.map(self._encoded, batches)))

    def _encoded(self, pictures: Sequence[Picture]) -> Vectors:
        pixels = np.stack([prepared(picture, self._preparation) for picture in pictures])
        return unit_rows(self._model.run({self._input: pixels}))
