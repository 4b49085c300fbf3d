"""An invented shop in two languages with a little of everything that shoppers ask about, as it would be imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PRODUCTS = Path(__file__).parent / "cases" / "shop.txt"
"""A line for each product: id, title, brand, category, price and list price, rating and its count, attributes.

Prices with a dollar sign are in USD, the others in CNY; `out` is out of stock.
"""

ATTRIBUTES = ("color", "material", "size")


def case_records() -> list[dict[str, Any]]:
    """Return the products as a shop would import them."""
    lines = PRODUCTS.read_text(encoding="utf-8").splitlines()
    return [_record(number, [cell.strip() for cell in line.split("|")]) for number, line in enumerate(lines, start=1)]


def barcode_of(number: int) -> str:
    """Return the EAN-13 of the product on this line, from 1."""
    digits = f"690123{number:06d}"
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return digits + str(-total % 10)


def _record(number: int, cells: list[str]) -> dict[str, Any]:
    product_id, title, brand, category, prices, rated, more = cells
    currency = "USD" if prices.startswith("$") else "CNY"
    price, _, list_price = prices[1:].partition("/")
    mean, _, count = rated.partition("x")
    named = dict(part.split("=") for part in more.split("; ") if "=" in part)
    return {
        "id": product_id,
        "title": title,
        "brand": brand,
        "categories": [category],
        "price": f"{price} {currency}",
        "rating": float(mean),
        "rating_count": int(count),
        "availability": "out of stock" if more.endswith("out") else "in stock",
        "sku": f"TG-{1000 + number}",
        "gtin": barcode_of(number),
        "attributes": {name: [value] for name, value in named.items() if name in ATTRIBUTES},
        **({"list_price": f"{list_price} {currency}"} if list_price else {}),
        **({"mpn": named["mpn"]} if "mpn" in named else {}),
    }
