"""The shop on which whole queries are tried: a real import, with encoders of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tonggan import Shop
from understand.case_shop import case_records


@pytest.fixture(scope="session")
def case_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop of the written cases; only read it."""
    with Shop.open(tmp_path_factory.mktemp("case-shop"), pack="catalogue") as shop:
        report = shop.put(case_records())
        assert report.refused == 0
        yield shop
