"""What a feed would become, shown before it is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tonggan.feed import FIELDS, FeedMapping
from tonggan.feed.columns import parse_target, suggest
from tonggan.feed.json_text import write_json
from tonggan.feed.limits import SAMPLE_ROWS
from tonggan.feed.mapping import METADATA, write_mapping
from tonggan.feed.opening import open_source
from tonggan.records import Offer, Refusal

SAMPLES = 3
"""Values shown per column."""

SAMPLE_CHARACTERS = 60
"""Longest value shown."""


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """One column: the field it feeds, the field it may have meant where nobody knows it, and what stands in it."""

    name: str
    field: str
    suggestion: str = ""
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in the first rows; `unfilled` are fields that none fills, `refusals` rows that cannot be read."""

    source: str
    format: str
    encoding: str
    vendor: str
    columns: tuple[ColumnReport, ...]
    unfilled: tuple[str, ...]
    rows: int
    refusals: tuple[Refusal, ...]
    mapping: FeedMapping


def inspect(source: Any, mapping: FeedMapping | None = None) -> Inspection:
    """Look at the first rows of a source; raises what `open_feed` raises."""
    feed = open_source(source, mapping=mapping)
    rows = list(islice(feed.offers(), SAMPLE_ROWS))
    offers = [row for row in rows if isinstance(row, Offer)]
    filled = {name for offer in offers for name in offer.values} | (
        {"group"} if any(offer.group for offer in offers) else set()
    )
    unfilled = tuple(name for name in FIELDS if name not in filled)
    return Inspection(
        source=str(source) if isinstance(source, str | Path) else type(source).__name__,
        format=feed.format,
        encoding=feed.encoding,
        vendor=feed.vendor,
        columns=tuple(_report(name, target, feed.sample, unfilled) for name, target in feed.mapping.columns.items()),
        unfilled=unfilled,
        rows=len(rows),
        refusals=tuple(row for row in rows if isinstance(row, Refusal)),
        mapping=feed.mapping,
    )


def write_inspected_mapping(path: Path | str, inspection: Inspection) -> None:
    """Write the mapping of an inspection, with samples and suggestions as comments."""
    notes = {}
    for column in inspection.columns:
        meant = f"perhaps {column.suggestion}; " if column.suggestion else ""
        notes[column.name] = f"{meant}{' | '.join(column.samples)}" if column.samples or meant else ""
    write_mapping(path, inspection.mapping, notes=notes)


def _report(name: str, target: str, sample: Sequence[Mapping[str, Any]], unfilled: tuple[str, ...]) -> ColumnReport:
    unknown = parse_target(target) == (METADATA,)
    return ColumnReport(name, target, suggest(name, unfilled=unfilled) if unknown else "", _samples(name, sample))


def _samples(name: str, sample: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for row in sample:
        for cell in _cells(row, name):
            found[_shown(cell)] = None
        if len(found) >= SAMPLES:
            break
    return tuple(islice(found, SAMPLES))


def _cells(row: Any, name: str) -> list[Any]:
    """Return what stands under a name with dots, in lists too."""
    if isinstance(row, list | tuple):
        return [cell for item in row for cell in _cells(item, name)]
    if not isinstance(row, Mapping):
        return []
    if name in row:
        return [] if row[name] is None or row[name] == "" else [row[name]]
    head, _, rest = name.partition(".")
    return _cells(row[head], rest) if rest and head in row else []


def _shown(cell: Any) -> str:
    text = write_json(cell) if isinstance(cell, Mapping | list | tuple) else str(cell)
    text = " ".join(text.split())
    return text if len(text) <= SAMPLE_CHARACTERS else f"{text[: SAMPLE_CHARACTERS - 1]}…"
