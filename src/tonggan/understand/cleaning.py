"""The text that everything else reads: bounded, without invisible characters, normalized."""

from __future__ import annotations

import re

from tonggan.encode.words import normalize

LETTERS_READ = 2_000
"""Letters of a query that are read: a pasted title has 200, and every later step may cost time by the letter."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # Control characters, save those that part words.
    "\xad\u061c\u180b-\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff"  # Zero width, soft hyphens, variants.
    "\u202a-\u202e\u2066-\u206f\ufff0-\ufffb"  # Writing direction and annotations.
    "\ud800-\udfff\U000e0000-\U000e0fff]"  # Half a character, and tags.
)


def clean(text: str) -> str:
    """Return the text in NFKC, lower case and simplified characters, one space between words, nothing invisible.

    >>> clean("  Ｎｉｋｅ\\u200b\\t藍牙耳機 ")
    'nike 蓝牙耳机'
    """
    visible = _INVISIBLE.sub("", text[:LETTERS_READ])
    # NFKC makes two primes of the inch sign, which the analysis of words would take for feet.
    normalized = normalize(visible).replace("′′", '"')
    return " ".join(_INVISIBLE.sub("", normalized)[:LETTERS_READ].split())
