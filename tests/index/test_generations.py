"""Generations: built aside, swapped at once, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonggan.errors import NotReadyError
from tonggan.index import ADAPTERS, Entry, IndexSchema, index_adapter
from tonggan.index.generations import CURRENT, Generations

SCHEMA = IndexSchema({}, {"title": 1.0}, "a")


@pytest.fixture(params=sorted(ADAPTERS))
def generations(request: pytest.FixtureRequest, tmp_path: Path) -> Generations:
    return Generations(tmp_path, adapter=index_adapter(request.param))


def folders(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in tmp_path.iterdir() if path.is_dir())


def test_nothing_serves_before_the_first_promotion(generations: Generations) -> None:
    index = generations.create(SCHEMA)
    with pytest.raises(NotReadyError, match="no index"):
        generations.open(SCHEMA)
    index.close()


def test_the_old_generation_serves_until_the_new_one_is_promoted(generations: Generations, tmp_path: Path) -> None:
    old = generations.create(SCHEMA)
    old.apply([Entry("old")], position=1)
    old.checkpoint()
    generations.promote(old)
    new = generations.create(SCHEMA)
    new.apply([Entry("new"), Entry("newer")], position=2)
    assert generations.current() == "generation-1"
    new.checkpoint()
    generations.promote(new)
    assert generations.current() == "generation-2"
    assert old.view().ids(old.view().select()) == ["old"]
    old.close()
    new.close()
    again = generations.open(SCHEMA)
    assert again.view().count == 2
    assert folders(tmp_path) == ["generation-2"]
    again.close()


def test_a_build_that_was_killed_leaves_nothing(generations: Generations, tmp_path: Path) -> None:
    index = generations.create(SCHEMA)
    generations.promote(index)
    index.close()
    generations.create(SCHEMA).close()
    assert folders(tmp_path) == ["generation-1", "generation-2"]
    generations.open(SCHEMA).close()
    assert folders(tmp_path) == ["generation-1"]


@pytest.mark.parametrize("content", ["", "generation-1", "../elsewhere"])
def test_a_damaged_pointer_is_no_index(generations: Generations, tmp_path: Path, content: str) -> None:
    index = generations.create(SCHEMA)
    generations.promote(index)
    index.close()
    (tmp_path / CURRENT).write_text(content)
    with pytest.raises(NotReadyError, match=r"damaged|no index"):
        generations.open(SCHEMA)
