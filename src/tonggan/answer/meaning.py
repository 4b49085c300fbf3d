"""What was understood of a query, in the form that HTTP, CLI and SDK share."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tonggan.records import Interpretation, Reading, Understanding
from tonggan.understand.filters import filter_text


def understanding_as_json(understood: Understanding) -> dict[str, Any]:
    """Return what the words mean; filters are written in the grammar of `filter_by`."""
    return {
        "text": understood.text,
        "words": understood.words,
        "language": understood.language,
        "interpretations": [interpretation_as_json(each) for each in understood.interpretations],
        "entities": [asdict(entity) for entity in understood.entities],
        "tokens": [asdict(token) for token in understood.tokens],
        "expansions": [asdict(expansion) for expansion in understood.expansions],
        "product_ids": list(understood.product_ids),
        "steps": [asdict(step) for step in understood.steps],
    }


def interpretation_as_json(each: Interpretation) -> dict[str, Any]:
    """Return one interpretation; its effect is under `filter`, `prefer` or `replacement`, absent where it has none."""
    effect: dict[str, Any] = {}
    if each.filter is not None:
        effect["filter"] = filter_text(each.filter)
    if each.preference is not None:
        effect["prefer"] = f"{each.preference.field}:{'high' if each.preference.is_high else 'low'}"
    if each.replacement:
        effect["replacement"] = each.replacement
    if each.note:
        effect["note"] = each.note
    return {"kind": each.kind, "key": each.key, "text": each.text, "start": each.start, "end": each.end, **effect}


def reading_as_json(reading: Reading) -> dict[str, Any]:
    """Return one reading of ambiguous words, with the filter that chooses it."""
    return {
        "label": reading.label,
        "kind": reading.entity.kind,
        "value": reading.entity.value,
        "filter": filter_text(reading.filter),
        "share": round(reading.share, 4),
        "found": reading.found,
        "product_ids": list(reading.product_ids),
    }
