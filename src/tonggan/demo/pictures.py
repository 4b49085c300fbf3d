"""Pictures of demo products: which figure, colour, pattern and surface, and how they are stored."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image

from tonggan.demo.draw.paint import Look, paint, rgb
from tonggan.demo.products import DemoProduct
from tonggan.demo.vocabulary import Colour

WEBP_QUALITIES = (88, 80, 70)
"""The first has no visible loss; the others are for the few busy patterns that would be larger than MOST_BYTES."""

MOST_BYTES = 25_000
"""Bytes of a picture, so that a page of forty loads quickly."""

WEBP_METHOD = 2
"""A third of the time of the default method for files a tenth larger."""


def picture_path(product: DemoProduct, colour: Colour) -> str:
    """Path of a picture, relative to the feed."""
    suffix = f"-{colour.id}" if len(product.colours) > 1 else ""
    return f"pictures/{product.id}{suffix}.webp"


def paint_product(product: DemoProduct, colour: Colour) -> Image.Image:
    """Paint a product in one of its colours."""
    look = Look(
        colour=rgb(colour.paint),
        pattern=product.pattern.id,
        texture=product.material.texture if product.material else "smooth",
        ground=rgb(product.kind.department.ground),
    )
    return paint(product.kind.id, look)


def write_picture(folder: Path, product: DemoProduct, colour: Colour) -> None:
    """Paint a product and store it under the folder of the feed."""
    picture = paint_product(product, colour)
    encoded = b""
    for quality in WEBP_QUALITIES:
        encoded = _encoded(picture, quality=quality)
        if len(encoded) <= MOST_BYTES:
            break
    (folder / picture_path(product, colour)).write_bytes(encoded)


def _encoded(picture: Image.Image, *, quality: int) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=WEBP_METHOD)
    return buffer.getvalue()
