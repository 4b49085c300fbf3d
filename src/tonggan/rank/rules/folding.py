"""Words as rules compare them: whole words, whatever the case, width, script and signs between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tonggan.encode.words import normalize

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_UNSPACED = _HAN + r"\u3040-\u30ff\uac00-\ud7af"
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w)+[+#]*")


def fold(text: str) -> str:
    """The words of a text, each between spaces, so that words are found in it as text; a character of Han is a word.

    >>> fold("Apple-Watch 手機")
    ' apple watch 手 机 '
    """
    words = _WORD.findall(normalize(text))
    return f" {' '.join(words)} " if words else ""


def stretches(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Where the folded words stand in a normalized text: start and end of each run, none inside another."""
    found = list(_WORD.finditer(text))
    wanted = words.split()
    at = 0
    while wanted and at <= len(found) - len(wanted):
        run = found[at : at + len(wanted)]
        is_there = [match[0] for match in run] == wanted
        if is_there:
            yield run[0].start(), run[-1].end()
        at += len(wanted) if is_there else 1


def without(text: str, words: str) -> str:
    """The text in its normalized form, without each run of words that folds to `words`.

    >>> without("Red Dress, red", fold("red"))
    'dress,'
    """
    plain = normalize(text)
    kept, end = [], 0
    for start, after in stretches(plain, words):
        kept.append(plain[end:start])
        end = after
    return " ".join(" ".join([*kept, plain[end:]]).split())
