"""Chinese typed in Latin letters: `lanya erji`, `lan ya er ji`, `lanyaerji`, and `lyej` where that is the whole query.

English that happens to be pinyin (`pan`, `long`, `china`) stays English: a word that somebody knows is read as Chinese
only as part of a longer one.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tonggan.records import Interpretation, Token
from tonggan.understand.spelling.latin_words import LatinWord, typed_words
from tonggan.understand.spelling.pinyin import SHORTEST, PinyinIndex, plain_letters

KIND = "pinyin"

LONGEST_RUN = 60
"""Letters of a run that is read, some ten words; nobody types more without a mark."""

LONGEST_READING = 36
"""Letters of the longest word: six syllables of six letters (`zhuang`)."""

CERTAIN_WORDS = 3
"""Typed words that one Chinese word must span to be read where English knows each of them (`lian yi qun`)."""

KEPT = -12.0
"""Logarithm of the share that an English word is given within a run: about that of a word in one title."""

SOUTHERN_COUNT = 2
"""Titles that hold a word at least which is not typed as it is read in Beijing (`souji` for `shouji`)."""

SHORT_COUNT = 1
"""Titles that hold a word at least which is all there is and has two syllables: `celing` is a ceiling, not 厕灵."""

SHORTEST_INITIALS, LONGEST_INITIALS = 3, 6
"""Letters of initials alone: two are short for too many words."""

INITIALS_COUNT, INITIALS_RATIO = 3, 4
"""Titles that hold a word at least to be meant by its initials, and how many times those of the next best."""

_INITIAL = r"(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])"
_VOWELS = r"[aeiouvü]{1,4}+"
_SYLLABLES = re.compile(rf"{_INITIAL}?{_VOWELS}(?:(?:ng|n|r)?{_INITIAL}?(?<![aeiouvü]){_VOWELS})*(?:ng|n|r)?")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a run: a Chinese word, or an English one that is kept, whose `meant` is empty."""

    start: int
    end: int
    meant: str


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring words that could all be pinyin, joined to `letters`; `starts` are where words begin in them."""

    words: Sequence[LatinWord]
    letters: str
    starts: Sequence[int]
    known: Sequence[bool]

    def pieces(self, start: int, end: int) -> list[str]:
        """Return the letters from start to end as they were typed, broken where they were."""
        cuts = [start, *(at for at in self.starts if start < at < end), end]
        return [self.letters[one:two] for one, two in pairwise(cuts)]

    def touched(self, start: int, end: int) -> range:
        """Return which words have letters between start and end."""
        return range(bisect_right(self.starts, start) - 1, bisect_left(self.starts, end))


def read_pinyin(
    text: str, tokens: Sequence[Token], index: PinyinIndex, *, is_known: Callable[[str], bool]
) -> list[Interpretation]:
    """Return the Chinese that Latin words of a normalized text stand for; it is to be asked before `correct`.

    `is_known` says whether the catalogue, a name or the lexicon has a Latin word.
    """
    words = typed_words(text, tokens)
    found: list[Interpretation] = []
    for run in _runs(text, words, is_known):
        parts = _read(run, index, is_southern=False) or _read(run, index, is_southern=True)
        found += _interpretations(text, run, parts)
    if not found and len(words) == 1 and words[0].word == text.strip():
        found += _initials(text, words[0], index, is_known=is_known)
    return found


def looks_like_pinyin(word: str) -> bool:
    """Say whether a word can be cut into syllables of Mandarin, or nearly so.

    >>> looks_like_pinyin("lanyaerji"), looks_like_pinyin("stainless")
    (True, False)
    """
    return _SYLLABLES.fullmatch(word) is not None


def _runs(text: str, words: Sequence[LatinWord], is_known: Callable[[str], bool]) -> Iterator[Run]:
    run: list[LatinWord] = []
    for word in words:
        if run and text[run[-1].end : word.start].strip(" '"):
            yield from _run(run, is_known)
            run = []
        if looks_like_pinyin(word.word):
            run.append(word)
        else:
            yield from _run(run, is_known)
            run = []
    yield from _run(run, is_known)


def _run(words: Sequence[LatinWord], is_known: Callable[[str], bool]) -> Iterator[Run]:
    letters = [plain_letters(word.word) for word in words]
    if not 3 <= sum(map(len, letters)) <= LONGEST_RUN:
        return
    known = [is_known(word.word) for word in words]
    if not all(known) or len(words) >= CERTAIN_WORDS:
        starts = [sum(map(len, letters[:at])) for at in range(len(letters))]
        yield Run(list(words), "".join(letters), starts, known)


def _read(run: Run, index: PinyinIndex, *, is_southern: bool) -> list[Part]:
    """The likeliest way to read the whole run, by dynamic programming; nothing where there is none."""
    best: dict[int, tuple[float, list[Part]]] = {0: (0.0, [])}
    for end in range(1, len(run.letters) + 1):
        ways = [
            (best[part.start][0] + belief, [*best[part.start][1], part])
            for start in range(max(0, end - LONGEST_READING), end)
            if start in best
            for part, belief in _parts(run, index, start=start, end=end, is_southern=is_southern)
        ]
        if ways:
            best[end] = max(ways, key=lambda way: way[0])
    return best.get(len(run.letters), (0.0, []))[1]


def _parts(run: Run, index: PinyinIndex, *, start: int, end: int, is_southern: bool) -> Iterator[tuple[Part, float]]:
    touched = run.touched(start, end)
    if len(touched) == 1 and run.known[touched[0]]:
        if run.pieces(start, end) == [plain_letters(run.words[touched[0]].word)]:
            yield Part(start, end, ""), KEPT
        return
    if all(run.known[at] for at in touched) and len(touched) < CERTAIN_WORDS:
        return
    word = index.spelled(run.pieces(start, end), is_southern=is_southern)
    if word and index.counts[word] >= _least_count(run, word, is_southern=is_southern):
        yield Part(start, end, word), math.log(index.share(word))


def _least_count(run: Run, word: str, *, is_southern: bool) -> int:
    if is_southern:
        return SOUTHERN_COUNT
    return SHORT_COUNT if len(run.words) == 1 and len(word) == SHORTEST else 0


def _interpretations(text: str, run: Run, parts: Sequence[Part]) -> Iterator[Interpretation]:
    """One for each stretch of Chinese words between English ones."""
    meant: list[Part] = []
    for part in (*parts, Part(len(run.letters), len(run.letters), "")):
        if part.meant:
            meant.append(part)
        elif meant:
            words = [run.words[at] for at in run.touched(meant[0].start, meant[-1].end)]
            yield _replaced(text, words, by="".join(part.meant for part in meant))
            meant = []


def _initials(
    text: str, word: LatinWord, index: PinyinIndex, *, is_known: Callable[[str], bool]
) -> Iterator[Interpretation]:
    if not SHORTEST_INITIALS <= len(word.word) <= LONGEST_INITIALS or is_known(word.word):
        return
    best, second = [*index.initials.at(word.word)[:2], "", ""][:2]
    count = index.counts.get(best, 0)
    if count >= max(INITIALS_COUNT, INITIALS_RATIO * index.counts.get(second, 0)):
        yield _replaced(text, [word], by=best)


def _replaced(text: str, words: Sequence[LatinWord], *, by: str) -> Interpretation:
    start, end = words[0].start, words[-1].end
    return Interpretation(KIND, f"{KIND}:{text[start:end]}", text[start:end], start, end, replacement=by)
