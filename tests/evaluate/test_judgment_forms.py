"""Judgments of other systems: read by content, written back without loss, refused with place and value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tonggan.errors import InputError, NotFoundError
from tonggan.evaluate import EvaluationQuery
from tonggan.evaluate.interchange import FORMS, by_query_id, by_text, read_grades, read_judgments, write_judgments

QRELS = {"q1": {"p1": 3.0, "p2": 8 / 3}, "q2": {"商品": 0.0}}


@pytest.mark.parametrize("form", FORMS)
def test_round_trips_lose_nothing(tmp_path: Path, form: str) -> None:
    assert write_judgments(tmp_path / "grades", QRELS, form=form) == 3
    found = read_judgments(tmp_path / "grades")
    assert found.form == form
    assert found.grades.qrels == QRELS


@pytest.mark.parametrize("form", ["csv", "quepid", "opensearch"])
def test_texts_with_spaces_quotes_and_commas_survive(tmp_path: Path, form: str) -> None:
    qrels = {'red "big", dress': {"p,1": 1.0}, "红色 连衣裙": {"p2": 2.0}}
    write_judgments(tmp_path / "grades", qrels, form=form)
    assert read_judgments(tmp_path / "grades").grades.qrels == qrels


def test_trec_cannot_hold_a_query_with_spaces(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'red dress'"):
        write_judgments(tmp_path / "grades", {"red dress": {"p1": 1.0}}, form="trec")


@pytest.mark.parametrize(
    "header",
    ["query,docid,rating", "Query,Doc ID,Rating", "Team Name,Case Name,Case ID,Query Text,Doc ID,Title,Rating"],
)
def test_quepid_is_known_by_its_header(tmp_path: Path, header: str) -> None:
    cells = {"query": "mug", "query text": "mug", "docid": "p1", "doc id": "p1", "rating": "3"}
    row = ",".join(cells.get(name.lower(), "x") for name in header.split(","))
    (tmp_path / "export.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    found = read_judgments(tmp_path / "export.csv")
    assert (found.form, found.grades.qrels) == ("quepid", {"mug": {"p1": 3.0}})


def test_pairs_that_nobody_rated_are_left_out_of_quepid(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("query,docid,rating\nmug,p1,2\nmug,p2,\n", encoding="utf-8")
    assert read_judgments(tmp_path / "export.csv").grades.qrels == {"mug": {"p1": 2.0}}


def test_opensearch_is_written_as_its_interface_has_it(tmp_path: Path) -> None:
    write_judgments(tmp_path / "list.json", {"mug": {"p1": 3.0}}, form="opensearch", name="Mine")
    assert json.loads((tmp_path / "list.json").read_text(encoding="utf-8")) == {
        "name": "Mine",
        "description": "",
        "type": "IMPORT_JUDGMENT",
        "judgmentRatings": [{"query": "mug", "ratings": [{"docId": "p1", "rating": "3"}]}],
    }
    assert read_judgments(tmp_path / "list.json").name == "Mine"


@pytest.mark.parametrize(
    "record",
    [
        {"judgmentRatings": {"mug": [{"docId": "p1", "rating": "0.000"}]}},
        {"hits": {"hits": [{"_source": {"judgmentRatings": [{"query": "mug", "ratings": [
            {"docId": "p1", "rating": 0}]}]}}]}},
    ],
)  # fmt: skip
def test_other_forms_of_opensearch_are_read(tmp_path: Path, record: object) -> None:
    (tmp_path / "list.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    assert read_judgments(tmp_path / "list.json").grades.qrels == {"mug": {"p1": 0.0}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("query,docid,rating\nmug,p1,2\nmug,p2,good\n", "line 3: grade 'good'"),
        ('{"judgmentRatings": [{"query": "mug", "ratings": [{"docId": "p1", "rating": "x"}]}]}',
         "judgmentRatings[0].ratings[0]: grade 'x'"),
        ('{"judgmentRatings": [{"query": "mug", "ratings": [{"doc": "p1"}]}]}', "has no docId and rating"),
        ('{"judgmentRatings": [7]}', "judgmentRatings[0]: 7 is no query"),
        ('{"ratings": []}', "no judgmentRatings"),
        ('{\n"judgmentRatings": [}', "line 2: not JSON"),
        ("q1 0 p1 1\nq1 0 p2\n", "line 2: 3 columns"),
        ("a,b\n1,2\n", "no column query_id"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "wrong").write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_judgments(tmp_path / "wrong")
    assert told in str(error.value)


def test_a_file_that_is_missing_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_judgments(tmp_path / "none.csv")


def test_texts_meet_ids_whatever_their_case_width_script_and_spaces() -> None:
    queries = [EvaluationQuery("q1", text="Red  Dress"), EvaluationQuery("q2", text="红色连衣裙")]
    found = by_query_id({"red dress": {"p1": 1.0}, "ＲＥＤ dress": {"p1": 2.0}, "紅色連衣裙": {"p2": 3.0}}, queries)
    assert found == {"q1": {"p1": 2.0}, "q2": {"p2": 3.0}}


def test_texts_that_no_query_or_several_have_are_refused() -> None:
    queries = [EvaluationQuery("q1", text="mug"), EvaluationQuery("q2", text="MUG")]
    with pytest.raises(InputError, match="No query has the text 'cup'"):
        by_query_id({"cup": {"p1": 1.0}}, queries)
    with pytest.raises(InputError, match="is 2 queries: q1, q2"):
        by_query_id({"mug": {"p1": 1.0}}, queries)


def test_ids_become_texts_and_back() -> None:
    queries = [EvaluationQuery("q1", text="mug"), EvaluationQuery("q2", text="连衣裙")]
    told = by_text(QRELS, queries)
    assert told == {"mug": QRELS["q1"], "连衣裙": QRELS["q2"]}
    assert by_query_id(told, queries) == QRELS
    with pytest.raises(InputError, match="No query 'q3'"):
        by_text({"q3": {"p1": 1.0}}, queries)


def test_grades_by_text_serve_the_queries_that_have_it(tmp_path: Path) -> None:
    write_judgments(tmp_path / "grades", {"Red mug": {"p1": 1.0}, "cup": {"p2": 1.0}}, form="quepid")
    assert read_grades(tmp_path / "grades", [EvaluationQuery("q1", text="red  MUG")]).qrels == {"q1": {"p1": 1.0}}
    write_judgments(tmp_path / "grades", QRELS, form="trec")
    assert read_grades(tmp_path / "grades", []).qrels == QRELS
