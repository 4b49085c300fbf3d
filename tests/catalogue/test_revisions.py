"""Documents are published, kept with their history, and rolled back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect

from tonggan.catalogue.backup import backup, restore
from tonggan.catalogue.revisions import LONGEST_NOTE, Revisions
from tonggan.catalogue.store import SqlStore
from tonggan.catalogue.tables import revisions
from tonggan.errors import InputError, NotFoundError

FIRST, SECOND = {"rules": [{"id": "a"}]}, {"rules": [{"id": "b", "name": "红色 \x00 \ud800"}]}


def test_a_new_store_has_nothing_published(store: SqlStore) -> None:
    kept = Revisions(store)
    assert (kept.latest("rules"), kept.draft("rules"), list(kept.history("rules"))) == (None, None, [])
    assert kept.latest_number("synonyms") == 0


def test_what_is_published_last_is_live_and_the_rest_is_history(store: SqlStore) -> None:
    kept = Revisions(store)
    one, two = kept.publish("rules", FIRST, "opening"), kept.publish("rules", SECOND, "sale")
    assert (one.number, two.number) == (1, 2)
    assert kept.latest("rules") == two == Revisions(store).get("rules", 2)
    assert [(item.number, item.note) for item in kept.history("rules")] == [(2, "sale"), (1, "opening")]
    assert [item.number for item in kept.history("rules", limit=1)] == [2]
    assert kept.get("rules", 1).document == FIRST
    assert kept.latest("synonyms") is None


def test_rolling_back_appends_a_copy_and_loses_nothing(store: SqlStore) -> None:
    kept = Revisions(store)
    kept.publish("rules", FIRST)
    kept.publish("rules", SECOND)
    kept.save_draft("rules", {"rules": []})
    back = kept.roll_back("rules", 1)
    assert (back.number, back.document, back.note) == (3, FIRST, "Back to revision 1.")
    assert [item.document for item in kept.history("rules")] == [FIRST, SECOND, FIRST]
    draft = kept.draft("rules")
    assert draft is not None
    assert draft.document == {"rules": []}


def test_a_draft_is_replaced_until_it_is_published(store: SqlStore) -> None:
    kept = Revisions(store)
    kept.save_draft("rules", FIRST)
    kept.save_draft("rules", SECOND)
    draft = kept.draft("rules")
    assert draft is not None
    assert (draft.number, draft.document) == (0, SECOND)
    assert kept.latest("rules") is None
    kept.publish("rules", SECOND)
    assert kept.draft("rules") is None
    assert kept.discard_draft("rules") is False


@pytest.mark.parametrize("number", [0, -1, 3, 10**30])
def test_a_revision_that_is_not_there_is_named(store: SqlStore, number: int) -> None:
    kept = Revisions(store)
    kept.save_draft("rules", FIRST)
    kept.publish("rules", FIRST)
    with pytest.raises(NotFoundError, match=f"no revision {number} of the rules; there are 1 to 1"):
        kept.roll_back("rules", number)


def test_what_cannot_be_kept_is_refused(store: SqlStore) -> None:
    with pytest.raises(InputError, match="known: rules, synonyms"):
        Revisions(store).publish("rulez", FIRST)
    for note in ("x" * (LONGEST_NOTE + 1), "two\nlines", "\x1b[31m"):
        with pytest.raises(InputError, match="printable"):
            Revisions(store).publish("rules", FIRST, note)
    assert Revisions(store).latest("rules") is None


def test_a_store_made_before_the_table_reads_as_empty_and_gets_it_at_the_first_write(location: str) -> None:
    with closing(SqlStore(location)) as older, older.writing() as connection:
        revisions.drop(connection)
    with closing(SqlStore(location)) as store:
        kept = Revisions(store)
        assert (kept.latest("rules"), kept.draft("rules"), list(kept.history("rules"))) == (None, None, [])
        assert store.verify(is_thorough=True) == []
        with store.reading() as connection:
            assert not inspect(connection).has_table("revisions")
        assert kept.publish("rules", FIRST).number == 1
        assert kept.latest_number("rules") == 1


def test_a_backup_keeps_the_history_also_of_a_store_that_has_none(location: str, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    with closing(SqlStore(location)) as store:
        Revisions(store).publish("rules", FIRST, "opening")
        backup(store, tmp_path / "shop", tmp_path / "with.tar")
        with store.writing() as connection:
            revisions.drop(connection)
        backup(store, tmp_path / "shop", tmp_path / "without.tar")
    for name, numbers in (("with", [1]), ("without", [])):
        assert restore(tmp_path / f"{name}.tar", tmp_path / name) == 0
        with closing(SqlStore(tmp_path / name)) as restored:
            assert [item.number for item in Revisions(restored).history("rules")] == numbers
