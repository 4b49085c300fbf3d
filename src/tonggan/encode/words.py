"""Words to terms: what a document is indexed under, and what a query looks up.

NFKC, lower case, traditional to simplified; Han runs are cut into words, and into characters and pairs of characters so
that a word inside a longer run is found; Latin words are stemmed and split where letters meet digits, so that
`WH-1000XM4`, `wh 1000 xm4` and `wh1000xm4` meet; units have one spelling.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

PART_WEIGHT = 0.5
"""A part of a query word (Han pair, piece of a model number) beside the whole.

.3 to 1 changed recall@10 on Home Depot by less than .002.
"""

TERM_LIMIT = 20_000
"""Terms taken from one text; what follows in an absurdly long text is not searchable."""

CHUNKS_KEPT = 1 << 17
"""Analysed chunks that are remembered: catalogues repeat themselves, 94 % of the chunks of Icecat."""

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_UNSPACED = _HAN + r"\u3040-\u30ff\uac00-\ud7af"
_RUN = re.compile(
    rf"(?P<unspaced>[{_UNSPACED}]+)"
    rf"|(?P<number>\d+(?:[.,/]\d+)+(?![\d{_UNSPACED}a-z]))"
    rf"|(?P<word>(?:(?![{_UNSPACED}])\w)+(?:[-'’./&+](?:(?![{_UNSPACED}])\w)+)*\+*)"
    r"|(?P<mark>[\"″′'])"
)
_PIECE = re.compile(r"\d+(?:[.,/]\d+)*|[^\W\d_]+")
_TRADITIONAL = re.compile(rf"[{_HAN}]")
_MARKS = {'"': "inch", "″": "inch", "'": "foot", "′": "foot"}
_local = threading.local()


def terms(text: str) -> list[str]:
    """Return the terms of a document, in order, with repetitions.

    >>> terms("WH-1000XM4")
    ['wh1000xm4', 'wh', '1000', 'xm', '4']
    >>> terms("蓝牙耳机")
    ['蓝牙', '耳机', '蓝', '牙', '耳', '机', '牙耳']
    """
    found: list[str] = []
    is_after_digit = False
    for chunk in normalize(text).split():
        chunk_terms, is_after_digit = _document_chunk(chunk, is_after_digit)
        found += chunk_terms
        if len(found) >= TERM_LIMIT:
            return found[:TERM_LIMIT]
    return found


def query_terms(text: str) -> dict[str, float]:
    """Return the terms of a query with their weights: whole words 1, parts of words less."""
    weights: dict[str, float] = {}
    is_after_digit = False
    for chunk in normalize(text).split():
        for kind, run, is_measured in _runs(chunk, is_after_digit=is_after_digit):
            for term, weight in _query_terms(kind, run, is_measured):
                weights[term] = max(weight, weights.get(term, 0.0))
        is_after_digit = chunk[-1].isdigit()
    return weights


def normalize(text: str) -> str:
    """Return the text in NFKC, lower case and simplified characters."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).lower()
    if not _TRADITIONAL.search(folded):
        return folded
    whole = folded.encode("utf-8", "replace").decode("utf-8")  # Half a character would stop the simplifier.
    return _simplifier().convert(whole)


def words(text: str) -> list[str]:
    """Return the words a person would see in the text, once each, without stems, pairs or parts."""
    seen: dict[str, None] = {}
    for kind, run, _ in _runs(normalize(text)):
        for word in _cut(run) if kind == "unspaced" else [run]:
            seen[word] = None
    return list(seen)


@lru_cache(maxsize=CHUNKS_KEPT)
def _document_chunk(chunk: str, is_after_digit: bool) -> tuple[tuple[str, ...], bool]:
    """Terms of a text without spaces, and whether a unit may follow it."""
    found: list[str] = []
    for kind, run, is_measured in _runs(chunk, is_after_digit=is_after_digit):
        found += (
            _unspaced_terms(run) if kind == "unspaced" else (term for term, _ in _spaced_terms(kind, run, is_measured))
        )
    return tuple(found), chunk[-1].isdigit()


def _runs(text: str, *, is_after_digit: bool = False) -> Iterator[tuple[str, str, bool]]:
    """Runs of one script with their kind, and whether a number stands right before (a unit may follow it)."""
    end, is_digit = 0 if is_after_digit else -2, is_after_digit
    for match in _RUN.finditer(text):
        kind = match.lastgroup or ""
        is_measured = is_digit and match.start() - end <= 1
        if kind != "mark" or (is_measured and match.start() == end):
            yield kind, match.group(), is_measured
        end, is_digit = match.end(), match.group()[-1].isdigit()


def _query_terms(kind: str, run: str, is_after_digit: bool) -> list[tuple[str, float]]:
    if kind != "unspaced":
        return _spaced_terms(kind, run, is_after_digit)
    whole = set(_cut(run))
    if len(run) == 1:
        return [(run, 1.0)]
    return [
        (term, 1.0 if term in whole else PART_WEIGHT) for term in _unspaced_terms(run) if len(term) > 1 or term in whole
    ]


def _unspaced_terms(run: str) -> list[str]:
    cut = dict.fromkeys(_cut_for_search(run))
    pairs = (run[at : at + 2] for at in range(len(run) - 1))
    return list(dict.fromkeys([*cut, *run, *pairs]))


def _spaced_terms(kind: str, run: str, is_after_digit: bool) -> list[tuple[str, float]]:
    if kind == "mark":
        return [(_MARKS[run], 1.0)]
    if kind == "number":
        return [(run.replace(",", ""), 1.0)]
    return list(_spaced_word(run.rstrip("+"), is_after_digit))


@lru_cache(maxsize=100_000)
def _spaced_word(run: str, is_after_digit: bool) -> tuple[tuple[str, float], ...]:
    run = re.sub(r"['’]s\b", "", run)
    pieces = _PIECE.findall(run)
    if len(pieces) <= 1:
        return tuple((_stem(piece, is_after_digit), 1.0) for piece in pieces)
    is_measure = len(pieces) == 2 and pieces[0][0].isdigit() and pieces[1] in _units()
    stems = [_stem(piece, at > 0 and pieces[at - 1][-1].isdigit()) for at, piece in enumerate(pieces)]
    whole = [] if is_measure else [("".join(pieces), 1.0)]
    weight = 1.0 if is_measure or not any(piece[0].isdigit() for piece in pieces) else PART_WEIGHT
    return (*whole, *((stem, weight) for stem in stems))


def _stem(piece: str, is_after_digit: bool) -> str:
    if is_after_digit and piece in _units():
        return _units()[piece]
    if piece[0].isdigit():
        return piece.replace(",", "")
    return _long_units().get(piece) or _stemmer().stemWord(piece)


def _cut(run: str) -> list[str]:
    import rjieba

    return rjieba.cut(run)


def _cut_for_search(run: str) -> list[str]:
    import rjieba

    return rjieba.cut_for_search(run)


def _stemmer() -> Any:
    if not hasattr(_local, "stemmer"):
        import Stemmer

        _local.stemmer = Stemmer.Stemmer("english")
    return _local.stemmer


def _simplifier() -> Any:
    if not hasattr(_local, "simplifier"):
        import opencc

        _local.simplifier = opencc.OpenCC("t2s")
    return _local.simplifier


@lru_cache(maxsize=1)
def _units() -> Mapping[str, str]:
    rows = files("tonggan.encode").joinpath("units.tsv").read_text(encoding="utf-8").splitlines()
    table = {spelling: row.split("\t")[0] for row in rows[1:] for spelling in row.replace("\t", " ").split()}
    return MappingProxyType(table)


@lru_cache(maxsize=1)
def _long_units() -> Mapping[str, str]:
    return MappingProxyType({spelling: unit for spelling, unit in _units().items() if len(spelling) > 2})
