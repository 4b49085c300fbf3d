"""Chinese words of the same sound: 兰牙耳机 for 蓝牙耳机, the last resort where what was typed finds nothing.

An input method writes the wrong characters of the right sound; a word is believed where it keeps one of those typed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence

from tonggan.records import Interpretation, Token
from tonggan.understand.spelling.latin_words import open_places
from tonggan.understand.spelling.pinyin import LONGEST, SHORTEST, PinyinIndex, readings
from tonggan.understand.spelling.vocabulary import HAN

KIND = "homophone"

LONGEST_RUN = 16
"""Characters of a run that is looked at; a query of more is a sentence, whose words are cut first."""

WRONG = 5.0
"""Cost in nats of a word whose characters were typed wrong: about one word in a hundred and fifty."""

STRANGE = 6.0
"""Cost in nats of a character outside any known word, beyond that of a word that nobody counted."""

WAYS = 3
"""Ways to read a run that are kept at each place, beside the best: as many as a shopper would look at."""

_HAN_RUN = re.compile(rf"[{HAN}]{{{SHORTEST},}}")


def homophones(run: str, index: PinyinIndex) -> list[tuple[str, float]]:
    """Return what a run of Han characters may have been meant to be, the likeliest first; nothing for a known word.

    The number says how many nats more the reading is believed than the run as it was typed.

    >>> homophones("兰牙耳机", PinyinIndex.learn([("蓝牙", 9), ("耳机", 9)]))[0][0]
    '蓝牙耳机'
    """
    if run in index.counts or not SHORTEST <= len(run) <= LONGEST_RUN:
        return []
    best: list[list[tuple[float, str]]] = [[(0.0, "")]]
    for end in range(1, len(run) + 1):
        ways = [
            (belief + own, text + part)
            for start in range(max(0, end - LONGEST), end)
            for part, own in _parts(run[start:end], index)
            for belief, text in best[start]
        ]
        best.append(_likeliest(ways))
    as_typed = _typed_belief(run, index)
    return [(text, belief - as_typed) for belief, text in best[-1] if text != run and belief > as_typed][:WAYS]


def _nobody_holds(run: str) -> bool:
    return False


def read_homophones(
    text: str, tokens: Sequence[Token], index: PinyinIndex, *, is_held: Callable[[str], bool] = _nobody_holds
) -> list[Interpretation]:
    """Return what Chinese runs of a normalized text sound like; not for runs that a product has so (`is_held`)."""
    if text.isascii():
        return []
    places = open_places(text, tokens)
    runs = [run for run in _HAN_RUN.finditer(text) if places.issuperset(range(*run.span()))]
    found = [(run, homophones(run.group(), index)) for run in runs if not is_held(run.group())]
    return [
        Interpretation(KIND, f"{KIND}:{run.group()}", run.group(), *run.span(), replacement=meant[0][0])
        for run, meant in found
        if meant
    ]


def _likeliest(ways: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """The best few ways, one for each text."""
    best = {text: belief for belief, text in sorted(ways)}
    return sorted(((belief, text) for text, belief in best.items()), reverse=True)[: WAYS + 1]


def _parts(typed: str, index: PinyinIndex) -> Iterator[tuple[str, float]]:
    """A stretch as it was typed, and as other words of the same sound, each with how far it is believed."""
    if typed in index.counts:
        yield typed, math.log(index.share(typed))
    elif len(typed) == 1:
        yield typed, math.log(index.share(typed)) - STRANGE
    if len(typed) >= SHORTEST:
        for reading in readings(typed):
            for word in index.sounding(reading):
                if word != typed and not set(word).isdisjoint(typed):
                    yield word, math.log(index.share(word)) - WRONG


def _typed_belief(run: str, index: PinyinIndex) -> float:
    """How far the run is believed as it was typed, cut into known words and characters the best way."""
    best = [0.0]
    for end in range(1, len(run) + 1):
        ways = [
            best[start] + own
            for start in range(max(0, end - LONGEST), end)
            for part, own in _parts(run[start:end], index)
            if part == run[start:end]
        ]
        best.append(max(ways))
    return best[-1]
