"""The rows of one product joined: what is the same in all is the product's, what differs makes its variants."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tonggan.catalogue.cells import first, is_hidden, read_categories, read_list, unique
from tonggan.catalogue.offer_row import Row
from tonggan.catalogue.picture_cells import distinct
from tonggan.catalogue.plain_text import language_of
from tonggan.records import Availability, Money, Product, Variant

HIDDEN = {"visibility": "hidden"}
"""Metadata of a product that the merchant has not published."""

BEST_FIRST: tuple[Availability, ...] = ("in_stock", "preorder", "backorder", "out_of_stock", "unknown")
"""A product is as available as its most available variant."""

LANGUAGE_CHARACTERS = 500
"""Characters of the description that help to tell the language; more costs time and changes no answer."""


def join_rows(rows: Sequence[Row], title: str) -> Product:
    """Return the product that the rows describe; the first row that says something about it is believed."""
    parent, forms = _parent_and_forms(rows)
    product_id = _product_id(rows, parent, title)
    differing = _differing_options(forms, has_parent=parent is not None)
    is_single = len(forms) < 2 and parent is None
    cheapest = parent if parent and _amount(parent.price) else _cheapest(forms or rows)
    return Product(
        id=product_id,
        title=title,
        price=cheapest.price,
        list_price=cheapest.list_price,
        rating=next((row.rating for row in rows if row.rating), None),
        availability=best_availability(row.availability for row in rows),
        inventory=_total(parent, forms or rows),
        media=distinct(item for row in rows for item in row.media),
        codes=parent.codes if parent and parent.codes else _union([row.codes for row in rows]),
        attributes=_union([*(row.attributes for row in rows), *_shared_options(forms or rows, differing)]),
        options={} if is_single else _union([_only(row.options, differing) for row in forms]),
        variants=() if is_single else _variants(forms, differing, product_id=product_id),
        **_product_texts(rows, title),
    )


def best_availability(values: Iterable[Availability]) -> Availability:
    """Return the best of several availabilities."""
    found = set(values)
    for value in BEST_FIRST:
        if value in found:
            return value
    return "unknown"


def language_code(named: str, *, text: str) -> str:
    """Return the primary tag of a named language (`zh` of `zh_CN`), or the language of a text."""
    return named.replace("_", "-").split("-")[0].lower() or language_of(text)


def product_id_of(address: str) -> str:
    """Return the id of a product that has none: its address, or else its title, always gives the same."""
    return "h" + hashlib.blake2b(address.encode(), digest_size=10).hexdigest()


def _product_texts(rows: Sequence[Row], title: str) -> dict[str, Any]:
    texts = {name: first([row.texts[name] for row in rows]) for name in rows[0].texts}
    sample = f"{title} {texts['description'][:LANGUAGE_CHARACTERS]}"
    visible = [is_hidden(row.offer.values["visible"]) for row in rows if any(row.offer.values.get("visible", ()))]
    metadata = {name: value for row in reversed(rows) for name, value in row.metadata.items()}
    return {
        **texts,
        "language": language_code(texts["language"], text=sample),
        "categories": read_categories(_cells(rows, "categories")),
        "tags": read_list(_cells(rows, "tags")),
        "metadata": {**metadata, **HIDDEN} if visible and all(visible) else metadata,
    }


def _cells(rows: Sequence[Row], field: str) -> tuple[str, ...]:
    return unique(cell for row in rows for cell in row.offer.values.get(field, ()))


def _product_id(rows: Sequence[Row], parent: Row | None, title: str) -> str:
    row = parent or rows[0]
    group = first([item.offer.group for item in (row, *rows)]).removeprefix("id:")
    is_named = not group.startswith("line ")
    own = row.id if parent else ""
    named = first([own, group if is_named else "", row.id, *row.codes.get("sku", ())]).strip()
    if named:
        return named
    return product_id_of(first([row.texts["url"] for row in rows]) or title)


def _parent_and_forms(rows: Sequence[Row]) -> tuple[Row | None, list[Row]]:
    """Part the row that stands for the whole product, if there is one, from those that can be bought.

    Rows with a picture and nothing to buy are neither.
    """
    parent = next((row for row in rows if _is_parent(row, rows)), None)
    return parent, [row for row in rows if row is not parent and _is_buyable(row)]


def _is_parent(row: Row, rows: Sequence[Row]) -> bool:
    """Tell the row of the whole product: it names no group, or is named by it and is no variant itself.

    Variants packed into one row have its line. A row that gives its id to the group and has a price and options of its
    own, as the others do, is the first variant.
    """
    others = [other.offer for other in rows if other is not row]
    group = row.offer.group
    if not group:
        return any(other.group for other in others)
    is_named = group in (row.id, f"id:{row.id}", f"line {row.offer.line}", *row.codes.get("sku", ()))
    is_packed = any(other.line == row.offer.line for other in others)
    lacks_price = row.price is None and any(other.price for other in rows if other is not row)
    lacks_options = not row.options and all(other.options for other in rows if other is not row and _is_buyable(other))
    return is_named and bool(others) and (is_packed or lacks_price or lacks_options)


def _is_buyable(row: Row) -> bool:
    return bool(row.price or row.codes or row.options or row.id) or row.inventory is not None


def _differing_options(forms: Sequence[Row], *, has_parent: bool) -> frozenset[str]:
    names = {name for row in forms for name in row.options}
    if has_parent and len(forms) == 1:
        return frozenset(names)
    return frozenset(name for name in names if len({row.options.get(name) for row in forms}) > 1)


def _only(options: Mapping[str, tuple[str, ...]], names: frozenset[str]) -> dict[str, tuple[str, ...]]:
    return {name: values for name, values in options.items() if name in names}


def _shared_options(forms: Sequence[Row], differing: frozenset[str]) -> list[dict[str, tuple[str, ...]]]:
    return [{name: values for name, values in row.options.items() if name not in differing} for row in forms]


def _union(parts: Sequence[Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    joined: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for name, values in part.items():
            joined[name] = unique((*joined.get(name, ()), *values))
    return joined


def _cheapest(rows: Sequence[Row]) -> Row:
    priced = [row for row in rows if row.price]
    currency = priced[0].price.currency if priced and priced[0].price else ""
    same = [row for row in priced if row.price and row.price.currency == currency]
    return min(same, key=lambda row: _amount(row.price), default=rows[0])


def _amount(money: Money | None) -> int:
    return money.amount if money else 0


def _total(parent: Row | None, rows: Sequence[Row]) -> int | None:
    if parent is not None and parent.inventory is not None:
        return parent.inventory
    known = [row.inventory for row in rows if row.inventory is not None]
    return sum(known) if known else None


def _variants(forms: Sequence[Row], differing: frozenset[str], *, product_id: str) -> tuple[Variant, ...]:
    has_own_media = len({row.media for row in forms}) > 1
    ids: set[str] = set()
    variants = []
    for row in forms:
        options = {name: ", ".join(values) for name, values in _only(row.options, differing).items()}
        variant_id = _variant_id(row, options, product_id=product_id, taken=ids)
        ids.add(variant_id)
        variants.append(
            Variant(
                id=variant_id,
                options=options,
                codes={kind: values[0] for kind, values in row.codes.items()},
                price=row.price,
                list_price=row.list_price,
                availability=row.availability,
                inventory=row.inventory,
                media=row.media if has_own_media else (),
            )
        )
    return tuple(variants)


def _variant_id(row: Row, options: Mapping[str, str], *, product_id: str, taken: set[str]) -> str:
    """Return the row's own id, its sku, or one made of its options; numbered where that is taken."""
    own = row.id if row.id != product_id else ""
    plain = first([own, *row.codes.get("sku", ())[:1], "/".join([product_id, *options.values()])])
    number, name = 1, plain
    while name in taken:
        number, name = number + 1, f"{plain}/{number + 1}"
    return name
