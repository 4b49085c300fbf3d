"""Judgments as Quepid exports and imports them: CSV with a query's text, a document's id and a rating.

Both headers are read: `query,docid,rating` of the basic form and `Query,Doc ID,Rating,...` of the general one. A rating
that is empty says that nobody judged the pair.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tonggan.evaluate.judgments import Qrels
from tonggan.evaluate.tables import Table

COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(("query", "query text", "query_text"), "query_id"),
    **dict.fromkeys(("docid", "doc id", "doc_id"), "product_id"),
    "rating": "grade",
}
"""Headers of Quepid's forms, in lower case, with our names for them."""

EXAMPLE = "Quepid's columns are query,docid,rating."


def looks_like_quepid(header: str) -> bool:
    """Whether a first line names a query, a document and a rating as Quepid spells them."""
    names = {cell.strip().lower() for cell in next(csv.reader([header]), [])}
    return {COLUMNS[name] for name in names if name in COLUMNS} == {"query_id", "product_id", "grade"}


def quepid_rows(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each rated pair with the number of its line; pairs that nobody rated are left out."""
    table = Table(path, lines, COLUMNS)
    table.require("query_id", "product_id", "grade", remedy=EXAMPLE)
    yield from ((line, cells) for line, cells in table.rows() if cells["grade"])


def quepid_text(qrels: Qrels) -> str:
    """Return the basic form, which Quepid imports; queries are named by what they are keyed by: their text."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(("query", "docid", "rating"))
    for query, grades in qrels.items():
        writer.writerows((query, product_id, shown_grade(grade)) for product_id, grade in grades.items())
    return written.getvalue()


def shown_grade(grade: float) -> str:
    """Return a grade in its shortest form that reads back as the same number.

    >>> shown_grade(3.0), shown_grade(8 / 3)
    ('3', '2.6666666666666665')
    """
    return str(int(grade)) if grade.is_integer() else repr(grade)
