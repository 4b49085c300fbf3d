"""Pictures by a pretrained ONNX model; how it wants them is data in the part's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from tonggan.encode import EncodeSettings
from tonggan.encode.cache import QueryCache
from tonggan.encode.pixels import Preparation, prepared
from tonggan.encode.rows import unit_rows
from tonggan.encode.runtime import OnnxModel, output_dimension
from tonggan.errors import InputError
from tonggan.packs.folder import PartFiles
from tonggan.records import Picture, Vectors


class OnnxImageEncoder:
    """Pictures to the rows of a model with one input, the prepared pictures, and one output [pictures, dim].

    Parameters of the part: those of `Preparation`, and `alone` where the model must see one picture at a time, as a
    model quantized by the range of its input must, or a picture's row would depend on the others.
    """

    modality = "image"

    def __init__(self, model: OnnxModel, preparation: Preparation, *, batch: int) -> None:
        if len(model.inputs) != 1:
            raise InputError(f"{model.name} takes {', '.join(model.inputs)}; a picture model takes one input.")
        self.dim = output_dimension(model)
        self._model, self._preparation, self._batch = model, preparation, batch
        self._input = next(iter(model.inputs))
        self._cache = QueryCache()

    @classmethod
    def open(cls, files: PartFiles, *, settings: EncodeSettings) -> Self:
        """Return the encoder in the files of a part."""
        parameters = files.part.parameters
        batch = 1 if parameters.get("alone") else max(1, settings.batch)
        return cls(OnnxModel.open(files, settings=settings), Preparation.of(parameters), batch=batch)

    def encode_query(self, items: Sequence[Picture]) -> Vectors:
        """Return one row per picture, as for documents; recent ones are kept."""
        return self._cache.rows(items, self.encode_document, dim=self.dim)

    def encode_document(self, items: Sequence[Picture]) -> Vectors:
        """Return one row per picture."""
        batches = [self._encoded(items[at : at + self._batch]) for at in range(0, len(items), self._batch)]
        return np.concatenate(batches) if batches else np.zeros((0, self.dim), np.float32)

    def _encoded(self, pictures: Sequence[Picture]) -> Vectors:
        pixels = np.stack([prepared(picture, self._preparation) for picture in pictures])
        return unit_rows(self._model.run({self._input: pixels}))
