"""A product given as JSON -> a clean product, by the rules of `clean`.

It reads what `wire.product_as_json` writes without any change, and looser forms: prices as text or numbers with a
`currency`, lists as single values, `image`, and codes beside the product.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

from tonggan.catalogue.cell_reader import CellReader
from tonggan.catalogue.cells import (
    availability_of_stock,
    first,
    is_hidden,
    read_availability,
    read_categories,
    read_count,
    read_list,
    read_rating,
    unique,
)
from tonggan.catalogue.money import GREATEST_AMOUNT, known_currency, read_money
from tonggan.catalogue.offer_row import CODES, option_name, true_list_price
from tonggan.catalogue.picture_cells import distinct, media_kind, read_media
from tonggan.catalogue.plain_text import one_line
from tonggan.catalogue.variants import HIDDEN, best_availability, language_code, product_id_of
from tonggan.errors import InputError
from tonggan.records import Availability, Media, Money, Product, Rating, Variant

Value = TypeVar("Value")

_KNOWN = frozenset(
    ["id", "title", "description", "brand", "categories", "price", "list_price", "currency", "rating", "rating_count"]
    + ["rating_histogram", "availability", "inventory", "media", "image", "codes", "sku", "gtin", "mpn", "attributes"]
    + [
        "options",
        "variants",
        "tags",
        "language",
        "url",
        "updated_at",
        "metadata",
        "visible",
        "color",
        "size",
        "material",
    ]
)
_KINDS: Mapping[str, Literal["image", "video", "voice"]] = {"image": "image", "video": "video", "voice": "voice"}


def read_record(record: Mapping[str, Any], reader: CellReader, *, default_currency: str = "") -> Product | None:
    """Return the product of a JSON object, or none where the reader had to refuse it."""
    parts = _RecordReader(record, reader, default_currency)
    product = parts.product()
    return None if reader.refusal else product


class _RecordReader:
    """Reads the parts of one object; what is wrong first stands in `reader.refusal`."""

    def __init__(self, record: Mapping[str, Any], reader: CellReader, default_currency: str) -> None:
        self._record = record
        self._reader = reader
        self._currency = self._text("currency") or default_currency

    def product(self) -> Product:
        """Return the product, which stands only if nothing was refused."""
        title, url = self._text("title"), self._text("url")
        if not title:
            self._reader.refuse("title", "there is no title", remedy="Give every product a title.")
        variants = self._variants()
        codes = self._codes()
        price, list_price = self._prices(self._record, variants)
        inventory = self._inventory(self._record)
        description = self._text("description")
        own = first([self._text("id"), *codes.get("sku", ())[:1]])
        return Product(
            id=own or product_id_of(url or title),
            title=title,
            description=description,
            brand=self._text("brand"),
            categories=self._categories(),
            price=price,
            list_price=list_price,
            rating=self._rating(),
            availability=self._availability(self._record, inventory, variants),
            inventory=inventory,
            media=self._media(self._record),
            codes=codes,
            attributes=self._attributes(),
            options=self._lists("options"),
            variants=variants,
            tags=self._items("tags"),
            language=language_code(self._text("language"), text=f"{title} {description[:500]}"),
            url=url,
            updated_at=self._text("updated_at"),
            metadata=self._metadata(),
        )

    def _read(self, field: str, value: Any, expected: type[Value] | tuple[type, ...], empty: Value) -> Value:
        """Return a value of the expected type, or the empty one after refusing another."""
        if value is None:
            return empty
        if isinstance(value, bool) or not isinstance(value, expected):
            self._reader.refuse(field, f"a {type(value).__name__} stands where it cannot", value=value, remedy=_REMEDY)
            return empty
        return value  # type: ignore[return-value]

    def _text(self, field: str) -> str:
        return self._as_text(field, self._record.get(field))

    def _as_text(self, field: str, value: Any) -> str:
        return self._reader.text(field, str(self._read(field, value, (str, int, float), "")))

    def _list(self, field: str, value: Any) -> list[Any]:
        """Return a list; a single value is a list of one."""
        return value if isinstance(value, list) else [] if value is None or value == "" else [value]

    def _mapping(self, field: str, value: Any) -> Mapping[str, Any]:
        return self._read(field, value, Mapping, {})

    def _items(self, field: str) -> tuple[str, ...]:
        value = self._record.get(field)
        if isinstance(value, str):
            return read_list([self._as_text(field, value)])
        return unique(self._as_text(field, item) for item in self._list(field, value))

    def _categories(self) -> tuple[str, ...]:
        value = self._record.get("categories")
        if isinstance(value, str):
            return read_categories([self._as_text("categories", value)])
        return unique(self._as_text("categories", item) for item in self._list("categories", value))

    def _lists(self, field: str) -> dict[str, tuple[str, ...]]:
        named = self._mapping(field, self._record.get(field))
        lists = {option_name(name): self._texts(field, value) for name, value in named.items()}
        return {name: values for name, values in lists.items() if values}

    def _texts(self, field: str, value: Any) -> tuple[str, ...]:
        return unique(self._as_text(field, item) for item in self._list(field, value))

    def _attributes(self) -> dict[str, tuple[str, ...]]:
        plain = {name: self._texts(name, self._record.get(name)) for name in ("color", "size", "material")}
        return {name: values for name, values in plain.items() if values} | self._lists("attributes")

    def _codes(self) -> dict[str, tuple[str, ...]]:
        plain = {kind: self._texts(kind, self._record.get(kind)) for kind in CODES}
        return {kind: values for kind, values in plain.items() if values} | self._lists("codes")

    def _money(self, field: str, value: Any) -> Money | None:
        if not isinstance(value, Mapping):
            cell = self._as_text(field, value)
            read = lambda: read_money(cell, currency=self._currency, default_currency="")  # noqa: E731
            return self._reader.read(field, read, shown=cell)
        return self._reader.read(field, lambda: _money_of(value), shown=json.dumps(value, default=str))

    def _prices(self, record: Mapping[str, Any], variants: Sequence[Variant] = ()) -> tuple[Money | None, Money | None]:
        price = self._money("price", record.get("price"))
        list_price = self._money("list_price", record.get("list_price"))
        if price is None and list_price is None and variants:
            cheapest = min((item for item in variants if item.price), key=_amount, default=variants[0])
            return cheapest.price, cheapest.list_price
        return true_list_price(price, list_price)

    def _inventory(self, record: Mapping[str, Any]) -> int | None:
        cell = self._as_text("inventory", record.get("inventory"))
        return self._reader.read("inventory", lambda: read_count(cell, may_be_negative=True), shown=cell)

    def _availability(
        self, record: Mapping[str, Any], inventory: int | None, variants: Sequence[Variant] = ()
    ) -> Availability:
        cell = self._as_text("availability", record.get("availability"))
        named = read_availability(cell)
        if cell and named == "unknown" and cell != "unknown":
            self._reader.refuse("availability", "an unknown word", value=cell, remedy="Use in_stock or out_of_stock.")
        if not cell and inventory is None:
            return best_availability(variant.availability for variant in variants)
        return named if cell else availability_of_stock(inventory)

    def _rating(self) -> Rating | None:
        value = self._record.get("rating")
        nested = value if isinstance(value, Mapping) else {"mean": value}
        cells = {
            "mean": self._as_text("rating", nested.get("mean")),
            "count": self._as_text("rating_count", nested.get("count", self._record.get("rating_count"))),
            "histogram": _joined(nested.get("histogram", self._record.get("rating_histogram"))),
        }
        return self._reader.read("rating", lambda: read_rating(**cells), shown=json.dumps(value, default=str))

    def _media(self, record: Mapping[str, Any]) -> tuple[Media, ...]:
        named = [self._one_media(item) for item in self._list("media", record.get("media"))]
        sources = [self._as_text("image", item) for item in self._list("image", record.get("image"))]
        return distinct([*(item for item in named if item.source), *read_media(self._reader, sources)])

    def _one_media(self, value: Any) -> Media:
        record = {"source": value} if isinstance(value, str) else self._mapping("media", value)
        source = first(
            [item.source for item in read_media(self._reader, [self._as_text("image", record.get("source"))])]
        )
        given = record.get("kind", media_kind(source))
        kind = _KINDS.get(given) if isinstance(given, str) else None
        if kind is None:
            self._reader.refuse("media", "an unknown kind", value=given, remedy=f"Use one of {', '.join(_KINDS)}.")
        checksum = self._as_text("id", record.get("checksum"))
        return Media(kind or "image", source, checksum, self._as_text("image_alt", record.get("alt")))

    def _variants(self) -> tuple[Variant, ...]:
        values = self._list("variants", self._record.get("variants"))
        variants = tuple(self._variant(self._mapping("variants", value)) for value in values)
        names = [variant.id for variant in variants]
        if len(set(names)) < len(names) or "" in names:
            self._reader.refuse("variants", "variants need ids, each its own", value=names, remedy="Correct the ids.")
        return variants

    def _variant(self, record: Mapping[str, Any]) -> Variant:
        codes = {
            kind: self._as_text("codes", code) for kind, code in self._mapping("codes", record.get("codes")).items()
        }
        codes |= {kind: self._as_text(kind, record[kind]) for kind in CODES if record.get(kind)}
        options = self._mapping("options", record.get("options"))
        price, list_price = self._prices(record)
        inventory = self._inventory(record)
        return Variant(
            id=self._as_text("id", record.get("id")) or codes.get("sku", ""),
            options={option_name(name): self._as_text("options", value) for name, value in options.items()},
            codes=codes,
            price=price,
            list_price=list_price,
            availability=self._availability(record, inventory),
            inventory=inventory,
            media=self._media(record),
        )

    def _metadata(self) -> dict[str, str]:
        """Return what is kept beside our fields: `metadata` itself, and every key nobody knows."""
        named = self._mapping("metadata", self._record.get("metadata"))
        unknown = {
            name: value for name, value in self._record.items() if name not in _KNOWN and value not in (None, "")
        }
        both = {**unknown, **named}
        self._reader.limit_fields(len(both))
        kept = {one_line(name): self._reader.text("metadata", _as_cell(value)) for name, value in both.items()}
        visible = self._record.get("visible", True)
        return {**kept, **HIDDEN} if is_hidden([str(visible)]) else kept


_REMEDY = "See the product in the API's description."


def _money_of(value: Mapping[str, Any]) -> Money:
    amount, currency = value.get("amount"), value.get("currency")
    if not isinstance(amount, int) or isinstance(amount, bool) or not isinstance(currency, str):
        raise InputError("not an amount with a currency", remedy='Write {"amount": minor units, "currency": "USD"}.')
    if not 0 <= amount <= GREATEST_AMOUNT:
        raise InputError("the amount is beyond any price", remedy="Correct the amount.")
    return Money(amount, known_currency(currency) or known_currency("XXX"))


def _amount(variant: Variant) -> int:
    return variant.price.amount if variant.price else 0


def _joined(value: Any) -> str:
    return "|".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _as_cell(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
