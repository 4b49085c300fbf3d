"""Rows of a feed -> offers: every cell goes to the fields its column feeds, or to metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tonggan.feed import FIELDS, FeedMapping
from tonggan.feed.columns import PREFIXES, choose_fields, find_aliases, identity, parse_target
from tonggan.feed.json_text import write_json
from tonggan.feed.limits import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_DEPTH
from tonggan.feed.refusals import refuse
from tonggan.feed.unpacking import (
    TRANSFORMS,
    VARIANT_TRANSFORMS,
    as_list,
    best_picture,
    from_minor_units,
    named_values,
    with_decimal_point,
)
from tonggan.feed.vendors import Vendor
from tonggan.records import Offer, Refusal

PRICES = ("price", "list_price", "sale_price")

NAMED = frozenset(("attributes", "options"))

OPTION_FIELDS = frozenset(("color", "size", "material"))
"""What variants usually differ in: such an attribute of a variant is an option."""

METADATA = "metadata"
LABEL = "label"
MANY = "; "
"""Stands between several values of one metadata column."""


class BadCellError(Exception):
    """A cell that no row can carry; `reason` and `remedy` are for the merchant."""

    def __init__(self, column: str, value: object, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason, self.remedy = column, value, reason, remedy


@dataclass(slots=True)
class _Draft:
    """An offer while its row is read."""

    row: Mapping[str, Any]
    values: dict[str, list[str]] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, text: str) -> None:
        known = self.values.setdefault(name, [])
        if text not in known:
            known.append(text)

    def keep(self, column: str, text: str) -> None:
        known = self.metadata.get(column)
        self.metadata[column] = text if known is None or known == text else f"{known}{MANY}{text}"

    def first(self, name: str) -> str:
        return self.values.get(name, [""])[0]


class Converter:
    """Turns rows into offers, one feed at a time; option names that stand only on a product's first row hold on."""

    def __init__(self, mapping: FeedMapping, vendor: Vendor, *, is_decimal_comma: bool = False) -> None:
        self._mapping = mapping
        self._vendor = vendor
        self._is_decimal_comma = is_decimal_comma
        self._routes = {column: parse_target(target) for column, target in mapping.columns.items()}
        self._direct = {column: route[0] for column, route in self._routes.items() if self._is_direct(column, route)}
        self._taken = {name for route in self._routes.values() for name in route}
        self._group = ""
        self._labels: dict[str, str] = {}

    def offers(self, line: int, row: Mapping[str, Any]) -> Iterator[Offer | Refusal]:
        """Yield the offer of a row, then one for every variant that is packed into it; or the row's refusal."""
        try:
            offers = list(self._offers(line, row))
        except BadCellError as error:
            yield refuse(line, error.value, error.reason, column=error.column, remedy=error.remedy)
            return
        yield from offers

    def _offers(self, line: int, row: Mapping[str, Any]) -> Iterator[Offer]:
        column = self._vendor.variants.get("column", "")
        if not row.get(column):
            yield self._offer(line, row)
            return
        transform = self._vendor.variants.get("transform", "")
        variants = _variants(row, column, transform, self._vendor)
        product = self._offer(line, row if transform else {name: cell for name, cell in row.items() if name != column})
        own = product.values.get("id") or product.values.get("sku") or (f"line {line}",)
        group = product.group or own[0]
        yield Offer(line, product.values, product.metadata, group if variants else product.group)
        for variant in variants:
            yield self._offer(line, {column: variant}, group=group)

    def _offer(self, line: int, row: Mapping[str, Any], *, group: str = "") -> Offer:
        draft = _Draft(row)
        for column, cell in row.items():
            if cell is None or cell == "":
                continue
            name = self._direct.get(column)
            if name is None or not isinstance(cell, str):
                self._put(draft, column, cell, depth=0)
            elif text := plain_text(column, cell):
                draft.add(name, text)
        for name, value in self._mapping.constants.items():
            draft.values.setdefault(name, [value])
        group = group or draft.first("group")
        draft.values.pop("group", None)
        self._settle_prices(draft)
        if group and draft.first("id") != group:
            self._attributes_to_options(draft)
        if len(draft.values) + len(draft.metadata) > MAX_COLUMNS:
            raise BadCellError("", "", f"more than {MAX_COLUMNS} values in one row", "Drop keys that nobody searches.")
        return Offer(line, {name: tuple(texts) for name, texts in draft.values.items()}, draft.metadata, group)

    def _is_direct(self, column: str, route: tuple[str, ...]) -> bool:
        """Tell whether text of a column goes to one field as it is, which nearly all text does."""
        name = route[0]
        is_field = (
            len(route) == 1 and name in (*FIELDS, "sale_price") and identity(column) not in self._vendor.transforms
        )
        has_levels = name == "categories" and bool(self._vendor.levels)
        return is_field and not has_levels and name not in self._vendor.separators and name not in self._vendor.values

    def _put(self, draft: _Draft, column: str, cell: Any, *, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise BadCellError(column, "", f"nested deeper than {MAX_DEPTH} levels", "Flatten the product.")
        route = self._routes.get(column) or self._find_route(column)
        if NAMED.intersection(route) and self._put_named(draft, column, cell, route[0]):
            return
        if isinstance(cell, Mapping):
            self._put_object(draft, column, cell, route, depth=depth)
        elif isinstance(cell, list | tuple):
            self._put_list(draft, column, cell, route, depth=depth)
        elif text := plain_text(column, cell):
            self._put_text(draft, column, text, route)

    def _put_text(self, draft: _Draft, column: str, text: str, route: tuple[str, ...]) -> None:
        for name in route:
            if name == METADATA or name in NAMED:
                draft.keep(column, text)
            elif name == LABEL:
                self._remember_label(draft, column, text)
            else:
                named = self._named_field(draft, column, name)
                for value in self._split(column, named, text):
                    draft.add(named, self._translate(named, value))

    def _put_named(self, draft: _Draft, column: str, cell: Any, kind: str) -> bool:
        """Put named values as attributes or options; false where the cell holds no names."""
        pairs = named_values(cell) if isinstance(cell, str | Mapping | list | tuple) else None
        if pairs is None:
            return False
        prefix = "option:" if kind == "options" else "attribute:"
        for name, values in pairs:
            label = plain_text(column, name)
            for value in values:
                text = (
                    write_json(value)
                    if isinstance(value, Mapping | list | tuple)
                    else plain_text(f"{column}.{name}", value)
                )
                if text and label:
                    draft.add(prefix + label, text)
        return True

    def _put_object(
        self, draft: _Draft, column: str, cell: Mapping[str, Any], route: tuple[str, ...], *, depth: int
    ) -> None:
        best = best_picture(cell) if "image" in route else None
        if best is not None:
            self._put(draft, column, best, depth=depth + 1)
            return
        for key, value in cell.items():
            if value is not None and value != "":
                self._put(draft, f"{column}.{key}", value, depth=depth + 1)

    def _put_list(self, draft: _Draft, column: str, cells: Any, route: tuple[str, ...], *, depth: int) -> None:
        if any(isinstance(cell, list | tuple) for cell in cells):
            draft.keep(column, plain_text(column, write_json(cells)))
            return
        labels = self._parallel_labels(draft, route, len(cells))
        for position, cell in enumerate(cells):
            if labels and (text := plain_text(column, cell)):
                draft.add(f"{route[0].partition(':')[0]}:{labels[position]}", text)
            elif not labels and cell is not None:
                self._put(draft, column, cell, depth=depth + 1)

    def _parallel_labels(self, draft: _Draft, route: tuple[str, ...], count: int) -> list[str]:
        """Return the names of a list of values that stand in another list of the row."""
        _, mark, source = route[0].partition(":@")
        labels = as_list(draft.row.get(source)) if mark else []
        return [str(label) for label in labels] if len(labels) == count else []

    def _find_route(self, column: str) -> tuple[str, ...]:
        """Route a column that came up after the feed was recognised."""
        target = self._vendor.columns.get(identity(column)) or choose_fields([column], taken=self._taken).get(
            column, METADATA
        )
        if len(self._routes) < 10 * MAX_COLUMNS:
            self._routes[column] = parse_target(target)
        return parse_target(target)

    def _remember_label(self, draft: _Draft, column: str, text: str) -> None:
        self._forget_labels(draft)
        self._labels[column] = text

    def _forget_labels(self, draft: _Draft) -> None:
        """Names hold for the rows of one product only."""
        group = draft.first("group")
        if group != self._group or not group:
            self._group, self._labels = group, {}

    def _named_field(self, draft: _Draft, column: str, name: str) -> str:
        """Return `option:Size` for `option:@Option1 name` where that cell, here or rows above, says Size."""
        prefix, mark, source = name.partition(":@")
        if not mark:
            return name
        here = draft.row.get(source)
        if not here:
            self._forget_labels(draft)
        return f"{prefix}:{str(here or '').strip() or self._labels.get(source) or column}"

    def _split(self, column: str, name: str, text: str) -> list[str]:
        transform = self._vendor.transforms.get(identity(column))
        if transform:
            return list(TRANSFORMS[transform](text))
        separator = self._vendor.separators.get(name.partition(":")[0])
        parts = [part.strip() for part in text.split(separator)] if separator else [text]
        if name == "categories" and self._vendor.levels:
            return [part.replace(self._vendor.levels, " > ") for part in parts if part]
        return [part for part in parts if part]

    def _translate(self, name: str, text: str) -> str:
        known = self._vendor.values.get(name)
        return known.get(text.lower(), text) if known else text

    def _settle_prices(self, draft: _Draft) -> None:
        """The sale price, where there is one, is the price, and the usual price becomes the list price."""
        values = draft.values
        sale = values.pop("sale_price", None)
        if sale:
            usual = values.get("price")
            values["price"] = sale
            if usual:
                values.setdefault("list_price", usual)
        for name in PRICES:
            if name in values:
                values[name] = [self._price(text, draft.first("currency")) for text in values[name]]

    def _price(self, text: str, currency: str) -> str:
        if self._vendor.has_minor_units:
            return from_minor_units(text, currency)
        return with_decimal_point(text) if self._is_decimal_comma else text

    def _attributes_to_options(self, draft: _Draft) -> None:
        """In a row that is a variant, what variants differ in is an option, though it stands among the attributes."""
        attribute, option = PREFIXES[1], PREFIXES[0]
        for name in [name for name in draft.values if name.startswith(attribute)]:
            label = name.removeprefix(attribute)
            is_option = any(alias.field in OPTION_FIELDS for alias in find_aliases(label))
            if is_option or self._vendor.has_attributes_as_options:
                draft.values[option + label] = draft.values.pop(name)


def plain_text(column: str, cell: Any) -> str:
    """Return a cell as text without blanks around it. BadCellError for text that cannot be stored."""
    if isinstance(cell, str):
        text = cell.strip()
    elif isinstance(cell, bool):
        text = str(cell).lower()
    elif isinstance(cell, bytes):
        text = f"({len(cell)} bytes)"
    else:
        text = "" if cell is None or cell != cell else getattr(cell, "isoformat", cell.__str__)()
    if len(text) > MAX_CELL_CHARACTERS:
        raise BadCellError(column, text, f"longer than {MAX_CELL_CHARACTERS:,} characters", "Shorten the text.")
    if "\0" in text:
        raise BadCellError(column, text, "the cell holds NUL characters", "Remove them.")
    if not text.isascii():
        _check_characters(column, text)
    return text


def _check_characters(column: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        remedy = "Write the text as UTF-8."
        raise BadCellError(column, text, "the cell holds half characters (surrogates)", remedy) from None


def _variants(row: Mapping[str, Any], column: str, transform: str, vendor: Vendor) -> list[Any]:
    cell = row[column]
    if transform:
        return VARIANT_TRANSFORMS[transform](str(cell), vendor.variants, row)
    return [variant for variant in as_list(cell) if isinstance(variant, Mapping)]
