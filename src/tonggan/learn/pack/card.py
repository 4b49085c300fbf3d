"""The card of the default pack: what it is, what went in, under which licences, and what it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tonggan.learn.pack.picture_sets import read_sets
from tonggan.learn.pack.sources import CREDITS
from tonggan.packs import CARD, MANIFEST, Part


def card_of(folder: Path, parts: Mapping[str, Part], measures: Mapping[str, float], *, seed: int) -> str:
    """Return the card as Markdown; measures are those of the training data's held-out part."""
    sets = read_sets().items()
    sizes = {path.name: path.stat().st_size for path in folder.iterdir() if path.name not in (CARD, MANIFEST)}
    lines = [
        "# The default pack",
        "",
        "Words of Chinese and English and pictures of products, in one process and with no network. It comes with the",
        "package; `tonggan learn pack` builds it again from the data below.",
        "",
        "| part | implementation | dimensions | files |",
        "| --- | --- | --- | --- |",
        *(f"| {name} | {part.implementation} | {part.dim} | {_files(part, sizes)} |" for name, part in parts.items()),
        "",
        "**Text**: vectors of words and phrases, distilled from all-MiniLM-L6-v2 on definitions, on meanings of the",
        "lexicon and titles composed of them; a Chinese word has the vector of its English meanings.",
        "**Image**: MobileNet v2 at 224 pixels, its last stages tuned to tell products apart and held close to what",
        "they knew. **Bridge**: picture rows led into the space of words.",
        "",
        "## What went in",
        "",
        "| what | licence | thanks to |",
        "| --- | --- | --- |",
        *(f"| {name} | {licence} | {thanks} |" for name, licence, thanks in CREDITS),
        *(f"| pictures: {name} | {row.licence} | {row.attribution} |" for name, row in sets),
        "",
        "Catalogues and queries used for measuring are not among them.",
        "",
        "## Measures",
        "",
        f"Seed {seed}. Held out: the last quarter of the photos of each kind of grocery, a quarter of the people who",
        "photographed clothes (by both the best step of the training was chosen), and each shop in turn for titles.",
        "",
        "| measure | value |",
        "| --- | --- |",
        *(f"| {name} | {value:g} |" for name, value in measures.items()),
        "",
    ]
    return "\n".join(lines)


def _files(part: Part, sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({sizes.get(name, 0) / 1e6:.1f} MB)" for name in part.files.values())
