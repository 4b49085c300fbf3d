"""What the title of a candidate says of the query: which part of it, in which order, and as what.

A title often ends in what a product goes with (`case for phone`, `手机壳适用苹果`); its core stands before that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tonggan.encode.words import normalize, terms

TITLE_FEATURES: Sequence[tuple[str, str, str]] = (
    ("title_share", "share of the title that was asked for", "标题与查询重合"),
    ("title_phrase", "the words stand together in the title", "标题含短语"),
    ("title_start", "the title begins with the words", "标题开头匹配"),
    ("core_share", "it is the thing itself, not what goes with it", "本体而非配件"),
    ("core_end", "the name of the thing was asked for", "品名匹配"),
    ("title_length", "length of the title", "标题长度"),
)
"""Name, English and Chinese of each feature of a title."""

GOES_WITH = re.compile(r"\b(?:for|with|w/|compatible|fits)\b|适用|适配|配套|专用|[(（,，]")
"""Words and marks after which a title tells what a product goes with, or its details."""

TITLES_KEPT = 1 << 16
"""Analysed titles that are remembered: 20 MB at most; the same products are candidates again and again."""

NEVER = 1 << 30
"""The offset of a term that does not occur."""

QUERY_TERMS = 16
"""Terms of a query that are looked for in order; longer ones are pasted text, which no title repeats."""


def title_columns(words: str, titles: Sequence[str]) -> Mapping[str, np.ndarray]:
    """Return each feature of some titles; all but the length are not known where there are no words."""
    if not len(titles):
        return {}
    codes, cores = zip(*map(_analysed, titles), strict=True)
    lengths = np.fromiter(map(len, codes), np.int64, len(titles))
    columns: dict[str, np.ndarray] = {"title_length": np.log1p(lengths)}
    asked = list(dict.fromkeys(terms(words)[:QUERY_TERMS]))
    if asked:
        starts = np.cumsum(lengths) - lengths
        columns |= _compared(_Titles(np.concatenate(codes), lengths, np.array(cores, np.int64), starts), asked)
    return columns


@dataclass(frozen=True, slots=True, eq=False)
class _Titles:
    """Terms of several titles in one row, as codes, and how many are of each title and its core; none has no term.

    `starts` are the places of their first terms.
    """

    codes: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    cores: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]


def _compared(titles: _Titles, asked: Sequence[str]) -> dict[str, np.ndarray]:
    held = np.full(len(titles.codes), -1, np.int64)
    for place, term in enumerate(asked):
        held[titles.codes == hash(term)] = place
    starts = titles.starts
    offsets = np.arange(len(held)) - np.repeat(starts, titles.lengths)
    is_found = held >= 0
    is_in_core = is_found & (offsets < np.repeat(titles.cores, titles.lengths))
    in_core = np.bitwise_or.reduceat(np.where(is_in_core, 1 << np.maximum(held, 0), 0), starts)
    first = np.minimum.reduceat(np.where(is_found, offsets, NEVER), starts)
    return {
        "title_share": np.add.reduceat(is_found, starts, dtype=np.int64) / titles.lengths,
        "title_phrase": np.maximum.reduceat(_runs(held, offsets), starts) / len(asked),
        "title_start": np.where(first < NEVER, 1 / (1 + first), 0.0),
        "core_share": np.bitwise_count(in_core) / len(asked),
        "core_end": is_found[starts + titles.cores - 1].astype(np.float32),
    }


def _runs(held: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many terms of the query, side by side and in order, end at each term of the titles."""
    follows = np.zeros(len(held), bool)
    follows[1:] = (held[1:] >= 0) & (held[1:] == held[:-1] + 1) & (held[:-1] >= 0) & (offsets[1:] > 0)
    count = np.cumsum(follows)
    return np.where(held >= 0, 1 + count - np.maximum.accumulate(np.where(follows, 0, count)), 0)


@lru_cache(maxsize=TITLES_KEPT)
def _analysed(title: str) -> tuple[npt.NDArray[np.int64], int]:
    """The terms of a title as codes, and how many of them make its core."""
    found = GOES_WITH.search(normalize(title))
    every = terms(title) or [""]
    core = len(terms(normalize(title)[: found.start()])) if found else len(every)
    return np.array([hash(term) for term in every], np.int64), min(core, len(every)) or len(every)
