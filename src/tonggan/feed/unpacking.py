"""Cells that hold more than one thing: named pairs, pictures in sizes, packed variants, money in minor units."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from tonggan.feed.columns import vocabulary
from tonggan.feed.json_text import BadJsonError, parse_json

INSIDE = "=:："
"""Marks between a name and its value, tried in this order."""

BETWEEN = "|\n;；,，"
"""Marks between pairs, tried in this order; the first that leaves only pairs is the one."""

NAME_KEYS = ("name", "key", "label", "attribute", "option_name", "名称")
VALUE_KEYS = ("value", "values", "label", "text", "option_value", "值")
"""Keys that hold the two halves of a pair written as an object; the first present wins."""

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"

MINOR_DIGITS = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
}
"""Decimal places of the minor unit where they are not two [ISO 4217]."""

_ADDRESS = re.compile(r"https?://[^\s;|,\"']+")
_COMMA_NUMBER = re.compile(r"\d{1,3}(?:[. \u00a0\u202f]\d{3})+,\d{1,2}(?!\d)|\d+,\d{1,2}(?!\d)")
_POINT_NUMBER = re.compile(r"\d\.\d{1,2}(?!\d)")


def named_values(cell: Any) -> list[tuple[str, list[Any]]] | None:
    """Return the named values of an object, of a list of pairs or of packed text, or none where it holds none.

    >>> named_values("Color=Black,Size=XS")
    [('Color', ['Black']), ('Size', ['XS'])]
    """
    if isinstance(cell, str):
        return _from_text(cell)
    if isinstance(cell, Mapping):
        whole = _from_object(cell)
        return [whole] if whole else [(str(name), as_list(value)) for name, value in cell.items()]
    pairs = [_from_pair(item) for item in cell]
    return [pair for pair in pairs if pair] if all(pairs) else None


def as_list(value: Any) -> list[Any]:
    """Return the values of a cell that may hold one or several."""
    return list(value) if isinstance(value, list | tuple) else [value]


def best_picture(sizes: Mapping[str, Any]) -> Any:
    """Return the address of the best size among pictures named by their size, or nothing."""
    by_name = {name.lower().replace("_", ""): value for name, value in sizes.items()}
    found = (by_name[name] for name in vocabulary()["picture_sizes"]["best_first"] if by_name.get(name))
    return next(found, None)


def addresses(cell: str) -> list[str]:
    """Return the web addresses in a packed cell, or the cell itself where it has none.

    >>> addresses("0c1f:1:0:|http://shop.example/a.jpg;77ab:1:1:|http://shop.example/b.jpg;")
    ['http://shop.example/a.jpg', 'http://shop.example/b.jpg']
    """
    return _ADDRESS.findall(cell) or [cell]


def sku_table(cell: str, rule: Mapping[str, Any], row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the variants packed as `price:inventory:sku:name:value;name:value;...`; codes are spelt out by `rule`."""
    spelt = _aliases_of_codes(str(row.get(rule["aliases"]) or ""))
    variants: list[dict[str, Any]] = []
    for entry in filter(None, cell.split(";")):
        parts = entry.split(":")
        if len(parts) >= 5:
            price, inventory, *middle = parts[:-2]
            variants.append({"price": price, "inventory": inventory, "sku": ":".join(middle), "options": {}})
        if len(parts) >= 2 and variants:
            name, value = parts[-2:]
            shown = spelt.get((name, value), value)
            variants[-1]["options"][rule["names"].get(name, name)] = shown
    return variants


TRANSFORMS: Mapping[str, Callable[[str], Sequence[str]]] = {"addresses": addresses}
"""What a vendor file may ask for to take a cell apart."""

VARIANT_TRANSFORMS: Mapping[str, Callable[..., list[dict[str, Any]]]] = {"sku_table": sku_table}
"""What a vendor file may ask for to take a cell apart into rows of their own."""


def from_minor_units(amount: str, currency: str) -> str:
    """Return an amount in whole units as text; what is no whole number stays as it is.

    >>> from_minor_units("1999", "USD"), from_minor_units("1999", "JPY")
    ('19.99', '1999')
    """
    try:
        number = Decimal(amount).scaleb(-MINOR_DIGITS.get(currency.upper(), 2))
    except InvalidOperation:
        return amount
    return f"{number:f}" if number.is_finite() else amount


def has_decimal_comma(cells: Sequence[str]) -> bool:
    """Tell whether prices are written with a decimal comma: some are, and none has a decimal point.

    >>> has_decimal_comma(["19,99", "5"]), has_decimal_comma(["1,299.00"])
    (True, False)
    """
    return any(map(_COMMA_NUMBER.search, cells)) and not any(
        _POINT_NUMBER.search(_COMMA_NUMBER.sub("", cell)) for cell in cells
    )


def with_decimal_point(cell: str) -> str:
    """Return a price with a decimal point and no thousands marks, where it was written with a decimal comma.

    >>> with_decimal_point("1.299,00 €")
    '1299.00 €'
    """
    return _COMMA_NUMBER.sub(lambda found: re.sub(r"[. \u00a0\u202f]", "", found[0]).replace(",", "."), cell)


def _from_text(cell: str) -> list[tuple[str, list[Any]]] | None:
    if cell.startswith(("{", "[")):
        try:
            return named_values(parse_json(cell))
        except BadJsonError:
            pass
    for inside in INSIDE:
        if inside in cell:
            return _split_pairs(cell, inside)
    return None


def _split_pairs(cell: str, inside: str) -> list[tuple[str, list[Any]]] | None:
    for between in BETWEEN:
        pieces = [piece for piece in cell.split(between) if piece.strip()]
        if between in cell and all(inside in piece for piece in pieces):
            return [_split_pair(piece, inside) for piece in pieces]
    return [_split_pair(cell, inside)] if cell.count(inside) == 1 else None


def _split_pair(piece: str, inside: str) -> tuple[str, list[Any]]:
    name, _, value = piece.partition(inside)
    return name.strip(), [value.strip()]


def _from_pair(item: Any) -> tuple[str, list[Any]] | None:
    if isinstance(item, Mapping):
        return _from_object(item)
    is_pair = isinstance(item, list | tuple) and len(item) == 2 and isinstance(item[0], str)
    return (item[0], as_list(item[1])) if is_pair else None


def _from_object(item: Mapping[str, Any]) -> tuple[str, list[Any]] | None:
    name_key = next((key for key in NAME_KEYS if isinstance(item.get(key), str)), None)
    value_key = next((key for key in VALUE_KEYS if key != name_key and item.get(key) is not None), None)
    return (item[name_key], as_list(item[value_key])) if name_key and value_key else None


def _aliases_of_codes(cell: str) -> dict[tuple[str, str], str]:
    entries: Iterator[list[str]] = (entry.split(":", 2) for entry in cell.split(";"))
    return {(entry[0], entry[1]): entry[2] for entry in entries if len(entry) == 3}
