"""`learn tune`: on a shop, with nothing written unless it is sure and asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.toy_feed import Tonggan


@pytest.fixture
def judged(tmp_path: Path) -> list[str]:
    """Fifty queries that find the red mug first however words and meaning are weighed."""
    queries, qrels = tmp_path / "queries.csv", tmp_path / "qrels.csv"
    named = [f"q{at}" for at in range(50)]
    queries.write_text("query_id,text\n" + "".join(f"{name},red mug {name}\n" for name in named), encoding="utf-8")
    qrels.write_text("query_id,product_id,grade\n" + "".join(f"{name},mug-red,1\n" for name in named), encoding="utf-8")
    return ["--queries", str(queries), "--qrels", str(qrels)]


def test_a_gain_that_is_not_sure_changes_nothing(tonggan: Tonggan, judged: list[str]) -> None:
    settings = tonggan.shop / "shop.toml"
    before = settings.read_bytes() if settings.exists() else None
    found = tonggan("learn", "tune", *judged, "--trials", "2", "--apply", "--json").record
    assert found["applied"] is False
    assert found["held_out"]["present"]["mean"] == found["held_out"]["tuned"]["mean"]
    assert found["chosen"] == found["present"]
    assert (settings.read_bytes() if settings.exists() else None) == before


def test_people_see_both_halves(tonggan: Tonggan, judged: list[str]) -> None:
    said = tonggan("learn", "tune", *judged, "--trials", "1").out
    for part in ("tuned on", "held out", "words_weight", "No sure gain", "Nothing was written"):
        assert part in said


def test_too_few_judged_queries_are_refused_with_numbers(tonggan: Tonggan, judged: list[str]) -> None:
    qrels = Path(judged[3])
    qrels.write_text("query_id,product_id,grade\nq1,mug-red,1\nq2,mug-red,0\n", encoding="utf-8")
    ran = tonggan("learn", "tune", *judged)
    assert ran.code == 8
    assert "1 judged queries that count; tuning needs at least 50." in ran.err
