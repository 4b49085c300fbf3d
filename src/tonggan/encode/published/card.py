"""The card of a converted pack: where it comes from, what was done to it, and what that cost."""

from __future__ import annotations

from collections.abc import Mapping

from tonggan.encode.published.precision import MOST_DRIFT, Trial
from tonggan.packs import Part
from tonggan.packs.published import PublishedPack


def written_card(row: PublishedPack, parts: Mapping[str, Part], *, trials: Mapping[str, Trial]) -> str:
    """Return the card as Markdown."""
    lines = [
        f"# {row.name}",
        "",
        f"{row.what[:1].upper()}{row.what[1:]}; {row.dim} dimensions.",
        "",
        f"- source: {row.source}, revision {row.revision}",
        f"- licence: {row.licence}",
        f"- languages: {', '.join(row.languages)}",
        "- training data: see the card of its publisher",
        *(f"- {name}: {part.implementation}, {_precision(part)}" for name, part in parts.items()),
        "",
        "Its published weights were converted as they are; nothing was trained.",
    ]
    return "\n".join([*lines, *_table(trials), ""])


def _precision(part: Part) -> str:
    return "int8" if part.parameters.get("alone") else "as published"


def _table(trials: Mapping[str, Trial]) -> list[str]:
    if not trials:
        return []
    rows = [
        f"| {name} | {trial.drift:.4f} | {trial.float32_milliseconds:.2f} | {trial.int8_milliseconds:.2f} |"
        for name, trial in trials.items()
    ]
    told = (
        f"8-bit weights, on the machine that converted; taken by itself where faster and below {MOST_DRIFT} of drift:"
    )
    return [
        "",
        told,
        "",
        "| part | largest 1 - cosine | float32, ms an item | int8, ms an item |",
        "| - | - | - | - |",
        *rows,
    ]
