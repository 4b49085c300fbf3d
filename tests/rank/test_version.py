"""Versions of a ranker are kept whole, used, rolled back, and refused where they do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from tonggan.errors import InputError, NotFoundError, NotReadyError
from tonggan.rank.features import NAMES
from tonggan.rank.rankers import WEIGHTS, LinearRanker
from tonggan.rank.version import (
    MANIFEST,
    USED,
    RankerVersion,
    list_versions,
    open_version,
    read_version,
    roll_back,
    use_version,
    used_version,
    write_version,
)


def make_version(name: str = "one", **fields: object) -> RankerVersion:
    given = {"kind": "linear", "created_at": "2026-01-01T00:00:00Z", "feature_names": NAMES, "queries": 60} | fields
    return RankerVersion(version=name, **given)  # pyright: ignore[reportArgumentType]


def linear_files(features: int = len(NAMES)) -> dict[str, bytes]:
    return {WEIGHTS: save({"weights": np.arange(features, dtype=np.float64), "means": np.zeros(features)})}


def test_a_version_is_read_as_it_was_written(tmp_path: Path) -> None:
    weights = {"overall": {"words": 0.6, "text": 0.4}, "code": {"words": 1.0, "text": 0.0}}
    written = make_version(weights=weights, measures={"nDCG@10": 0.75}, seed=3, card='# 一 "quoted"\n')
    write_version(tmp_path, written, linear_files())
    assert read_version(tmp_path, "one") == written


def test_a_kept_ranker_scores_as_before(tmp_path: Path) -> None:
    write_version(tmp_path, make_version(), linear_files())
    _, ranker = open_version(tmp_path, "one")
    table = np.ones((2, len(NAMES)), np.float32)
    assert ranker is not None
    assert ranker.score(table).tolist() == [sum(range(len(NAMES)))] * 2
    assert isinstance(ranker, LinearRanker)


def test_a_version_of_merge_weights_has_no_ranker(tmp_path: Path) -> None:
    write_version(tmp_path, make_version(kind="convex", feature_names=()), {})
    assert open_version(tmp_path, "one")[1] is None


def test_a_ranker_of_other_features_is_refused_with_numbers(tmp_path: Path) -> None:
    write_version(tmp_path, make_version(), linear_files())
    now = (*NAMES[2:], "brand new")
    with pytest.raises(NotReadyError, match=f"{len(NAMES)} features, and there are {len(now)} now") as refusal:
        open_version(tmp_path, "one", names=now)
    assert "2 it wants that are no more: words, words_title" in str(refusal.value)
    assert "1 it does not know: brand new" in str(refusal.value)


def test_features_in_another_order_are_refused(tmp_path: Path) -> None:
    write_version(tmp_path, make_version(), linear_files())
    with pytest.raises(NotReadyError, match="the same in another order"):
        open_version(tmp_path, "one", names=NAMES[::-1])


def test_weights_of_another_length_are_refused(tmp_path: Path) -> None:
    write_version(tmp_path, make_version(), linear_files(features=3))
    with pytest.raises(NotReadyError, match=f"not those of {len(NAMES)} features"):
        open_version(tmp_path, "one")


def test_going_back_uses_what_was_in_use_before(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_version(tmp_path, make_version(name), linear_files())
        use_version(tmp_path, name)
    assert used_version(tmp_path) == "two"
    assert roll_back(tmp_path) == "one"
    assert roll_back(tmp_path) == "two"


def test_the_default_merge_is_a_version_without_a_name(tmp_path: Path) -> None:
    assert used_version(tmp_path) == ""
    write_version(tmp_path, make_version(), linear_files())
    use_version(tmp_path, "one")
    assert roll_back(tmp_path) == ""


def test_there_is_nothing_to_go_back_from_at_first(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="ever in use"):
        roll_back(tmp_path)


def test_an_unknown_version_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    write_version(tmp_path, make_version("first"), linear_files())
    with pytest.raises(NotFoundError, match="known: first"):
        use_version(tmp_path, "frist")


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a/b"])
def test_a_name_that_is_no_folder_of_its_own_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no name"):
        write_version(tmp_path, make_version(name), {})


def test_a_version_is_never_written_over(tmp_path: Path) -> None:
    write_version(tmp_path, make_version(), linear_files())
    with pytest.raises(InputError, match="already"):
        write_version(tmp_path, make_version(), linear_files())


def test_versions_are_listed_oldest_first_without_unfinished_ones(tmp_path: Path) -> None:
    write_version(tmp_path, make_version("b", created_at="2026-01-01T00:00:00Z"), linear_files())
    write_version(tmp_path, make_version("a", created_at="2026-02-01T00:00:00Z"), linear_files())
    (tmp_path / ".tmpxyz").mkdir()
    assert [version.version for version in list_versions(tmp_path)] == ["b", "a"]


@pytest.mark.parametrize("content", ["not toml [", 'kind = "linear"', 'unknown = 1\nkind = "x"\ncreated_at = ""'])
def test_a_damaged_version_says_so(tmp_path: Path, content: str) -> None:
    write_version(tmp_path, make_version(), linear_files())
    (tmp_path / "one" / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(NotReadyError, match="damaged"):
        read_version(tmp_path, "one")


def test_a_damaged_pointer_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / USED).write_text("used = ", encoding="utf-8")
    with pytest.raises(NotReadyError, match="--use VERSION"):
        used_version(tmp_path)
