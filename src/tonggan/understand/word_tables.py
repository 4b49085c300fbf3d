"""The tables beside the readers, in `words/`: what shoppers say, as rows of tab-separated columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files

_LETTER = re.compile(r"[a-z]")


def rows_of(name: str) -> list[list[str]]:
    """Return the rows of `words/NAME.tsv` below its header; empty last columns may be left out."""
    text = files("tonggan.understand").joinpath(f"words/{name}.tsv").read_text(encoding="utf-8")
    header, *lines = text.removesuffix("\n").split("\n")
    width = header.count("\t") + 1
    return [(line.split("\t") + [""] * width)[:width] for line in lines]


def any_of(phrases: Iterable[str]) -> str:
    """Return a pattern of any of the phrases, the longest first; Latin letters at an end must end a word there."""
    return "|".join(_bounded(phrase) for phrase in sorted(set(phrases), key=lambda each: (-len(each), each)))


def _bounded(phrase: str) -> str:
    before = "(?<![a-z])" if _LETTER.match(phrase[0]) else ""
    after = "(?![a-z])" if _LETTER.match(phrase[-1]) else ""
    return before + re.escape(phrase).replace(r"\ ", "[ -]") + after
