"""A change of the pack that is killed, again and again: the shop answers all the while, and gets there."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from catalogue.processes import running
from shop.pack_changer_process import BATCH, change_pack
from shop.tiny_base import base_pack, library_with, write_feed
from tonggan import Shop
from tonggan.shop.pack_notes import WANTED

pytest.importorskip("onnx", reason="onnx is not installed; it writes the tiny models")

COUNT = 90

MOMENTS = ("open", "encode", "encode", "encode", "encode", "encode", "encode", "fit", "index", "index")
"""The stage in which each kill comes; the change gets further with every one of them."""

LONGEST_SECONDS = {"open": 0.05, "encode": 0.12, "fit": 0.1, "index": 0.03}
"""How long after the first word of a stage a kill comes at most."""


def kill(shop: Path, library: Path, moment: str, *, name: str, chance: random.Random) -> set[str]:
    """Let the change run in a process until a stage, and kill it a little later; return the bases that answered."""
    bases: set[str] = set()
    with running(change_pack, str(shop), str(library), name) as (process, pipe):
        stage = ""
        while stage not in (moment, "done", "failed"):
            stage, base, hits = pipe.recv()
            assert len(hits) == 3
            bases.add(base)
        time.sleep(chance.random() * LONGEST_SECONDS.get(stage, 0.0))
        process.kill()
        process.join()
        assert stage != "failed"
        assert process.exitcode == -9
    return bases


def kept_rows(shop: Path) -> dict[str, int]:
    (store,) = shop.glob("*.db")
    with closing(sqlite3.connect(store)) as raw:
        return dict(raw.execute("SELECT fingerprint, count(*) FROM vectors GROUP BY fingerprint").fetchall())


@pytest.mark.timeout(600)
def test_ten_kills_delay_a_change_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library, chance = tmp_path / "library", random.Random(5)
    monkeypatch.setenv("TONGGAN_PACKS", str(library))
    base = library_with(library, base_pack(tmp_path / "made")).find("tiny").fingerprint
    feed = write_feed(tmp_path / "feed", count=COUNT)
    with Shop.open(tmp_path / "shop", pack="catalogue") as shop:
        shop.ingest(feed)
        before = shop.health()["pack"]["fingerprint"]
    kept = kept_rows(tmp_path / "shop")
    for number, moment in enumerate(MOMENTS):
        name = "" if (tmp_path / "shop" / "packs" / WANTED).exists() else "tiny"
        answering = kill(tmp_path / "shop", library, moment, name=name, chance=chance)
        now = kept_rows(tmp_path / "shop")
        assert answering <= {"", base}
        if not check_answers(tmp_path / "shop", before=before):
            assert all(now[made] >= rows for made, rows in kept.items()), f"rows were lost by kill {number}"
        kept = now
    with running(change_pack, str(tmp_path / "shop"), str(library), "tiny") as (_, pipe):
        while pipe.recv()[0] != "done":
            pass
        pipe.send("go")
    check_moved(tmp_path / "shop", feed, base=base)


def check_answers(folder: Path, *, before: str) -> bool:
    """The shop opens with one pack or the other, its own index, and every product; tell whether with the new one."""
    with Shop.open(folder) as shop:
        health, senses = shop.health(), shop.projection.standing.senses
        assert senses is not None
        assert health["degraded"] == []
        assert "rebuilt_because" not in health["index"]
        assert (health["pack"]["fingerprint"] == before) == (health["pack"]["base"] == "")
        assert shop.search(per_page=0).found == COUNT
        view = shop.projection.standing.index.view()
        names = [f"p{number:03d}" for number in range(COUNT)]
        for space, dim in senses.spaces.items():
            assert {len(row) for row in view.vectors(space, names).values()} <= {dim}
        return senses.base != ""


def check_moved(folder: Path, feed: Path, *, base: str) -> None:
    """The shop is the same as one that has had the pack from its first day."""
    with Shop.open(folder) as shop, Shop.open(folder.parent / "twin", pack="tiny") as twin:
        twin.ingest(feed)
        assert shop.health()["pack"] == twin.health()["pack"]
        assert shop.health()["pack"]["base"] == base
        questions: list[dict[str, Any]] = [{"words": "red scarf"}, {"words": "number 31"}, {"like": "p017"}, {}]
        for question in questions:
            told = [opened.search(**question, per_page=100) for opened in (shop, twin)]
            assert told[0].found == told[1].found
            scores = [{hit.product.id: hit.score for hit in answer.hits} for answer in told]
            assert scores[0] == pytest.approx(scores[1], abs=1e-3)
    assert kept_rows(folder) == kept_rows(folder.parent / "twin")
    assert sorted(kept_rows(folder).values()) == [COUNT, COUNT]


def test_a_batch_is_what_a_kill_can_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "library"
    monkeypatch.setenv("TONGGAN_PACKS", str(library))
    library_with(library, base_pack(tmp_path / "made"))
    with Shop.open(tmp_path / "shop") as shop:
        shop.ingest(write_feed(tmp_path / "feed", count=40))
    own = sum(kept_rows(tmp_path / "shop").values())
    kill(tmp_path / "shop", library, "encode", name="tiny", chance=random.Random(1))
    made = sum(kept_rows(tmp_path / "shop").values()) - own
    assert made > 0
    assert made % BATCH == 0
