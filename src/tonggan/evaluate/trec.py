"""TREC's own formats: grades `query_id 0 product_id grade`, runs `query_id Q0 product_id rank score tag`."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from tonggan.errors import InputError
from tonggan.evaluate.judgments import Run
from tonggan.evaluate.tables import open_lines

TAG = "tonggan"
"""The last column of a run: the name of the system."""

RUN_EXAMPLE = "A line of a run is 'query_id Q0 product_id rank score tag'."


def looks_like_grades(line: str) -> bool:
    """Whether a line has the four columns of TREC grades, the last of them a number."""
    parts = line.split()
    return len(parts) == 4 and _is_number(parts[3])


def grade_rows(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each grade with the number of its line."""
    for number, line in enumerate(lines, start=1):
        parts = line.split()
        if parts and len(parts) != 4:
            raise InputError(
                f"{path}, line {number}: {len(parts)} columns.", remedy="TREC has four: query_id 0 product_id grade."
            )
        if parts:
            yield number, {"query_id": parts[0], "product_id": parts[2], "grade": parts[3]}


def read_run(path: Path) -> dict[str, tuple[str, ...]]:
    """Read a run, the highest score first and equal scores by rank; InputError names the line."""
    scored: dict[str, dict[str, tuple[float, int]]] = {}
    with open_lines(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                _add(scored, line.split(), where=f"{path}, line {number}")
    return {query_id: tuple(sorted(places, key=places.__getitem__)) for query_id, places in scored.items()}


def write_run(path: Path, run: Run, *, tag: str = TAG) -> int:
    """Write a run, packed when the name ends in .gz, and return its number of lines.

    Scores fall by one from the length of each ranking, so that every tool that sorts by score keeps the order.
    InputError when an id holds white space, which the format cannot carry.
    """
    require_trec_ids([*run, *(product_id for ranking in run.values() for product_id in ranking), tag])
    lines = [
        f"{query_id} Q0 {product_id} {place + 1} {len(ranking) - place} {tag}\n"
        for query_id, ranking in run.items()
        for place, product_id in enumerate(ranking)
    ]
    content = "".join(lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return len(lines)


def require_trec_ids(names: Iterable[str]) -> None:
    """Raise InputError where an id is empty or holds white space, which no file of TREC can carry."""
    for name in names:
        if len(name.split()) != 1 or name != name.strip():
            raise InputError(
                f"A TREC file cannot hold the id '{name}', which is empty or has white space.",
                remedy="Give the queries a query_id column without spaces.",
            )


def _add(scored: dict[str, dict[str, tuple[float, int]]], parts: list[str], *, where: str) -> None:
    if len(parts) != 6:
        raise InputError(f"{where}: {len(parts)} columns.", remedy=RUN_EXAMPLE)
    query_id, _, product_id, rank, score, _ = parts
    if not rank.isdecimal() or not _is_number(score):
        raise InputError(f"{where}: rank '{rank}' and score '{score}' are not both numbers.", remedy=RUN_EXAMPLE)
    ranking = scored.setdefault(query_id, {})
    if product_id in ranking:
        raise InputError(f"{where}: product '{product_id}' is there twice for query '{query_id}'.")
    ranking[product_id] = (-float(score), int(rank))


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
