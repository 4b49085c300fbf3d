"""A toy shop with obvious answers: few products, plain pictures, both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

COLOURS = {"red": (200, 30, 40), "blue": (30, 60, 200), "green": (30, 150, 60), "black": (25, 25, 25)}

TITLES = {
    "dress": "{Colour} cotton dress {zh}色连衣裙",
    "mug": "{Colour} ceramic mug {zh}色陶瓷马克杯",
    "headphones": "{Colour} wireless headphones WH-1000XM{n} {zh}色蓝牙耳机",
}

CHINESE = {"red": "红", "blue": "蓝", "green": "绿", "black": "黑"}


def toy_records(folder: Path | None = None) -> list[dict[str, Any]]:
    """Twelve products: three kinds in four colours; with pictures where there is a folder to draw them in."""
    records = []
    for kind_at, kind in enumerate(TITLES):
        for colour_at, colour in enumerate(COLOURS):
            number = 4 * kind_at + colour_at
            record = {
                "id": f"{kind}-{colour}",
                "title": TITLES[kind].format(Colour=colour.title(), zh=CHINESE[colour], n=colour_at + 2),
                "description": f"A {colour} {kind} for every day.",
                "brand": ["Lumo", "Kite"][number % 2],
                "category": f"Shop > {kind.title()}",
                "price": f"{10 * (number + 1)}.00 USD",
                "color": colour,
                "rating": [4.8, 3.1, 4.5, 2.0][colour_at],
                "rating_count": [200, 10, 35, 4][colour_at],
                "availability": "in stock" if colour != "black" else "out of stock",
                "sku": f"SKU-{number:03d}",
            }
            if folder is not None:
                record["image"] = draw(folder, kind, colour)
            records.append(record)
    return records


def draw(folder: Path, kind: str, colour: str) -> str:
    """Draw a plain picture of a product and return its name in the folder."""
    image = Image.new("RGB", (96, 96), (245, 245, 245))
    pen = ImageDraw.Draw(image)
    shapes = {
        "dress": lambda: pen.polygon([(38, 10), (58, 10), (86, 88), (10, 88)], fill=COLOURS[colour]),
        "mug": lambda: (
            pen.rectangle((22, 28, 62, 80), fill=COLOURS[colour]),
            pen.arc((54, 36, 84, 68), 270, 90, fill=COLOURS[colour], width=7),
        ),
        "headphones": lambda: (
            pen.arc((16, 12, 80, 84), 180, 360, fill=COLOURS[colour], width=8),
            pen.ellipse((8, 44, 34, 86), fill=COLOURS[colour]),
            pen.ellipse((62, 44, 88, 86), fill=COLOURS[colour]),
        ),
    }
    shapes[kind]()
    name = f"{kind}-{colour}.png"
    image.save(folder / name)
    return name
