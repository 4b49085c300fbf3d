"""Products as JSON and back, without loss, and the hash that tells whether a product has changed.

Money is `{"amount": minor units, "currency": code}`. Fields that are empty are left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from tonggan.records import Media, Money, Product, Rating, Variant

Json = dict[str, Any]


def product_as_json(product: Product) -> Json:
    """Return a product as plain JSON values."""
    return _as_json(product, _PRODUCT_WRITERS)


def product_from_json(record: Mapping[str, Any]) -> Product:
    """Return the product that `product_as_json` wrote; TypeError or KeyError where it did not write it."""
    return Product(**_from_json(record, _PRODUCT_READERS))


def variant_as_json(variant: Variant) -> Json:
    """Return a variant as plain JSON values."""
    return _as_json(variant, _VARIANT_WRITERS)


def canonical_bytes(record: Mapping[str, Any]) -> bytes:
    """Return JSON values as UTF-8 with sorted keys and no spaces, the same bytes for equal values."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def content_hash(record: Mapping[str, Any]) -> bytes:
    """Return the sha256 of a product's JSON, blind to `updated_at` and to what was seen in its media.

    A product that comes a second time, before its pictures are fetched again, is thus the same product.
    """
    return hashlib.sha256(canonical_bytes(_without_bookkeeping(record))).digest()


def seen_media(record: Mapping[str, Any]) -> dict[str, Json]:
    """Return what was seen (checksum, colours, pattern) in the media of a product and its variants, by source."""
    owners = [record, *record.get("variants", ())]
    media = [item for owner in owners for item in owner.get("media", ())]
    return {item["source"]: _seen(item) for item in media if item.get("checksum")}


def with_seen_media(record: Json, seen: Mapping[str, Json]) -> Json:
    """Return a product's JSON with what was seen of those sources filled in where it has nothing."""
    filled = dict(record)
    if "media" in record:
        filled["media"] = [
            item if item.get("checksum") else item | seen.get(item["source"], {}) for item in record["media"]
        ]
    if "variants" in record:
        filled["variants"] = [with_seen_media(item, seen) for item in record["variants"]]
    return filled


def _seen(media: Mapping[str, Any]) -> Json:
    return {name: media[name] for name in _SEEN if name in media}


def _without_bookkeeping(record: Mapping[str, Any]) -> Json:
    kept = {name: value for name, value in record.items() if name != "updated_at"}
    if "media" in kept:
        kept["media"] = [{name: value for name, value in item.items() if name not in _SEEN} for item in kept["media"]]
    if "variants" in kept:
        kept["variants"] = [_without_bookkeeping(item) for item in kept["variants"]]
    return kept


_SEEN = ("checksum", "colours", "pattern")
"""Fields of a medium that come from looking at it, not from the merchant."""

_REQUIRED = frozenset({"id", "title", "kind", "source"})
"""Fields without a default: written though empty."""


def _as_json(record: Any, writers: Mapping[str, Callable[[Any], Any]]) -> Json:
    values = ((name, getattr(record, name), write) for name, write in writers.items())
    return {name: write(value) for name, value, write in values if value or value == 0 or name in _REQUIRED}


def _from_json(record: Mapping[str, Any], readers: Mapping[str, Callable[[Any], Any]]) -> Json:
    return {name: readers[name](value) for name, value in record.items()}


def _same(value: Any) -> Any:
    return value


def _lists_by_name(value: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in value.items()}


def _tuples_by_name(value: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in value.items()}


def _money_as_json(money: Money) -> Json:
    return {"amount": money.amount, "currency": money.currency}


def _money_from_json(record: Json) -> Money:
    return Money(record["amount"], record["currency"])


def _rating_as_json(rating: Rating) -> Json:
    record: Json = {"mean": rating.mean, "count": rating.count}
    return {**record, "histogram": list(rating.histogram)} if rating.histogram else record


def _rating_from_json(record: Json) -> Rating:
    return Rating(record["mean"], record["count"], tuple(record.get("histogram", ())))


def _media_as_json(media: tuple[Media, ...]) -> list[Json]:
    return [_as_json(item, _MEDIA_WRITERS) for item in media]


def _media_from_json(records: list[Json]) -> tuple[Media, ...]:
    return tuple(Media(**_from_json(record, _MEDIA_READERS)) for record in records)


def _variants_as_json(variants: tuple[Variant, ...]) -> list[Json]:
    return [variant_as_json(variant) for variant in variants]


def _variants_from_json(records: list[Json]) -> tuple[Variant, ...]:
    return tuple(Variant(**_from_json(record, _VARIANT_READERS)) for record in records)


_MEDIA_WRITERS: dict[str, Callable[[Any], Any]] = {
    "kind": _same,
    "source": _same,
    "checksum": _same,
    "alt": _same,
    "colours": list,
    "pattern": _same,
}

_MEDIA_READERS: dict[str, Callable[[Any], Any]] = {**_MEDIA_WRITERS, "colours": tuple}

_SHARED_WRITERS: dict[str, Callable[[Any], Any]] = {
    "price": _money_as_json,
    "list_price": _money_as_json,
    "availability": _same,
    "inventory": _same,
    "media": _media_as_json,
}

_VARIANT_WRITERS: dict[str, Callable[[Any], Any]] = {"id": _same, "options": dict, "codes": dict, **_SHARED_WRITERS}

_PRODUCT_WRITERS: dict[str, Callable[[Any], Any]] = {
    "id": _same,
    "title": _same,
    "description": _same,
    "brand": _same,
    "categories": list,
    "rating": _rating_as_json,
    **_SHARED_WRITERS,
    "codes": _lists_by_name,
    "attributes": _lists_by_name,
    "options": _lists_by_name,
    "variants": _variants_as_json,
    "tags": list,
    "language": _same,
    "url": _same,
    "updated_at": _same,
    "metadata": dict,
}

_SHARED_READERS: dict[str, Callable[[Any], Any]] = {
    "price": _money_from_json,
    "list_price": _money_from_json,
    "availability": _same,
    "inventory": _same,
    "media": _media_from_json,
}

_VARIANT_READERS: dict[str, Callable[[Any], Any]] = {"id": _same, "options": _same, "codes": _same, **_SHARED_READERS}

_PRODUCT_READERS: dict[str, Callable[[Any], Any]] = {
    "id": _same,
    "title": _same,
    "description": _same,
    "brand": _same,
    "categories": tuple,
    "rating": _rating_from_json,
    **_SHARED_READERS,
    "codes": _tuples_by_name,
    "attributes": _tuples_by_name,
    "options": _tuples_by_name,
    "variants": _variants_from_json,
    "tags": tuple,
    "language": _same,
    "url": _same,
    "updated_at": _same,
    "metadata": _same,
}
