"""A downloaded folder in a published layout: its JSON files read with care, and what they say about media."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tonggan.encode.published.weights import Weights
from tonggan.encode.tokens import tokenizers
from tonggan.errors import NotReadyError

RESAMPLING: Final[Mapping[int, str]] = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}

TOKENIZER = "tokenizer.json"

WITHOUT_LIMIT = 1_000_000
"""Tokenizers that know no limit say a number beyond this."""

REMEDY = "Fetch the model again, or correct its row in published.toml."


@dataclass(frozen=True, slots=True)
class Source:
    """The files of a published model."""

    folder: Path

    def has(self, name: str) -> bool:
        """Tell whether a file is there."""
        return (self.folder / name).is_file()

    def content(self, name: str) -> bytes:
        """Return the bytes of a file; NotReadyError where it is missing."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError as error:
            raise NotReadyError(f"{self.folder / name} is missing.", remedy=REMEDY) from error

    def table(self, name: str) -> dict[str, Any]:
        """Return a JSON object; NotReadyError where the file is missing or is none."""
        try:
            table = json.loads(self.content(name))
        except ValueError as error:
            raise NotReadyError(f"{self.folder / name} is not JSON: {error}.", remedy=REMEDY) from error
        if not isinstance(table, dict):
            raise NotReadyError(f"{self.folder / name} is not a JSON object.", remedy=REMEDY)
        return table

    def optional_table(self, name: str) -> dict[str, Any]:
        """Return a JSON object, an empty one where the file is missing."""
        return self.table(name) if self.has(name) else {}

    def weights(self, name: str) -> Weights:
        """Return the weights in a safetensors file."""
        return Weights.open(self.folder / name)


def preparation(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of `Preparation` that a `preprocessor_config.json` says; NotReadyError for what is not known."""
    wrong = [key for key in ("do_resize", "do_rescale", "do_normalize") if not table.get(key, True)]
    if wrong or abs(table.get("rescale_factor", 1 / 255) * 255 - 1) > 1e-6:
        raise NotReadyError(f"Pictures are prepared without {', '.join(wrong) or 'values from 0 to 1'}.", remedy=REMEDY)
    return _resizing(table) | {
        "resampling": _resampling(table.get("resample", 3)),
        "mean": list(table["image_mean"]),
        "std": list(table["image_std"]),
    }


def tokenizer_json(source: Source) -> bytes:
    """Return the tokenizer as one JSON file, made from `vocab.txt` (BERT's word pieces) where it has only that."""
    if source.has(TOKENIZER):
        return source.content(TOKENIZER)
    words = source.content("vocab.txt").decode("utf-8").split("\n")
    vocabulary = {word.rstrip("\r"): number for number, word in enumerate(words) if word}
    settings = source.optional_table("tokenizer_config.json")
    tokenizer = tokenizers().BertWordPieceTokenizer(
        vocabulary,
        lowercase=settings.get("do_lower_case", True),
        handle_chinese_chars=settings.get("tokenize_chinese_chars", True),
        strip_accents=settings.get("strip_accents"),
    )
    return tokenizer.to_str().encode("utf-8")


def text_rules(source: Source, tokenizer: bytes, *, places: int, pad_token: int) -> dict[str, Any]:
    """Return the keys of `TextRules` that the files say: `places` is what the model has room for."""
    settings = source.optional_table("tokenizer_config.json")
    limit = settings.get("model_max_length", places)
    named = settings.get("pad_token")
    named = named.get("content") if isinstance(named, dict) else named
    number = tokenizers().Tokenizer.from_buffer(tokenizer).token_to_id(named) if named else None
    return {
        "maximum_tokens": min(places, int(limit)) if limit < WITHOUT_LIMIT else places,
        "pad_token": pad_token if number is None else number,
        "padding_side": settings.get("padding_side", "right"),
    }


def _resampling(number: int) -> str:
    if number not in RESAMPLING:
        raise NotReadyError(f"Pictures are resampled by {number!r}; known: {list(RESAMPLING)}.", remedy=REMEDY)
    return RESAMPLING[number]


def _resizing(table: Mapping[str, Any]) -> dict[str, Any]:
    size, crop = table["size"], table.get("crop_size")
    size = {"shortest_edge": size} if isinstance(size, int) else size
    crop = {"height": crop, "width": crop} if isinstance(crop, int) else crop
    is_cropped = table.get("do_center_crop", False)
    if "shortest_edge" in size and is_cropped and crop:
        cut = [crop["height"], crop["width"]]
        return {"resize": "shortest", "shortest": size["shortest_edge"], "size": cut}
    if "height" in size and (not is_cropped or size == crop):
        return {"resize": "squash", "size": [size["height"], size["width"]]}
    raise NotReadyError(f"Pictures are brought to size = {size!r}, crop = {crop!r}; not known.", remedy=REMEDY)
