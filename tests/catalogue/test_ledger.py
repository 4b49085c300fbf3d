"""Imports are remembered."""

from __future__ import annotations

from tonggan.catalogue.ledger import ImportLedger
from tonggan.catalogue.store import SqlStore


def test_an_import_is_listed_with_its_counts_latest_first(store: SqlStore) -> None:
    ledger = ImportLedger(store)
    first, second = ledger.start("a.csv"), ledger.start("b.csv")
    ledger.finish(first.id, accepted=3, updated=2, unchanged=1, refused=4)
    listed = ledger.list()
    assert [item.source for item in listed] == ["b.csv", "a.csv"]
    assert listed[0] == second
    assert listed[0].finished_at == ""
    assert (listed[1].accepted, listed[1].updated, listed[1].unchanged, listed[1].refused) == (3, 2, 1, 4)
    assert listed[1].finished_at >= first.started_at
    assert len(ledger.list(limit=1)) == 1
