"""`evaluate compare`: what a side may be, and what is said of two of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.toy_feed import Tonggan, serving


@pytest.fixture
def judged(tmp_path: Path) -> list[str]:
    queries, qrels = tmp_path / "queries.csv", tmp_path / "qrels.csv"
    queries.write_text("query_id,text\nq1,red mug\nq2,<连衣裙> & dress\nq3,blue\n", encoding="utf-8")
    qrels.write_text("query_id,product_id,grade\nq1,mug-red,2\nq2,dress-red,2\nq3,mug-blue,1\n", encoding="utf-8")
    return ["--queries", str(queries), "--qrels", str(qrels)]


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """A run with everything first, and one with q1's product second and q3's missing."""
    good, poor = tmp_path / "good.trec", tmp_path / "poor.trec"
    good.write_text("q1 Q0 mug-red 1 9 x\nq2 Q0 dress-red 1 9 x\nq3 Q0 mug-blue 1 9 x\n", encoding="utf-8")
    poor.write_text(
        "q1 Q0 mug-blue 1 9 x\nq1 Q0 mug-red 2 8 x\nq2 Q0 dress-red 1 9 x\nq3 Q0 mug-red 1 9 x\n", encoding="utf-8"
    )
    return good, poor


def test_wins_losses_and_ties_are_those_of_b_over_a(
    tonggan: Tonggan, judged: list[str], runs: tuple[Path, Path]
) -> None:
    good, poor = runs
    found = tonggan("evaluate", "compare", poor, good, *judged, "--json").record
    rr = found["measures"]["RR"]
    assert rr["a"]["mean"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert rr["b"]["mean"] == 1.0
    assert rr["difference"]["mean"] == pytest.approx((1 / 2 + 0 + 1) / 3)
    assert (rr["wins"], rr["losses"], rr["ties"]) == (2, 0, 1)
    assert [each["query_id"] for each in found["won"]] == ["q3", "q1"]
    assert found["lost"] == []
    assert found["won"][0]["a_top"] == ["mug-red"]
    assert list(found["measures"]) == ["nDCG@10", "RR", "R@100", "AP", "ERR@10", "Judged@10"]


def test_chance_of_two_runs_is_that_of_the_products_they_name(
    tonggan: Tonggan, judged: list[str], runs: tuple[Path, Path]
) -> None:
    found = tonggan("evaluate", "compare", *runs, *judged, "--json").record
    assert found["products"] == 3
    assert found["measures"]["RR"]["random"] == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_rows_of_evaluate_can_be_named(tonggan: Tonggan, judged: list[str]) -> None:
    found = tonggan("evaluate", "compare", "words", "merged", *judged, "--json").record
    alone = tonggan("evaluate", *judged, "--json").record
    assert (found["a"], found["b"]) == ("words", "merged")
    for side, row in (("a", "words"), ("b", "merged")):
        assert found["measures"]["nDCG@10"][side]["mean"] == alone["rows"][row]["measures"]["nDCG@10"]["mean"]


def test_settings_are_compared_with_the_shop_as_it_is(tonggan: Tonggan, judged: list[str], tmp_path: Path) -> None:
    settings = tmp_path / "leaning.toml"
    settings.write_text('[retrieval]\nwords_weight = 1.0\nfew_matches = 1\n[search]\nmerge = "rrf"\n', encoding="utf-8")
    found = tonggan("evaluate", "compare", "merged", settings, *judged, "--json").record
    assert found["b"] == "leaning.toml"
    assert found["products"] == 3
    assert found["measures"]["nDCG@10"]["b"]["mean"] == pytest.approx(1.0)


def test_another_shop_is_a_side(tonggan: Tonggan, judged: list[str], tmp_path: Path) -> None:
    other = shutil.copytree(tonggan.shop, tmp_path / "other")
    found = tonggan("evaluate", "compare", "merged", other, *judged, "--json").record
    assert found["measures"]["nDCG@10"]["difference"]["mean"] == 0.0
    assert "No sure difference" in found["verdict"]


def test_people_see_the_measures_the_verdict_and_the_formulas(
    tonggan: Tonggan, judged: list[str], runs: tuple[Path, Path]
) -> None:
    said = tonggan("evaluate", "compare", *runs, *judged).out
    for part in ("nDCG@10", "Judged@10", "A: good.trec. B: poor.trec.", "lost most with B", "two-sided permutation"):
        assert part in said
    assert "permutation" not in tonggan("evaluate", "compare", *runs, *judged, "--quiet").out


def test_the_page_is_whole_escaped_and_runs_nothing(
    tonggan: Tonggan, judged: list[str], runs: tuple[Path, Path], tmp_path: Path
) -> None:
    assert tonggan("evaluate", "compare", *runs, *judged, "--html", tmp_path / "page.html").code == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    for part in ("<svg", "prefers-color-scheme: dark", "Lost most with B", "蓝色马克杯", "2^grade - 1"):
        assert part in page
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert "<连衣裙>" not in page


def test_settings_are_not_compared_behind_the_back_of_a_server(
    tonggan: Tonggan, judged: list[str], tmp_path: Path
) -> None:
    settings = tmp_path / "other.toml"
    settings.write_text("[retrieval]\nwords_weight = 1.0\n", encoding="utf-8")
    with serving(tonggan.shop):
        ran = tonggan("evaluate", "compare", "merged", settings, *judged)
    assert ran.code == 5
    assert "needs the shop for itself" in ran.err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[shop]\npack = 'x'\n", "Unknown table 'shop'; known: rank, retrieval, search."),
        ("[retrieval]\nword_weight = 1\n", "Unknown setting 'word_weight'"),
        ("[search]\nmerge = 'sum'\n", "Unknown merge 'sum'"),
        ("[search]\nper_page = 5\n", "per_page is given by the queries"),
        ("merge = 'rrf'\n", "merge stands in no table"),
        ("[search]\n", "changes nothing"),
        ("[search\n", "is not TOML"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    tonggan: Tonggan, judged: list[str], tmp_path: Path, content: str, told: str
) -> None:
    settings = tmp_path / "wrong.toml"
    settings.write_text(content, encoding="utf-8")
    ran = tonggan("evaluate", "compare", "merged", settings, *judged)
    assert ran.code == 2
    assert told in ran.err


def test_what_is_no_side_is_refused_with_what_is(tonggan: Tonggan, judged: list[str]) -> None:
    ran = tonggan("evaluate", "compare", "word", "merged", *judged)
    assert ran.code == 4
    assert "Did you mean 'words'?" in ran.err
    assert tonggan("evaluate", "compare", "rrf", "rrf", *judged).code == 2


def test_options_that_evaluate_needs_are_asked_for(tonggan: Tonggan, judged: list[str]) -> None:
    ran = tonggan("evaluate", *judged[:2])
    assert ran.code == 2
    assert "Missing option '--qrels'." in ran.err
