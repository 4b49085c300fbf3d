"""The offers of one product -> a clean product, and a refusal for every row that cannot be taken.

Decisions: a title longer than 2,000 characters refuses its row, a long description stays. A hidden product
(`Published`, `Status`) is kept and marked, see `is_visible`. Rows of a group are one product whose id is the group's,
so that it stays the same product when variants come and go. A list price that is not above the price is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tonggan.catalogue.cell_reader import CellReader
from tonggan.catalogue.cells import first
from tonggan.catalogue.offer_row import Row, read_row
from tonggan.catalogue.plain_text import one_line
from tonggan.catalogue.record import read_record
from tonggan.catalogue.variants import join_rows
from tonggan.records import Offer, Product, Refusal


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of the rows of one product: `product` is none where no row was left; one refusal per refused row."""

    product: Product | None
    refusals: tuple[Refusal, ...] = ()


def clean(group: Sequence[Offer], *, default_currency: str = "") -> Cleaned:
    """Turn the rows of one product, a single row or its variants, into a product.

    A bad row is refused alone and the others live. Unknown columns stay in `metadata`. A row that is a product in our
    own JSON stands alone and is read by `clean_record`.
    """
    if group[0].record:
        return clean_record(group[0].record, default_currency=default_currency, line=group[0].line)
    rows, refusals = _read_rows(group, default_currency)
    rows, doubled = _without_doubles(rows)
    title = first([row.title for row in rows]) or _title_of_refused(group)
    untitled = rows if not title else []
    product = join_rows(rows, title) if rows and title else None
    all_refusals = [*refusals, *doubled, *map(_no_title, untitled)]
    return Cleaned(product, tuple(sorted(all_refusals, key=lambda refusal: refusal.line)))


def clean_record(record: Mapping[str, Any], *, default_currency: str = "", line: int = 0) -> Cleaned:
    """Turn a product given as JSON, as `product_as_json` writes it or looser, into a product by the same rules."""
    reader = CellReader(line)
    product = read_record(record, reader, default_currency=default_currency)
    return Cleaned(product, (reader.refusal,) if reader.refusal else ())


def is_visible(product: Product) -> bool:
    """Tell whether the merchant has published a product; a hidden one is kept, and left out of search."""
    return product.metadata.get("visibility") != "hidden"


def _read_rows(group: Sequence[Offer], default_currency: str) -> tuple[list[Row], list[Refusal]]:
    rows: list[Row] = []
    refusals: list[Refusal] = []
    for offer in group:
        reader = CellReader(offer.line)
        row = read_row(offer, reader, default_currency=default_currency)
        if row is not None:
            rows.append(row)
        elif reader.refusal:
            refusals.append(reader.refusal)
    return rows, refusals


def _without_doubles(rows: Sequence[Row]) -> tuple[list[Row], list[Refusal]]:
    """Refuse rows whose own id came before in the group; rows that carry the group's id are told apart otherwise."""
    first_lines: dict[str, int] = {}
    kept: list[Row] = []
    refusals: list[Refusal] = []
    for row in rows:
        line = first_lines.setdefault(row.id, row.offer.line)
        if not row.id or row.id == row.offer.group or line == row.offer.line:
            kept.append(row)
        else:
            reason = f"the id came before, on line {line}"
            refusals.append(Refusal(row.offer.line, "id", row.id, reason, "Give each row its own id."))
    return kept, refusals


def _title_of_refused(group: Sequence[Offer]) -> str:
    """Return the title that a refused row leaves to the rows that live."""
    titles = [one_line(title) for offer in group for title in offer.values.get("title", ())]
    return next((title for title in titles if 0 < len(title) <= 2_000), "")


def _no_title(row: Row) -> Refusal:
    remedy = "Fill the title, or map a column to it in mapping.toml."
    return Refusal(row.offer.line, "title", "", "there is no title", remedy)
