"""Products made for the tests."""

from __future__ import annotations

from dataclasses import replace

from tonggan.records import Media, Money, Product, Rating, Variant

KETTLE = Product(
    id="kettle-1",
    title="红色 Kettle, 1.7 l",
    description="Boils fast.\nSwitches itself off.",
    brand="Acme",
    categories=("Home > Kitchen", "Sale"),
    price=Money(2999, "USD"),
    list_price=Money(3999, "USD"),
    rating=Rating(4.5, 12, (0, 0, 1, 4, 7)),
    availability="in_stock",
    inventory=0,
    media=(Media("image", "https://shop.example/kettle.jpg", alt="A red kettle"), Media("video", "kettle.mp4")),
    codes={"sku": ("K-1",), "gtin": ("0012345678905",)},
    attributes={"material": ("steel", "plastic")},
    options={"color": ("red", "blue")},
    variants=(
        Variant("K-1-red", {"color": "red"}, {"sku": "K-1-red"}, Money(2999, "USD"), None, "in_stock", 4),
        Variant("K-1-blue", {"color": "blue"}, {}, None, None, "unknown", None, (Media("image", "blue.jpg"),)),
    ),
    tags=("kitchen", "red"),
    language="en",
    url="https://shop.example/kettle",
    metadata={"warehouse": "B7", "=odd": "'\"\\"},
)


def many(count: int, *, title: str = "Mug") -> list[Product]:
    """Return products with ids that sort as they count."""
    return [replace(KETTLE, id=f"p{number:05d}", title=f"{title} {number}", variants=()) for number in range(count)]


def without_stamp(product: Product) -> Product:
    """Return a product as it was before the store stamped it."""
    return replace(product, updated_at="")
