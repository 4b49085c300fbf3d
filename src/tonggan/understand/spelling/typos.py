"""What a slip of the fingers costs: how unlikely it is that somebody who means one word types another.

Costs are in nats, so that they weigh directly against the logarithm of how common a word is: the noisy channel of
[Kernighan, Church and Gale 1990, https://aclanthology.org/C90-2036/]. A letter left out can only be that letter, but a
letter added or changed is one of 25, so it points less surely to the word that was meant.
"""

from __future__ import annotations

from rapidfuzz.distance import OSA

LEFT_OUT = 1.0
"""A letter of the word was not typed: the commonest slip, and one that can happen in one way only."""

SWAPPED = 1.5
"""Two neighbouring letters changed places: rarer, and again in one way only."""

DOUBLED = 0.5
"""Of two equal letters one was typed, or one was typed twice: how most people misspell (`acommodate`)."""

NEAR_KEY = 2.5
"""A letter became its neighbour on the keyboard, or one vowel another: one of about six others."""

ADDED = 4.0
"""Any letter too many: one of 26."""

CHANGED = 4.0
"""A letter became any other."""

FIRST_LETTER = 2.0
"""Added where the first letter is wrong: about one slip in ten is there, and people see it at once."""

TWO_SLIPS = 8.0
"""Two edits, of whatever kind: so unlikely that the word must be common to be meant."""

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS = frozenset("aeiou")


def slip_cost(typed: str, meant: str) -> float:
    """Return how unlikely it is, in nats, to type one word for another that is one or two edits away.

    >>> slip_cost("blutooth", "bluetooth"), slip_cost("coper", "copper"), slip_cost("fhone", "phone")
    (1.0, 0.5, 6.0)
    """
    start = _common_start(typed, meant)
    end = _common_start(typed[start:][::-1], meant[start:][::-1])
    wrong, right = typed[start : len(typed) - end], meant[start : len(meant) - end]
    return _kind_cost(typed, meant, start=start, wrong=wrong, right=right) + (FIRST_LETTER if start == 0 else 0.0)


def edits(typed: str, meant: str, *, most: int) -> int:
    """Return the edits between two words, a swap of neighbours being one; more than `most` is only told as more."""
    return OSA.distance(typed, meant, score_cutoff=most)


def _common_start(one: str, two: str) -> int:
    at = 0
    for first, second in zip(one, two, strict=False):
        if first != second:
            break
        at += 1
    return at


def _kind_cost(typed: str, meant: str, *, start: int, wrong: str, right: str) -> float:
    match len(wrong), len(right):
        case 0, 1:
            return DOUBLED if meant[start - 1 : start] == right else LEFT_OUT
        case 1, 0:
            return DOUBLED if typed[start - 1 : start] == wrong else ADDED
        case 1, 1:
            return NEAR_KEY if _are_near(wrong, right) else CHANGED
        case 2, 2 if wrong == right[::-1]:
            return SWAPPED
        case _:
            return TWO_SLIPS


def _are_near(one: str, two: str) -> bool:
    if one in _VOWELS and two in _VOWELS:
        return True
    first, second = _key(one), _key(two)
    return abs(first.imag - second.imag) <= 1 and abs(first.real - second.real) <= 1


def _key(letter: str) -> complex:
    """Where a key stands, rightwards and downwards in keys; each row stands half a key right of the one above it."""
    row = next((row for row, keys in enumerate(_ROWS) if letter in keys), None)
    return complex(_ROWS[row].index(letter) + row / 2, row) if row is not None else complex("nan")
