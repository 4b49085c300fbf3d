"""One stage of one engine, in a process of its own: `python -m benchmarks.engines.worker STAGE ENGINE FOLDER RESULT`.

`prepare` builds our shop and what the others are given. `build` fills an engine and finds how far it has to look for
the wanted recall; `ask` opens it cold and measures answers; `change` changes products, last, as some engines slow down
by it.
"""

from __future__ import annotations

import json
import string
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.engines import Engine, Item, Question, Restriction, engine_class
from benchmarks.engines.material import Exam, passes, prepare, read_exam, read_items

from tonggan.bench.measuring import resident_megabytes, time_each

WANTED_RECALL = 0.95
"""Recall@10 of the vector half against exact search; an engine looks only as far as it must for it."""

ROUNDING = 1e-5
"""Similarities this close to the tenth best count as found: engines round differently."""

THREADS = 4
"""Threads that ask at once."""

CHANGES = 20
"""Single changes of a round."""

PATIENCE_SECONDS = 10.0
"""How long a change may take to be found."""


def main() -> None:
    stage, name, folder, result = sys.argv[1:5]
    if stage == "prepare":
        measured = prepare(Path(folder), int(name), seed=0)
    else:
        measured = {"build": build, "ask": ask, "change": change}[stage](name, Path(folder))
    Path(result).write_text(json.dumps(measured), encoding="utf-8")


def build(name: str, folder: Path) -> dict[str, Any]:
    """Fill an engine, and return how long it took, what it holds on disk, and its recall.

    The unfiltered recall comes last, since an engine may keep the last breadth for its next open.
    """
    kind = engine_class(name)
    items = read_items(folder)
    started = time.perf_counter()
    kind.build(engine_folder(name, folder), items)
    seconds = time.perf_counter() - started
    engine = kind(engine_folder(name, folder))
    try:
        exam = read_exam(folder)
        places = range(len(exam.restrictions))
        tuned = [_tuned(kind, engine, exam, items, at=at) for at in reversed(places)][::-1]
        chinese = _share_found(engine, exam.chinese, items)
    finally:
        engine.close()
    return {
        "version": version(kind.distribution),
        "answer": kind.answer,
        "settings": kind.settings,
        "build_seconds": seconds,
        "disk_megabytes": _disk_megabytes(engine_folder(name, folder)),
        "breadths": [breadth for breadth, _ in tuned],
        "recalls": [recall for _, recall in tuned],
        "chinese": chinese,
    }


def ask(name: str, folder: Path) -> dict[str, Any]:
    """Open an engine cold, and measure its answers and its memory."""
    breadths, exam = _breadths(name, folder), read_exam(folder)
    nothing, first = exam.restrictions[0], breadths[0]
    started = time.perf_counter()
    engine = engine_class(name)(engine_folder(name, folder))
    engine.ask(exam.questions[0], nothing, breadth=first)
    measured: dict[str, Any] = {"open_seconds": time.perf_counter() - started}
    alone = time_each(lambda asked: engine.nearest(asked.vector, nothing, breadth=first), exam.questions)
    measured["vector"] = alone.percentile(50)
    for restriction, breadth in zip(exam.restrictions, breadths, strict=True):
        times = time_each(lambda asked, r=restriction, b=breadth: engine.ask(asked, r, breadth=b), exam.questions)
        measured[restriction.name] = [times.percentile(share) for share in (50, 95, 99)]
    measured["per_second"] = _rate(engine, exam, breadth=first)
    measured["megabytes"] = resident_megabytes()
    engine.close()
    return measured


def change(name: str, folder: Path) -> dict[str, Any]:
    """Return the median time until a change is found, in milliseconds."""
    breadths, exam = _breadths(name, folder), read_exam(folder)
    engine = engine_class(name)(engine_folder(name, folder))
    chance = np.random.default_rng(time.time_ns())
    times = [_change_time(engine, exam, chance, breadth=breadths[0]) for _ in range(CHANGES)]
    engine.close()
    return {"change_milliseconds": float(np.median(times))}


def engine_folder(name: str, folder: Path) -> Path:
    """Return where an engine lives; both rows of ours ask the same shop."""
    return folder / file_name(name.split(",")[0])


def file_name(name: str) -> str:
    """Return an engine's name as part of a path."""
    return name.replace(", ", "-").replace(" ", "-")


def _breadths(name: str, folder: Path) -> list[int]:
    return json.loads((folder / f"{file_name(name)}.build.json").read_text(encoding="utf-8"))["breadths"]


def _tuned(kind: type[Engine], engine: Engine, exam: Exam, items: Sequence[Item], *, at: int) -> tuple[int, float]:
    """Return the least breadth with the wanted recall under a filter, or the largest there is, and its recall."""
    recall = 0.0
    for breadth in kind.breadths:
        recall = _recall(engine, exam, items, at=at, breadth=breadth)
        if recall >= WANTED_RECALL:
            return breadth, recall
    return kind.breadths[-1], recall


def _recall(engine: Engine, exam: Exam, items: Sequence[Item], *, at: int, breadth: int) -> float:
    restriction, found = exam.restrictions[at], 0
    for question, threshold in zip(exam.questions, exam.thresholds[at], strict=True):
        names = engine.nearest(question.vector, restriction, breadth=breadth)
        near = [items[int(name[1:])] for name in dict.fromkeys(names)]
        found += sum(
            passes(item, restriction) and item.vector @ question.vector >= threshold - ROUNDING for item in near
        )
    return found / (10 * len(exam.questions))


def _share_found(engine: Engine, chinese: Sequence[str], items: Sequence[Item]) -> float | None:
    """Return the share of words for which a product whose title holds the word is among the first ten by words."""
    if not chinese:
        return None
    found = [any(word in items[int(name[1:])].title for name in engine.match(word)) for word in chinese]
    return float(np.mean(found))


def _rate(engine: Engine, exam: Exam, *, breadth: int) -> float:
    """Return how many questions a second are answered; one comes first alone, as it may open the engine anew."""
    nothing = exam.restrictions[0]
    engine.ask(exam.questions[0], nothing, breadth=breadth)
    with ThreadPoolExecutor(THREADS) as threads:
        started = time.perf_counter()
        list(threads.map(lambda asked: engine.ask(asked, nothing, breadth=breadth), exam.questions))
        return len(exam.questions) / (time.perf_counter() - started)


def _change_time(engine: Engine, exam: Exam, chance: np.random.Generator, *, breadth: int) -> float:
    """Change one product's title, price and vector, and ask for its new title until the new price is found."""
    word = "".join(chance.choice(list(string.ascii_lowercase), size=12))
    price = round(float(chance.uniform(1_000, 9_000)), 2)
    vector = exam.questions[int(chance.integers(len(exam.questions)))].vector
    item = Item("p0000007", f"{word} changed", "Changed", "Changed", price, vector)
    started = time.perf_counter()
    engine.change(item)
    while not _is_found(engine, item, Question(word, vector), exam.restrictions[0], breadth=breadth):
        if time.perf_counter() - started > PATIENCE_SECONDS:
            return 1e3 * PATIENCE_SECONDS
    return 1e3 * (time.perf_counter() - started)


def _is_found(engine: Engine, item: Item, question: Question, restriction: Restriction, *, breadth: int) -> bool:
    hits = engine.ask(question, restriction, breadth=breadth)
    return any(hit.id == item.id and abs(hit.price - item.price) < 0.005 for hit in hits)


def _disk_megabytes(folder: Path) -> float:
    return sum(512 * path.stat().st_blocks for path in folder.rglob("*") if path.is_file()) / 2**20


if __name__ == "__main__":
    main()
