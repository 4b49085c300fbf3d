"""A shop of coloured tiles, and photos of them that a warm lamp has tinted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

PRODUCTS, PHOTOS = 24, 10
LAMP = np.array([1.0, 0.72, 0.38])
"""Red, green and blue under the lamp."""


def write_shop(folder: Path) -> tuple[Path, Path]:
    """Write a feed with pictures, and pairs with photos of which the last of each product is left out."""
    generator = np.random.default_rng(0)
    tiles = [generator.integers(40, 256, (3, 3, 3)) for _ in range(PRODUCTS)]
    for number, tile in enumerate(tiles):
        save(folder / f"tile-{number}.png", np.kron(tile, np.ones((24, 24, 1))))
        for at in range(PHOTOS):
            photo = np.kron(tile, np.ones((24, 24, 1))) * LAMP * generator.uniform(0.85, 1.0)
            save(folder / photo_name(number, at), photo + generator.normal(0, 4, photo.shape))
    records = [
        {"id": f"t{number}", "title": f"Tile {number} 瓷砖", "image": f"tile-{number}.png"}
        for number in range(PRODUCTS)
    ]
    (folder / "products.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    lines = [f"{photo_name(number, at)},t{number}" for number in range(PRODUCTS) for at in range(PHOTOS - 1)]
    (folder / "pairs.csv").write_text("\n".join(["image,product_id", *lines]), encoding="utf-8")
    return folder / "products.jsonl", folder / "pairs.csv"


def photo_name(number: int, at: int) -> str:
    return f"photo-{number}-{at}.png"


def save(path: Path, pixels: np.ndarray) -> None:
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)
