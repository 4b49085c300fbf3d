"""Word vectors or a small transformer: what each finds alone and beside the catalogue's topics, and costs, as JSON.

`TONGGAN_DATA=FOLDER python -m benchmarks.text_candidates [--static PACK] [--student PACK | --work FOLDER --wordnet
FOLDER --minutes N] [--teacher]`. Without `--student` the transformer is trained first, from the texts and the kept rows
of the teacher that `tonggan learn pack` uses, and written into the work folder; `--teacher` adds the teacher's own row.
Everything runs on one thread, and times are those of the processor, without what other work takes. Icecat and Home
Depot are judged with the product's own reader and measures; Chinese by the committed pairs among 5,000 titles. Needs
the extras `train` and `packs`.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
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
from tonggan.evaluate import Evaluation, EvaluationQuery, Qrels, evaluate_rows, read_qrels, read_queries
from tonggan.feed import open_feed
from tonggan.feed.grouping import grouped
from tonggan.index.entries import text_of
from tonggan.learn.pack.teacher import DIMENSION, teach
from tonggan.learn.pack.text_corpus import read_corpus
from tonggan.learn.pack.text_part import _kept_rows as kept_rows
from tonggan.packs import Pack
from tonggan.packs.folder import PartFiles, read_pack
from tonggan.packs.library import BUNDLED
from tonggan.records import Product, Refusal, Vectors

DATA = Path(os.environ.get("TONGGAN_DATA", Path(__file__).parents[2] / "shared" / "data"))
PAIRS = Path(__file__).parents[1] / "tests" / "evaluate" / "cross_language_pairs.tsv"

SHORT = "icecat, title and description"
"""The trial that the teacher takes too."""

RELEVANT = 2.6
"""Least mean grade of Home Depot, from 1 to 3, that counts as relevant."""

DRAWN, DRAWN_SEED = 1_000, 12
"""Queries of Home Depot; constants of the word vectors were chosen on another draw, which shares some with this one."""

POOL = 5_000
"""English titles among which the equivalent of a Chinese query is looked for."""

TIMED, TIMED_QUERIES, UNCOUNTED = 2_000, 300, 20
"""Documents and queries that are timed, and of the queries the first, which warm up."""

SETTINGS = EncodeSettings(threads=1)

TEXTS: Mapping[str, Callable[[Product], str]] = {
    "title and description": lambda product: f"{product.title}\n{product.brand}\n{product.description}",
    "whole text": text_of,
}
"""What stands for a product: the short text that a transformer reads whole, and what shops give to encoders."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoder with how many numbers it learnt; those that are not `is_quick` have one trial only."""

    encoder: Encoder
    parameters: int
    is_quick: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """Documents by id, queries and their grades, and the measure of both."""

    ids: Sequence[str]
    texts: Sequence[str]
    queries: Sequence[EvaluationQuery]
    qrels: Qrels
    measure: str


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
    return len(PartFiles(pack, "text").arrays()["scales"]) * (dim + 1)


def measured(candidates: Mapping[str, Candidate]) -> dict[str, Any]:
    """Return what candidates cost, and what they find on Icecat, on Home Depot and with Chinese queries.

    Costs come first: encoders keep the queries that they have seen.
    """
    products = icecat_products()
    trials = {f"icecat, {kind}": icecat(products, text) for kind, text in TEXTS.items()} | {"home depot": home_depot()}
    asked = [query.text for query in trials["home depot"].queries]
    spent = {name: costs(each, trials[SHORT].texts[:TIMED], asked) for name, each in candidates.items()}
    quick = {name: each for name, each in candidates.items() if each.is_quick}
    found = {name: columns(candidates if name == SHORT else quick, trial) for name, trial in trials.items()}
    return {
        "costs": spent,
        **found,
        "chinese_to_english_at_10": {name: language_recall(each.encoder) for name, each in quick.items()},
    }


def icecat_products() -> list[Product]:
    """Return the catalogue as an import would keep it."""
    groups = grouped(open_feed(DATA / "icecat" / "products.jsonl.gz"))
    cleaned = (clean(group, default_currency="USD").product for group in groups if not isinstance(group, Refusal))
    return [product for product in cleaned if product is not None]


def icecat(products: Sequence[Product], text: Callable[[Product], str]) -> Trial:
    """Return the electronics catalogue with its 77 queries that have an answer; the others count in no measure."""
    return Trial(
        [product.id for product in products],
        [text(product) for product in products],
        read_queries(DATA / "icecat" / "queries.csv").queries,
        read_qrels(DATA / "icecat" / "grades.csv").qrels,
        "nDCG@10",
    )


def home_depot() -> Trial:
    """Return the hardware titles with queries drawn from those that have a relevant product."""
    titles = home_depot_titles()
    qrels = read_qrels(DATA / "homedepot" / "pairs.csv.gz").qrels
    answered = sorted(query for query, grades in qrels.items() if max(grades.values()) >= RELEVANT)
    drawn = random.Random(DRAWN_SEED).sample(answered, DRAWN)
    queries = [EvaluationQuery(query, text=query) for query in drawn]
    return Trial([*titles], [*titles.values()], queries, qrels, f"R(rel={RELEVANT})@100")


def home_depot_titles() -> dict[str, str]:
    """Return titles by product id."""
    with gzip.open(DATA / "homedepot" / "products.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return {row["product_uid"]: row["title"] for row in csv.DictReader(file)}


def columns(candidates: Mapping[str, Candidate], trial: Trial) -> dict[str, Any]:
    """Return the measure of each candidate alone and with topics, and its gain over the first in the same column."""
    asked = [query.text for query in trial.queries]
    topics = TfidfSvdEncoder.fit(trial.texts)
    local = topics.encode_document(trial.texts), topics.encode_query(asked)
    tables = {name: encoded(each.encoder, trial.texts, asked) for name, each in candidates.items()}
    joined = {
        name: (with_topics(documents, local[0]), with_topics(queries, local[1]))
        for name, (documents, queries) in tables.items()
    }
    return {"alone": compared({**tables, "topics only": local}, trial), "with topics": compared(joined, trial)}


def encoded(encoder: Encoder, texts: Sequence[str], queries: Sequence[str]) -> tuple[Vectors, Vectors]:
    return encoder.encode_document(texts), encoder.encode_query(queries)


def with_topics(rows: Vectors, topics: Vectors) -> Vectors:
    """Return rows as shops keep them: what the encoder and the catalogue's topics hear, each with its share."""
    return unit_rows(np.hstack([rows * (1 - TOPICS_SHARE) ** 0.5, topics * TOPICS_SHARE**0.5]))


def compared(tables: Mapping[str, tuple[Vectors, Vectors]], trial: Trial) -> dict[str, Any]:
    """Return the measure of each table of documents and queries with intervals, and its gain over the first."""
    places, ids = {query.query_id: place for place, query in enumerate(trial.queries)}, np.array(trial.ids)

    def search(rows: tuple[Vectors, Vectors], query: EvaluationQuery, depth: int) -> list[str]:
        scores = rows[0] @ rows[1][places[query.query_id]]
        return [str(each) for each in ids[np.argsort(-scores, kind="stable")[:depth]]]

    searches = {name: partial(search, rows) for name, rows in tables.items()}
    rows = evaluate_rows(
        searches, trial.queries, trial.qrels, measures=[trial.measure], product_count=len(trial.ids)
    ).rows
    return {row.name: told(row, trial.measure) for row in rows}


def told(row: Evaluation, measure: str) -> dict[str, float]:
    """Return a row's mean with its interval, and its paired difference where it has one."""
    result, difference = row.results[0], row.differences.get(measure)
    figures = {measure: result.mean, "low": result.low, "high": result.high, "queries": result.queries}
    if difference:
        gain = (difference.mean, difference.low, difference.high, difference.p_value)
        figures |= dict(zip(("gain", "gain_low", "gain_high", "p"), gain, strict=True))
    return {name: round(value, 4) for name, value in figures.items()}


def language_pairs() -> list[tuple[str, str]]:
    """Return short Chinese queries with their English equivalents."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return [(row["zh"], row["en"]) for row in csv.DictReader(file, delimiter="\t")]


def language_recall(encoder: Encoder) -> float:
    """Return the share of Chinese queries whose equivalent is among the ten nearest of the pool."""
    pairs = language_pairs()
    others = list(home_depot_titles().values())[: POOL - len(pairs)]
    rows = encoder.encode_document([english for _, english in pairs] + others)
    scores = encoder.encode_query([chinese for chinese, _ in pairs]) @ rows.T
    own = np.diagonal(scores)[:, None]
    return round(float(np.mean((scores > own).sum(axis=1) < 10)), 4)


def costs(candidate: Candidate, texts: Sequence[str], queries: Sequence[str]) -> dict[str, float]:
    """Return parameters, the median of a query alone, and how many documents one core encodes a second."""
    encoder, times = candidate.encoder, []
    for query in queries[:TIMED_QUERIES]:
        start = time.process_time()
        encoder.encode_query([query])
        times.append(time.process_time() - start)
    start = time.process_time()
    encoder.encode_document(texts)
    seconds = time.process_time() - start
    return {
        "parameters": candidate.parameters,
        "query_p50_ms": round(1000 * float(np.median(times[UNCOUNTED:])), 4),
        "documents_per_second": round(len(texts) / seconds),
    }


if __name__ == "__main__":
    main()
