"""`judgments`: from one form to another, and from clicks."""

from __future__ import annotations

import json
from pathlib import Path

from cli.toy_feed import Tonggan


def test_quepid_becomes_ids_and_opensearch_becomes_texts(tonggan: Tonggan, tmp_path: Path) -> None:
    quepid, queries = tmp_path / "quepid.csv", tmp_path / "queries.csv"
    quepid.write_text("Query,Doc ID,Rating\nRed Mug,mug-red,3\n", encoding="utf-8")
    queries.write_text("query_id,text\nq1,red mug\n", encoding="utf-8")
    told = tonggan(
        "judgments", "convert", quepid, tmp_path / "grades.trec", "--format", "trec", "--queries", queries, "--json",
        is_on_shop=False,
    ).record  # fmt: skip
    assert told == {"format": "quepid", "queries": 1, "judgments": 1, "regraded": 0}
    assert (tmp_path / "grades.trec").read_text(encoding="utf-8") == "q1 0 mug-red 3\n"
    again = tmp_path / "list.json"
    said = tonggan(
        "judgments", "convert", tmp_path / "grades.trec", again, "--format", "opensearch", "--queries", queries,
        is_on_shop=False,
    )  # fmt: skip
    assert "1 judgments of 1 queries, trec to opensearch" in said.out
    assert json.loads(again.read_text(encoding="utf-8"))["judgmentRatings"][0]["query"] == "red mug"


def test_a_format_that_there_is_not_is_refused(tonggan: Tonggan, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("query_id,product_id,grade\nq1,p1,1\n", encoding="utf-8")
    ran = tonggan("judgments", "convert", tmp_path / "in.csv", tmp_path / "out", "--format", "excel", is_on_shop=False)
    assert ran.code == 2
    assert "Unknown format 'excel'; known: csv, opensearch, quepid, trec." in ran.err
    assert tonggan("judgments", "convert", tmp_path / "no", tmp_path / "out", is_on_shop=False).code == 4


def log_of(tmp_path: Path, *, searches: int) -> Path:
    """Two products shown in each search; every other search clicks the second."""
    records: list[dict[str, object]] = []
    for at in range(searches):
        records.append({"query_id": f"s{at}", "user_query": "Mug", "query_response_hit_ids": ["a", "b"]})
        if at % 2:
            event = {"object": {"object_id": "b"}, "position": {"ordinal": 2}}
            records.append({"action_name": "click", "query_id": f"s{at}", "event_attributes": event})
    records.append({"action_name": "login", "query_id": "s0"})
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def test_clicks_become_grades_and_the_rest_is_told(tonggan: Tonggan, tmp_path: Path) -> None:
    events, out = log_of(tmp_path, searches=20), tmp_path / "qrels.csv"
    said = tonggan("judgments", "from-clicks", events, "--out", out, is_on_shop=False)
    assert "40 impressions and 10 clicks were used." in said.out
    assert "1 not used: action login." in said.out
    # All 40 impressions are one pool: 10 / 40 a rank, 20 * 10 / 40 = 5 clicks expected of each product.
    # a: (0 + 1) / (5 + 1) < 0.5; b: (10 + 1) / (5 + 1) = 1.83.
    assert out.read_text(encoding="utf-8") == "query_id,product_id,grade\nmug,b,2\nmug,a,0\n"


def test_clicks_are_kept_for_known_queries_under_their_ids(tonggan: Tonggan, tmp_path: Path) -> None:
    events, queries = log_of(tmp_path, searches=20), tmp_path / "queries.csv"
    queries.write_text("query_id,text\nq7,MUG\nq8,cup\n", encoding="utf-8")
    told = tonggan(
        "judgments", "from-clicks", events, "--out", tmp_path / "out.csv", "--queries", queries, "--json",
        is_on_shop=False,
    ).record  # fmt: skip
    assert (told["written"], told["grades"]) == (2, {"0": 1, "1": 0, "2": 1, "3": 0})
    assert "q7,b,2" in (tmp_path / "out.csv").read_text(encoding="utf-8")


def test_too_few_impressions_are_refused(tonggan: Tonggan, tmp_path: Path) -> None:
    ran = tonggan("judgments", "from-clicks", log_of(tmp_path, searches=4), is_on_shop=False)
    assert ran.code == 2
    assert "shown together 10 times" in ran.err
