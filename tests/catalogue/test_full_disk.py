"""A disk that fills up for real: nothing acknowledged is lost, nothing is acknowledged that is not kept."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from catalogue.sample_products import many
from tonggan.catalogue.store import SqlStore
from tonggan.errors import DiskFullError, NotReadyError

FILLER_BYTES = 2_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of eight megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let tests mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(store: SqlStore) -> int:
    """Put batches until the disk is full, and return how many products were acknowledged."""
    for start in range(0, 100_000, 200):
        batch = [replace(product, id=f"p{start:06d}-{product.id}") for product in many(200)]
        try:
            store.put(batch)
        except DiskFullError:
            return start
    raise AssertionError("the disk never filled")


def test_a_full_disk_stops_writing_and_loses_nothing(small_disk: Path) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(FILLER_BYTES))
    with closing(SqlStore(small_disk, least_free_bytes=0, free_bytes=lambda: 2**40)) as store:
        acknowledged = fill(store)
        assert acknowledged > 0
        assert not store.is_writable
        assert store.count() == acknowledged
        with pytest.raises(NotReadyError, match="read-only"):
            store.put(many(1))
        filler.unlink()
        store.reopen()
        assert store.verify(is_thorough=True) == []
        assert len(store.put(many(10)).accepted) == 10
    with closing(SqlStore(small_disk)) as store:
        assert store.count() == acknowledged + 10


def test_a_disk_watched_in_time_refuses_before_a_write_fails(small_disk: Path) -> None:
    with closing(SqlStore(small_disk, least_free_bytes=3_000_000)) as store:
        acknowledged = fill(store)
        assert store.is_writable
        assert (store.count(), store.verify(is_thorough=True)) == (acknowledged, [])
