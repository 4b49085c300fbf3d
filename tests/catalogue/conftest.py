"""Stores to test: one of each database, each fresh."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue import postgres_server
from tonggan.catalogue.store import SqlStore

_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a fresh store may be created: a file, or the URL of an empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    return postgres_server.new_database(request.getfixturevalue("postgres"), f"shop{next(_numbers)}")


@pytest.fixture
def store(location: str) -> Iterator[SqlStore]:
    """A fresh, empty store."""
    opened = SqlStore(location)
    yield opened
    opened.close()
