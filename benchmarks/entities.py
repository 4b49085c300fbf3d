"""Brands and categories found in Chinese titles that no gazetteer was built from, and how long it takes, as JSON.

`TONGGAN_DATA=FOLDER python -m benchmarks.entities [--fold N] [--speed]`. Protocol: the hand-marked titles are dealt
into five folds by the md5 of their id. For each fold a shop is made of the other folds' titles as a shop would have
them (title; brand; attribute `brand` with every text marked HPPX; categories with every text marked HCCX), cleaned and
indexed as an import does it, and `Gazetteer.learn` reads the index; where in a title the texts stand is not told.
Found spans of the held-out titles count where start, end and kind are exactly those marked. Constants were chosen on
fold 0: the figure is that of the other four. The titles are measured on only.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tonggan.catalogue.clean import clean_record
from tonggan.encode.words import normalize
from tonggan.index import IndexSchema, index_adapter
from tonggan.index.entries import WORD_FIELDS, entry_of
from tonggan.records import Entity, Expansion
from tonggan.understand.names.entities import find_entities
from tonggan.understand.names.expansion import expand
from tonggan.understand.names.gazetteer import Gazetteer
from tonggan.understand.retail_words import retail_words
from tonggan.understand.segmentation import segment

DATA = Path(os.environ.get("TONGGAN_DATA", Path(__file__).parents[2] / "shared" / "data"))

FOLDS, TUNED_ON = 5, 0

KINDS = {"HCCX": "category", "HPPX": "brand"}

TIMED = 5_000

Span = tuple[int, int, str]


def main() -> None:
    """Print the measures of all folds, or of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fold", type=int, choices=range(FOLDS), help="this fold alone")
    parser.add_argument("--speed", action="store_true", help="speed alone")
    options = parser.parse_args()
    measures: dict[str, Any] = {} if options.speed else titles(range(FOLDS) if options.fold is None else [options.fold])
    if options.fold is None:
        measures["speed"] = speed()
    print(json.dumps(measures, ensure_ascii=False, indent=2))


def titles(folds: Sequence[int] | range) -> dict[str, Any]:
    """Return precision, recall and F1 of exact spans: per fold, over the folds not tuned on, per way of finding."""
    marked = _marked_titles()
    counts: dict[str, dict[int, Counter[tuple[str, str]]]] = {}
    seconds = []
    for fold in folds:
        known = [title for title in marked if _fold(title["id"]) != fold]
        held_out = [title for title in marked if _fold(title["id"]) == fold]
        gazetteer, taken = _learnt(known)
        seconds.append(taken)
        for name, ways in _ways(gazetteer).items():
            counts.setdefault(name, {})[fold] = _counted(held_out, ways)
    return {
        "titles": len(marked),
        "learn_seconds": seconds,
        "by_fold": {name: {fold: _measures(each)["micro"] for fold, each in by.items()} for name, by in counts.items()},
        "folds_not_tuned_on": {
            name: _measures(sum((each for fold, each in by.items() if fold != TUNED_ON), Counter()))
            for name, by in counts.items()
        },
        "all_folds": {name: _measures(sum(by.values(), Counter())) for name, by in counts.items()},
    }


def speed() -> dict[str, Any]:
    """Return milliseconds per query of segmentation, entities and expansion, and seconds to learn a catalogue."""
    with gzip.open(DATA / "zh" / "queries.txt.gz", "rt", encoding="utf-8") as file:
        chinese = [line.rstrip("\n") for _, line in zip(range(TIMED), file, strict=False)]
    with (DATA / "icecat" / "queries.csv").open(encoding="utf-8", newline="") as file:
        english = [row["query"] for row in csv.DictReader(file)]
    start = time.perf_counter()
    retail_words()
    opened = time.perf_counter() - start
    taobao, taobao_seconds = _learnt(_marked_titles())
    with gzip.open(DATA / "icecat" / "products.jsonl.gz", "rt", encoding="utf-8") as file:
        icecat, icecat_seconds = _learnt_from([_icecat_record(json.loads(line)) for line in file])
    return {
        "lexicon_seconds": round(opened, 3),
        "taobao_learn_seconds": taobao_seconds,
        "icecat_learn_seconds": icecat_seconds,
        "segment": _times(chinese, segment),
        "taobao_queries": _times(chinese, lambda text: _understand(text, taobao)),
        "icecat_queries": _times(english * 20, lambda text: _understand(text, icecat)),
    }


def _understand(text: str, gazetteer: Gazetteer) -> tuple[Expansion, ...]:
    tokens = segment(text)
    return expand(tokens, find_entities(text, tokens, gazetteer), count=lambda words: int(words in gazetteer.names))


def _times(queries: Sequence[str], work: Callable[[str], object]) -> dict[str, float]:
    taken = []
    for query in map(normalize, queries):
        start = time.thread_time()  # What other processes take of a shared machine is not counted.
        work(query)
        taken.append(1000.0 * (time.thread_time() - start))
    points = statistics.quantiles(taken, n=100)
    return {
        "queries": len(taken),
        "p50_ms": round(points[49], 3),
        "p95_ms": round(points[94], 3),
        "p99_ms": round(points[98], 3),
    }


def _marked_titles() -> list[dict[str, Any]]:
    with gzip.open(DATA / "zh" / "taobao_titles.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _fold(name: str) -> int:
    return int(hashlib.md5(name.encode()).hexdigest(), 16) % FOLDS


def _learnt(marked: Sequence[Mapping[str, Any]]) -> tuple[Gazetteer, float]:
    return _learnt_from([_record(title) for title in marked])


def _learnt_from(records: Sequence[Mapping[str, Any]]) -> tuple[Gazetteer, float]:
    """The names of a catalogue cleaned and indexed as an import does it, and the seconds that learning them took."""
    products = [product for record in records if (product := clean_record(record).product)]
    with tempfile.TemporaryDirectory() as folder:
        index = index_adapter("zvec").create(folder, IndexSchema({}, dict(WORD_FIELDS), ""))
        index.apply([entry_of(product, {}) for product in products], position=1)
        start = time.perf_counter()
        gazetteer = Gazetteer.learn(index.view(), retail_words())
        taken = round(time.perf_counter() - start, 2)
        index.close()
    return gazetteer, taken


def _record(title: Mapping[str, Any]) -> dict[str, Any]:
    texts = {
        kind: list(dict.fromkeys(t for label, _, _, t in title["spans"] if KINDS.get(label) == kind))
        for kind in KINDS.values()
    }
    return {
        "id": title["id"],
        "title": title["title"],
        "brand": texts["brand"][0] if texts["brand"] else "",
        "categories": texts["category"],
        "attributes": {"brand": texts["brand"]} if texts["brand"] else {},
    }


def _icecat_record(row: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {name: [str(value)] for name, value in row["attributes"].items()}
    wanted = {"id": row["id"], "title": row["title"], "brand": row["brand"], "description": row["short_description"]}
    return wanted | {"categories": [row["product_type"]] if row["product_type"] else [], "attributes": attributes}


def _ways(gazetteer: Gazetteer) -> dict[str, Gazetteer]:
    """The lexicon alone, names and their precision without surroundings, and all of it."""
    return {
        "lexicon_alone": Gazetteer.of([], retail_words()),
        "names_without_context": replace(gazetteer, tagger=None),
        "full": gazetteer,
    }


def _counted(marked: Iterable[Mapping[str, Any]], gazetteer: Gazetteer) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for title in marked:
        text = normalize(title["title"])
        wanted = {_cleaned_span(title["title"], span) for span in title["spans"] if span[0] in KINDS}
        found = {
            _span(entity) for entity in find_entities(text, segment(text), gazetteer) if entity.kind in KINDS.values()
        }
        for name, spans in (("right", found & wanted), ("wrong", found - wanted), ("missed", wanted - found)):
            counts.update((name, kind) for _, _, kind in spans)
    return counts


def _span(entity: Entity) -> Span:
    return entity.start, entity.end, entity.kind


def _cleaned_span(title: str, span: Sequence[Any]) -> Span:
    """Where a marked stretch stands once the title is cleaned, which may change its length."""
    label, start, end, _ = span
    return len(normalize(title[:start])), len(normalize(title[:end])), KINDS[label]


def _measures(counts: Counter[tuple[str, str]]) -> dict[str, Any]:
    rows = {kind: _row(counts, [kind]) for kind in KINDS.values()}
    return rows | {"micro": _row(counts, list(KINDS.values()))}


def _row(counts: Counter[tuple[str, str]], kinds: Sequence[str]) -> dict[str, float]:
    right, wrong, missed = (sum(counts[name, kind] for kind in kinds) for name in ("right", "wrong", "missed"))
    return {
        "precision": round(right / max(1, right + wrong), 4),
        "recall": round(right / max(1, right + missed), 4),
        "f1": round(2 * right / max(1, 2 * right + wrong + missed), 4),
    }


if __name__ == "__main__":
    main()
