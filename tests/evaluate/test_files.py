"""Files of queries, grades and runs: what is accepted, and what a bad line says."""

from __future__ import annotations

import gzip
from pathlib import Path

import ir_measures
import pytest

from tonggan.errors import InputError, NotFoundError
from tonggan.evaluate.files import read_qrels, read_queries
from tonggan.evaluate.judgments import EvaluationQuery
from tonggan.evaluate.trec import read_run, write_run


def written(folder: Path, text: str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_every_column_of_a_query_is_read(tmp_path: Path):
    for name in ("q.jpg", "q.wav", "q.mp4"):
        (tmp_path / name).touch()
    header = "query_id,text,image,voice,clip,like,rating,filter_by\n"
    path = written(tmp_path, header + 'q1,红色 连衣裙,q.jpg,q.wav,q.mp4,"p1, p2",4.5,price:<200 && brand:=A\n')
    assert read_queries(path).queries == (
        EvaluationQuery(
            "q1",
            text="红色 连衣裙",
            image=tmp_path / "q.jpg",
            voice=tmp_path / "q.wav",
            clip=tmp_path / "q.mp4",
            like=("p1", "p2"),
            rating=4.5,
            filter_by="price:<200 && brand:=A",
        ),
    )


def test_unknown_columns_are_ignored_and_listed(tmp_path: Path):
    read = read_queries(written(tmp_path, "query_id,query,graded,best_grade\nq1,aa battery,40,3\n"))
    assert read.queries == (EvaluationQuery("q1", text="aa battery"),)
    assert read.ignored == ("graded", "best_grade")


def test_without_ids_the_text_is_the_id_and_comes_once(tmp_path: Path):
    read = read_queries(written(tmp_path, "query,product_uid\nhole saw,1\nhole saw,2\nfan,3\n"))
    assert [query.query_id for query in read.queries] == ["hole saw", "fan"]


def test_pictures_alone_make_queries(tmp_path: Path):
    (tmp_path / "a.png").touch()
    assert read_queries(written(tmp_path, "query_id,image\n1,a.png\n")).queries[0].image == tmp_path / "a.png"


def test_packed_files_tabs_marks_and_other_line_ends_are_read(tmp_path: Path):
    path = tmp_path / "queries.bin"
    path.write_bytes(gzip.compress("\ufeffQuery-ID\tText\r\nq1\tfan, small\r\n\r\nq2\tlamp\r\n".encode()))
    assert [query.text for query in read_queries(path).queries] == ["fan, small", "lamp"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1: no column text; found: none"),
        ("name,price\na,1\n", "line 1: no column text; found: name, price"),
        ("query_id,text\n", "holds no query"),
        ("query_id,text\nq1,a\nq1,b\n", "line 3: query 'q1' is there twice"),
        ("query_id,text\nq1,a\n,b\n", "line 3: the query has no id"),
        ("query_id,text\nq1,a,b\n", "line 2: 3 cells under 2 columns"),
        ('query_id,text\nq1,a\nq2,"open\nq3,c\n', "line 4: unexpected end of data"),
        ("query_id,image\nq1,no.jpg\n", "line 2: image 'no.jpg' is not a file"),
        ("query_id,image\nq1,no\0.jpg\n", "is not a file"),
        ("query_id,rating\nq1,5.5\n", "line 2: rating '5.5' is not a number of stars"),
        ("query_id,rating\nq1,nan\n", "rating 'nan'"),
        ("query_id,rating\nq1,many\n", "rating 'many'"),
        ("query_id,filter_by\nq1,price:>\n", "line 2: Filter, position 8: expected a value"),
    ],
)
def test_a_bad_line_of_queries_is_named(tmp_path: Path, text: str, reason: str):
    with pytest.raises(InputError, match=reason):
        read_queries(written(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        "query_id,product_id,grade\nq1,p1,3\nq1,p2,2.67\n",
        "query,product_uid,grade,rater\nq1,p1,3,a\nq1,p2,2.67,b\n",
        "query-id\tcorpus-id\tscore\nq1\tp1\t3\nq1\tp2\t2.67\n",
        "grade,doc_id,qid\n3,p1,q1\n2.67,p2,q1\n",
        "query_id,product_id,label\nq1,p1,3\nq1,p2,2.67\n",
        "q1 0 p1 3\n\nq1 0 p2 2.67\n",
        "q1\t0\tp1\t3\nq1\t0\tp2\t2.67\n",
    ],
)
def test_grades_are_read_under_the_names_of_others(tmp_path: Path, text: str):
    assert read_qrels(written(tmp_path, text)).qrels == {"q1": {"p1": 3.0, "p2": 2.67}}


def test_a_query_id_beats_a_query_text_beside_it(tmp_path: Path):
    read = read_qrels(written(tmp_path, "query,query_id,product_id,relevance\nfan,q1,p1,1\n"))
    assert read.qrels == {"q1": {"p1": 1.0}}
    assert read.ignored == ("query",)


def test_a_pair_graded_twice_keeps_its_highest_grade_and_is_listed(tmp_path: Path):
    read = read_qrels(written(tmp_path, "query_id,product_id,grade\nq,a,1\nq,a,3\nq,a,2\nq,b,1\nq,b,1\n"))
    assert read.qrels == {"q": {"a": 3.0, "b": 1.0}}
    assert read.regraded == (("q", "a"),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no column query_id, product_id, grade"),
        ("query_id,product_id\nq,a\n", "no column grade; found: query_id, product_id"),
        ("query_id,product_id,grade\n", "holds no grade"),
        ("query_id,product_id,grade\nq,a,good\n", "line 2: grade 'good' is not a number"),
        ("query_id,product_id,grade\nq,a,inf\n", "line 2: grade 'inf' is not a number"),
        ("query_id,product_id,grade\nq,,1\n", "line 2: a grade without query or product"),
        ("q 0 a 1\nq 0 b\n", "line 2: 3 columns"),
        ("q 0 a 1\nq 0 b x\n", "line 2: grade 'x' is not a number"),
    ],
)
def test_a_bad_line_of_grades_is_named(tmp_path: Path, text: str, reason: str):
    with pytest.raises(InputError, match=reason):
        read_qrels(written(tmp_path, text))


def test_a_missing_file_is_not_found(tmp_path: Path):
    with pytest.raises(NotFoundError, match="no file"):
        read_queries(tmp_path / "none.csv")


def test_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        read_qrels(tmp_path)


def test_other_encodings_are_refused(tmp_path: Path):
    path = tmp_path / "gbk.csv"
    path.write_bytes("query_id,text\nq1,连衣裙\n".encode("gb18030"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_queries(path)


@pytest.mark.parametrize("damage", [lambda packed: packed[:-9], lambda packed: packed[:12] + b"\xff" + packed[13:]])
def test_damaged_gzip_is_refused(tmp_path: Path, damage):
    path = tmp_path / "q.csv.gz"
    path.write_bytes(damage(gzip.compress(b"query_id,text\n" + b"".join(b"q%d,a\n" % n for n in range(999)))))
    with pytest.raises(InputError, match="damaged gzip"):
        read_queries(path)


@pytest.mark.parametrize("name", ["out.trec", "out.trec.gz"])
def test_a_run_reads_back_in_order(tmp_path: Path, name: str):
    run = {"q1": ("b", "a", "商品"), "q2": ("a",)}
    assert write_run(tmp_path / name, run) == 4
    assert read_run(tmp_path / name) == run


def test_a_run_is_read_by_ir_measures(tmp_path: Path):
    write_run(tmp_path / "out.trec", {"q1": ("b", "a")})
    rows = list(ir_measures.read_trec_run(str(tmp_path / "out.trec")))
    assert [(row.doc_id, row.score) for row in rows] == [("b", 2.0), ("a", 1.0)]


def test_equal_scores_go_by_rank(tmp_path: Path):
    lines = "q Q0 a 2 1.5 t\nq Q0 b 1 1.5 t\nq Q0 c 3 9 t\n"
    assert read_run(written(tmp_path, lines)) == {"q": ("c", "b", "a")}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("q Q0 a 1 2\n", "line 1: 5 columns"),
        ("q Q0 a 1 2 t\nq Q0 b first 1 t\n", "line 2: rank 'first'"),
        ("q Q0 a 1 nan t\n", "line 1: rank '1' and score 'nan'"),
        ("q Q0 a 1 2 t\nq Q0 a 2 1 t\n", "line 2: product 'a' is there twice"),
    ],
)
def test_a_bad_line_of_a_run_is_named(tmp_path: Path, text: str, reason: str):
    with pytest.raises(InputError, match=reason):
        read_run(written(tmp_path, text))


@pytest.mark.parametrize("run", [{"hole saw": ("a",)}, {"q": ("a b",)}, {"": ("a",)}])
def test_a_run_refuses_ids_that_it_cannot_hold(tmp_path: Path, run: dict[str, tuple[str, ...]]):
    with pytest.raises(InputError, match="cannot hold the id"):
        write_run(tmp_path / "out.trec", run)
    assert not (tmp_path / "out.trec").exists()
