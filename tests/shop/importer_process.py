"""An import in a process of its own, which says what is on disk and may be killed at any moment."""

from __future__ import annotations

from multiprocessing.connection import Connection

from tonggan import Shop
from tonggan.shop import ingestion

BATCH = 20
"""Products of one transaction here, so that a small feed has many moments to be killed at."""


def import_feed(folder: str, pipe: Connection, feed: str) -> None:
    """Import a feed, tell each step as it is reported, and stay until killed or told to go."""
    ingestion.BATCH = BATCH
    pipe.send(("open", 0))
    with Shop.open(folder) as shop:
        shop.ingest(feed, progress=lambda progress: pipe.send((progress.stage, progress.rows)))
        pipe.send(("done", 0))
    pipe.recv()
