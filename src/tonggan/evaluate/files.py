"""Queries and grades from files: CSV or TSV with a header, or TREC; plain or gzip, UTF-8."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from tonggan.errors import InputError
from tonggan.evaluate.judgments import EvaluationQuery, Qrels
from tonggan.evaluate.tables import Table, open_lines
from tonggan.evaluate.trec import grade_rows, looks_like_grades
from tonggan.understand.filters import parse_filter

QUERY_COLUMNS: Mapping[str, str] = {
    **{name: name for name in ("query_id", "text", "image", "voice", "clip", "like", "rating", "filter_by")},
    **dict.fromkeys(("query", "words"), "text"),
    "qid": "query_id",
    "filter": "filter_by",
    "video": "clip",
}
"""Columns of a queries file, with the names that others use."""

GRADE_COLUMNS: Mapping[str, str] = {
    **{name: name for name in ("query_id", "product_id", "grade")},
    **dict.fromkeys(("qid", "query"), "query_id"),
    **dict.fromkeys(("product_uid", "doc_id", "docid", "corpus_id", "item_id"), "product_id"),
    **dict.fromkeys(("relevance", "label", "rel", "score"), "grade"),
}
"""Columns of a file of grades, with the names that others use."""

HIGHEST_RATING = 5.0
"""Ratings are stars, 0 to 5, as in the catalogue."""

QUERIES_EXAMPLE = (
    "Name columns of query_id,text,image,voice,clip,like,rating,filter_by, any of them, on the first line."
)
GRADES_EXAMPLE = "Give CSV with the columns query_id,product_id,grade, or TREC lines 'query_id 0 product_id grade'."


@dataclass(frozen=True, slots=True)
class QueryFile:
    """The queries of a file in order; `ignored` names columns that mean nothing here."""

    queries: tuple[EvaluationQuery, ...]
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QrelsFile:
    """The grades of a file; `ignored` names columns that mean nothing here, `regraded` pairs with several grades."""

    qrels: Qrels
    ignored: tuple[str, ...] = ()
    regraded: tuple[tuple[str, str], ...] = ()


def read_queries(path: Path) -> QueryFile:
    """Read queries with any of the columns query_id, text, image, voice, clip, like, rating, filter_by.

    Paths are relative to the file; `like` holds product ids separated by commas. Without query_id the text is the id,
    and a text that comes again is the same query. InputError names the line.
    """
    queries: dict[str, EvaluationQuery] = {}
    with open_lines(path) as lines:
        table = Table(path, lines, QUERY_COLUMNS)
        table.require("query_id" if "query_id" in table.columns else "text", remedy=QUERIES_EXAMPLE)
        for line, cells in table.rows():
            query = _query(cells, where=f"{path}, line {line}", folder=path.parent)
            if "query_id" in cells and query.query_id in queries:
                raise InputError(f"{path}, line {line}: query '{query.query_id}' is there twice.")
            queries.setdefault(query.query_id, query)
    if not queries:
        raise InputError(f"{path} holds no query.", remedy="Add a line per query below the header.")
    return QueryFile(tuple(queries.values()), table.ignored)


def read_qrels(path: Path) -> QrelsFile:
    """Read grades from a table with query_id, product_id and grade, or TREC's four columns.

    A pair that was graded more than once keeps its highest grade and is listed. InputError names the line.
    """
    with open_lines(path) as lines:
        first = next(lines, "")
        rest = chain([first], lines)
        if looks_like_grades(first):
            return collect_grades(path, grade_rows(path, rest))
        table = Table(path, rest, GRADE_COLUMNS)
        table.require("query_id", "product_id", "grade", remedy=GRADES_EXAMPLE)
        return replace(collect_grades(path, table.rows()), ignored=table.ignored)


def collect_grades(path: Path, rows: Iterable[tuple[int | str, Mapping[str, str]]]) -> QrelsFile:
    """Collect rows with query_id, product_id and grade; each comes with its line, or where else it stands."""
    qrels: dict[str, dict[str, float]] = {}
    regraded: dict[tuple[str, str], None] = {}
    for line, cells in rows:
        grade = _grade(cells, where=f"{path}, {_place(line)}")
        query_id, product_id = cells["query_id"], cells["product_id"]
        earlier = qrels.setdefault(query_id, {}).setdefault(product_id, grade)
        if earlier != grade:
            regraded[query_id, product_id] = None
            qrels[query_id][product_id] = max(earlier, grade)
    if not qrels:
        raise InputError(f"{path} holds no grade.", remedy=GRADES_EXAMPLE)
    return QrelsFile(qrels, regraded=tuple(regraded))


def _query(cells: Mapping[str, str], *, where: str, folder: Path) -> EvaluationQuery:
    query = EvaluationQuery(
        cells.get("query_id", cells.get("text", "")),
        text=cells.get("text", ""),
        image=_file(cells, "image", where=where, folder=folder),
        voice=_file(cells, "voice", where=where, folder=folder),
        clip=_file(cells, "clip", where=where, folder=folder),
        like=tuple(part.strip() for part in cells.get("like", "").split(",") if part.strip()),
        rating=_rating(cells.get("rating", ""), where=where),
        filter_by=_filter(cells.get("filter_by", ""), where=where),
    )
    if not query.query_id:
        raise InputError(f"{where}: the query has no id.", remedy="Fill query_id, or text where there is no query_id.")
    return query


def _file(cells: Mapping[str, str], column: str, *, where: str, folder: Path) -> Path | None:
    name = cells.get(column, "")
    if not name:
        return None
    path = folder / name
    if not os.path.isfile(path):
        raise InputError(f"{where}: {column} '{name}' is not a file.", remedy=f"Paths are relative to {folder}.")
    return path


def _filter(text: str, *, where: str) -> str:
    try:
        parse_filter(text)
    except InputError as error:
        raise InputError(f"{where}: {error.message}", remedy=error.remedy) from error
    return text


def _rating(text: str, *, where: str) -> float | None:
    if not text:
        return None
    rating = _number(text)
    if not 0 <= rating <= HIGHEST_RATING:
        raise InputError(f"{where}: rating '{text}' is not a number of stars.", remedy="Give 0 to 5, such as 4.5.")
    return rating


def _grade(cells: Mapping[str, str], *, where: str) -> float:
    grade = _number(cells["grade"])
    if not cells["query_id"] or not cells["product_id"]:
        raise InputError(f"{where}: a grade without query or product.", remedy=GRADES_EXAMPLE)
    if not math.isfinite(grade):
        raise InputError(f"{where}: grade '{cells['grade']}' is not a number.", remedy=GRADES_EXAMPLE)
    return grade


def _place(line: int | str) -> str:
    return f"line {line}" if isinstance(line, int) else line


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
