"""What a catalogue lacks and what it holds twice, for the merchant to mend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, func, select

from tonggan.catalogue.clean import is_visible
from tonggan.catalogue.product_rows import MEDIA_KIND
from tonggan.catalogue.store import SqlStore
from tonggan.catalogue.tables import codes, products
from tonggan.records import Product

EXAMPLES = 5
"""Products, or groups of them, that a finding names; enough to see the pattern."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A field that some products leave empty."""

    field: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Products that share what should be their own; `examples` are groups of ids."""

    kind: str
    groups: int
    products: int
    examples: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a catalogue. `variants` counts buyable forms, `with_variants` the products that have any."""

    products: int
    hidden: int
    variants: int
    with_variants: int
    most_variants: int
    missing: tuple[Missing, ...]
    duplicates: tuple[Duplicates, ...]


EXPECTED_FIELDS: Mapping[str, Callable[[Product], object]] = {
    "description": lambda product: product.description,
    "brand": lambda product: product.brand,
    "categories": lambda product: product.categories,
    "price": lambda product: product.price,
    "rating": lambda product: product.rating,
    "availability": lambda product: product.availability != "unknown",
    "image": lambda product: any(item.kind == "image" for item in product.media),
    "fetched image": lambda product: any(item.checksum for item in product.media) or not product.media,
    "gtin": lambda product: product.codes.get("gtin"),
    "url": lambda product: product.url,
}
"""What every product should have; a `fetched image` is missing where an image is named that could not be kept."""


def report(store: SqlStore, *, examples: int = EXAMPLES) -> Health:
    """Read the whole catalogue and say what is missing and what is double, most frequent first."""
    tally = _Tally(examples)
    for batch in store.scan():
        for product in batch:
            tally.add(product)
    with store.reading() as connection:
        duplicates = [_duplicates(connection, kind, query, examples) for kind, query in _SHARED.items()]
    return Health(
        products=tally.products,
        hidden=tally.hidden,
        variants=tally.variants,
        with_variants=tally.with_variants,
        most_variants=tally.most_variants,
        missing=tally.missing(),
        duplicates=tuple(found for found in duplicates if found.groups),
    )


@dataclass(slots=True)
class _Tally:
    """Counts while the products pass by."""

    limit: int
    products: int = 0
    hidden: int = 0
    variants: int = 0
    with_variants: int = 0
    most_variants: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, product: Product) -> None:
        self.products += 1
        self.hidden += not is_visible(product)
        self.variants += len(product.variants)
        self.with_variants += bool(product.variants)
        self.most_variants = max(self.most_variants, len(product.variants))
        for name, value_of in EXPECTED_FIELDS.items():
            if not value_of(product):
                self._note(name, product.id)

    def missing(self) -> tuple[Missing, ...]:
        names = sorted(self.counts, key=lambda name: -self.counts[name])
        return tuple(Missing(name, self.counts[name], tuple(self.examples[name])) for name in names)

    def _note(self, name: str, product_id: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1
        known = self.examples.setdefault(name, [])
        if len(known) < self.limit:
            known.append(product_id)


def _sharing(kind: str) -> Select[*tuple[Any, ...]]:
    count = func.count(func.distinct(codes.c.product_id)).label("count")
    return select(codes.c.code, count).where(codes.c.kind == kind).group_by(codes.c.code).having(count > 1)


def _same_titles() -> Select[*tuple[Any, ...]]:
    count = func.count().label("count")
    key = products.c.title_key
    return select(key, count).where(key != "").group_by(key).having(count > 1)


_SHARED: Mapping[str, Select[*tuple[Any, ...]]] = {
    "sku": _sharing("sku"),
    "gtin": _sharing("gtin"),
    "title": _same_titles(),
    "picture": _sharing(MEDIA_KIND),
}


def _duplicates(connection: Connection, kind: str, query: Select[*tuple[Any, ...]], limit: int) -> Duplicates:
    groups = connection.execute(query.order_by(query.selected_columns[1].desc(), query.selected_columns[0])).all()
    examples = tuple(_members(connection, kind, row[0]) for row in groups[:limit])
    return Duplicates(kind, groups=len(groups), products=sum(row[1] for row in groups), examples=examples)


def _members(connection: Connection, kind: str, value: str) -> tuple[str, ...]:
    if kind == "title":
        query = select(products.c.id).where(products.c.title_key == value).order_by(products.c.id)
    else:
        code_kind = MEDIA_KIND if kind == "picture" else kind
        same = (codes.c.code == value, codes.c.kind == code_kind)
        query = select(codes.c.product_id).where(*same).distinct().order_by(codes.c.product_id)
    return tuple(row[0] for row in connection.execute(query))
