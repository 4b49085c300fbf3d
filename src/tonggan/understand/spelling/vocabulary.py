"""The words of one catalogue as people see them, with how many titles hold each: what a typed word may have meant.

A word is what stands between marks: letters of one script without digits. Names (brands, models) and the words of the
lexicon are marked; the lexicon's count for little, so that the catalogue wins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, islice, pairwise
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from tonggan.encode.lexicon import LexiconRow
from tonggan.encode.words import normalize
from tonggan.understand.spelling.deletions import MOST_WORDS, DeletionIndex
from tonggan.understand.spelling.misspellings import MISSPELLING, REGIONAL, misspellings
from tonggan.understand.spelling.typos import edits

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
LATIN = r"a-z\u00df-\u00f6\u00f8-\u024f"

LONGEST_WORD = 32
"""Letters of the longest word that is kept: longer ones are addresses and cat walks, not words."""

LEXICON_PRIOR = 0.1
"""Titles that a word of the lexicon counts for: any word of the catalogue comes before it, it comes before nothing."""

NAME_PRIOR = 1.0
"""Titles that a name counts for beside those that hold it: brands are searched for more than titles repeat them."""

SHORTEST_NEAR = 3
"""Letters of the shortest word that a typed one is mended to."""

SHORTEST_FAR, FAR_PREFIX = 6, 7
"""Letters of the shortest word that is looked for two edits away, and how many of its letters are looked at."""

FAR_COUNT = 2
"""Titles that a word two edits away is in at least: rarer ones would not be believed, so they take no room."""

FAR_LIMIT = 256
"""Words, the commonest, that are compared with a typed one letter by letter."""

BLOCK = 1_000
"""Titles that are normalized at once, since each call of the simplifier costs as much as ten titles."""

_NAME, _LEXICON = 1, 2
_WORD = re.compile(rf"(?<![^\W{HAN}])[{LATIN}]+(?![^\W{HAN}])")
_HAN_RUN = re.compile(rf"[{HAN}]+")
_LATIN_WORD = re.compile(rf"[{LATIN}]{{2,{LONGEST_WORD}}}")


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Words with counts, in arrays: `letters` (UTF-8, word after word), `keys` (sorted hashes, one a word), `marks`."""

    letters: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.uint32]
    keys: npt.NDArray[np.uint64]
    counts: npt.NDArray[np.int32]
    marks: npt.NDArray[np.uint8]
    near: DeletionIndex
    far: DeletionIndex
    misspelt: Mapping[str, tuple[str, ...]]

    @classmethod
    def learn(cls, titles: Iterable[str], *, names: Iterable[str], lexicon: Sequence[LexiconRow]) -> Self:
        """Return the vocabulary of these titles; `names` are never corrected, in whole or word by word."""
        known = _known_words(tuple(lexicon))
        counts = Counter(chain.from_iterable(map(set, _cut(titles, phrases=known.phrases))))
        marks = dict.fromkeys(counts, 0) | dict.fromkeys(known.words, _LEXICON)
        for word in chain.from_iterable(_cut(names)):
            marks[word] = marks.get(word, 0) | _NAME
        kept = [word for word in marks if _LATIN_WORD.fullmatch(word) or _HAN_RUN.match(word)]
        if len(kept) >= MOST_WORDS:
            kept = sorted(kept, key=lambda word: (-counts[word], word))[: MOST_WORDS - 1]
        keys = np.fromiter(map(_key, kept), dtype=np.uint64, count=len(kept))
        words = [kept[at] for at in np.argsort(keys, kind="stable").tolist()]
        arrays = {
            **_stored(words),
            "keys": np.sort(keys),
            "counts": np.fromiter((counts[word] for word in words), dtype=np.int32, count=len(words)),
            "marks": np.fromiter((marks[word] for word in words), dtype=np.uint8, count=len(words)),
        }
        return cls._with_indexes(arrays, words, misspelt=known.misspelt)

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return what `restore` needs beside the lexicon; the indexes of neighbours are built anew."""
        return {name: getattr(self, name) for name in ("letters", "starts", "keys", "counts", "marks")}

    @classmethod
    def restore(cls, weights: Mapping[str, np.ndarray], *, lexicon: Sequence[LexiconRow]) -> Self:
        """Return a vocabulary from its `weights`."""
        whole, starts = weights["letters"].tobytes(), weights["starts"].tolist()
        words = [whole[start:end].decode() for start, end in pairwise(starts)]
        return cls._with_indexes(weights, words, misspelt=_known_words(tuple(lexicon)).misspelt)

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, word: str) -> bool:
        return self._id(word) is not None

    @property
    def byte_count(self) -> int:
        """Return how much memory the arrays take."""
        return sum(array.nbytes for array in (*self.weights().values(), self.near.entries, self.far.entries))

    def count(self, word: str) -> int:
        """Return how many titles hold the word."""
        at = self._id(word)
        return 0 if at is None else int(self.counts[at])

    def is_name(self, word: str) -> bool:
        """Say whether the word is part of a name."""
        at = self._id(word)
        return at is not None and bool(self.marks[at] & _NAME)

    def is_fixed(self, word: str) -> bool:
        """Say whether the word is part of a name or stands in the lexicon, so that it is right as it is."""
        at = self._id(word)
        return at is not None and bool(self.marks[at])

    def prior(self, word: str) -> float:
        """Return in how many titles the word is worth being: those that hold it, and a little for being well known."""
        at = self._id(word)
        if at is None:
            return 0.0
        mark = int(self.marks[at])
        return int(self.counts[at]) + NAME_PRIOR * bool(mark & _NAME) + LEXICON_PRIOR * bool(mark & _LEXICON)

    def neighbours(self, word: str, *, distance: int) -> list[str]:
        """Return the known words within so many edits (1 or 2), in no order; two edits reach common words only."""
        found = (self.near if distance == 1 else self.far).find(word)
        if len(found) > FAR_LIMIT:
            found = found[np.argpartition(-self.counts[found], FAR_LIMIT)[:FAR_LIMIT]]
        words = map(self._word, found.tolist())
        return [other for other in words if other != word and edits(word, other, most=distance) <= distance]

    def han(self) -> Iterator[tuple[str, int]]:
        """Yield the Chinese words, those of the lexicon too, with how many titles hold each."""
        for at, count in enumerate(self.counts.tolist()):
            word = self._word(at)
            if _HAN_RUN.match(word):
                yield word, count

    def _id(self, word: str) -> int | None:
        key = np.uint64(_key(word))
        at = int(self.keys.searchsorted(key))
        return at if at < len(self.keys) and self.keys[at] == key else None

    def _word(self, at: int) -> str:
        return self.letters[self.starts[at] : self.starts[at + 1]].tobytes().decode()

    @classmethod
    def _with_indexes(
        cls, arrays: Mapping[str, np.ndarray], words: Sequence[str], *, misspelt: Mapping[str, tuple[str, ...]]
    ) -> Self:
        known = (arrays["counts"] >= FAR_COUNT) | (arrays["marks"] > 0)
        latin = [at for at, word in enumerate(words) if word[-1] < "\u0250" and len(word) >= SHORTEST_NEAR]
        common = [at for at in latin if known[at] and len(words[at]) >= SHORTEST_FAR]
        near = DeletionIndex.build([words[at] for at in latin], _ids(latin), deletions=1, prefix=LONGEST_WORD)
        far = DeletionIndex.build([words[at] for at in common], _ids(common), deletions=2, prefix=FAR_PREFIX)
        return cls(**arrays, near=near, far=far, misspelt=misspelt)


def latin_words(text: str) -> list[tuple[str, int, int]]:
    """Return the Latin words of a normalized text with their places; what touches a digit is none.

    >>> latin_words("usb-c 15w phone case")
    [('usb', 0, 3), ('c', 4, 5), ('phone', 10, 15), ('case', 16, 20)]
    """
    return [(match.group(), *match.span()) for match in _WORD.finditer(text)]


def _cut(texts: Iterable[str], *, phrases: Set[str] = frozenset()) -> Iterator[list[str]]:
    """Words of each text; Chinese ones also joined where neighbours make one of the phrases."""
    import rjieba

    left = iter(texts)
    while block := list(islice(left, BLOCK)):
        for line in normalize("\n".join(" ".join(text.split()) for text in block)).split("\n"):
            words = _WORD.findall(line)
            if not line.isascii():
                for cut in map(rjieba.cut, _HAN_RUN.findall(line)):
                    words += cut
                    words += phrases & set(_joined(cut))
            yield words


def _joined(cut: Sequence[str]) -> Iterator[str]:
    pairs = list(map("".join, pairwise(cut)))
    yield from pairs
    yield from map("".join, zip(pairs, cut[2:], strict=False))


class _KnownWords(NamedTuple):
    """What a lexicon says of words: those that are right, Chinese ones that titles are searched for, and wrong ones."""

    words: tuple[str, ...]
    phrases: frozenset[str]
    misspelt: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def _known_words(lexicon: tuple[LexiconRow, ...]) -> _KnownWords:
    """The same for every catalogue, so that it is worked out once."""
    written = [row.normalized for row in lexicon if row.kind not in (MISSPELLING, REGIONAL)]
    phrases = frozenset(word for word in written if _HAN_RUN.fullmatch(word))
    misspelt = misspellings(lexicon)
    words = dict.fromkeys(chain(_lexicon_words(lexicon), phrases))
    return _KnownWords(tuple(words), phrases.union(misspelt), misspelt)


def _lexicon_words(lexicon: Sequence[LexiconRow]) -> Iterator[str]:
    """Words of both languages; regional Chinese is known where the catalogue writes it, and nobody is led to it."""
    meanings = (meaning for row in lexicon for meaning in row.meanings)
    written = (row.written for row in lexicon if row.kind not in (MISSPELLING, REGIONAL))
    return chain.from_iterable(_cut(chain(meanings, written)))


def _key(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def _stored(words: Sequence[str]) -> dict[str, np.ndarray]:
    encoded = [word.encode() for word in words]
    starts = np.zeros(len(words) + 1, dtype=np.uint32)
    np.cumsum([len(word) for word in encoded], out=starts[1:])
    return {
        "letters": np.frombuffer(b"".join(encoded), dtype=np.uint8),
        "starts": starts,
    }


def _ids(places: Sequence[int]) -> npt.NDArray[np.uint64]:
    return np.array(places, dtype=np.uint64)
