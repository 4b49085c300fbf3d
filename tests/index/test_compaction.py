"""Compaction: the dead go, the living answer as before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.index_questions import assert_same_answers
from index.index_shop import SCHEMA, make_entries, product_ids
from tonggan.index import compaction, index_adapter
from tonggan.index.zvec_index import ZvecIndex


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compact small shops too."""
    monkeypatch.setattr(compaction, "DEAD_AT_LEAST", 1)


def test_compaction_changes_no_answer_and_frees_rows_and_slots(tmp_path: Path) -> None:
    index = ZvecIndex.create(str(tmp_path / "index"), SCHEMA)
    oracle = index_adapter("exact").create(str(tmp_path / "oracle"), SCHEMA)
    for position, seed in enumerate((0, 1, 2), start=1):
        for one in (index, oracle):
            one.apply(make_entries(150, seed=seed), [], position=position)
    gone = product_ids(make_entries(40))
    for one in (index, oracle):
        one.apply([], gone, position=4)
    before = index.view()
    index.checkpoint()
    assert len(index.view()._snapshot.live) == index.view().count == 110
    assert len(index._contents.matrices["text"]) == 110
    assert before.count == 110
    for view in (before, index.view()):
        assert_same_answers(view, oracle.view())
    index.apply(make_entries(30, seed=8), position=5)
    oracle.apply(make_entries(30, seed=8), position=5)
    index.checkpoint()
    index.close()
    index = ZvecIndex.open(str(tmp_path / "index"), SCHEMA)
    assert_same_answers(index.view(), oracle.view())
    index.close()
    oracle.close()


def test_a_changed_price_needs_no_new_vector(tmp_path: Path) -> None:
    index = ZvecIndex.create(str(tmp_path), SCHEMA)
    for position in range(1, 8):
        index.apply(make_entries(50), position=position)
        index.checkpoint()
    assert len(index._contents.matrices["text"]) == 50
    assert len(index.view()._snapshot.live) < 7 * 50
    assert np.array_equal(np.sort(index.view().rows(product_ids(make_entries(50)))), index.view().select())
    index.close()
