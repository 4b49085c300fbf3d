"""The command line on a shop of three products."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.toy_feed import Tonggan, write_feed
from tonggan.cli import main


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop that the feed was taken into once; tests get copies of it."""
    folder = tmp_path_factory.mktemp("imported")
    assert main(["import", str(write_feed(folder)), "--shop", str(folder / "shop"), "--quiet"]) == 0
    return folder / "shop"


@pytest.fixture
def shop(imported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(imported, tmp_path / "shop"))


@pytest.fixture
def tonggan(shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Tonggan:
    monkeypatch.delenv("TONGGAN_SHOP", raising=False)
    return Tonggan(capsys, shop)
