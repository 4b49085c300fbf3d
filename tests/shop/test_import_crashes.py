"""An import that is killed loses nothing it had acknowledged. The ledger of that is kept outside the shop."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from catalogue.processes import running
from shop.importer_process import import_feed
from tonggan import Shop
from tonggan.shop import Progress

KILLS = 20
GROWTH = 12
"""Products that each further feed has more than the one before; every feed also renames all of them."""

MOMENTS = {"open": 0.6, "rows": 0.1, "fit": 0.5, "index": 0.1, "done": 0.05}
"""Stages that kills come after, and up to how many seconds later."""

COLOURS = ("red", "green", "blue", "orange", "purple", "grey")

Ledger = dict[str, int]
"""The newest feed in which each product was acknowledged."""


def product_id(number: int) -> str:
    return f"p{number:03d}"


def write_feed(folder: Path, version: int, *, count: int) -> Path:
    """A feed whose titles carry its version; pictures of six colours stand beside it."""
    folder.mkdir(exist_ok=True)
    rows = []
    for number in range(count):
        colour = COLOURS[number % len(COLOURS)]
        if not (folder / f"{colour}.png").exists():
            Image.new("RGB", (48, 48), colour).save(folder / f"{colour}.png")
        title = f"{colour} article {number} edition {version}"
        rows.append({"id": product_id(number), "title": title, "price": f"{number}.00 USD", "image": f"{colour}.png"})
    feed = folder / f"feed-{version}.jsonl"
    feed.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return feed


def killed_import(shop: Path, feed: Path, *, version: int, ledger: Ledger, chance: random.Random) -> None:
    """Import in a process, kill it a little after some stage, and note in the ledger what it had acknowledged."""
    moment = chance.choice(list(MOMENTS))
    with running(import_feed, str(shop), str(feed)) as (process, pipe):
        stage = ""
        while stage not in (moment, "done"):
            stage = note(pipe.recv(), version=version, ledger=ledger)
        time.sleep(chance.random() * MOMENTS[stage])
        process.kill()
        try:
            while True:
                note(pipe.recv(), version=version, ledger=ledger)
        except EOFError:
            process.join()
        assert process.exitcode == -9


def note(message: tuple[str, int], *, version: int, ledger: Ledger) -> str:
    stage, rows = message
    if stage == "rows":
        ledger |= {product_id(number): version for number in range(rows)}
    return stage


def losses(folder: Path, ledger: Ledger) -> list[str]:
    """Return what a shop lacks of the ledger, and where its index and store disagree."""
    with Shop.open(folder) as shop:
        kept = {product.id: product for batch in shop.store.scan() for product in batch}
        found = shop.store.verify(is_thorough=True)
        for name, version in ledger.items():
            if name not in kept:
                found.append(f"{name} is lost")
            elif int(kept[name].title.rpartition(" ")[2]) < version:
                found.append(f"{name} is older than edition {version}")
        searched = {hit.product.id for page in pages(shop) for hit in page}
        if searched != set(kept):
            found.append(f"{len(searched ^ set(kept))} products are in store or index alone")
        return found


def pages(shop: Shop) -> list[Any]:
    count = -(-shop.search(per_page=0).found // 250)
    return [shop.search(per_page=250, page=page).hits for page in range(1, count + 1)]


def answers(folder: Path, feed: Path) -> list[Any]:
    """What a shop says after it has imported the feed and learnt anew from all of it."""
    with Shop.open(folder) as shop:
        shop.ingest(feed)
        shop.projection.rebuild(is_refitting=True)
        questions: list[dict[str, Any]] = [{}, {"words": "blue article"}, {"image": feed.parent / "red.png"}]
        questions.append({"words": "edition", "filter_by": "price:<50", "sort_by": "price:desc"})
        told = [shop.search(**question, per_page=100) for question in questions]
        return [(answer.found, [(hit.product.id, round(hit.score, 4)) for hit in answer.hits]) for answer in told]


@pytest.mark.timeout(600)
def test_twenty_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    chance, ledger = random.Random(7), Ledger()
    for version in range(KILLS):
        feed = write_feed(tmp_path / "feeds", version, count=GROWTH * (version + 1))
        killed_import(tmp_path / "shop", feed, version=version, ledger=ledger, chance=chance)
        assert losses(tmp_path / "shop", ledger) == []
    assert max(ledger.values()) > KILLS // 2
    last = write_feed(tmp_path / "feeds", KILLS, count=GROWTH * KILLS)
    assert answers(tmp_path / "shop", last) == answers(tmp_path / "twin", last)


def test_without_a_kill_there_is_no_finding(tmp_path: Path) -> None:
    feed, ledger = write_feed(tmp_path / "feeds", 1, count=50), Ledger()

    def listen(told: Progress) -> None:
        note((told.stage, told.rows), version=1, ledger=ledger)

    with Shop.open(tmp_path / "shop") as shop:
        shop.ingest(feed, progress=listen)
    assert len(ledger) == 50
    assert losses(tmp_path / "shop", ledger) == []


def test_rows_erased_behind_the_back_of_the_store_are_found(tmp_path: Path) -> None:
    feed = write_feed(tmp_path / "feeds", 1, count=50)
    with Shop.open(tmp_path / "shop") as shop:
        shop.ingest(feed)
    ledger = {product_id(number): 1 for number in range(50)} | {product_id(9): 2}
    (store,) = (tmp_path / "shop").glob("*.db")
    with closing(sqlite3.connect(store)) as raw:
        raw.execute("DELETE FROM products WHERE id = ?", [product_id(7)])
        raw.commit()
    found = losses(tmp_path / "shop", ledger)
    assert f"{product_id(7)} is lost" in found
    assert f"{product_id(9)} is older than edition 2" in found
    assert len(found) > 2
