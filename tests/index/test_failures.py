"""What fails in the midst of a write takes nothing with it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from index.index_questions import assert_same_answers
from index.index_shop import SCHEMA, make_entries
from tonggan.errors import DiskFullError, NotReadyError
from tonggan.index import Entry, index_adapter
from tonggan.index.array_files import FileRecord, read_arrays, read_record, write_arrays, write_record
from tonggan.index.zvec_index import ZvecIndex


def test_a_full_disk_refuses_the_batch_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = ZvecIndex.create(str(tmp_path / "index"), SCHEMA)
    oracle = index_adapter("exact").create(str(tmp_path / "oracle"), SCHEMA)
    for one in (index, oracle):
        one.apply(make_entries(100), position=1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", _no_space)
        with pytest.raises(DiskFullError, match="No space"):
            index.apply(make_entries(2000, start=100), position=2)
    assert_same_answers(index.view(), oracle.view())
    for one in (index, oracle):
        one.apply(make_entries(100, start=100), position=2)
    assert_same_answers(index.view(), oracle.view())
    index.close()
    oracle.close()


def test_a_change_that_fails_half_way_is_not_seen_and_not_saved(tmp_path: Path) -> None:
    index = ZvecIndex.create(str(tmp_path), SCHEMA)
    index.apply(make_entries(10), position=1)
    index.checkpoint()
    broken = Entry("broken", texts={"brand": (None,)})  # type: ignore[dict-item]
    with pytest.raises((AttributeError, TypeError)):
        index.apply([*make_entries(20), broken], position=2)
    assert (index.view().count, index.view().position) == (10, 1)
    for write in (index.checkpoint, lambda: index.apply([], position=3)):
        with pytest.raises(NotReadyError, match="half-way"):
            write()
    index.close()
    again = ZvecIndex.open(str(tmp_path), SCHEMA)
    assert (again.view().count, again.view().position) == (10, 1)
    again.close()


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    arrays = {
        "empty": np.zeros((0, 3), dtype=np.float32),
        "bytes": np.arange(5, dtype=np.uint8),
        "table": np.arange(12, dtype=np.int64).reshape(3, 4),
    }
    record = write_arrays(tmp_path / "file.arrays", arrays)
    record.verify(tmp_path / "file.arrays")
    read = read_arrays(tmp_path / "file.arrays")
    assert {name: array.tolist() for name, array in read.items()} == {n: a.tolist() for n, a in arrays.items()}
    with pytest.raises(NotReadyError, match="damaged"):
        FileRecord(record.size, record.checksum ^ 1).verify(tmp_path / "file.arrays")


def test_a_record_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    write_record(tmp_path / "record", {"a": "连衣裙"})
    assert read_record(tmp_path / "record") == {"a": "连衣裙"}
    content = (tmp_path / "record").read_bytes()
    for place in range(len(content) - 1):
        (tmp_path / "record").write_bytes(content[:place])
        with pytest.raises(NotReadyError):
            read_record(tmp_path / "record")


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
