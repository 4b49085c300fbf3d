"""Words as rules compare them: whole words, whatever the case, width, script and signs between them."""

from __future__ import annotations

import re

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


def without(text: str, words: str) -> str:
    """The text in its normalized form, without each run of words that folds to `words`.

    >>> without("Red Dress, red", fold("red"))
    'dress,'
    """
    plain = normalize(text)
    found = list(_WORD.finditer(plain))
    gone = words.split()
    kept, at, end = [], 0, 0
    while at < len(found):
        if gone and [match[0] for match in found[at : at + len(gone)]] == gone:
            kept.append(plain[end : found[at].start()])
            end = found[at + len(gone) - 1].end()
            at += len(gone)
        else:
            at += 1
    return " ".join(" ".join([*kept, plain[end:]]).split())
