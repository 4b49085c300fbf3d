"""Fixtures that every folder of tests may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real working data, or a skip that says how to name it."""
    folder = Path(os.environ.get("TONGGAN_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no working data: set TONGGAN_DATA to its folder")
    return folder
