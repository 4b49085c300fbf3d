"""One row of a feed, read cell by cell, before the rows of a product are joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tonggan.catalogue import cells
from tonggan.catalogue.cell_reader import CellReader
from tonggan.catalogue.money import read_money
from tonggan.catalogue.picture_cells import read_media
from tonggan.catalogue.plain_text import one_line
from tonggan.records import Availability, Media, Money, Offer, Rating

CODES = ("sku", "gtin", "mpn")
"""Fields whose values name one product or variant in the merchant's or the maker's books."""

REMEMBERED_NAMES = 4096
"""Attribute names whose plain form is remembered; a catalogue has hundreds, each on thousands of rows."""

OPTION_NAMES = {
    alias: name
    for name, aliases in {
        "color": "color colour colors 颜色 颜色分类",
        "size": "size sizes 尺码 尺寸",
        "material": "material materials 材质 材料",
    }.items()
    for alias in aliases.split()
}
"""What merchants call the three options that every feed has, so that they meet in one facet."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, read: what it sells, beside what it says about the whole product."""

    offer: Offer
    id: str
    title: str
    texts: Mapping[str, str]
    price: Money | None
    list_price: Money | None
    rating: Rating | None
    availability: Availability
    inventory: int | None
    media: tuple[Media, ...]
    codes: Mapping[str, tuple[str, ...]]
    options: Mapping[str, tuple[str, ...]]
    attributes: Mapping[str, tuple[str, ...]]
    metadata: Mapping[str, str]


def read_row(offer: Offer, reader: CellReader, *, default_currency: str = "") -> Row | None:
    """Return what a row says, or none where the reader had to refuse it."""
    reader.limit_cells(offer.values)
    if reader.refusal:
        return None
    price, list_price = _read_prices(offer, reader, default_currency)
    inventory = _read_inventory(offer, reader)
    availability, metadata = _read_availability(offer, inventory)
    attributes, options = _read_named(offer)
    metadata |= {one_line(name): reader.text("metadata", value) for name, value in offer.metadata.items() if value}
    reader.limit_fields(len(attributes) + len(options) + len(metadata))
    names = ("brand", "language", "url", "updated_at")
    row = Row(
        offer=offer,
        id=reader.text("id", _first(offer, "id")),
        title=reader.text("title", _first(offer, "title")),
        texts={
            "description": reader.text("description", _description(offer.values.get("description", ()))),
            **{name: reader.text(name, _first(offer, name)) for name in names},
        },
        price=price,
        list_price=list_price,
        rating=_read_rating(offer, reader),
        availability=availability,
        inventory=inventory,
        media=read_media(reader, offer.values.get("image", ()), alts=offer.values.get("image_alt", ())),
        codes=_read_codes(offer, reader),
        options=options,
        attributes=attributes,
        metadata=metadata,
    )
    return None if reader.refusal else row


@lru_cache(maxsize=REMEMBERED_NAMES)
def option_name(name: str) -> str:
    """Return the name under which an option or attribute is kept.

    >>> option_name(" 颜色分类 "), option_name("Power supply")
    ('color', 'Power supply')
    """
    plain = one_line(name)
    return OPTION_NAMES.get(plain.casefold(), plain)


def true_list_price(price: Money | None, list_price: Money | None) -> tuple[Money | None, Money | None]:
    """Return price and list price, the latter only where it is above the price in the same currency.

    A list price that stands alone is the price.
    """
    if price is None:
        return list_price, None
    is_above = list_price and list_price.currency == price.currency and list_price.amount > price.amount
    return price, list_price if is_above else None


def _first(offer: Offer, field: str) -> str:
    return cells.first(offer.values.get(field, ()))


def _description(texts: Sequence[str]) -> str:
    """Return all descriptions of a row, the short and the long one, as paragraphs; one that another holds is left out.

    >>> _description(["A mug.", "A mug. It holds tea.", "Made in Jena."])
    'A mug. It holds tea.\\nMade in Jena.'
    """
    telling = [text for text in dict.fromkeys(texts) if text.strip()]
    return "\n".join(text for text in telling if not any(text in other for other in telling if other != text))


def _read_prices(offer: Offer, reader: CellReader, default_currency: str) -> tuple[Money | None, Money | None]:
    currency = _first(offer, "currency")

    def money(field: str) -> Money | None:
        cell = _first(offer, field)
        read = lambda: read_money(cell, currency=currency, default_currency=default_currency)  # noqa: E731
        return reader.read(field, read, shown=cell)

    return true_list_price(money("price"), money("list_price"))


def _read_rating(offer: Offer, reader: CellReader) -> Rating | None:
    mean, count, histogram = (_first(offer, name) for name in ("rating", "rating_count", "rating_histogram"))
    reader.read("rating_count", lambda: cells.read_count(count), shown=count)
    read = lambda: cells.read_rating(mean, count=count, histogram=histogram)  # noqa: E731
    return reader.read("rating", read, shown=mean or histogram)


def _read_inventory(offer: Offer, reader: CellReader) -> int | None:
    cell = _first(offer, "inventory")
    return reader.read("inventory", lambda: cells.read_count(cell, may_be_negative=True), shown=cell)


def _read_availability(offer: Offer, inventory: int | None) -> tuple[Availability, dict[str, str]]:
    """Return the availability, and the word itself as metadata where nobody knows it."""
    cell = _first(offer, "availability")
    named = cells.read_availability(cell)
    if named != "unknown":
        return named, {}
    if cell.strip().isdigit():
        return cells.availability_of_stock(int(cell)), {}
    return cells.availability_of_stock(inventory), {"availability": one_line(cell)} if cell else {}


def _read_codes(offer: Offer, reader: CellReader) -> dict[str, tuple[str, ...]]:
    codes = {}
    for kind in CODES:
        values = cells.read_list((cell.lstrip("'") for cell in offer.values.get(kind, ())), marks=r"[,;|，；\n]")
        if values:
            codes[kind] = tuple(reader.text("id", value) for value in values)
    return codes


def _read_named(offer: Offer) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Return attributes and options by name, each with its values."""
    attributes: dict[str, tuple[str, ...]] = {}
    options: dict[str, tuple[str, ...]] = {}
    for field, values in offer.values.items():
        kind, _, name = field.partition(":")
        target = options if kind == "option" or field in OPTION_NAMES else attributes
        if kind in ("option", "attribute") or field in OPTION_NAMES:
            known = target.get(option_name(name or kind), ())
            target[option_name(name or kind)] = cells.unique((*known, *(one_line(value) for value in values)))
    is_only_title = options.get("Title") == ("Default Title",)
    filled = {name: values for name, values in options.items() if values and not (is_only_title and name == "Title")}
    return {name: values for name, values in attributes.items() if values}, filled
