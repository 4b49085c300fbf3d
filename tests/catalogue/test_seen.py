"""Ids that an import has met."""

from __future__ import annotations

from tonggan.catalogue.seen import SeenIds


def test_an_id_is_new_once_and_then_names_its_first_line() -> None:
    seen = SeenIds()
    assert [seen.first_line(name, line) for line, name in enumerate(["a", "b", "a", "a"], 2)] == [0, 0, 2, 2]


def test_many_ids_are_told_apart_while_the_table_grows() -> None:
    seen = SeenIds()
    assert all(seen.first_line(f"id-{number}", number + 1) == 0 for number in range(20_000))
    assert all(seen.first_line(f"id-{number}", 1) == number + 1 for number in range(20_000))
    assert len(seen) == 20_000


def test_any_text_may_be_an_id() -> None:
    seen = SeenIds()
    assert [seen.first_line(name, 5) for name in ("", "\ud800", "红" * 10_000)] == [0, 0, 0]
    assert seen.first_line("", 6) == 5
