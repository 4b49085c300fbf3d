"""Texts as the mean of one vector per token, Model2Vec's layout: no network to run, microseconds a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from tonggan.encode import EncodeSettings
from tonggan.encode.rows import unit_rows
from tonggan.encode.tokens import Tokens
from tonggan.errors import InputError
from tonggan.packs.folder import PartFiles
from tonggan.records import Vectors

ABSENT = -1
"""Number of the unknown token where the tokenizer has none."""


class StaticTokenEncoder:
    """Texts to the mean of their tokens' rows; a text of no known token is a zero row.

    The weights are `embeddings` [rows, dim], and where there are some `weights` [tokens] that scale each token's row
    and `mapping` [tokens] from tokens to rows [Model2Vec]. Parameters: those of `TextRules`, and `unknown_token`.
    """

    modality = "text"

    def __init__(
        self, tokens: Tokens, embeddings: np.ndarray, *, scales: np.ndarray, mapping: np.ndarray, unknown_token: int
    ) -> None:
        self.dim = embeddings.shape[1]
        self._tokens, self._embeddings = tokens, embeddings
        self._scales, self._mapping = scales.astype(np.float32), mapping.astype(np.int64)
        self._unknown = unknown_token

    @classmethod
    def open(cls, files: PartFiles, *, settings: EncodeSettings) -> Self:
        """Return the encoder in the files of a part."""
        tokens, arrays = Tokens.open(files), files.arrays()
        embeddings = arrays["embeddings"]
        if embeddings.ndim != 2 or embeddings.dtype.kind not in "fi":
            raise InputError(f"embeddings are {embeddings.dtype} {embeddings.shape}, not rows of numbers")
        mapping = arrays.get("mapping", np.arange(len(embeddings)))
        scales = arrays.get("weights", np.ones(len(mapping), np.float32))
        known = tokens.count
        if min(len(mapping), len(scales)) < known or mapping.min() < 0 or mapping.max() >= len(embeddings):
            raise InputError(f"embeddings, weights or mapping do not cover the {known} tokens of the tokenizer")
        unknown = files.part.parameters.get("unknown_token", ABSENT)
        return cls(tokens, embeddings, scales=scales, mapping=mapping, unknown_token=unknown)

    def encode_query(self, items: Sequence[str]) -> Vectors:
        """Return one row per query."""
        return self._encoded(items, prefix=self._tokens.rules.query_prefix)

    def encode_document(self, items: Sequence[str]) -> Vectors:
        """Return one row per text."""
        return self._encoded(items, prefix=self._tokens.rules.document_prefix)

    def _encoded(self, texts: Sequence[str], *, prefix: str) -> Vectors:
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            known = [token for token in self._tokens.of(text, prefix=prefix) if token != self._unknown]
            if known:
                row[:] = self._mean(np.array(known))
        return unit_rows(rows)

    def _mean(self, tokens: npt.NDArray[np.int64]) -> np.ndarray:
        rows = self._embeddings[self._mapping[tokens]].astype(np.float32)
        return self._scales[tokens] @ rows / np.float32(len(tokens))
