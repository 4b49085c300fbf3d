"""A catalogue as one file: JSON lines, which lose nothing, or CSV for spreadsheets; gzipped where the name ends so."""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tonggan.catalogue import Store
from tonggan.catalogue.clean import is_visible
from tonggan.catalogue.money import major_text
from tonggan.catalogue.variants import HIDDEN
from tonggan.catalogue.wire import product_as_json
from tonggan.errors import InputError
from tonggan.records import Media, Product, Variant

CSV_COLUMNS = (
    "id", "group", "title", "description", "brand", "categories", "price", "list_price", "availability", "inventory",
    "image", "image_alt", "sku", "gtin", "mpn", "rating", "rating_count", "rating_histogram", "tags", "language", "url",
    "visible", "options", "attributes",
)  # fmt: skip
"""Our field names, so that the file is understood on import; the last two hold JSON objects. Metadata follow, a column
for each name, as they came in."""

MOST_METADATA_COLUMNS = 200
"""Names of metadata that get a column, the most frequent ones; JSON lines hold all of them."""

FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet compute a cell; such text gets a quote in front, which import removes."""

SEPARATOR = "; "
"""Stands between several values of one cell."""

GZIP_LEVEL = 6


def export(store: Store, path: str | Path) -> int:
    """Write all products to `.jsonl` or `.csv`, either with `.gz`, and return how many; the file appears whole."""
    target = Path(path)
    plain = target.name.removesuffix(".gz")
    if not plain.endswith((".jsonl", ".csv")):
        raise InputError(f"'{target.name}' has no known ending.", remedy="Use .jsonl, .csv, .jsonl.gz or .csv.gz.")
    write = _write_csv if plain.endswith(".csv") else _write_json_lines
    with _whole_file(target) as file:
        return write(store, file)


def quoted_formula(text: str) -> str:
    """Return a cell that no spreadsheet computes.

    >>> quoted_formula("=1+1"), quoted_formula("mug")
    ("'=1+1", 'mug')
    """
    return f"'{text}" if text.startswith(FORMULA_MARKS) else text


def _write_json_lines(store: Store, file: IO[str]) -> int:
    count = 0
    for batch in store.scan():
        count += len(batch)
        for product in batch:
            file.write(json.dumps(product_as_json(product), ensure_ascii=False) + "\n")
    return count


def _write_csv(store: Store, file: IO[str]) -> int:
    columns = [*CSV_COLUMNS, *_metadata_names(store)]
    writer = csv.writer(file)
    writer.writerow([quoted_formula(name) for name in columns])
    count = 0
    for batch in store.scan():
        count += len(batch)
        for product in batch:
            for row in _rows(product):
                writer.writerow([quoted_formula(row.get(name, "")) for name in columns])
    return count


def _metadata_names(store: Store) -> list[str]:
    names = Counter(name for batch in store.scan() for product in batch for name in product.metadata)
    common = [name for name, _ in names.most_common(MOST_METADATA_COLUMNS)]
    return sorted(name for name in common if name not in CSV_COLUMNS and name not in HIDDEN)


def _rows(product: Product) -> Iterator[dict[str, str]]:
    """Yield the row of a product, then those of its variants, joined by `group`."""
    group = product.id if product.variants else ""
    yield {**product.metadata, **_shared_cells(product), **_product_cells(product), "group": group}
    for variant in product.variants:
        cells = {kind: code for kind, code in variant.codes.items() if kind in CSV_COLUMNS}
        yield {**_shared_cells(variant), **cells, "group": group, "options": _json(variant.options)}


def _shared_cells(item: Product | Variant) -> dict[str, str]:
    return {
        "id": item.id,
        "price": major_text(item.price) if item.price else "",
        "list_price": major_text(item.list_price) if item.list_price else "",
        "availability": "" if item.availability == "unknown" else item.availability,
        "inventory": "" if item.inventory is None else str(item.inventory),
        **_media_cells(item.media),
    }


def _media_cells(media: tuple[Media, ...]) -> dict[str, str]:
    has_alt = any(item.alt for item in media)
    return {
        "image": "|".join(item.source for item in media),
        "image_alt": "|".join(item.alt for item in media) if has_alt else "",
    }


def _product_cells(product: Product) -> dict[str, str]:
    rating = product.rating
    return {
        "title": product.title,
        "description": product.description,
        "brand": product.brand,
        "categories": SEPARATOR.join(product.categories),
        **{kind: SEPARATOR.join(codes) for kind, codes in product.codes.items() if kind in CSV_COLUMNS},
        "rating": repr(rating.mean) if rating else "",
        "rating_count": str(rating.count) if rating else "",
        "rating_histogram": "|".join(map(str, rating.histogram)) if rating else "",
        "tags": SEPARATOR.join(product.tags),
        "language": product.language,
        "url": product.url,
        "visible": str(is_visible(product)).lower(),
        "attributes": _json({name: list(values) for name, values in product.attributes.items()}),
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False) if value else ""


@contextmanager
def _whole_file(target: Path) -> Iterator[IO[str]]:
    """Give a text file that takes its name only when all of it is on disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with _opened(part, is_packed=target.suffix == ".gz") as file:
            yield file
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _opened(path: Path, *, is_packed: bool) -> IO[str]:
    if is_packed:
        return gzip.open(path, "wt", GZIP_LEVEL, encoding="utf-8", newline="")
    return path.open("w", encoding="utf-8", newline="")
