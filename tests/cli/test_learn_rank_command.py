"""`learn rank`: what it says, what it writes, and what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.toy_feed import Tonggan
from learn.rank.rated_shop import JUDGED, NAMES, UNKNOWN, fill, write_clicks, write_judgments

QUICK = ["--seeds", "1", "--without", "words,rrf,convex-fitted,lambdamart,lambdamart-on-convex,network,attention"]
"""Options by which a test takes a second: the default merge and the linear ranker alone."""


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("rated") / "shop")


@pytest.fixture
def shop(rated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(rated, tmp_path / "shop"))


def test_what_wins_is_told_used_and_can_be_given_up(tonggan: Tonggan, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    found = tonggan("learn", "rank", *write_judgments(tmp_path), *QUICK, "--html", str(page), "--json").record
    assert (found["used"], found["judged_by"], found["queries"]) == ("linear", "judgments", JUDGED)
    assert found["left_out"]["attention"] == "not wanted."
    assert found["relevance"]["queries"] == JUDGED + UNKNOWN
    said = page.read_text(encoding="utf-8")
    for part in ("gain over convex", "linear (used)", "AUC", "Reliability diagram", "Brier score", "<svg"):
        assert part in said
    assert "<script" not in said
    listed = tonggan("learn", "rank", "--versions", "--json").record
    assert (listed["used"], len(listed["versions"])) == (found["version"], 1)
    assert tonggan("search", NAMES[0], "--json").record["ranker"] == found["version"]
    tonggan("learn", "rank", "--use", "none")
    assert tonggan("search", NAMES[0], "--json").record["ranker"] == ""
    tonggan("learn", "rank", "--use", found["version"])
    assert tonggan("learn", "rank", "--versions", "--json").record["used"] == found["version"]


def test_people_are_told_what_clicks_are_worth(tonggan: Tonggan, tmp_path: Path) -> None:
    clicks = write_clicks(tmp_path / "clicks.jsonl", names=NAMES[-6:])
    judged, page = write_judgments(tmp_path), tmp_path / "page.html"
    options = ["--clicks", str(clicks), "--inverse-propensity", "--html", str(page)]
    said = tonggan("learn", "rank", *judged, *QUICK, *options).out
    for part in ("180 clicks of 1,800 impressions", "6 queries that nobody judged", "equal ones", "held back"):
        assert part in said
    assert "effective clicks" in page.read_text(encoding="utf-8")


def test_clicks_alone_say_so(tonggan: Tonggan, tmp_path: Path) -> None:
    clicks = write_clicks(tmp_path / "clicks.jsonl", names=NAMES[:55])
    said = tonggan("learn", "rank", "--clicks", str(clicks), *QUICK).out
    assert "55 queries graded by clicks" in said
    assert "clicks do not say that nothing fits" in said


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        ([], 2, "Learning needs judged queries, or clicks."),
        (["--queries", "queries.csv"], 2, "Give --queries and --qrels"),
        (["--clicks", "none.jsonl"], 4, "There is no file none.jsonl."),
        (["--clicks", "clicks.jsonl", "--inverse-propensity"], 2, "weighs clicks beside judged queries"),
        (["--clicks", "clicks.jsonl"], 8, "3 queries of the log"),
        (["--queries", "queries.csv", "--qrels", "qrels.csv"], 8, "20 of 20 judged queries"),
        (["--queries", "queries.csv", "--qrels", "qrels.csv", "--without", "tree"], 2, "Unknown row 'tree'"),
        (["--queries", "queries.csv", "--qrels", "qrels.csv", "--html", "no/page.html"], 2, "cannot be written"),
        (["--use", "nine"], 4, "Unknown ranker version 'nine'"),
    ],
)
def test_what_cannot_be_learnt_from_changes_nothing(
    tonggan: Tonggan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int, told: str
) -> None:
    write_judgments(tmp_path, queries=20)
    write_clicks(tmp_path / "clicks.jsonl", names=NAMES[:3])
    monkeypatch.chdir(tmp_path)
    ran = tonggan("learn", "rank", *options)
    assert (ran.code, told in ran.err) == (code, True), ran.err
    assert not (tonggan.shop / "rankers").exists()
