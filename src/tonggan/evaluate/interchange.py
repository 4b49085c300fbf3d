"""Judgments from and for other systems: the form of a file is known by its content, and round trips lose nothing.

TREC and our CSV name queries by id, Quepid and OpenSearch by their text. Between the two a file of queries translates;
texts meet where they are the same but for case, width, traditional characters and spaces.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from tonggan.encode.words import normalize
from tonggan.errors import InputError, unknown_name
from tonggan.evaluate.files import QrelsFile, collect_grades, read_qrels
from tonggan.evaluate.judgments import EvaluationQuery, Qrels
from tonggan.evaluate.opensearch import list_name, opensearch_rows, opensearch_text
from tonggan.evaluate.quepid import looks_like_quepid, quepid_rows, quepid_text, shown_grade
from tonggan.evaluate.tables import open_lines
from tonggan.evaluate.trec import looks_like_grades, require_trec_ids

BY_TEXT = ("quepid", "opensearch")
"""Forms that name queries by their text."""


@dataclass(frozen=True, slots=True)
class JudgmentFile:
    """The grades of a file by query, which is a text in the forms of BY_TEXT and an id in the others."""

    form: str
    grades: QrelsFile
    name: str = ""

    @property
    def is_by_text(self) -> bool:
        """Whether queries are named by their text."""
        return self.form in BY_TEXT


def read_judgments(path: Path) -> JudgmentFile:
    """Read judgments of any known form; InputError names the line, or the place in JSON, and the value."""
    with open_lines(path) as lines:
        first = next(lines, "")
        rest = chain([first], lines)
        if first.lstrip()[:1] in ("{", "["):
            text = "".join(rest)
            return JudgmentFile("opensearch", collect_grades(path, opensearch_rows(path, text)), list_name(text))
        if looks_like_quepid(first):
            return JudgmentFile("quepid", collect_grades(path, quepid_rows(path, rest)))
    return JudgmentFile("trec" if looks_like_grades(first) else "csv", read_qrels(path))


def read_grades(path: Path, queries: Sequence[EvaluationQuery]) -> QrelsFile:
    """Read judgments of any known form for these queries, by their ids; texts that no query has are left out."""
    found = read_judgments(path)
    if not found.is_by_text:
        return found.grades
    asked = {normalized(query.text) for query in queries}
    known = {text: grades for text, grades in found.grades.qrels.items() if normalized(text) in asked}
    return replace(found.grades, qrels=by_query_id(known, queries))


def write_judgments(path: Path, qrels: Qrels, *, form: str, name: str = "") -> int:
    """Write judgments in a form of FORMS and return how many; InputError names what the form cannot hold."""
    if form not in FORMS:
        raise InputError(unknown_name("format", form, FORMS))
    path.write_text(FORMS[form](qrels, name), encoding="utf-8")
    return sum(map(len, qrels.values()))


def by_query_id(qrels: Qrels, queries: Sequence[EvaluationQuery]) -> Qrels:
    """Key grades by the ids of queries with the same normalized text.

    Texts that are the same once normalized are one query, whose pairs keep their highest grade. InputError names a
    text that no query has, or that several have.
    """
    known: dict[str, list[str]] = {}
    for query in queries:
        known.setdefault(normalized(query.text), []).append(query.query_id)
    keyed: dict[str, dict[str, float]] = {}
    for text, grades in qrels.items():
        own = keyed.setdefault(_only(known.get(normalized(text), []), text), {})
        for product_id, grade in grades.items():
            own[product_id] = max(grade, own.get(product_id, grade))
    return keyed


def by_text(qrels: Qrels, queries: Sequence[EvaluationQuery]) -> Qrels:
    """Key grades by the text of their queries; InputError names an id without one, or a text that two ids have."""
    texts = {query.query_id: query.text for query in queries}
    keyed: dict[str, Mapping[str, float]] = {}
    for query_id, grades in qrels.items():
        text = texts.get(query_id, "")
        if not text:
            raise InputError(
                f"No query '{query_id}' with a text.", remedy="Name with --queries the file that these grades are for."
            )
        if text in keyed:
            raise InputError(f"Two queries have the text '{text}'.", remedy="Make one query of them first.")
        keyed[text] = grades
    return keyed


def normalized(text: str) -> str:
    """Return the form in which texts of queries are compared.

    >>> normalized(" Red　DRESS "), normalized("紅色連衣裙")
    ('red dress', '红色连衣裙')
    """
    return " ".join(normalize(text).split())


def _only(query_ids: Sequence[str], text: str) -> str:
    if len(query_ids) == 1:
        return query_ids[0]
    if query_ids:
        raise InputError(
            f"The query '{text}' is {len(query_ids)} queries: {', '.join(query_ids)}.", remedy="Keep one of them."
        )
    raise InputError(f"No query has the text '{text}'.", remedy="Add it to the file of queries, or leave it out here.")


def _csv_text(qrels: Qrels, _: str) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(("query_id", "product_id", "grade"))
    writer.writerows(_cells(qrels))
    return written.getvalue()


def _trec_text(qrels: Qrels, _: str) -> str:
    require_trec_ids(chain(qrels, *qrels.values()))
    return "".join(f"{query_id} 0 {product_id} {grade}\n" for query_id, product_id, grade in _cells(qrels))


def _cells(qrels: Qrels) -> Iterable[tuple[str, str, str]]:
    for query_id, grades in qrels.items():
        for product_id, grade in grades.items():
            yield query_id, product_id, shown_grade(grade)


FORMS: Mapping[str, Callable[[Qrels, str], str]] = {
    "csv": _csv_text,
    "trec": _trec_text,
    "quepid": lambda qrels, _: quepid_text(qrels),
    "opensearch": lambda qrels, name: opensearch_text(qrels, name=name),
}
"""What each form is written by, from grades and the name of the list."""
