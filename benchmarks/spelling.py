"""Typos in product words: is the product still found, and does a query that is spelt right lose? Prints JSON.

    TONGGAN_DATA=FOLDER python -m benchmarks.spelling [--typos 1000] [--only shops|words|speed] [--catalogues icecat]

Protocol. A product is drawn, and of its title a word of at least four letters a to z, such that the exact query finds
the product in the top 10: the word alone, or with the words on both sides of it. One random edit (a letter added, left
out, changed, or two swapped, each as often, anywhere) is made, and made anew while the result is a word of the
catalogue. Counted is how often the product is in the top 10, with correction and without. `words` asks `correct` alone
how often it gives back the very word; there, any word of at least four letters is drawn.
"""

from __future__ import annotations

import argparse
import json
import random
import string
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from benchmarks.pack_claims.texts import read_csv, read_json_lines
from benchmarks.pack_claims.trial import DATA, Questions, Stock, filled_shop, judged, tell
from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

from tonggan.encode.lexicon import LexiconRow, parse_lexicon
from tonggan.encode.words import normalize, terms
from tonggan.evaluate import EvaluationQuery
from tonggan.packs.library import BUNDLED, DEFAULT
from tonggan.records import Token
from tonggan.shop import Shop
from tonggan.understand.spelling.correction import correct
from tonggan.understand.spelling.pinyin import PinyinIndex
from tonggan.understand.spelling.pinyin_reading import read_pinyin
from tonggan.understand.spelling.vocabulary import Vocabulary, latin_words

TOP = 10
LEAST_LETTERS = 4
UNCORRECTED = {"undo": "spelling"}
TRIES = 50
"""Edits of one kind that are tried on a word."""

EDITS = ("added", "left out", "changed", "swapped")

TITLES_TIMED, WORDS_OF_A_TITLE = 200_000, 8
CHINESE_WORDS_TIMED = 60_000
CALLS_TIMED = 500

WAIT_SECONDS = 120
"""A shop learns its words behind its first searches; this is longer than any takes."""

Typo = tuple[str, str]
"""A word with one edit, and which."""


@dataclass(frozen=True, slots=True)
class Goods:
    """A real catalogue: its records, and every term that they hold."""

    name: str
    records: Sequence[Mapping[str, Any]]
    held: frozenset[str]

    @classmethod
    def of(cls, name: str, records: Sequence[Mapping[str, Any]]) -> Goods:
        texts = (str(value) for record in records for value in record.values() if isinstance(value, str))
        return cls(name, records, frozenset(term for text in texts for term in terms(text)))

    def holds(self, word: str) -> bool:
        return terms(word)[0] in self.held

    def words(self, draw: random.Random) -> Iterator[tuple[str, str, str]]:
        """Draw products without end: the id, a word of the title, and the same with its neighbours."""
        key = "id" if "id" in self.records[0] else "product_uid"
        while True:
            record = draw.choice(self.records)
            title = [word for word, _, _ in latin_words(normalize(record["title"]))]
            places = [at for at, word in enumerate(title) if len(word) >= LEAST_LETTERS and word.isascii()]
            if places:
                at = draw.choice(places)
                yield record[key], title[at], " ".join(title[max(0, at - 1) : at + 2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--typos", type=int, default=1_000, help="how many for each row")
    parser.add_argument("--pack", default=DEFAULT, help="what the shops understand with")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=["shops", "words", "speed"], help="one section")
    parser.add_argument("--catalogues", nargs="+", choices=["icecat", "home depot"], default=["icecat", "home depot"])
    asked = parser.parse_args()
    sections: dict[str, Callable[[], Any]] = {
        "speed": lambda: {"vocabulary": vocabulary_speed(asked.seed), "pinyin": pinyin_speed(asked.seed)},
        "words": lambda: {
            goods.name: words_restored(goods, asked.typos, asked.seed) for goods in catalogues(asked.catalogues)
        },
        "shops": lambda: {goods.name: products_found(goods, asked) for goods in catalogues(asked.catalogues)},
    }
    report = {name: section() for name, section in sections.items() if asked.only in (None, name)}
    print(json.dumps(report, indent=1, ensure_ascii=False))


def catalogues(names: Sequence[str]) -> Iterator[Goods]:
    if "icecat" in names:
        yield Goods.of("icecat", read_json_lines(DATA / "icecat" / "products.jsonl.gz"))
    if "home depot" in names:
        yield Goods.of("home depot", read_csv(DATA / "homedepot" / "products.csv.gz"))


def products_found(goods: Goods, asked: argparse.Namespace) -> dict[str, Any]:
    """Return how often a product is in the top 10 for a typo of its word, and what exact queries lose."""
    with filled_shop(Stock(goods.records), asked.pack) as shop:
        _wait_for_words(shop)
        rows = {
            name: _found_row(shop, goods, asked, has_neighbours=has_neighbours)
            for name, has_neighbours in (("word alone", False), ("with its neighbours", True))
        }
        return {"products": len(goods.records), **rows} | (_exact(shop, goods) if goods.name == "icecat" else {})


def _found_row(shop: Shop, goods: Goods, asked: argparse.Namespace, *, has_neighbours: bool) -> dict[str, Any]:
    draw = random.Random(asked.seed)
    tried = 0
    found: dict[str, list[bool]] = defaultdict(list)
    for product_id, word, phrase in goods.words(draw):
        exact = phrase if has_neighbours else word
        tried += 1
        if not _finds(shop, exact, product_id, UNCORRECTED):
            continue
        typo, kind = one_edit(word, goods, draw)
        query = " ".join(typo if each == word else each for each in exact.split())
        is_found = _finds(shop, query, product_id, {})
        found["corrected"].append(is_found)
        found[f"corrected, {kind}"].append(is_found)
        found["not corrected"].append(_finds(shop, query, product_id, UNCORRECTED))
        found["spelt right, corrected"].append(_finds(shop, exact, product_id, {}))
        if len(found["corrected"]) == asked.typos:
            break
    tell(f"{goods.name}: {tried} words drawn for {asked.typos} that find their product")
    row = {name: _share(hits) for name, hits in found.items()}
    tell(json.dumps(row))
    return row


def _finds(shop: Shop, query: str, product_id: str, options: Mapping[str, Any]) -> bool:
    return product_id in [hit.product.id for hit in shop.search(query, per_page=TOP, **options).hits]


def _exact(shop: Shop, goods: Goods) -> dict[str, Any]:
    """Return nDCG@10 of the judged queries of Icecat, with correction and without."""
    grades: dict[str, dict[str, float]] = defaultdict(dict)
    for row in read_csv(DATA / "icecat" / "grades.csv"):
        grades[row["query_id"]][row["product_id"]] = float(row["grade"])
    asked = [row for row in read_csv(DATA / "icecat" / "queries.csv") if int(row["best_grade"]) > 0]
    queries = [EvaluationQuery(row["query_id"], text=row["query"]) for row in asked]
    questions = Questions(queries, {query.query_id: grades[query.query_id] for query in queries}, ["nDCG@10"])
    searches = {"not corrected": UNCORRECTED, "corrected": {}}
    return {"exact queries": judged(shop, questions, searches, products=len(goods.records))}


def words_restored(goods: Goods, count: int, seed: int) -> dict[str, Any]:
    """Return how often `correct` alone gives back the word a typo was made of, and which right words it changes."""
    titles = [record["title"] for record in goods.records]
    vocabulary = Vocabulary.learn(titles, names={str(r.get("brand") or "") for r in goods.records}, lexicon=_lexicon())
    together = _counter(titles)
    rows: dict[str, list[bool]] = defaultdict(list)
    draw = random.Random(seed)
    for _, word, phrase in islice(goods.words(draw), count):
        typo, kind = one_edit(word, goods, draw)
        for name, exact in (("word alone", word), ("with its neighbours", phrase)):
            query = " ".join(typo if each == word else each for each in exact.split())
            found = correct(query, _tokens(query), vocabulary, is_known=goods.holds, together=together)
            is_right = [each.replacement for each in found if each.text == typo] == [word]
            rows[name].append(is_right)
            rows[f"{name}, {kind}"].append(is_right)
    changed = {
        each.text: each.replacement
        for title in map(normalize, titles)
        for each in correct(title, _tokens(title), vocabulary, is_known=goods.holds)
    }
    words = sum(vocabulary.count(word) > 0 for title in titles for word, _, _ in latin_words(normalize(title)))
    return {name: _share(hits) for name, hits in rows.items()} | {"right words": words, "changed": changed}


def one_edit(word: str, goods: Goods, draw: random.Random) -> Typo:
    """Return the word with one edit that makes no word of the catalogue; of another kind if need be."""
    while True:
        kind = draw.choice(EDITS)
        for _ in range(TRIES):
            typo = _edited(word, kind, draw)
            if typo != word and not goods.holds(typo):
                return typo, kind


def _edited(word: str, kind: str, draw: random.Random) -> str:
    letter = draw.choice(string.ascii_lowercase)
    if kind == "added":
        at = draw.randrange(len(word) + 1)
        return word[:at] + letter + word[at:]
    at = draw.randrange(len(word) - (kind == "swapped"))
    if kind == "swapped":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + (letter if kind == "changed" else "") + word[at + 1 :]


def vocabulary_speed(seed: int) -> dict[str, Any]:
    """Return seconds, bytes and milliseconds of a vocabulary of 200,000 distinct words in as many titles."""
    draw = np.random.default_rng(seed)
    words = _invented(TITLES_TIMED, seed)
    ranks = draw.zipf(1.3, size=TITLES_TIMED * WORDS_OF_A_TITLE) % len(words)
    ranks[: len(words)] = np.arange(len(words))  # Every word is in some title.
    titles = [" ".join(words[at] for at in row) for row in ranks.reshape(-1, WORDS_OF_A_TITLE)]
    started, used = time.perf_counter(), time.process_time()
    vocabulary = Vocabulary.learn(titles, names=(), lexicon=_lexicon())
    taken = {"seconds": time.perf_counter() - started, "processor_seconds": time.process_time() - used}
    known = " ".join(words[:3])
    unknown = [word[:-1] + "qx" for word in islice((word for word in words if len(word) >= 8), CALLS_TIMED)]
    compared = words[:]
    return {
        "titles": len(titles),
        "words": len(vocabulary),
        **{name: round(value, 2) for name, value in taken.items()},
        "megabytes": round(vocabulary.byte_count / 1e6, 1),
        "known query of 3 words, ms": _milliseconds([known] * CALLS_TIMED, lambda text: _corrected(text, vocabulary)),
        "unknown word, ms": _milliseconds(unknown, lambda text: _corrected(text, vocabulary)),
        "every word compared, ms": _milliseconds(
            unknown[:20], lambda text: extractOne(text, compared, scorer=OSA.distance, score_cutoff=2)
        ),
    }


def pinyin_speed(seed: int) -> dict[str, Any]:
    """Return seconds to learn 60,000 Chinese words, and milliseconds to read, to refuse and to begin one."""
    draw = random.Random(seed)
    own = [row.normalized for row in _lexicon() if row.normalized.isalpha() and not row.normalized.isascii()]
    pairs = (draw.choice(own) + draw.choice(own) for _ in iter(int, 1))
    words = list(
        islice(
            dict.fromkeys([*own, *(pair[:6] for pair in islice(pairs, 2 * CHINESE_WORDS_TIMED))]), CHINESE_WORDS_TIMED
        )
    )
    started, used = time.perf_counter(), time.process_time()
    index = PinyinIndex.learn((word, draw.randrange(50)) for word in words)
    taken = {"seconds": time.perf_counter() - started, "processor_seconds": time.process_time() - used}
    return {
        "words": len(index.counts),
        **{name: round(value, 2) for name, value in taken.items()},
        "two words read, ms": _milliseconds(["lanya erji"] * CALLS_TIMED, lambda text: _sounded(text, index)),
        "four syllables read, ms": _milliseconds(["lan ya er ji"] * CALLS_TIMED, lambda text: _sounded(text, index)),
        "English refused, ms": _milliseconds(["black phone case"] * CALLS_TIMED, lambda text: _sounded(text, index)),
        "begun, ms": _milliseconds(["l", "sj", "lan", "shouj"] * 100, lambda text: index.starting(text, 8)),
    }


def _corrected(text: str, vocabulary: Vocabulary) -> object:
    return correct(text, _tokens(text), vocabulary, is_known=vocabulary.__contains__)


def _sounded(text: str, index: PinyinIndex) -> object:
    return read_pinyin(text, _tokens(text), index, is_known=frozenset({"phone", "case", "black"}).__contains__)


def _invented(count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    words: dict[str, None] = {}
    while len(words) < count:
        length = min(14, max(3, int(draw.gauss(8, 2.5))))
        words["".join(draw.choices(string.ascii_lowercase, k=length))] = None
    return list(words)


def _milliseconds(asked: Sequence[str], call: Callable[[str], object]) -> float:
    """The median of single calls."""
    taken = []
    for text in asked:
        started = time.perf_counter()
        call(text)
        taken.append(time.perf_counter() - started)
    return round(1e3 * float(np.median(taken)), 4)


def _counter(titles: Sequence[str]) -> Callable[[Sequence[str]], int]:
    holders: dict[str, set[int]] = defaultdict(set)
    for at, title in enumerate(titles):
        for term in terms(title):
            holders[term].add(at)
    return lambda words: len(set.intersection(*(holders[terms(word)[0]] for word in words)))


def _tokens(text: str) -> list[Token]:
    tokens, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        tokens.append(Token(word, at, at + len(word)))
        at += len(word)
    return tokens


def _lexicon() -> list[LexiconRow]:
    return parse_lexicon((BUNDLED / "lexicon.tsv").read_text(encoding="utf-8"))


def _wait_for_words(shop: Shop) -> None:
    """Wait until a large shop has learnt its words, which suggestions show."""
    ends = time.monotonic() + WAIT_SECONDS
    while not any(shop.suggest(letter) for letter in "abcdefgh"):
        if time.monotonic() > ends:
            raise SystemExit("The shop has not learnt its words: it suggests nothing.")
        time.sleep(0.2)


def _share(hits: Sequence[bool]) -> dict[str, Any]:
    """A share with its Wilson interval at 95 % [Wilson 1927]."""
    count, z = len(hits), 1.96
    share = sum(hits) / count
    middle = (share + z * z / 2 / count) / (1 + z * z / count)
    half = z * (share * (1 - share) / count + z * z / 4 / count**2) ** 0.5 / (1 + z * z / count)
    return {"share": round(share, 4), "low": round(middle - half, 4), "high": round(middle + half, 4), "n": count}


if __name__ == "__main__":
    main()
