"""A ranker that wins is kept, used, served and given up again; clicks teach what nobody judged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from learn.rank.rated_shop import JUDGED, NAMES, UNJUDGED, UNKNOWN, fill, grades, stars, write_clicks
from tonggan.errors import InputError, NotFoundError, NotReadyError
from tonggan.evaluate.judgments import EvaluationQuery
from tonggan.learn.rank.click_log import read_click_log
from tonggan.learn.rank.own_shop import ShopRanking, rank_by_clicks, rank_shop
from tonggan.learn.rank.table import ROWS
from tonggan.rank.features import NAMES as FEATURES
from tonggan.rank.version import MANIFEST, RankerVersion, list_versions, roll_back, use_version, used_version
from tonggan.shop import Shop

LINEAR_ALONE = tuple(name for name in ROWS if name not in ("convex", "linear"))
"""Rows that are left out, so that a test takes a second."""

NAME = NAMES[0]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("rated") / "shop")


@pytest.fixture(scope="module")
def learnt(filled: Path) -> tuple[Path, ShopRanking]:
    """A shop that has learnt, and what it has learnt."""
    folder = Path(shutil.copytree(filled, filled.parent / "learnt"))
    with Shop.open(folder) as shop:
        return folder, learn(shop)


@pytest.fixture
def shop(filled: Path, tmp_path: Path) -> Iterator[Shop]:
    with Shop.open(shutil.copytree(filled, tmp_path / "shop")) as opened:
        yield opened


@pytest.fixture
def taught(learnt: tuple[Path, ShopRanking], tmp_path: Path) -> Path:
    return Path(shutil.copytree(learnt[0], tmp_path / "taught"))


def learn(shop: Shop, *, queries: int = JUDGED + UNKNOWN, **options: object) -> ShopRanking:
    qrels = dict(list(grades().items())[:queries])
    asked = [EvaluationQuery(query, text=query) for query in qrels]
    return rank_shop(shop, asked, qrels, seeds=(0,), without=LINEAR_ALONE, **options)  # pyright: ignore


def best(name: str = NAME) -> str:
    return max((f"{name}-{number}" for number in range(10)), key=lambda id: stars(name, int(id.rpartition("-")[2])))


def test_a_ranker_that_wins_is_used_and_told(learnt: tuple[Path, ShopRanking]) -> None:
    folder, found = learnt
    assert (found.ranking.choice.used, found.previous) == ("linear", "")
    assert found.ranking.row("linear").gain(found.ranking.row("convex")).low > 0
    assert found.relevance is not None
    assert (found.relevance.queries, found.relevance.unanswerable) == (JUDGED + UNKNOWN, UNKNOWN)
    with Shop.open(folder) as shop:
        answer = shop.search(NAME, per_page=3)
        assert (answer.ranker, answer.degraded) == (found.version, ())
        assert answer.hits[0].product.id == best()


def test_a_query_may_want_the_merged_order(taught: Path, shop: Shop) -> None:
    before = [hit.product.id for hit in shop.search(NAME).hits]
    with Shop.open(taught) as learnt:
        answer = learnt.search(NAME, ranker="none")
    assert (answer.ranker, [hit.product.id for hit in answer.hits]) == ("", before)


def test_going_back_gives_the_order_of_before_and_forth_again(taught: Path, shop: Shop) -> None:
    before = [hit.product.id for hit in shop.search(NAME).hits]
    with Shop.open(taught) as learnt:
        version = used_version(learnt.rankers)
        assert roll_back(learnt.rankers) == ""
        assert [hit.product.id for hit in learnt.search(NAME).hits] == before
        assert roll_back(learnt.rankers) == version
        assert learnt.search(NAME).hits[0].product.id == best()


def test_a_damaged_version_costs_its_order_and_not_the_answer(taught: Path, shop: Shop) -> None:
    before = [hit.product.id for hit in shop.search(NAME).hits]
    with Shop.open(taught) as learnt:
        for path in (learnt.rankers / used_version(learnt.rankers)).glob("*.safetensors"):
            path.write_bytes(b"nothing")
    with Shop.open(taught) as learnt:
        answer = learnt.search(NAME)
    assert (answer.ranker, answer.degraded) == ("", ("ranker",))
    assert [hit.product.id for hit in answer.hits] == before


def test_a_ranker_of_other_features_is_refused_and_changes_nothing(taught: Path) -> None:
    with Shop.open(taught) as learnt:
        (kept,) = list_versions(learnt.rankers)
        other = write_like(learnt.rankers, kept)
        with pytest.raises(NotReadyError, match=r"1 it wants that are no more: stars_of_old"):
            use_version(learnt.rankers, other)
        assert used_version(learnt.rankers) == kept.version


def write_like(folder: Path, version: RankerVersion) -> str:
    from tonggan.rank.version import write_version

    files = {path.name: path.read_bytes() for path in (folder / version.version).glob("*.safetensors")}
    other = replace(version, version="other", feature_names=("stars_of_old", *FEATURES[1:]))
    write_version(folder, other, files)
    return "other"


def test_an_unknown_version_is_refused_with_the_known_ones(taught: Path) -> None:
    with Shop.open(taught) as learnt:
        (kept,) = list_versions(learnt.rankers)
        with pytest.raises(NotFoundError, match=f"Unknown ranker version 'nine'; known: {kept.version}"):
            use_version(learnt.rankers, "nine")
        with pytest.raises(NotFoundError, match="nine"):
            learnt.search(NAME, ranker="nine")


def test_too_few_judged_queries_are_refused_and_nothing_is_written(shop: Shop) -> None:
    with pytest.raises(NotReadyError, match=r"20 of 20 judged queries .* need 50\. Judge 30 more"):
        learn(shop, queries=20)
    assert not shop.rankers.exists()


def test_rows_that_are_unknown_or_the_default_cannot_be_left_out(shop: Shop) -> None:
    asked, qrels = [EvaluationQuery("q", text="q")], {"q": {"p": 1.0}}
    with pytest.raises(InputError, match=r"Unknown row 'attntion'; known: .* Did you mean 'attention'"):
        rank_shop(shop, asked, qrels, without=["attntion"])
    with pytest.raises(InputError, match="compared with 'convex'"):
        rank_shop(shop, asked, qrels, without=["convex"])


def test_clicks_teach_queries_that_nobody_judged_and_are_remembered(shop: Shop, tmp_path: Path) -> None:
    clicked = NAMES[-UNJUDGED:]
    clicks = read_click_log(write_clicks(tmp_path / "clicks.jsonl", names=[*clicked, NAME]))
    found = learn(shop, clicks=clicks)
    assert found.ranking.click_queries == UNJUDGED
    assert all(len(row.values) == JUDGED for row in found.ranking.rows)
    kept = json.loads((shop.rankers / found.version / "clicks.json").read_text())
    assert set(kept) == {*clicked, NAME}
    assert kept[NAME][best()] > 0 > min(kept[NAME].values())
    assert found.as_json()["clicks"]["clicks_used"] == 30 * (UNJUDGED + 1)


def test_progress_is_one_count_over_all_rows_and_folds(shop: Shop) -> None:
    told: list[tuple[str, int, int]] = []
    learn(shop, progress=lambda *step: told.append(step))
    assert told[: JUDGED + UNKNOWN][-1] == ("searching", JUDGED + UNKNOWN, JUDGED + UNKNOWN)
    assert told[JUDGED + UNKNOWN :] == [("convex" if at <= 5 else "linear", at, 10) for at in range(1, 11)]


def test_weighing_by_examination_needs_clicks_that_tell_it(shop: Shop, tmp_path: Path) -> None:
    clicks = read_click_log(write_clicks(tmp_path / "clicks.jsonl", names=NAMES[-3:]))
    with pytest.raises(NotReadyError, match=r"90 clicks at 10 positions .*; 100 clicks"):
        learn(shop, clicks=clicks, is_inverse_propensity=True)
    assert not shop.rankers.exists()


def test_clicks_alone_grade_where_enough_queries_are_clicked(shop: Shop, tmp_path: Path) -> None:
    few = read_click_log(write_clicks(tmp_path / "few.jsonl", names=NAMES[:10]))
    with pytest.raises(NotReadyError, match=r"10 queries of the log .* needs 50"):
        rank_by_clicks(shop, few)
    found = rank_by_clicks(
        shop,
        read_click_log(write_clicks(tmp_path / "many.jsonl", names=NAMES[:60])),
        without=LINEAR_ALONE,
        seeds=(0,),
    )
    assert (found.ranking.choice.used, found.is_judged_by_clicks, found.relevance) == ("linear", True, None)
    assert found.as_json()["judged_by"] == "clicks"
    assert shop.search(NAME).hits[0].product.id == best()


def test_versions_have_a_manifest_and_a_card(learnt: tuple[Path, ShopRanking]) -> None:
    with Shop.open(learnt[0]) as shop:
        kept = {path.name for path in (shop.rankers / learnt[1].version).iterdir()}
    assert kept == {MANIFEST, "card.md", "weights.safetensors", "relevance.json"}
