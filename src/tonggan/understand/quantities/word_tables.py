"""The tables beside the readers, in `words/`: what shoppers say, as rows of tab-separated columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.resources import files

_LETTER = re.compile(r"[a-z]")


def rows_of(name: str) -> list[list[str]]:
    """Return the rows of `words/NAME.tsv` below its header; empty last columns may be left out."""
    text = files("tonggan.understand.quantities").joinpath(f"words/{name}.tsv").read_text(encoding="utf-8")
    header, *lines = text.removesuffix("\n").split("\n")
    width = header.count("\t") + 1
    return [(line.split("\t") + [""] * width)[:width] for line in lines]


def any_of(phrases: Iterable[str]) -> str:
    """Return a pattern of any of the phrases, the longest that fits; Latin letters at an end must end a word there.

    A space in a phrase may be a hyphen in the text. Phrases share their beginnings, so that a place where none begins
    costs one look at one letter.
    """
    distinct = sorted(set(phrases))
    firsts = "".join(re.escape(first) for first in sorted({phrase[0] for phrase in distinct}))
    return f"(?=[{firsts}])(?:{_branches(distinct, at=0)})"


def _branches(phrases: Sequence[str], *, at: int) -> str:
    """Pattern of what follows the first `at` letters that the phrases share."""
    branches = [
        _letter(first, at=at) + _continued([each for each in phrases if each[at] == first], at=at + 1)
        for first in sorted({phrase[at] for phrase in phrases})
    ]
    return "|".join(branches)


def _letter(letter: str, *, at: int) -> str:
    before = "(?<![a-z])" if at == 0 and _LETTER.match(letter) else ""
    return before + ("[ -]" if letter == " " else re.escape(letter))


def _continued(phrases: Sequence[str], *, at: int) -> str:
    longer = [phrase for phrase in phrases if len(phrase) > at]
    end = "(?![a-z])" if _LETTER.match(phrases[0][at - 1]) else ""
    if not longer:
        return end
    is_whole = len(longer) < len(phrases)
    return f"(?:{_branches(longer, at=at)}{'|' + end if is_whole else ''})"
