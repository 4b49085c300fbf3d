"""What should carry words: our postings, zvec's text field, zvec's sparse vectors, or tantivy? Prints JSON.

    TONGGAN_DATA=../shared/data python -m benchmarks.word_carriers --products 50000

Titles are those of Home Depot where the working data are there (recombined with a fixed seed beyond their number),
drawn words otherwise. Every carrier gets the same terms. `score_recall_at_10` is the BM25 of a carrier's ten best
products over that of the ten truly best. `whole_set` is the time to name every product with at least one of the terms,
which counts and facets need; zvec names 1,024 at most. `writing` is measured beside 500 new products a second that
nobody has optimized.
"""

from __future__ import annotations

import argparse
import csv
import gc
import gzip
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from tonggan.encode.words import terms
from tonggan.index import Entry, IndexSchema, index_adapter
from tonggan.index.scoring import K1, B, inverse_document_frequency

QUERIES = 200
WRITES_PER_SECOND = 500
WRITE_BATCH = 50
WRITING_SECONDS = 4.0
DRAWN_VOCABULARY = 30_000
ZVEC_BATCH = 1024
ZVEC_TOP = 1024


class Carrier(Protocol):
    """What is asked of a carrier; documents are lists of terms, numbered from 0."""

    def add(self, documents: Sequence[Sequence[str]], first: int) -> None: ...
    def finish(self) -> None: ...
    def best(self, query: Sequence[str]) -> list[int]: ...
    def whole_set(self, query: Sequence[str]) -> int: ...


class Postings:
    """Our own: numpy postings with the impact of each term precomputed."""

    def __init__(self, folder: str, documents: Sequence[Sequence[str]]) -> None:
        self.index = index_adapter("zvec").create(folder, IndexSchema({}, {"title": 1.0}, "carriers"))

    def add(self, documents: Sequence[Sequence[str]], first: int) -> None:
        entries = [Entry(str(first + place), {"title": document}) for place, document in enumerate(documents)]
        self.index.apply(entries, position=first)

    def finish(self) -> None:
        self.index.optimize(wait=True)

    def best(self, query: Sequence[str]) -> list[int]:
        view = self.index.view()
        match = view.match(dict.fromkeys(query, 1.0))
        keep = np.argpartition(-match.scores, 10)[:10] if len(match.rows) > 10 else np.arange(len(match.rows))
        return [int(name) for name in view.ids(match.rows[keep[np.argsort(-match.scores[keep])]])]

    def whole_set(self, query: Sequence[str]) -> int:
        return len(self.index.view().match(dict.fromkeys(query, 1.0)).rows)


class ZvecText:
    """zvec's full-text field over terms joined by blanks."""

    def __init__(self, folder: str, documents: Sequence[Sequence[str]]) -> None:
        import zvec

        index = zvec.FtsIndexParam(tokenizer_name="whitespace", filters=[])
        fields = [zvec.FieldSchema("title", zvec.DataType.STRING, index_param=index)]
        self.collection = zvec.create_and_open(f"{folder}/text", zvec.CollectionSchema("text", fields=fields))

    def add(self, documents: Sequence[Sequence[str]], first: int) -> None:
        import zvec

        for start in range(0, len(documents), ZVEC_BATCH):
            part = documents[start : start + ZVEC_BATCH]
            docs = [zvec.Doc(str(first + start + n), fields={"title": " ".join(item)}) for n, item in enumerate(part)]
            self.collection.upsert(docs)

    def finish(self) -> None:
        self.collection.optimize()

    def best(self, query: Sequence[str]) -> list[int]:
        return self._search(query, 10)

    def whole_set(self, query: Sequence[str]) -> int:
        return len(self._search(query, ZVEC_TOP))

    def _search(self, query: Sequence[str], count: int) -> list[int]:
        import zvec

        asked = zvec.Query("title", fts=zvec.Fts(match_string=" ".join(query)))
        return [int(item.id) for item in self.collection.query(asked, topk=count, output_fields=[])]


class ZvecSparse:
    """zvec's sparse vectors: our BM25 impacts against our inverse document frequencies."""

    def __init__(self, folder: str, documents: Sequence[Sequence[str]]) -> None:
        import zvec

        index = zvec.HnswIndexParam(metric_type=zvec.MetricType.IP, m=16, ef_construction=100)
        vector = zvec.VectorSchema("title", zvec.DataType.SPARSE_VECTOR_FP32, index_param=index)
        self.collection = zvec.create_and_open(f"{folder}/sparse", zvec.CollectionSchema("sparse", vectors=[vector]))
        self.average = float(np.mean([len(document) for document in documents]))
        self.codes: dict[str, int] = {}
        self.frequencies = document_frequencies(documents)
        self.count = len(documents)

    def add(self, documents: Sequence[Sequence[str]], first: int) -> None:
        import zvec

        for start in range(0, len(documents), ZVEC_BATCH):
            part = documents[start : start + ZVEC_BATCH]
            docs = [
                zvec.Doc(str(first + start + n), vectors={"title": self._impacts(item)}) for n, item in enumerate(part)
            ]
            self.collection.upsert(docs)

    def finish(self) -> None:
        self.collection.optimize()

    def best(self, query: Sequence[str]) -> list[int]:
        return self._search(query, 10)

    def whole_set(self, query: Sequence[str]) -> int:
        return len(self._search(query, ZVEC_TOP))

    def _impacts(self, document: Sequence[str]) -> dict[int, float]:
        return {self.codes.setdefault(t, len(self.codes)): impact(document, t, self.average) for t in set(document)}

    def _search(self, query: Sequence[str], count: int) -> list[int]:
        import zvec

        weights = {
            self.codes[term]: inverse_document_frequency(self.frequencies.get(term, 0), self.count)
            for term in query
            if term in self.codes
        }
        if not weights:
            return []
        asked = zvec.Query("title", vector=weights, param=zvec.HnswQueryParam(ef=max(128, count)))
        return [int(item.id) for item in self.collection.query(asked, topk=count, output_fields=[])]


class Tantivy:
    """tantivy over terms joined by blanks; a document is visible after a commit."""

    def __init__(self, folder: str, documents: Sequence[Sequence[str]]) -> None:
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_text_field("title", stored=False, tokenizer_name="whitespace")
        builder.add_unsigned_field("number", stored=True, fast=True)
        self.schema = builder.build()
        Path(folder, "tantivy").mkdir()
        self.index = tantivy.Index(self.schema, path=f"{folder}/tantivy")
        self.writer = self.index.writer(heap_size=128_000_000, num_threads=1)

    def add(self, documents: Sequence[Sequence[str]], first: int) -> None:
        import tantivy

        for place, document in enumerate(documents):
            made = tantivy.Document()
            made.add_text("title", " ".join(document))
            made.add_unsigned("number", first + place)
            self.writer.add_document(made)
        self.writer.commit()
        self.index.reload()

    def finish(self) -> None:
        """Commits merge by themselves."""

    def best(self, query: Sequence[str]) -> list[int]:
        searcher = self.index.searcher()
        hits = searcher.search(self._query(query), 10, count=False).hits
        return [searcher.doc(address)["number"][0] for _, address in hits]

    def whole_set(self, query: Sequence[str]) -> int:
        searcher = self.index.searcher()
        hits = searcher.search(self._query(query), searcher.num_docs, count=False).hits
        return len(searcher.fast_field_values("number", [address for _, address in hits]))

    def _query(self, query: Sequence[str]) -> Any:
        import tantivy

        parts = [(tantivy.Occur.Should, tantivy.Query.term_query(self.schema, "title", term)) for term in query]
        return tantivy.Query.boolean_query(parts)


CARRIERS: dict[str, Callable[[str, Sequence[Sequence[str]]], Carrier]] = {
    "numpy postings": Postings,
    "zvec text": ZvecText,
    "zvec sparse": ZvecSparse,
    "tantivy": Tantivy,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--carrier", choices=sorted(CARRIERS), action="append")
    options = parser.parse_args()
    documents, queries = read_titles(options.products)
    truth = Truth(documents)
    for name in options.carrier or CARRIERS:
        with tempfile.TemporaryDirectory(prefix="tonggan-words-") as folder:
            figures = measure(CARRIERS[name](folder, documents), documents, queries, truth)
        print(json.dumps({"carrier": name, "products": options.products, **figures}), flush=True)


def read_titles(count: int) -> tuple[list[list[str]], list[list[str]]]:
    """Terms of `count` titles and of QUERIES queries."""
    folder = Path(os.environ.get("TONGGAN_DATA", "../shared/data")) / "homedepot"
    draw = np.random.default_rng(0)
    if not folder.is_dir():
        words = [f"word{code}" for code in range(DRAWN_VOCABULARY)]
        drawn = [[words[int(DRAWN_VOCABULARY ** draw.random())] for _ in range(12)] for _ in range(count)]
        return drawn, [[str(term) for term in draw.choice(drawn[place], 3)] for place in range(QUERIES)]
    with gzip.open(folder / "products.csv.gz", "rt", encoding="utf-8", newline="") as file:
        titles = [list(terms(row["title"])) for row in csv.DictReader(file)]
    with gzip.open(folder / "pairs.csv.gz", "rt", encoding="utf-8", newline="") as file:
        asked = sorted({row["query"] for row in csv.DictReader(file)})
    queries = [list(dict.fromkeys(terms(text))) for text in draw.choice(asked, QUERIES, replace=False)]
    return recombine(titles, count, draw), [query for query in queries if query]


def recombine(titles: list[list[str]], count: int, draw: np.random.Generator) -> list[list[str]]:
    """The titles, and then first halves of some with second halves of others, `count` in all."""
    more = draw.integers(0, len(titles), (max(count - len(titles), 0), 2)).tolist()
    joined = [titles[a][: len(titles[a]) // 2] + titles[b][len(titles[b]) // 2 :] for a, b in more]
    return (titles + joined)[:count]


class Truth:
    """BM25 by the book."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self.documents = documents
        self.average = float(np.mean([len(document) for document in documents]))
        self.places: dict[str, list[int]] = {}
        for place, document in enumerate(documents):
            for term in set(document):
                self.places.setdefault(term, []).append(place)

    def score(self, query: Sequence[str], place: int) -> float:
        document = self.documents[place]
        return sum(self.gain(term) * impact(document, term, self.average) for term in query if term in document)

    def gain(self, term: str) -> float:
        return inverse_document_frequency(len(self.places.get(term, ())), len(self.documents))

    def best(self, query: Sequence[str]) -> float:
        places = {place for term in query for place in self.places.get(term, ())}
        return sum(sorted((self.score(query, place) for place in places), reverse=True)[:10])


def impact(document: Sequence[str], term: str, average: float) -> float:
    """Saturated frequency of a term in a document."""
    frequency = document.count(term) / (1 - B + B * len(document) / average)
    return frequency / (K1 + frequency)


def document_frequencies(documents: Sequence[Sequence[str]]) -> dict[str, int]:
    """How many documents hold each term."""
    counts: dict[str, int] = {}
    for document in documents:
        for term in set(document):
            counts[term] = counts.get(term, 0) + 1
    return counts


def measure(
    carrier: Carrier, documents: list[list[str]], queries: list[list[str]], truth: Truth
) -> dict[str, float]:  # fmt: skip
    built = seconds(lambda: (carrier.add(documents, 0), carrier.finish()))
    gc.collect()
    gc.freeze()
    best = [truth.best(query) for query in queries[:50]]
    found = [sum(truth.score(query, place) for place in carrier.best(query)) for query in queries[:50]]
    times = [seconds(lambda query=query: carrier.best(query)) for query in queries]
    whole = [seconds(lambda query=query: carrier.whole_set(query)) for query in queries[:50]]
    sizes = [carrier.whole_set(query) for query in queries[:50]]
    truly = [len({place for term in query for place in truth.places.get(term, ())}) for query in queries[:50]]
    visible = [time_to_visible(carrier, len(documents) + number) for number in range(10)]
    return {
        "build_seconds": round(built, 2),
        "score_recall_at_10": round(sum(found) / sum(best), 4),
        **percentiles("best", times),
        **percentiles("whole_set", whole),
        "whole_set_recall": round(sum(sizes) / max(sum(truly), 1), 4),
        "visible_ms": round(1000 * float(np.median(visible)), 2),
        **measure_writing(carrier, documents, queries),
    }


def time_to_visible(carrier: Carrier, number: int) -> float:
    """Seconds from handing over a product until a query finds it."""
    started = time.perf_counter()
    carrier.add([[f"unheard{number}", "of"]], number)
    while carrier.best([f"unheard{number}"])[:1] != [number]:
        if time.perf_counter() - started > 5:
            return float("nan")
    return time.perf_counter() - started


def measure_writing(carrier: Carrier, documents: list[list[str]], queries: list[list[str]]) -> dict[str, float]:
    """Latency beside a writer, with what it wrote not yet optimized."""
    is_done = threading.Event()
    written = [0]

    def write() -> None:
        first = len(documents) + 1000
        while not is_done.wait(WRITE_BATCH / WRITES_PER_SECOND):
            carrier.add(documents[written[0] % 40_000 :][:WRITE_BATCH], first + written[0])
            written[0] += WRITE_BATCH

    writer = threading.Thread(target=write)
    writer.start()
    started, times = time.perf_counter(), []
    while time.perf_counter() - started < WRITING_SECONDS:
        query = queries[len(times) % len(queries)]
        times.append(seconds(lambda query=query: carrier.best(query)))
    is_done.set()
    writer.join()
    return {**percentiles("writing", times), "written_per_second": round(written[0] / WRITING_SECONDS, 1)}


def percentiles(name: str, times: Sequence[float]) -> dict[str, float]:
    p50, p99 = np.percentile(times, [50, 99])
    return {f"{name}_p50_ms": round(1000 * float(p50), 3), f"{name}_p99_ms": round(1000 * float(p99), 3)}


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
