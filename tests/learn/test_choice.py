from __future__ import annotations

import numpy as np

from tonggan.learn.comparison import CHANCE, NOTHING, Choice, Comparison, Present, Row, choose

MEASURE = "found"


def row(name: str, *, found: int, of: int = 100) -> Row:
    return Row(name, {MEASURE: np.repeat([1.0, 0.0], [found, of - found])})


def chosen(*rows: Row, present: Present = NOTHING, trusted: tuple[str, ...] = ("new",)) -> Choice:
    return choose(rows, present=present, pairs=500, measure=MEASURE, trusted=trusted)


def test_a_sure_gain_comes_into_use() -> None:
    choice = chosen(row(CHANCE, found=10), row("new", found=60))
    assert choice.used == "new"
    assert choice.is_changed
    assert "+0.500" in choice.reason


def test_a_gain_whose_interval_holds_0_does_not() -> None:
    choice = chosen(row("old", found=50), row("new", found=51), present=Present("old"))
    assert choice == Choice("old", False, choice.reason)
    assert "not sure" in choice.reason


def test_what_is_not_trusted_does_not_however_much_it_gains() -> None:
    choice = chosen(row(CHANCE, found=10), row("new", found=60), trusted=())
    assert choice.used == CHANCE
    assert not choice.is_changed


def test_what_is_in_use_is_learnt_anew_from_more_pairs_only_where_it_is_trusted() -> None:
    rows = row(CHANCE, found=1), row("new", found=60)
    assert chosen(*rows, present=Present("new", 400)).is_changed
    assert not chosen(*rows, present=Present("new", 500)).is_changed
    assert not chosen(*rows, present=Present("new", 400), trusted=()).is_changed


def test_the_json_has_every_row_with_interval_and_gain_over_the_present_one() -> None:
    rows = (row(CHANCE, found=10), row("new", found=60))
    told = Comparison("words and pictures", rows, CHANCE, chosen(*rows), queries=100, pool=100).as_json()
    figures = told["rows"]["new"][MEASURE]
    assert figures["mean"] == 0.6
    assert figures["low"] < 0.6 < figures["high"]
    assert figures["gain"]["mean"] == 0.6 - 0.1
    assert told["rows"][CHANCE][MEASURE]["gain"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert (told["used"], told["present"]) == ("new", CHANCE)
