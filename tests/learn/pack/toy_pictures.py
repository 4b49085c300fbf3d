"""Toy sets of pictures on disk: coloured squares with labels, words and groups."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (220, 30, 30), "green": (30, 160, 60), "blue": (30, 60, 210)}


def save_square(path: Path, colour: str, *, side: int = 24, seed: int = 0) -> None:
    """Write a square of a colour, with some noise, on white."""
    generator = np.random.default_rng(seed)
    pixels = np.full((side, side, 3), 255.0)
    quarter = side // 4
    pixels[quarter:-quarter, quarter:-quarter] = COLOURS[colour]
    noisy = np.clip(pixels + generator.normal(0, 6, pixels.shape), 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noisy).save(path)


def write_table(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """Write a CSV with the keys of its first row as header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return path


def write_set(folder: Path, *, each: int = 8, people: int = 4) -> Path:
    """Write a set with `each` pictures of each colour, photographed by a few people, and return its table."""
    rows = []
    for number in range(each):
        for colour in COLOURS:
            name = f"{colour}-{number}.png"
            save_square(folder / name, colour, seed=number)
            rows.append({"image": name, "name": f"{colour}-square", "person": f"person {number % people}"})
    return write_table(folder / "set.csv", rows)
