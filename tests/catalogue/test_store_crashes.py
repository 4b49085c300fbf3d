"""A writer that is killed loses nothing it had acknowledged. The ledger of what it had is kept outside the store."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from catalogue.processes import received, running
from catalogue.writer_process import BATCH, batch_ids, write_batches
from tonggan.catalogue.store import SqlStore

KILLS = 20


def losses(location: str, acknowledged: int) -> list[str]:
    """Return what a store lacks of batches 0 to `acknowledged`, or has half of, or says wrongly about itself."""
    with closing(SqlStore(location)) as store:
        found = store.verify(is_thorough=True)
        for number in range(acknowledged + 3):
            there = len(store.get(batch_ids(number)))
            if there != BATCH and (number <= acknowledged or there):
                found.append(f"batch {number} has {there} of {BATCH} products")
        latest = store.get(["latest"])
        newest = int(latest[0].title.removeprefix("After ")) if latest else -1
        if newest < acknowledged:
            found.append(f"the last write kept is {newest} of {acknowledged}")
        return found


def run_writer(location: str, first: int, *, kill_after: int | None) -> int:
    """Let a process write batches, kill it at some moment after so many, and return the last it acknowledged."""
    stop = first + 5 if kill_after is None else -1
    with running(write_batches, location, first, stop) as (process, pipe):
        messages = []
        if kill_after is not None:
            messages = [pipe.recv() for _ in range(kill_after)]
            time.sleep(random.Random(first).random() * 0.01)
            process.kill()
        messages += received(pipe)
    return messages[-1]


def test_twenty_kills_lose_nothing_that_was_acknowledged(location: str) -> None:
    acknowledged = -1
    for kill in range(KILLS):
        acknowledged = run_writer(location, acknowledged + 1, kill_after=1 + kill % 3)
        assert losses(location, acknowledged) == []
    assert acknowledged >= KILLS


def test_without_a_kill_there_is_no_finding(location: str) -> None:
    assert run_writer(location, 0, kill_after=None) == 4
    assert losses(location, 4) == []


def test_a_store_broken_on_purpose_is_caught(tmp_path: Path) -> None:
    location = str(tmp_path / "store.db")
    acknowledged = run_writer(location, 0, kill_after=3)
    with closing(sqlite3.connect(location)) as raw:
        raw.execute("DELETE FROM products WHERE id = ?", [batch_ids(1)[7]])
        raw.commit()
    found = losses(location, acknowledged)
    assert any("which are not: 1" in finding for finding in found)
    assert f"batch 1 has {BATCH - 1} of {BATCH} products" in found


def test_a_store_put_back_to_an_earlier_state_is_caught(tmp_path: Path) -> None:
    location = str(tmp_path / "store.db")
    acknowledged = run_writer(location, 0, kill_after=2)
    with closing(SqlStore(location)):
        pass
    earlier = Path(location).read_bytes()
    acknowledged = run_writer(location, acknowledged + 1, kill_after=2)
    with closing(SqlStore(location)):
        pass
    Path(location).write_bytes(earlier)
    assert any("the last write kept" in finding for finding in losses(location, acknowledged))
