"""A shop that changes its pack in a process of its own, asked all the while, and which may be killed at any moment."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from tonggan import Shop
from tonggan.shop import encoding, pack_change, projection

BATCH = 4
"""Items encoded and kept together here, so that a small shop has many moments to be killed at."""

PACE_SECONDS = 0.02
"""Rest after each batch: a model takes its time, too."""


def change_pack(folder: str, pipe: Connection, library: str, name: str) -> None:
    """Open a shop, let it move to a pack, or go on with that where no name is given, and tell how it goes.

    Each message is the stage, the base that answers, and what a question was answered with.
    """
    _slow_down(library)
    with Shop.open(folder) as shop:
        pipe.send(_told(shop, "open"))
        changing = threading.Thread(target=shop.use_pack if name else lambda _: None, args=[name], daemon=True)
        changing.start()
        stage = ""
        while stage not in ("done", "failed"):
            change = shop.health()["pack"].get("change")
            stage = change["stage"] if change else "begun" if changing.is_alive() else "done"
            pipe.send(_told(shop, stage))
    with suppress(EOFError):
        pipe.recv()


def _slow_down(library: str) -> None:
    os.environ["TONGGAN_PACKS"] = library
    pack_change.RESUME_AFTER_SECONDS = 0.0
    projection.BATCH = BATCH
    encoding.ThisProcess.items_at_once = BATCH
    encode = encoding.ThisProcess.rows

    def slow(self: Any, maker: Any, items: Any) -> Any:
        time.sleep(PACE_SECONDS)
        return encode(self, maker, items)

    encoding.ThisProcess.rows = slow


def _told(shop: Shop, stage: str) -> tuple[str, str, list[str]]:
    answer = shop.search("red shirt", per_page=3)
    senses = shop.projection.standing.senses
    assert answer.degraded == ()
    return stage, senses.base if senses else "", [hit.product.id for hit in answer.hits]
