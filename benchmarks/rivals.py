"""Hybrid search of other embedded engines beside our whole answer: `python -m benchmarks.rivals --products 50000`.

All hold the same products, words and vectors and are asked the same questions, in rounds that take turns. Prints a
table in Markdown, the best of each row in bold whoever it is; `--out FILE` writes the figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.engines import ENGINES
from benchmarks.engines.worker import file_name

QUIET = {"LANCEDB_LOG": "error", "ANONYMIZED_TELEMETRY": "False"}
"""Environment of the engines: no warnings per query, and nothing sent anywhere."""

FEWEST = 5_000
"""Products below which a filter of 1 % would leave hardly more than the ten nearest."""

ROUNDS = 3
"""Rounds in which every engine is asked in turn; the table shows medians over them."""

Figures = Mapping[str, Any]


def main() -> None:
    """Build every engine, ask them in turns, and print the table."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="tonggan-rivals-", dir=options.folder))
    try:
        measured = measure(folder, options.products, names=options.only or list(ENGINES), rounds=options.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.out:
        Path(options.out).write_text(json.dumps(measured, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(remarks(measured))
    print(table(measured["engines"]))


def measure(folder: Path, products: int, *, names: Sequence[str], rounds: int) -> dict[str, Any]:
    """Return all figures; an engine that fails or is not installed has only an `error`."""
    prepared = _tried("prepare", str(products), folder)
    if "error" in prepared:
        raise SystemExit(f"Our shop could not be built. {prepared['error']}")
    engines: dict[str, dict[str, Any]] = {}
    for name in names:
        engines[name] = {"rounds": []} | _tried("build", name, folder)
        if name.startswith("tonggan") and "error" not in engines[name]:
            engines[name]["build_seconds"] = prepared["seconds"]
    for stage in ("ask", "change"):
        for at in range(rounds):
            for name in names:
                _add(engines[name], stage, folder, name=name, at=at)
    machine = {"cores": os.cpu_count(), "memory_gibibytes": _memory_gibibytes(), "load": os.getloadavg()[1]}
    return {"products": products, "machine": machine, "material": prepared, "engines": engines}


def remarks(measured: Figures) -> str:
    """Return what the table was measured with, in one line."""
    machine, material = measured["machine"], measured["material"]
    return (
        f"{measured['products']:,} products of {'real' if material['is_real'] else 'drawn'} words; "
        f"{machine['cores']} cores, {machine['memory_gibibytes']} GiB, load {machine['load']:.1f}; "
        f"encoding a query, which only we do: {material['encoding_milliseconds']:.2f} ms\n"
    )


def table(engines: Mapping[str, Figures]) -> str:
    """Return the comparison in Markdown; ratios are to our whole answer."""
    shown = {name: figures for name, figures in engines.items() if "error" not in figures}
    rows = [
        ("version", [figures["version"] for figures in shown.values()]),
        ("an answer is", [figures["answer"] for figures in shown.values()]),
        ("settings", [figures["settings"] for figures in shown.values()]),
        ("ef: all, 10 %, 1 %", [_breadths(figures) for figures in shown.values()]),
        *_recall_rows(shown),
        _row("vector half alone, p50 ms", shown, lambda figures: _median(figures, "vector")),
        *_latency_rows(shown),
        _row("queries/s, 4 threads", shown, lambda figures: _median(figures, "per_second"), best=max, digits=0),
        _row("changed product found, ms", shown, lambda figures: _median(figures, "change_milliseconds")),
        _row("open to first answer, s", shown, lambda figures: _median(figures, "open_seconds"), digits=2),
        _row("build, s", shown, lambda figures: figures["build_seconds"], digits=1),
        _row("on disk, MB", shown, lambda figures: figures["disk_megabytes"], digits=0),
        _row("resident memory, MB", shown, lambda figures: _median(figures, "megabytes"), digits=0),
    ]
    if any(figures["chinese"] is not None for figures in shown.values()):
        rows.append(_row("Chinese words found", shown, lambda figures: figures["chinese"], best=max, digits=3))
    failed = [
        f"\n{name} was not measured: {figures['error']}" for name, figures in engines.items() if "error" in figures
    ]
    return "\n".join([*_markdown(list(shown), rows), *failed])


def _breadths(figures: Figures) -> str:
    return " / ".join(map(str, figures["breadths"])) if any(figures["breadths"]) else "its own"


def _recall_rows(shown: Mapping[str, Figures]) -> list[tuple[str, list[str]]]:
    labels = ("vector recall@10", "the same, filter of 10 %", "the same, filter of 1 %")
    return [(label, [f"{figures['recalls'][at]:.3f}" for figures in shown.values()]) for at, label in enumerate(labels)]


def _latency_rows(shown: Mapping[str, Figures]) -> list[tuple[str, list[str]]]:
    rows = []
    for name, label in (("all", "hybrid query"), ("10 %", "filter of 10 %"), ("1 %", "filter of 1 %")):
        for at, share in enumerate(("p50", "p95", "p99")):
            rows.append(_row(f"{label}, {share} ms", shown, lambda figures, n=name, a=at: _median(figures, n, a)))
        ours = _median(shown["tonggan"], name, 0) if "tonggan" in shown else float("nan")
        ratios = [f"{_median(figures, name, 0) / ours:.2f}" for figures in shown.values()]
        rows.append((f"{label}, p50 to ours", ratios))
    return rows


def _row(
    label: str,
    shown: Mapping[str, Figures],
    value: Callable[[Figures], float],
    *,
    best: Callable[[Iterable[float]], float] = min,
    digits: int = 2,
) -> tuple[str, list[str]]:
    values = [value(figures) for figures in shown.values()]
    winner = best(values)
    return label, [f"**{each:,.{digits}f}**" if each == winner else f"{each:,.{digits}f}" for each in values]


def _median(figures: Figures, name: str, at: int | None = None) -> float:
    return statistics.median(each[name] if at is None else each[name][at] for each in figures["rounds"])


def _markdown(names: Sequence[str], rows: Sequence[tuple[str, list[str]]]) -> list[str]:
    head = ["| | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    return head + [f"| {label} | " + " | ".join(cells) + " |" for label, cells in rows]


def _add(engine: dict[str, Any], stage: str, folder: Path, *, name: str, at: int) -> None:
    """Measure one stage of one round, unless the engine has failed before."""
    if "error" in engine:
        return
    measured = _tried(stage, name, folder)
    if "error" in measured:
        engine["error"] = measured["error"]
    elif stage == "ask":
        engine["rounds"].append(measured)
    else:
        engine["rounds"][at] |= measured


def _tried(stage: str, name: str, folder: Path) -> dict[str, Any]:
    try:
        return _stage(stage, name, folder)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()
        return {"error": f"{stage}: {lines[-1] if lines else f'exit status {error.returncode}'}"}


def _stage(stage: str, name: str, folder: Path) -> dict[str, Any]:
    """Run one stage in a process of its own, from the repository's root."""
    print(f"{stage} {name}", file=sys.stderr, flush=True)
    result = folder / f"{file_name(name)}.{stage}.json"
    command = [sys.executable, "-m", "benchmarks.engines.worker", stage, name, str(folder), str(result)]
    root = Path(__file__).parent.parent
    subprocess.run(command, check=True, cwd=root, env=os.environ | QUIET, stderr=subprocess.PIPE, text=True)
    return json.loads(result.read_text(encoding="utf-8"))


def _memory_gibibytes() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="+", choices=list(ENGINES), help="engines to compare; all when left out")
    parser.add_argument("--folder", help="where to put what is built, and removed at the end; the system's by default")
    parser.add_argument("--out", help="a file for the figures as JSON")
    options = parser.parse_args()
    if options.products < FEWEST:
        parser.error(f"--products {options.products}: at least {FEWEST:,} are needed")
    return options


if __name__ == "__main__":
    main()
