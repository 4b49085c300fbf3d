"""Model2Vec's layout: one row per token, and a tokenizer; nothing to build."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from typing import Any

from tonggan.encode.published.source import REMEDY, TOKENIZER, Source
from tonggan.encode.static_tokens import ABSENT
from tonggan.encode.tokens import tokenizers
from tonggan.errors import NotReadyError
from tonggan.packs import Part
from tonggan.packs.published import PublishedPack

MODEL2VEC = "model2vec"

WEIGHTS = "text.safetensors"

ARRAYS = frozenset({"embeddings", "weights", "mapping"})

MAXIMUM_TOKENS = 512
"""Model2Vec's own limit where a model names none."""


def static_part(source: Source, row: PublishedPack) -> tuple[Part, Mapping[str, bytes]]:
    """Return the part of a Model2Vec folder and the content of its files, weights as they were published."""
    weights, config = source.weights("model.safetensors"), source.table("config.json")
    unknown = weights.names - ARRAYS
    if unknown:
        raise NotReadyError(f"{row.name}: weights {', '.join(sorted(unknown))} are not understood.", remedy=REMEDY)
    tokenizer = source.content(TOKENIZER)
    parameters = _rules(tokenizer, config) | {"query_prefix": row.query_prefix, "document_prefix": row.document_prefix}
    files = {"weights": WEIGHTS, "tokenizer": TOKENIZER}
    part = Part("encoder", MODEL2VEC, weights.shape("embeddings")[1], files, {**parameters, **row.preprocessing})
    return part, {WEIGHTS: source.content("model.safetensors"), TOKENIZER: tokenizer}


def _rules(tokenizer: bytes, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return how Model2Vec reads text: cut at as many characters as tokens of median length would have, no specials."""
    opened = tokenizers().Tokenizer.from_buffer(tokenizer)
    maximum = config.get("max_length") or MAXIMUM_TOKENS
    length = int(statistics.median(map(len, opened.get_vocab())))
    return {
        "maximum_tokens": maximum,
        "maximum_characters": maximum * length,
        "special_tokens": False,
        "unknown_token": _unknown_token(json.loads(tokenizer)["model"]),
    }


def _unknown_token(model: Mapping[str, Any]) -> int:
    """Return the number of the unknown token, which Model2Vec leaves out."""
    if model.get("unk_id") is not None:
        return model["unk_id"]
    return model["vocab"].get(model["unk_token"], ABSENT) if model.get("unk_token") else ABSENT
