"""The demo feed on disk: `products.jsonl`, `reviews.jsonl`, `pictures/`, and judged queries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

from tonggan.demo.judgments import write_judgments
from tonggan.demo.pictures import picture_path, write_picture
from tonggan.demo.products import DemoProduct, Form, demo_products
from tonggan.demo.ratings import mean_of
from tonggan.demo.vocabulary import AUDIENCES

DRAWING_THREADS = 2
"""Drawing and encoding let go of the interpreter for about half their time, so a third thread adds nothing."""


def write_feed(folder: Path, *, seed: int, progress: Callable[[int, int], None] | None) -> Path:
    """Write everything and return the path of `products.jsonl`."""
    products = list(demo_products(seed=seed))
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    path = folder / "products.jsonl"
    _write_lines(path, (row for product in products for row in feed_rows(product)))
    _write_lines(folder / "reviews.jsonl", (row for product in products for row in _review_rows(product)))
    _draw(folder, products, progress=progress)
    write_judgments(folder, products)
    return path


def feed_rows(product: DemoProduct) -> Iterator[dict[str, Any]]:
    """Rows of one product: one, or one per form joined by `group_id`; the first tells what is true of all."""
    for place, form in enumerate(product.forms):
        grouped = {"group_id": product.id} if len(product.forms) > 1 else {}
        shared = _shared_cells(product) if place == 0 else {}
        yield {"id": form.id, **grouped, "title": str(product.title), **shared, **_form_cells(product, form)}


def _shared_cells(product: DemoProduct) -> dict[str, Any]:
    kind = product.kind
    levels = list(zip(kind.department.name, kind.category, strict=True))
    return {
        "description": f"{product.description.english}\n{product.description.chinese}",
        "brand": str(product.brand),
        "categories": [" > ".join(path) for path in levels],
        "tags": list(kind.tags),
        "attributes": _attributes(product),
        **_rating_cells(product.histogram),
    }


def _form_cells(product: DemoProduct, form: Form) -> dict[str, Any]:
    cells = {
        "price": _yuan(form.price_minor),
        "list_price": _yuan(form.list_price_minor) if form.list_price_minor else "",
        "currency": "CNY",
        "availability": form.availability,
        "inventory": form.inventory,
        "color": str(form.colour.name) if form.colour else "",
        "material": str(product.material.name) if product.material else "",
        "image": picture_path(product, form.colour or product.colours[0]),
        "sku": form.sku,
        "gtin": form.gtin,
    }
    return {name: value for name, value in {**cells, **_option_cells(form)}.items() if value != ""}


def _option_cells(form: Form) -> dict[str, Any]:
    if form.option in ("", "size"):
        return {"size": form.value}
    return {"options": {form.option: form.value}}


def _attributes(product: DemoProduct) -> dict[str, str]:
    found = {"style": str(product.style.name).replace("=", "")}
    if product.pattern.name.english:
        found["pattern"] = str(product.pattern.name)
    if product.kind.audience:
        found["audience"] = str(AUDIENCES[product.kind.audience])
    return found


def _rating_cells(histogram: tuple[int, ...]) -> dict[str, Any]:
    if not histogram:
        return {}
    counts = "|".join(map(str, histogram))
    return {"rating": mean_of(histogram), "rating_count": sum(histogram), "rating_histogram": counts}


def _review_rows(product: DemoProduct) -> Iterator[dict[str, Any]]:
    for review in product.reviews:
        yield {
            "product_id": product.id,
            "shopper": review.shopper,
            "stars": review.stars,
            "language": review.language,
            "text": review.text,
        }


def _draw(folder: Path, products: list[DemoProduct], *, progress: Callable[[int, int], None] | None) -> None:
    """Draw kind by kind, so that each figure is rasterised by one thread, once."""
    kinds = [list(group) for _, group in groupby(products, key=lambda product: product.kind.id)]
    total = sum(len(product.colours) for product in products)
    done = 0
    with ThreadPoolExecutor(DRAWING_THREADS) as threads:
        for drawn in threads.map(lambda group: _draw_kind(folder, group), kinds):
            done += drawn
            if progress:
                progress(done, total)


def _draw_kind(folder: Path, products: list[DemoProduct]) -> int:
    wanted = [(product, colour) for product in products for colour in product.colours]
    for product, colour in wanted:
        write_picture(folder, product, colour)
    return len(wanted)


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
