"""Claims about words: English search on Icecat and Home Depot, and Chinese and English product names for each other."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.pack_claims.trial import DATA, MERGED, REMARK, Questions, Scope, Stock, claim, filled_shop, judged

from tonggan.encode.lexicon import parse_lexicon
from tonggan.encode.words import normalize
from tonggan.evaluate import EvaluationQuery
from tonggan.packs.library import BUNDLED

PAIRS = Path(__file__).parents[2] / "tests" / "evaluate" / "cross_language_pairs.tsv"

SEARCHES: Mapping[str, Mapping[str, Any]] = {
    "words": {"channels": "words"},
    "text": {"channels": "text"},
    "merged": MERGED,
}
"""Words alone, vectors of texts alone, and what the shop serves."""

RELEVANT = 2.6
"""Least mean grade of Home Depot, from 1 to 3, that counts as relevant: the one of the reference numbers."""

HOME_DEPOT_QUERIES = 1_000

TUNED_ON_SEED, TUNED_ON = 5, 400
"""The first so many queries of this draw chose `text_weight` of the merge; they are not asked here."""

SEEN_IN_TUNING = "settings of retrieval and of the text space were chosen with these queries in sight"

LEAKS = "left out, whole rows of the lexicon"
"""Pairs that are not asked; there must be none, so that the run fails at its end."""

LANGUAGE_POOL = 5_000
"""Texts among which an equivalent is looked for."""


def icecat(scope: Scope) -> dict[str, Any]:
    """Return nDCG@10 on the queries of Icecat that have an answer."""
    products = read_json_lines(DATA / "icecat" / "products.jsonl.gz")
    asked = scope.few([row for row in read_csv(DATA / "icecat" / "queries.csv") if int(row["best_grade"]) > 0])
    grades: dict[str, dict[str, float]] = defaultdict(dict)
    for row in read_csv(DATA / "icecat" / "grades.csv"):
        grades[row["query_id"]][row["product_id"]] = float(row["grade"])
    queries = [EvaluationQuery(row["query_id"], text=row["query"]) for row in asked]
    qrels = {query.query_id: grades[query.query_id] for query in queries}
    records = _around(products, _graded(qrels), scope, key="id")
    return _compared(scope, Stock(records), Questions(queries, qrels, ["nDCG@10"])) | {REMARK: SEEN_IN_TUNING}


def home_depot(scope: Scope) -> dict[str, Any]:
    """Return recall on queries of Home Depot that nothing was tuned on."""
    grades: dict[str, dict[str, float]] = defaultdict(dict)
    for row in read_csv(DATA / "homedepot" / "pairs.csv.gz"):
        grades[row["query"]][row["product_uid"]] = float(row["grade"])
    chosen = scope.few(_untouched(grades, seed=scope.seed))
    queries = [EvaluationQuery(words, text=words) for words in chosen]
    qrels = {words: grades[words] for words in chosen}
    products = read_csv(DATA / "homedepot" / "products.csv.gz")
    measures = [f"R(rel={RELEVANT})@10", f"R(rel={RELEVANT})@100"]
    stock = Stock(_around(products, _graded(qrels), scope, key="product_uid"))
    return _compared(scope, stock, Questions(queries, qrels, measures))


def chinese_to_english(scope: Scope) -> dict[str, Any]:
    """Return how often a Chinese name finds its English equivalent among titles of Home Depot."""
    return _across(scope, asked="zh", sold="en", others=_english_titles)


def english_to_chinese(scope: Scope) -> dict[str, Any]:
    """Return how often an English name finds its Chinese equivalent among titles of Chinese shops."""
    return _across(scope, asked="en", sold="zh", others=_chinese_titles)


def _compared(scope: Scope, stock: Stock, questions: Questions) -> dict[str, Any]:
    rows = {}
    for pack in scope.packs:
        with filled_shop(stock, pack) as shop:
            rows[pack] = judged(shop, questions, SEARCHES, products=len(stock.records), seed=scope.seed)
    return claim(questions, rows, products=len(stock.records))


def _untouched(grades: Mapping[str, Mapping[str, float]], *, seed: int) -> list[str]:
    answerable = sorted(words for words, own in grades.items() if max(own.values()) >= RELEVANT)
    shuffled = list(answerable)
    random.Random(TUNED_ON_SEED).shuffle(shuffled)
    touched = set(shuffled[:TUNED_ON])
    left = [words for words in answerable if words not in touched]
    return random.Random(seed).sample(left, HOME_DEPOT_QUERIES)


def _across(scope: Scope, *, asked: str, sold: str, others: Callable[[], Sequence[str]]) -> dict[str, Any]:
    pairs = pairs_of_languages()
    known = _whole_rows(pairs)
    own = {f"pair{at:04d}": pair for at, pair in enumerate(pairs)}
    records = [{"id": product_id, "title": pair[sold]} for product_id, pair in own.items()]
    taken = {normalize(pair[sold]) for pair in pairs}
    titles = [title for title in dict.fromkeys(others()) if normalize(title) not in taken]
    drawn = scope.few(random.Random(scope.seed).sample(titles, LANGUAGE_POOL - len(pairs)))
    records += [{"id": f"other{at:04d}", "title": title} for at, title in enumerate(drawn)]
    named: dict[str, list[str]] = defaultdict(list)
    for product_id, pair in own.items():
        if pair["zh"] not in known:
            named[pair[asked]].append(product_id)
    questions = Questions.of_words(
        {words: named[words] for words in scope.few(list(named))}, ["Success@10", "Success@1"]
    )
    return _compared(scope, Stock(records), questions) | {LEAKS: known}


def pairs_of_languages() -> list[dict[str, str]]:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _whole_rows(pairs: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the Chinese of pairs that are whole rows of the lexicon, in either script: these would be looked up."""
    rows = parse_lexicon((BUNDLED / "lexicon.tsv").read_text(encoding="utf-8"))
    known = {row.normalized for row in rows}
    return [pair["zh"] for pair in pairs if normalize(pair["zh"]) in known]


def _english_titles() -> list[str]:
    return [row["title"] for row in read_csv(DATA / "homedepot" / "products.csv.gz")]


def _chinese_titles() -> list[str]:
    """Titles of Taobao, and the names of two shops, since the former are too few."""
    goods = [
        *read_json_lines(DATA / "zh" / "litemall_goods.jsonl"),
        *read_json_lines(DATA / "zh" / "newbee_goods.jsonl"),
    ]
    titles = [record["title"] for record in read_json_lines(DATA / "zh" / "taobao_titles.jsonl.gz")]
    return [*titles, *(str(record.get("name") or record.get("title")) for record in goods)]


def _graded(qrels: Mapping[str, Mapping[str, float]]) -> set[str]:
    return {product_id for own in qrels.values() for product_id in own}


def _around(
    products: Sequence[Mapping[str, Any]], graded: set[str], scope: Scope, *, key: str
) -> list[Mapping[str, Any]]:
    """Return the whole catalogue, or within a limit the graded products and some others."""
    others = {product[key] for product in scope.few([each for each in products if each[key] not in graded])}
    return [product for product in products if product[key] in graded or product[key] in others]


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    with _opened(path) as lines:
        return [json.loads(line) for line in lines]


def read_csv(path: Path) -> list[dict[str, str]]:
    with _opened(path) as lines:
        return list(csv.DictReader(lines))


def _opened(path: Path) -> Any:
    opener = gzip.open if path.suffix == ".gz" else open
    return opener(path, "rt", encoding="utf-8", newline="")
