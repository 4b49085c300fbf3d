"""`evaluate`: the rows, their JSON, and the run."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cli.toy_feed import Tonggan, serving
from tonggan.evaluate import read_run


@pytest.fixture
def trial(tmp_path: Path) -> list[str]:
    """Arguments of an evaluation whose best answers are obvious."""
    queries, qrels = tmp_path / "queries.csv", tmp_path / "qrels.csv"
    queries.write_text("query_id,text,filter_by\nq1,red mug,\nq2,连衣裙,\nq3,mug,price:>11\n", encoding="utf-8")
    qrels.write_text("query_id,product_id,grade\nq1,mug-red,2\nq2,dress-red,2\nq3,mug-blue,1\n", encoding="utf-8")
    return ["evaluate", "--queries", str(queries), "--qrels", str(qrels), "--measures", "nDCG@10,R@100"]


def test_the_json_has_the_merged_figures_and_the_other_rows(tonggan: Tonggan, trial: list[str]) -> None:
    found = tonggan(*trial, "--json").record
    assert list(found) == ["queries", "measures", "formula", "rows"]
    assert found["queries"] == 3
    assert list(found["measures"]) == ["nDCG@10", "R@100"]
    assert set(found["measures"]["nDCG@10"]) == {"mean", "low", "high", "random"}
    assert found["measures"]["nDCG@10"]["mean"] == 1.0
    assert found["measures"]["R@100"]["random"] == pytest.approx(1.0)
    assert set(found["formula"]) == set(found["measures"])
    assert list(found["rows"]) == ["words", "understood", "text", "rrf", "convex", "merged"]
    merged = found["rows"]["merged"]["measures"]["nDCG@10"]
    assert {name: merged[name] for name in ("mean", "low", "high", "random")} == found["measures"]["nDCG@10"]


def test_people_see_every_row_and_chance(tonggan: Tonggan, trial: list[str]) -> None:
    said = tonggan(*trial).out
    for part in ("words", "rrf", "merged", "random", "nDCG@10: sum over ranks", "3 of 3 queries count"):
        assert part in said


def test_the_run_holds_the_merged_rankings(tonggan: Tonggan, trial: list[str], tmp_path: Path) -> None:
    assert tonggan(*trial, "--run", tmp_path / "out.trec", "--quiet").code == 0
    run = read_run(tmp_path / "out.trec")
    assert {query_id: ranking[0] for query_id, ranking in run.items()} == {
        "q1": "mug-red", "q2": "dress-red", "q3": "mug-blue",
    }  # fmt: skip
    assert run["q3"] == ("mug-blue",)


def test_a_served_shop_is_measured_alike(tonggan: Tonggan, trial: list[str]) -> None:
    alone = tonggan(*trial, "--json").record
    with serving(tonggan.shop):
        assert tonggan(*trial, "--json").record == alone


def test_measures_may_look_deeper_than_a_page(tonggan: Tonggan, trial: list[str]) -> None:
    assert tonggan(*trial[:-1], "R@1000", "--json").record["measures"]["R@1000"]["mean"] == 1.0


def test_queries_with_pictures_and_stars_are_asked_as_given(tonggan: Tonggan, trial: list[str], tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (200, 30, 40)).save(tmp_path / "photo.png")
    queries = Path(trial[2])
    queries.write_text(
        "query_id,text,image,like,rating\nq1,red mug,photo.png,,\nq2,,,dress-red,4.9\n", encoding="utf-8"
    )
    rows = list(tonggan(*trial, "--json").record["rows"])
    assert rows == ["words", "understood", "text", "cross-modal", "rrf", "convex", "merged"]


def test_graded_products_that_the_shop_lacks_are_reported(tonggan: Tonggan, trial: list[str]) -> None:
    with Path(trial[4]).open("a", encoding="utf-8") as file:
        file.write("q1,mug-lost,3\n")
    assert "1 graded products are not in the catalogue: mug-lost" in tonggan(*trial).out


def test_columns_that_mean_nothing_are_remarked_on(tonggan: Tonggan, trial: list[str]) -> None:
    Path(trial[2]).write_text("query_id,text,colour\nq1,red mug,red\n", encoding="utf-8")
    assert "columns that mean nothing here: colour" in tonggan(*trial).err
    assert tonggan(*trial, "--quiet").err == ""


def test_queries_by_voice_are_refused_not_ignored(tonggan: Tonggan, trial: list[str], tmp_path: Path) -> None:
    (tmp_path / "ask.wav").touch()
    Path(trial[2]).write_text("query_id,text,voice\nq1,red mug,ask.wav\n", encoding="utf-8")
    ran = tonggan(*trial)
    assert ran.code == 7
    assert "Query 'q1' has ask.wav" in ran.err


@pytest.mark.parametrize(
    ("place", "value", "code"), [(2, "no.csv", 4), (4, "no.csv", 4), (6, "nDCG@ten", 2), (6, "beauty", 2)]
)
def test_what_cannot_be_measured_is_refused(
    tonggan: Tonggan, trial: list[str], place: int, value: str, code: int
) -> None:
    trial[place] = value
    ran = tonggan(*trial)
    assert (ran.code, ran.out) == (code, "")
    assert value in ran.err
