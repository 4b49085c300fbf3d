"""Word vectors or a small transformer: what each finds alone and beside the catalogue's topics, and costs, as JSON.

`TONGGAN_DATA=FOLDER python -m benchmarks.text_candidates [--static PACK] [--student PACK | --work FOLDER --wordnet
FOLDER --minutes N] [--teacher]`. Without `--student` the transformer is trained first, from the texts and the kept rows
of the teacher that `tonggan learn pack` uses, and written into the work folder; `--teacher` adds the teacher's own row.
Everything runs on one thread, and times are those of the processor, without what other work takes. Icecat is judged as
`tonggan evaluate` does, with the product's own reader and measures; Chinese by the committed pairs among 5,000 titles
of Home Depot. Needs the extras `train` and `packs`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.text_student import InEnglish, learn_student, new_student, token_numbers, write_student

from tonggan.align.senses import TOPICS_SHARE
from tonggan.catalogue.clean import clean
from tonggan.encode import Encoder, EncodeSettings, open_encoder
from tonggan.encode.lexicon import LexiconRow, parse_lexicon
from tonggan.encode.rows import unit_rows
from tonggan.encode.text import TfidfSvdEncoder
from tonggan.evaluate import Evaluation, EvaluationQuery, evaluate_rows, read_qrels, read_queries
from tonggan.feed import open_feed
from tonggan.feed.grouping import grouped
from tonggan.index.entries import text_of
from tonggan.learn.pack.teacher import DIMENSION, teach
from tonggan.learn.pack.text_corpus import read_corpus
from tonggan.learn.pack.text_part import _kept_rows as kept_rows
from tonggan.packs import Pack
from tonggan.packs.folder import read_pack
from tonggan.packs.library import BUNDLED
from tonggan.records import Product, Refusal, Vectors

DATA = Path(os.environ.get("TONGGAN_DATA", Path(__file__).parents[2] / "shared" / "data"))
PAIRS = Path(__file__).parents[1] / "tests" / "evaluate" / "cross_language_pairs.tsv"

MEASURE = "nDCG@10"

POOL = 5_000
"""English titles among which the equivalent of a Chinese query is looked for."""

TIMED = 2_000
"""Documents that are timed."""

SETTINGS = EncodeSettings(threads=1)

TEXTS: Mapping[str, Callable[[Product], str]] = {
    "title and description": lambda product: f"{product.title}\n{product.brand}\n{product.description}",
    "whole text": text_of,
}
"""What stands for a product: the short text that a transformer reads whole, and what shops give to encoders."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoder with how many numbers it learnt; `is_quick` ones are also judged on whole texts."""

    encoder: Encoder
    parameters: int
    is_quick: bool = True


class Teacher:
    """The teacher as an encoder: the row that the transformer imitates."""

    modality, dim = "text", DIMENSION

    def encode_query(self, items: Sequence[str]) -> Vectors:
        """Return one row per query."""
        return teach(items)

    def encode_document(self, items: Sequence[str]) -> Vectors:
        """Return one row per text."""
        return teach(items)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--static", type=Path, default=BUNDLED, help="pack with the word vectors")
    parser.add_argument("--student", type=Path, help="pack of a transformer that was trained before")
    parser.add_argument("--work", type=Path, default=Path("work"), help="work folder of `tonggan learn pack`")
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--minutes", type=float, default=8.0, help="of training")
    parser.add_argument("--teacher", action="store_true", help="add the teacher's own row")
    options = parser.parse_args()
    torch.set_num_threads(1)
    lexicon = parse_lexicon((BUNDLED / "lexicon.tsv").read_text(encoding="utf-8"))
    student = read_pack(options.student) if options.student else taught(lexicon, options)
    candidates = dict(opened(read_pack(options.static), student, lexicon))
    if options.teacher:
        candidates["teacher"] = Candidate(Teacher(), 22_713_216, is_quick=False)
    print(json.dumps({"training": student.measures, **measured(candidates)}, indent=2, ensure_ascii=False))


def taught(lexicon: Sequence[LexiconRow], options: argparse.Namespace) -> Pack:
    """Return the pack of a transformer that is trained now."""
    texts = read_corpus(lexicon, wordnet=options.wordnet, shops=DATA / "shops", seed=0).texts
    targets = kept_rows(texts, options.work / "teacher", tell=lambda *_: None)
    student = new_student()
    lesson = learn_student(student, token_numbers(texts), targets, minutes=options.minutes)
    return write_student(student, lesson, options.work)


def opened(static: Pack, student: Pack, lexicon: Sequence[LexiconRow]) -> Iterator[tuple[str, Candidate]]:
    """Yield the candidates by name, the reference first."""
    words = open_encoder(static, "text", settings=SETTINGS)
    yield "word vectors", Candidate(words, static_parameters(static, words.dim))
    for name, part in (("transformer", "text"), ("transformer, int8", "text-small")):
        encoder = InEnglish(open_encoder(student, part, settings=SETTINGS), lexicon)
        yield name, Candidate(encoder, int(student.measures["parameters"]))


def static_parameters(pack: Pack, dim: int) -> int:
    """Return how many numbers a table of word vectors has; each is a byte on disk."""
    from tonggan.packs.folder import PartFiles

    return len(PartFiles(pack, "text").arrays()["scales"]) * (dim + 1)


def measured(candidates: Mapping[str, Candidate]) -> dict[str, Any]:
    """Return the figures of candidates on Icecat, on Chinese queries, and their costs."""
    products, queries = icecat_products(), read_queries(DATA / "icecat" / "queries.csv").queries
    quick = {name: each for name, each in candidates.items() if each.is_quick}
    icecat = {
        kind: icecat_rows(candidates if at == 0 else quick, products, queries, text=text)
        for at, (kind, text) in enumerate(TEXTS.items())
    }
    texts = [TEXTS["title and description"](product) for product in products[:TIMED]]
    asked = [query.text for query in queries] + [side for pair in language_pairs() for side in pair]
    return {
        "icecat": icecat,
        "chinese_to_english_at_10": {name: language_recall(each.encoder) for name, each in quick.items()},
        "costs": {name: costs(each, texts, asked) for name, each in candidates.items()},
    }


def icecat_products() -> list[Product]:
    """Return the catalogue as an import would keep it."""
    groups = grouped(open_feed(DATA / "icecat" / "products.jsonl.gz"))
    cleaned = (clean(group, default_currency="USD").product for group in groups if not isinstance(group, Refusal))
    return [product for product in cleaned if product is not None]


def icecat_rows(
    candidates: Mapping[str, Candidate],
    products: Sequence[Product],
    queries: Sequence[EvaluationQuery],
    *,
    text: Callable[[Product], str],
) -> dict[str, Any]:
    """Return nDCG@10 of each candidate alone and with topics, and its difference from the first in the same column."""
    texts, asked = [text(product) for product in products], [query.text for query in queries]
    topics = TfidfSvdEncoder.fit(texts)
    local = topics.encode_document(texts), topics.encode_query(asked)
    tables = {name: encoded(each.encoder, texts, asked) for name, each in candidates.items()}
    joined = {name: tuple(map(with_topics, rows, local)) for name, rows in tables.items()}
    columns = {"alone": {**tables, "topics only": local}, "with topics": joined}
    ids = np.array([product.id for product in products])
    return {column: compared(rows, ids, queries) for column, rows in columns.items()}


def encoded(encoder: Encoder, texts: Sequence[str], queries: Sequence[str]) -> tuple[Vectors, Vectors]:
    return encoder.encode_document(texts), encoder.encode_query(queries)


def with_topics(rows: Vectors, topics: Vectors) -> Vectors:
    """Return rows as shops keep them: what the encoder and the catalogue's topics hear, each with its share."""
    return unit_rows(np.hstack([rows * (1 - TOPICS_SHARE) ** 0.5, topics * TOPICS_SHARE**0.5]))


def compared(
    tables: Mapping[str, tuple[Vectors, Vectors]], ids: np.ndarray, queries: Sequence[EvaluationQuery]
) -> dict[str, Any]:
    """Return the measure of each table of documents and queries with intervals, and its gain over the first."""
    places = {query.query_id: place for place, query in enumerate(queries)}

    def search(rows: tuple[Vectors, Vectors], query: EvaluationQuery, depth: int) -> list[str]:
        scores = rows[0] @ rows[1][places[query.query_id]]
        return [str(each) for each in ids[np.argsort(-scores, kind="stable")[:depth]]]

    searches = {name: partial(search, rows) for name, rows in tables.items()}
    qrels = read_qrels(DATA / "icecat" / "grades.csv").qrels
    rows = evaluate_rows(searches, queries, qrels, measures=[MEASURE], product_count=len(ids)).rows
    return {row.name: told(row) for row in rows}


def told(row: Evaluation) -> dict[str, Any]:
    """Return a row's mean with its interval, and its paired difference where it has one."""
    result = row.results[0]
    figures = {"mean": result.mean, "low": result.low, "high": result.high}
    difference = row.differences.get(MEASURE)
    gain = (
        {"gain": difference.mean, "gain_low": difference.low, "gain_high": difference.high, "p": difference.p_value}
        if difference
        else {}
    )
    return {name: round(value, 4) for name, value in (figures | gain).items()} | {"queries": result.queries}


def language_pairs() -> list[tuple[str, str]]:
    """Return short Chinese queries with their English equivalents."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return [(row["zh"], row["en"]) for row in csv.DictReader(file, delimiter="\t")]


def language_recall(encoder: Encoder) -> float:
    """Return the share of Chinese queries whose equivalent is among the ten nearest of the pool."""
    pairs = language_pairs()
    offers = (
        each for each in open_feed(DATA / "homedepot" / "products.csv.gz").offers() if not isinstance(each, Refusal)
    )
    others = [offer.values["title"][0] for offer in islice(offers, POOL - len(pairs))]
    rows = encoder.encode_document([english for _, english in pairs] + others)
    scores = encoder.encode_query([chinese for chinese, _ in pairs]) @ rows.T
    own = np.diagonal(scores)[:, None]
    return round(float(np.mean((scores > own).sum(axis=1) < 10)), 4)


def costs(candidate: Candidate, texts: Sequence[str], queries: Sequence[str]) -> dict[str, float]:
    """Return parameters, the median of a query alone, and how many documents one core encodes a second."""
    encoder, times = candidate.encoder, []
    encoder.encode_query(["warm up"])
    for query in dict.fromkeys(queries):
        start = time.thread_time()
        encoder.encode_query([query])
        times.append(time.thread_time() - start)
    start = time.process_time()
    encoder.encode_document(texts)
    seconds = time.process_time() - start
    return {
        "parameters": candidate.parameters,
        "query_p50_ms": round(1000 * float(np.median(times[len(times) // 20 :])), 4),
        "documents_per_second": round(len(texts) / seconds),
    }


if __name__ == "__main__":
    main()
