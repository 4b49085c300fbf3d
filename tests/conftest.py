"""Fixtures that every folder of tests may use."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tonggan import Shop
from toy_shop import toy_records


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real working data, or a skip that says how to name it."""
    folder = Path(os.environ.get("TONGGAN_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no working data: set TONGGAN_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The folder of a running private server, or a skip that says what is missing."""
    from catalogue import postgres_server

    reason = postgres_server.why_not()
    if reason:
        pytest.skip(reason)
    with postgres_server.running_server() as folder:
        yield folder


@pytest.fixture(scope="session")
def toy_feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy shop as a feed with pictures beside it; do not write to it."""
    folder = tmp_path_factory.mktemp("toy-feed")
    lines = [json.dumps(record, ensure_ascii=False) for record in toy_records(folder)]
    (folder / "products.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder / "products.jsonl"


@pytest.fixture(scope="session")
def toy_shop(tmp_path_factory: pytest.TempPathFactory, toy_feed: Path) -> Iterator[Shop]:
    """The toy shop, imported, with encoders of its own alone, whose answers are obvious; only read it."""
    with Shop.open(tmp_path_factory.mktemp("toy-shop"), pack="catalogue") as shop:
        shop.ingest(toy_feed)
        yield shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """An empty shop to write to."""
    with Shop.open(tmp_path / "shop") as opened:
        yield opened
