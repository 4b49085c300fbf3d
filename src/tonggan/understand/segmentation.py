"""A query cut into words, each with its part of speech [UPOS, https://universaldependencies.org/u/pos/]."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from tonggan.records import Token
from tonggan.understand.retail_words import retail_words

WORDS_KEPT = 1 << 14
"""Latin words whose tags are remembered."""

TAGS: Mapping[str, str] = MappingProxyType(
    {"nr": "PROPN", "ns": "PROPN", "nt": "PROPN", "nz": "PROPN", "ad": "ADV"}
    | {"n": "NOUN", "v": "VERB", "a": "ADJ", "b": "ADJ", "z": "ADJ", "d": "ADV", "m": "NUM", "q": "NOUN", "r": "PRON"}
    | {"p": "ADP", "c": "CCONJ", "u": "PART", "y": "PART", "k": "PART", "h": "PART", "e": "INTJ", "o": "INTJ"}
    | {"f": "NOUN", "s": "NOUN", "t": "NOUN", "i": "NOUN", "l": "NOUN", "j": "NOUN", "g": "NOUN"}
)
"""Tags of jieba, whole or by their first letter, as UPOS."""

KINDS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("product", "category", "part", "accessory", "regional", "occasion", "season", "unit"), "NOUN")
    | dict.fromkeys(("colour", "material", "pattern", "style", "size", "feature", "quality", "flavour"), "ADJ")
    | {"brand": "PROPN", "audience": "NOUN", "use": "NOUN"}
)
"""Part of speech of an English word by the kind of its row in the lexicon."""

_FUNCTION_WORDS_BY_TAG: Mapping[str, str] = MappingProxyType(
    {
        "ADP": "for with without under over above below in on at of from by to than between like as about",
        "DET": "a an the this that these those any some no all my your his her our their",
        "CCONJ": "and or but nor",
        "PRON": "i me you we us they them it he she",
        "AUX": "is are be was were do does can will would should",
        "PART": "not 's",
    }
)

FUNCTION_WORDS: Mapping[str, str] = MappingProxyType(
    {word: tag for tag, words in _FUNCTION_WORDS_BY_TAG.items() for word in words.split()}
)
"""English words that tie others together; a closed class, so a list is enough."""

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_TOKEN: Final = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    rf"|(?P<number>\d+(?:[.,:/]\d+)*%?(?![^\W_{_HAN}]|[-+&]\w))"
    rf"|(?P<word>(?:(?![{_HAN}])[^\W_])+(?:[-'’.&+_](?:(?![{_HAN}])[^\W_])+)*)"
)
_MEASURE: Final = re.compile(r"\d+(?:\.\d+)?[^\W\d_]{1,4}")


def segment(text: str) -> list[Token]:
    """Return the words of a cleaned text (NFKC, lower case, simplified); punctuation stays out.

    >>> [(token.text, token.tag) for token in segment("sony 蓝牙耳机 wh-1000xm4")]
    [('sony', 'PROPN'), ('蓝牙', 'ADJ'), ('耳机', 'NOUN'), ('wh-1000xm4', 'PROPN')]
    """
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        start, word = match.start(), match.group()
        if match.lastgroup == "han":
            tokens += _han_tokens(word, start)
        else:
            tag = "NUM" if match.lastgroup == "number" else _latin_tag(word)
            tokens.append(Token(word, start, match.end(), tag))
    return tokens


def _han_tokens(run: str, start: int) -> Iterator[Token]:
    import rjieba

    rows = retail_words().by_word
    for word, tag in rjieba.tag(run):
        known = KINDS.get(rows[word].kind) if word in rows else None  # Shop words are proper nouns to jieba.
        yield Token(word, start, start + len(word), known or TAGS.get(tag) or TAGS.get(tag[:1], "X"))
        start += len(word)


@lru_cache(maxsize=WORDS_KEPT)
def _latin_tag(word: str) -> str:
    if word in FUNCTION_WORDS:
        return FUNCTION_WORDS[word]
    if any(letter.isdigit() for letter in word):
        return "NUM" if _MEASURE.fullmatch(word) else "PROPN"
    rows = retail_words().rows(word)
    return KINDS.get(rows[0].kind, "NOUN") if rows else "X"
