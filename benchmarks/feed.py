"""How fast feeds are read, beside the raw reader of the same format in the same run; prints JSON.

Run: python benchmarks/feed.py [--rows 20000] [--large-megabytes 0]
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tonggan.feed import open_feed
from tonggan.feed.grouping import grouped

WORDS = ("linen", "cotton", "wool", "steel", "oak", "glass", "red", "blue", "large", "small", "round", "soft")


def main() -> None:
    """Print one JSON object per row of the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument(
        "--large-megabytes", type=int, default=0, help="also measure peak memory on a file of this size"
    )
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak:
        print(json.dumps(_count_and_peak(Path(arguments.peak))))
        return
    with tempfile.TemporaryDirectory() as folder:
        for write, read_raw in FORMATS:
            print(json.dumps(_measure(Path(folder), write, read_raw, rows=arguments.rows)))
        if arguments.large_megabytes:
            print(json.dumps(_measure_memory(Path(folder), megabytes=arguments.large_megabytes)))


def _measure(folder: Path, write: Callable[..., Path], read_raw: Callable[[Path], int], *, rows: int) -> dict[str, Any]:
    path = write(folder, _products(rows))
    raw_seconds, raw_rows = _timed(lambda: read_raw(path))
    offer_seconds, offers = _timed(lambda: sum(1 for _ in open_feed(path).offers()))
    group_seconds, _ = _timed(lambda: sum(1 for _ in grouped(open_feed(path))))
    if offers != raw_rows:
        raise SystemExit(f"{path.name}: {offers} offers of {raw_rows} rows")
    return {
        "name": path.name,
        "rows": offers,
        "raw_per_second": round(raw_rows / raw_seconds),
        "offers_per_second": round(offers / offer_seconds),
        "grouped_per_second": round(offers / group_seconds),
        "ratio_to_raw": round(offer_seconds / raw_seconds, 1),
    }


def _measure_memory(folder: Path, *, megabytes: int) -> dict[str, Any]:
    """Measure in a process of its own, since a peak never falls."""
    path = folder / "large.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(next(_products(1))))
        writer.writeheader()
        for number, row in enumerate(_products(sys.maxsize)):
            writer.writerow({**row, "description": row["description"] * 10})
            if number % 1_000 == 0 and path.stat().st_size > megabytes * 1_000_000:
                break
    command = [sys.executable, __file__, "--peak", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def _count_and_peak(path: Path) -> dict[str, Any]:
    seconds, groups = _timed(lambda: sum(1 for _ in grouped(open_feed(path))))
    peak_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size_megabytes = path.stat().st_size / 1e6
    return {
        "name": path.name,
        "megabytes": round(size_megabytes),
        "groups": groups,
        "peak_megabytes": round(peak_megabytes),
        "megabytes_per_second": round(size_megabytes / seconds, 1),
    }


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    start = time.perf_counter()
    count = work()
    return time.perf_counter() - start, count


def _products(count: int) -> Iterator[dict[str, str]]:
    for number in range(count):
        words = [WORDS[(number * factor) % len(WORDS)] for factor in (1, 3, 7, 11)]
        yield {
            "id": str(number),
            "title": " ".join(words),
            "description": " ".join(words * 6),
            "price": f"{number % 500}.99",
            "brand": words[0].title(),
            "image": f"https://shop.example/{number}.jpg",
            "item_group_id": f"G{number // 3}",
            "color": words[1],
        }


def _write_csv(folder: Path, rows: Iterator[dict[str, str]]) -> Path:
    path = folder / "products.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(next(_products(1))))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _write_json_lines(folder: Path, rows: Iterator[dict[str, str]]) -> Path:
    path = folder / "products.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def _write_json(folder: Path, rows: Iterator[dict[str, str]]) -> Path:
    path = folder / "products.json"
    path.write_text(json.dumps({"products": list(rows)}, indent=1), encoding="utf-8")
    return path


def _write_xml(folder: Path, rows: Iterator[dict[str, str]]) -> Path:
    path = folder / "products.xml"
    items = ("".join(f"<g:{name}>{text}</g:{name}>" for name, text in row.items()) for row in rows)
    body = "\n".join(f"<item>{item}</item>" for item in items)
    path.write_text(f'<rss xmlns:g="http://base.google.com/ns/1.0"><channel>{body}</channel></rss>', encoding="utf-8")
    return path


def _write_parquet(folder: Path, rows: Iterator[dict[str, str]]) -> Path:
    from arro3.io import infer_json_schema, read_json, write_parquet

    lines = _write_json_lines(folder, rows)
    path = folder / "products.parquet"
    with lines.open("rb") as file:
        schema = infer_json_schema(file, max_records=10)
        file.seek(0)
        write_parquet(read_json(file, schema), path)
    return path


def _read_csv(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def _read_json_lines(path: Path) -> int:
    with path.open(encoding="utf-8") as file:
        return sum(1 for _ in map(json.loads, file))


def _read_json(path: Path) -> int:
    return len(json.loads(path.read_text(encoding="utf-8"))["products"])


def _read_xml(path: Path) -> int:
    from xml.etree.ElementTree import iterparse

    return sum(element.tag == "item" for _, element in iterparse(path))


def _read_parquet(path: Path) -> int:
    from arro3.io import read_parquet

    batches = (batch.to_struct_array().to_pylist() for batch in read_parquet(str(path)))
    return sum(map(len, batches))


FORMATS = (
    (_write_csv, _read_csv),
    (_write_json_lines, _read_json_lines),
    (_write_json, _read_json),
    (_write_xml, _read_xml),
    (_write_parquet, _read_parquet),
)


if __name__ == "__main__":
    main()
