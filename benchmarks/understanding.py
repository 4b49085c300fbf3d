"""What understanding costs: queries a second, milliseconds by step, seconds and bytes to learn a catalogue, as JSON.

    TONGGAN_DATA=FOLDER python -m benchmarks.understanding [--sizes 1000 20000] [--queries 100000] [--only learning]

`queries` asks the Chinese queries of a catalogue made of the Chinese titles, and Icecat's of Icecat's; `learning`
learns recombined catalogues of each size, keeps what was learnt and loads it again. Seconds are of one thread's work
(`cpu`), however busy the machine was, and by the clock (`wall`). `ratio` is to a bare cut of the queries by rjieba.
The data is measured on only.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tonggan.bench.catalogue import read_material, recombined
from tonggan.catalogue.clean import clean_record
from tonggan.encode.words import query_terms
from tonggan.index import IndexSchema, View, index_adapter
from tonggan.index.entries import WORD_FIELDS, entry_of
from tonggan.shop.knowledge_file import KnowledgeFile, Learnt
from tonggan.understand.cleaning import clean
from tonggan.understand.kept_knowledge import arrays_of
from tonggan.understand.knowledge import Knowledge, learn_knowledge, words_fingerprint
from tonggan.understand.meaning import Catalogue, understand
from tonggan.understand.names.entities import all_readings
from tonggan.understand.names.expansion import expand
from tonggan.understand.quantities.interpretations import read_interpretations
from tonggan.understand.readiness import read_tables
from tonggan.understand.segmentation import segment
from tonggan.understand.spelling.correction import correct
from tonggan.understand.spelling.pinyin_reading import read_pinyin

DATA = Path(os.environ.get("TONGGAN_DATA", Path(__file__).parents[2] / "shared" / "data"))

Result = TypeVar("Result")

BATCH = 1_000

STEPS_TIMED = 3_000
"""Queries whose steps are timed one by one."""

SIZES = (1_000, 20_000, 200_000)

PARTS = ("gazetteer", "vocabulary", "pinyin", "suggestions")


def main() -> None:
    """Print one line of JSON for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--queries", type=int, default=100_000)
    parser.add_argument("--only", choices=("queries", "learning"))
    options = parser.parse_args()
    if options.only != "learning":
        with indexed(zh_records()) as view:
            measure_queries("zh", view, zh_queries(options.queries))
        with indexed(icecat_records()) as view:
            measure_queries("icecat", view, icecat_queries(options.queries))
    for size in options.sizes if options.only != "queries" else ():
        with indexed(recombined(read_material(), size, seed=0)) as view:
            measure_learning(size, view)


def measure_queries(name: str, view: View, queries: Sequence[str]) -> None:
    """Ask each query once, as the shop would; then time each step over some of them."""
    knowledge = learn_knowledge(view)
    catalogue = Catalogue(view.document_frequency, partial(holding_all, view))
    ask = partial(understand, knowledge=knowledge, catalogue=catalogue)
    for query in queries[:100]:
        ask(query)
    wall, cpu, failures = [], [], 0
    for query in queries:
        started, began = time.perf_counter_ns(), time.thread_time_ns()
        try:
            ask(query)
        except Exception:
            failures += 1
        cpu.append(time.thread_time_ns() - began)
        wall.append(time.perf_counter_ns() - started)
    bare = milliseconds(cut, queries[:STEPS_TIMED])
    print_row(
        f"understand, {name}",
        products=view.count,
        queries=len(queries),
        exceptions=failures,
        per_second=1e9 * len(queries) / sum(wall),
        per_cpu_second=1e9 * len(queries) / sum(cpu),
        ratio=sum(cpu) / len(queries) / 1e6 / float(np.mean(bare)),
        wall=percentiles(np.array(wall) / 1e6),
        cpu=percentiles(np.array(cpu) / 1e6),
    )
    for step, call in steps_of(knowledge, catalogue).items():
        print_row(f"step, {name}: {step}", cpu=percentiles(milliseconds(call, queries[-STEPS_TIMED:])))


def steps_of(knowledge: Knowledge, catalogue: Catalogue) -> Mapping[str, Callable[[str], object]]:
    """Each step by itself, with the words as they were typed."""
    vocabulary, pinyin, gazetteer = knowledge.vocabulary, knowledge.pinyin, knowledge.gazetteer
    if vocabulary is None or pinyin is None or gazetteer is None:
        raise RuntimeError("the catalogue was not learnt")

    def is_known(word: str) -> bool:
        return word in vocabulary or catalogue.holds(word)

    return {
        "text": clean,
        "quantities": lambda text: read_interpretations(text, known=lambda _: (), facts=knowledge.facts),
        "segmentation": segment,
        "pinyin": lambda text: read_pinyin(text, segment(text), pinyin, is_known=is_known),
        "spelling": lambda text: correct(
            text, segment(text), vocabulary, is_known=catalogue.holds, together=catalogue.together
        ),
        "entities": lambda text: all_readings(text, segment(text), gazetteer),
        "expansion": lambda text: expand(segment(text), (), count=catalogue.count),
        "bare rjieba": cut,
    }


def measure_learning(size: int, view: View) -> None:
    """Learn twice, since the first time also reads what is the same for every shop; then keep and read again."""
    timed("tables", read_tables, products=size)
    timed("learning, first", lambda: learn_knowledge(view), products=size)
    knowledge = timed("learning, again", lambda: learn_knowledge(view), products=size)
    timed("fingerprint of words", lambda: words_fingerprint(view), products=size)
    arrays = arrays_of(knowledge)
    megabytes = {
        part: round(sum(array.nbytes for name, array in arrays.items() if name.startswith(part)) / 1e6, 2)
        for part in PARTS
    }
    print_row("kept", products=size, megabytes=megabytes)
    with tempfile.TemporaryDirectory() as folder:
        file = KnowledgeFile(Path(folder), "benchmark")
        timed("keeping", lambda: file.write(Learnt(knowledge, view.position, view.count)), products=size)
        timed("reading what was kept", lambda: file.read(view), products=size)


def timed(name: str, call: Callable[[], Result], *, products: int) -> Result:
    """Print one row of what a call takes, and return what it returns."""
    started, began = time.perf_counter(), time.thread_time()
    result = call()
    cpu, wall = time.thread_time() - began, time.perf_counter() - started
    print_row(name, products=products, cpu_seconds=cpu, wall_seconds=wall)
    return result


@contextmanager
def indexed(records: Iterable[Mapping[str, Any]]) -> Iterator[View]:
    """The index of these records, without vectors."""
    with tempfile.TemporaryDirectory() as folder:
        index = index_adapter("zvec").create(folder, IndexSchema({}, WORD_FIELDS, "benchmark"))
        cleaned = (clean_record(record).product for record in records)
        entries = (entry_of(product, {}) for product in cleaned if product is not None)
        position = 0
        while batch := list(islice(entries, BATCH)):
            position += 1
            index.apply(batch, position=position)
        try:
            yield index.view()
        finally:
            index.close()


def holding_all(view: View, words: Sequence[str]) -> int:
    terms = {term: 1.0 for word in words for term, weight in query_terms(word).items() if weight == 1.0}
    return int(np.count_nonzero(view.match(terms).coverage > 0.9999))


def cut(text: str) -> object:
    import rjieba

    return rjieba.cut(text)


def zh_records() -> Iterator[dict[str, Any]]:
    """Titles of three Chinese shops; the brand and the categories that are marked in one of them are its fields."""
    for row in json_lines(DATA / "zh" / "taobao_titles.jsonl.gz"):
        marked = {kind: [text for label, _, _, text in row["spans"] if label == kind] for kind in ("HPPX", "HCCX")}
        named = {
            "brand": marked["HPPX"][0] if marked["HPPX"] else "",
            "categories": list(dict.fromkeys(marked["HCCX"])),
        }
        yield {"id": row["id"], "title": row["title"]} | named
    for name in ("litemall_goods", "newbee_goods"):
        for row in json_lines(DATA / "zh" / f"{name}.jsonl"):
            categories = [row["category"]] if row["category"] else []
            yield {
                "id": name + row["id"],
                "title": row["name"],
                "brand": row.get("brand") or "",
                "categories": categories,
            }


def icecat_records() -> Iterator[dict[str, Any]]:
    for row in json_lines(DATA / "icecat" / "products.jsonl.gz"):
        yield {
            "id": row["id"],
            "title": row["title"],
            "brand": row["brand"],
            "description": row["short_description"],
            "categories": [row["product_type"]] if row["product_type"] else [],
            "attributes": {name: [str(value)] for name, value in row["attributes"].items()},
        }


def zh_queries(most: int) -> list[str]:
    with gzip.open(DATA / "zh" / "queries.txt.gz", "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n") for line in islice(lines, most)]


def icecat_queries(most: int) -> list[str]:
    queries = [query for query in read_material().queries if query.isascii()]
    repeated = queries * max(1, min(most, 5_000) // len(queries))
    random.Random(0).shuffle(repeated)
    return repeated


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def milliseconds(call: Callable[[str], object], queries: Sequence[str]) -> list[float]:
    times = []
    for query in queries:
        began = time.thread_time_ns()
        call(query)
        times.append((time.thread_time_ns() - began) / 1e6)
    return times


def percentiles(times: Sequence[float] | np.ndarray) -> dict[str, float]:
    return {f"p{share}_ms": round(float(np.percentile(times, share)), 4) for share in (50, 95, 99)}


def print_row(name: str, **values: Any) -> None:
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in values.items()}
    print(json.dumps({"name": name} | rounded), flush=True)


if __name__ == "__main__":
    main()
