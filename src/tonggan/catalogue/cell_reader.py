"""Reading the cells of one row, where the first bad one refuses the row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from tonggan.catalogue.plain_text import one_line, paragraphs
from tonggan.errors import InputError
from tonggan.records import Refusal

Value = TypeVar("Value")

SHOWN_CHARACTERS = 200
"""Characters of a refused value that a refusal shows: enough to recognise it in `refused.csv`."""

LONGEST = (
    {
        "id": 256,
        "title": 2_000,
        "description": 1_000_000,
        "brand": 500,
        "categories": 10_000,
        "tags": 10_000,
        "url": 8_192,
        "image": 8_192,
    }
    | dict.fromkeys(("price", "list_price", "currency", "rating", "rating_count", "rating_histogram"), 500)
    | dict.fromkeys(("availability", "inventory", "language", "updated_at", "visible"), 500)
)
"""Characters of a field above which the row is refused: such cells come from an open quote or an inline file, and a cut
title or address would be wrong without a word. Ids stay below the key length that every store can index."""

LONGEST_OTHER = 100_000
"""Characters of any other field; the longest honest specification sheets are a tenth of it."""

MANY_LINES = frozenset({"description", "metadata"})
"""Fields that keep their lines; all others become one line."""

MOST_FIELDS = 1_000
"""Attributes and unknown columns of one row; rows with more come from a broken separator."""


RAW_EXCESS = 20
"""A raw cell may be this many times longer than what is kept, for its markup and for lists of addresses."""


class CellReader:
    """Reads the cells of one row; `refusal` tells what was wrong first, if anything."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.refusal: Refusal | None = None

    def read(self, column: str, reader: Callable[[], Value], *, shown: object = "") -> Value | None:
        """Return what the reader makes of a cell, or none after noting why it could not."""
        try:
            return reader()
        except InputError as error:
            self.refuse(column, error.message, value=shown, remedy=error.remedy)
            return None

    def refuse(self, column: str, reason: str, *, value: object = "", remedy: str = "") -> None:
        """Note why the row is refused, unless a reason is noted already."""
        if self.refusal is None:
            self.refusal = Refusal(self.line, column, one_line(str(value))[:SHOWN_CHARACTERS], reason, remedy)

    def text(self, column: str, value: str) -> str:
        """Return a cell as clean text; one that is too long refuses the row."""
        limit = LONGEST.get(column, LONGEST_OTHER)
        clean = paragraphs(value) if column in MANY_LINES else one_line(value)
        if len(clean) > limit:
            reason = f"{len(clean):,} characters; at most {limit:,}"
            self.refuse(column, reason, value=clean, remedy="Look for a quote left open, or shorten it.")
        return clean[:limit]

    def limit_cells(self, cells: Mapping[str, Sequence[str]]) -> None:
        """Refuse a row with a raw cell so long that reading it would be a waste."""
        for column, values in cells.items():
            for value in values:
                if len(value) > RAW_EXCESS * LONGEST.get(column, LONGEST_OTHER):
                    self.text(column, value)

    def limit_fields(self, count: int) -> None:
        """Refuse a row with more attributes and unknown columns than any product has."""
        if count > MOST_FIELDS:
            reason = f"{count:,} attributes and unknown columns; at most {MOST_FIELDS:,}"
            self.refuse("attributes", reason, remedy="Check the separator of the file, or map fewer columns.")
