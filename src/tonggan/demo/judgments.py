"""Judged queries for the demo shop: queries are data (`words/queries.toml`), grades follow from what products are."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from tonggan.demo.pictures import paint_product
from tonggan.demo.products import DemoProduct
from tonggan.demo.ratings import mean_of

QUERY_COLUMNS = ("query_id", "text", "image", "voice", "clip", "like", "rating", "filter_by")

PERFECT, GOOD, RELATED = 3, 2, 1
"""Grades: all that was asked for; the kind and most of it; the kind alone."""

CLOSE_STARS, NEAR_STARS = 0.15, 0.3
"""A mean within this many stars of the wish is perfect, or good."""

CROP_SHARE = 0.07
"""Share cut off each side of a query picture: the object stays whole, the pixels move."""

QUERY_PICTURE_QUALITY = 60
"""A shopper's photograph has been through a messenger or two."""


def write_judgments(folder: Path, products: Sequence[DemoProduct]) -> None:
    """Write `queries.csv`, `qrels.csv` and the query pictures that they name."""
    entries = tomllib.loads((files("tonggan.demo") / "words" / "queries.toml").read_text("utf-8"))["queries"]
    queries: list[dict[str, str]] = []
    grades: list[tuple[str, str, int]] = []
    for number, entry in enumerate(entries, start=1):
        query_id = f"d{number:02d}"
        seen = _seen_product(entry, products)
        queries.append(_query_row(folder, entry, query_id=query_id, seen=seen))
        graded = ((product.id, _grade(product, entry, seen=seen)) for product in products)
        grades.extend((query_id, product_id, grade) for product_id, grade in graded if grade)
    _write_table(folder / "queries.csv", QUERY_COLUMNS, ([row[name] for name in QUERY_COLUMNS] for row in queries))
    _write_table(folder / "qrels.csv", ("query_id", "product_id", "grade"), grades)


def _seen_product(entry: Mapping[str, Any], products: Sequence[DemoProduct]) -> DemoProduct | None:
    """The product that a picture query shows or a like query likes: the n-th of its kind."""
    kind, _, place = (entry.get("image") or entry.get("like") or "").partition(":")
    return [product for product in products if product.kind.id == kind][int(place)] if kind else None


def _query_row(folder: Path, entry: Mapping[str, Any], *, query_id: str, seen: DemoProduct | None) -> dict[str, str]:
    row = dict.fromkeys(QUERY_COLUMNS, "")
    given = {name: str(entry[name]) for name in ("text", "rating", "filter_by") if name in entry}
    if seen and "image" in entry:
        given["image"] = _write_query_picture(folder, seen, query_id=query_id)
    if seen and "like" in entry:
        given["like"] = seen.id
    return {**row, "query_id": query_id, **given}


def _write_query_picture(folder: Path, product: DemoProduct, *, query_id: str) -> str:
    """Store a mirrored, cropped and compressed picture, as a shopper might send it."""
    picture = paint_product(product, product.colours[0])
    edge = round(picture.width * CROP_SHARE)
    cropped = ImageOps.mirror(picture).crop((edge, edge, picture.width - edge, picture.height - edge))
    path = folder / "query_pictures" / f"{query_id}.jpg"
    path.parent.mkdir(exist_ok=True)
    cropped.resize((384, 384), Image.Resampling.BICUBIC).save(path, "JPEG", quality=QUERY_PICTURE_QUALITY)
    return f"query_pictures/{path.name}"


def _grade(product: DemoProduct, entry: Mapping[str, Any], *, seen: DemoProduct | None) -> int:
    if not _passes(product, entry):
        return 0
    if seen is not None:
        return _grade_seen(product, entry, seen)
    if not _is_of_kind(product, entry):
        return 0
    if "rating" in entry:
        return _grade_stars(product, float(entry["rating"]), has_kind="kinds" in entry)
    wishes = [name for name in WISHES if name in entry]
    met = [name for name in wishes if set(entry[name]) & WISHES[name](product)]
    return PERFECT if met == wishes else GOOD if len(met) * 2 > len(wishes) else RELATED


def _grade_seen(product: DemoProduct, entry: Mapping[str, Any], seen: DemoProduct) -> int:
    """Grade beside a picture or a liked product; a colour given in words takes the place of the picture's."""
    if product.kind.id != seen.kind.id or (product is seen and "like" in entry):
        return 0
    wanted = set(entry.get("colours", [seen.colours[0].id]))
    is_same_colour = bool(wanted & _colours(product))
    if "like" in entry:
        return PERFECT if is_same_colour or product.pattern == seen.pattern else GOOD
    if "colours" in entry:
        return PERFECT if is_same_colour else RELATED
    return PERFECT if product is seen else GOOD if is_same_colour else RELATED


def _grade_stars(product: DemoProduct, wanted: float, *, has_kind: bool) -> int:
    distance = abs(mean_of(product.histogram) - wanted) if product.histogram else 5.0
    if distance <= CLOSE_STARS:
        return PERFECT
    if distance <= NEAR_STARS:
        return GOOD
    return RELATED if has_kind else 0


def _passes(product: DemoProduct, entry: Mapping[str, Any]) -> bool:
    """Tell whether the price meets the filter; the lowest price of a product is the one that is shown."""
    price = min(form.price_minor for form in product.forms) / 100
    return entry.get("price_from", 0) <= price <= entry.get("price_to", float("inf"))


def _is_of_kind(product: DemoProduct, entry: Mapping[str, Any]) -> bool:
    kinds, departments = entry.get("kinds"), entry.get("departments")
    return (not kinds or product.kind.id in kinds) and (
        not departments or product.kind.department.name.english in departments
    )


def _colours(product: DemoProduct) -> set[str]:
    return {colour.id for colour in product.colours}


WISHES = {
    "colours": _colours,
    "patterns": lambda product: {product.pattern.id},
    "materials": lambda product: {product.material.name.english} if product.material else set(),
    "styles": lambda product: {product.style.name.english},
    "brands": lambda product: {product.brand.english},
    "audiences": lambda product: {product.kind.audience},
}
"""What a query may wish for besides the kind, and what a product has of it."""


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
