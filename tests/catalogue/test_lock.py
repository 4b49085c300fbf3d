"""One writer for each shop."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from pathlib import Path

import pytest

from catalogue.processes import running
from catalogue.sample_products import KETTLE
from catalogue.writer_process import hold_lock, try_to_write, write_batches
from tonggan.catalogue.lock import LOCK_FILE, Holder, WriterLock, held_here, holder
from tonggan.catalogue.store import SqlStore
from tonggan.errors import ConflictError


def test_a_second_writer_is_refused_with_the_first_ones_process(location: str) -> None:
    with closing(SqlStore(location)) as store:
        store.put([KETTLE])
        with running(try_to_write, location) as (_, pipe):
            answer = pipe.recv()
    assert answer.startswith("ConflictError")
    assert f"process {os.getpid()}" in answer


def test_a_writer_that_has_closed_leaves_the_shop_to_the_next(location: str) -> None:
    with closing(SqlStore(location)) as store:
        store.put([KETTLE])
    with running(try_to_write, location) as (_, pipe):
        assert pipe.recv() == "written"


def test_a_killed_writer_leaves_the_shop_to_the_next(location: str) -> None:
    with running(write_batches, location, 0, -1) as (process, pipe):
        pipe.recv()
        process.kill()
        process.join()
        with closing(SqlStore(location)) as store:
            store.put([KETTLE])


def test_the_holder_is_known_with_its_address_until_it_ends(tmp_path: Path) -> None:
    with running(hold_lock, str(tmp_path)) as (process, pipe):
        pipe.recv()
        assert holder(tmp_path) == Holder(process.pid or 0, "http://127.0.0.1:8000", "secret")
        with pytest.raises(ConflictError, match=rf"process {process.pid} \(a server at http://127.0.0.1:8000\)"):
            WriterLock.acquire(tmp_path)
        process.kill()
        process.join()
        assert holder(tmp_path) is None
        WriterLock.acquire(tmp_path).release()


def test_a_shop_that_nobody_writes_to_has_no_holder(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    WriterLock.acquire(tmp_path).release()
    assert holder(tmp_path) is None


def test_the_token_is_for_the_owner_only_and_gone_after_release(tmp_path: Path) -> None:
    with WriterLock.acquire(tmp_path) as lock:
        lock.announce("http://127.0.0.1:8000", token="secret")
        assert stat.S_IMODE((tmp_path / LOCK_FILE).stat().st_mode) == 0o600
    assert (tmp_path / LOCK_FILE).read_bytes() == b""


def test_a_shorter_announcement_replaces_a_longer_one(tmp_path: Path) -> None:
    with WriterLock.acquire(tmp_path) as lock:
        lock.announce("http://127.0.0.1:8000/a/long/path", token="secret")
        lock.announce("", token="")
        assert holder(tmp_path) == Holder(os.getpid())


def test_a_store_uses_the_lock_that_its_process_holds(tmp_path: Path) -> None:
    with WriterLock.acquire(tmp_path) as lock:
        assert held_here(tmp_path) is lock
        with closing(SqlStore(tmp_path)) as store:
            assert store.claim() is lock
            store.put([KETTLE])
        assert lock.is_held
    assert held_here(tmp_path) is None


def test_a_forked_worker_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = WriterLock.acquire(tmp_path)
    end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write_end)
        os.read(end, 1)
        os._exit(0)
    try:
        lock.forget()
        WriterLock.acquire(tmp_path).release()
    finally:
        os.close(write_end)
        os.close(end)
        os.waitpid(child, 0)
