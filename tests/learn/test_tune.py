"""Tuning: what is chosen on one half, how it is checked on the other, and how shop.toml is edited."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tonggan.errors import InputError, MissingExtraError, NotReadyError
from tonggan.evaluate import EvaluationQuery
from tonggan.learn import tune as tuning
from tonggan.learn.tune import RANGES, edited, halves, tune, write_settings

QUERIES = [EvaluationQuery(f"q{at}", text=f"word {at}") for at in range(60)]
PRESENT = {name: low for name, (low, _) in RANGES.items()}


def rising_with_words(settings: Mapping[str, float], queries: Sequence[EvaluationQuery]) -> Mapping[str, float]:
    """Every query is answered the better the more words count."""
    return {query.query_id: settings["words_weight"] for query in queries}


def indifferent(_: Mapping[str, float], queries: Sequence[EvaluationQuery]) -> Mapping[str, float]:
    return {query.query_id: 0.5 for query in queries}


def test_what_helps_is_found_and_sure_on_queries_not_tuned_on() -> None:
    found = tune(rising_with_words, QUERIES, present=PRESENT, trials=12)
    assert found.chosen["words_weight"] > PRESENT["words_weight"]
    assert found.held_out_gain.mean == pytest.approx(found.chosen["words_weight"] - PRESENT["words_weight"])
    assert found.held_out_gain.queries == 30
    assert found.is_better


def test_settings_that_nothing_beats_stay() -> None:
    found = tune(indifferent, QUERIES, present=PRESENT, trials=3)
    assert found.chosen == PRESENT
    assert not found.is_better
    assert "No sure gain" in found.verdict


def test_what_helps_only_the_queries_tuned_on_is_not_better() -> None:
    training, _ = halves(QUERIES, seed=0)
    lucky = {query.query_id for query in training}

    def overfitting(settings: Mapping[str, float], queries: Sequence[EvaluationQuery]) -> Mapping[str, float]:
        return {each.query_id: settings["words_weight"] if each.query_id in lucky else 0.5 for each in queries}

    found = tune(overfitting, QUERIES, present=PRESENT, trials=5)
    assert found.training_gain.low > 0
    assert not found.is_better


def test_the_same_seed_gives_the_same_settings() -> None:
    first, second = (tune(rising_with_words, QUERIES, present=PRESENT, trials=4, seed=3) for _ in range(2))
    assert first == second


def test_equal_texts_are_never_in_both_halves() -> None:
    twice = [EvaluationQuery(f"{name}{at}", text=f"Word {at}") for at in range(30) for name in "ab"]
    first, second = halves(twice, seed=1)
    assert not {query.text for query in first} & {query.text for query in second}
    assert len(first) + len(second) == 60
    assert abs(len(first) - 30) <= 1


def test_fewer_than_fifty_queries_are_refused_with_numbers() -> None:
    with pytest.raises(NotReadyError, match=r"49 judged queries.*at least 50"):
        tune(indifferent, QUERIES[:49], present=PRESENT)


def test_without_optuna_the_line_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(MissingExtraError) as error:
        tune(indifferent, QUERIES, present=PRESENT)
    assert "pip install 'tonggan[rank]'" in str(error.value)


def test_trials_are_counted_aloud() -> None:
    told: list[tuple[int, int]] = []
    tune(indifferent, QUERIES, present=PRESENT, trials=2, tell=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    "text",
    ["", "[shop]\nper_page = 5", "# mine\n[retrieval]  # weights\nwords_weight = 0.7 # was .6\n\n[serve]\nport = 1\n",
     "[retrieval]\n# words_weight = 3\nwords_weight=1\ndepth = 10\n"],
)  # fmt: skip
def test_a_table_is_set_and_everything_else_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(text, encoding="utf-8")
    write_settings(path, {"words_weight": 0.25, "text_weight": 0.5})
    written = path.read_text(encoding="utf-8")
    before = tomllib.loads(text)
    assert tomllib.loads(written) == before | {
        "retrieval": before.get("retrieval", {}) | {"words_weight": 0.25, "text_weight": 0.5}
    }
    assert all(comment in written for comment in ("# mine", "# weights", "# was .6") if comment in text)
    assert [each.name for each in tmp_path.iterdir()] == ["shop.toml"]


def test_a_shop_without_settings_gets_them(tmp_path: Path) -> None:
    write_settings(tmp_path / "shop.toml", {"words_weight": 0.25})
    assert (tmp_path / "shop.toml").read_text(encoding="utf-8") == "[retrieval]\nwords_weight = 0.25\n"


def test_a_table_in_a_form_that_lines_cannot_set_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text("retrieval = {words_weight = 0.7}\n", encoding="utf-8")
    with pytest.raises((InputError, tomllib.TOMLDecodeError)):
        write_settings(path, {"words_weight": 0.25})
    assert path.read_text(encoding="utf-8") == "retrieval = {words_weight = 0.7}\n"


def test_values_stand_behind_the_last_line_of_the_table() -> None:
    text = "[retrieval]\ndepth = 10\n\n[serve]\n"
    assert edited(text, {"words_weight": 0.5}, table="retrieval") == (
        "[retrieval]\ndepth = 10\nwords_weight = 0.5\n\n[serve]\n"
    )


def test_every_tuned_setting_is_one_of_retrieval() -> None:
    from dataclasses import fields

    from tonggan.retrieve import RetrievalSettings

    assert set(tuning.RANGES) <= {each.name for each in fields(RetrievalSettings)}
