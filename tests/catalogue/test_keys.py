"""Keys: made once, kept hashed, scoped, revoked at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from sqlalchemy import select

from tonggan.catalogue.keys import Keys
from tonggan.catalogue.store import SqlStore
from tonggan.catalogue.tables import keys
from tonggan.errors import InputError, NotFoundError


def test_a_key_is_known_by_its_secret(store: SqlStore) -> None:
    key, secret = Keys(store).create(["search", "events", "search"], name="website")
    assert (key.name, key.scopes) == ("website", ("search", "events"))
    assert Keys(store).verify(secret) == key
    assert Keys(store).list() == [key]


def test_only_a_hash_of_the_secret_is_kept(store: SqlStore) -> None:
    _, secret = Keys(store).create(["search"])
    with store.reading() as connection:
        row = connection.execute(select(keys)).one()
    assert bytes(row.hash) == hashlib.sha256(secret.encode()).digest()
    assert not any(secret.rsplit("_", 1)[-1] in str(value) for value in row)


def test_secrets_hold_256_bits_and_differ(store: SqlStore) -> None:
    made = [Keys(store).create(["search"])[1] for _ in range(5)]
    assert len(set(made)) == 5
    assert all(len(secret.split("_", 2)[2]) >= 256 / 6 for secret in made)


def test_a_revoked_key_stops_at_once_in_every_process(store: SqlStore) -> None:
    key, secret = Keys(store).create(["search"])
    other_process = Keys(store)
    assert other_process.verify(secret) is not None
    Keys(store).revoke(key.id)
    assert other_process.verify(secret) is None
    assert Keys(store).list() == []
    with pytest.raises(NotFoundError, match=key.id):
        Keys(store).revoke(key.id)


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s + "x", lambda s: s.upper(), lambda s: "x" + s])
def test_a_secret_that_differs_anywhere_is_no_key(store: SqlStore, change: Callable[[str], str]) -> None:
    _, secret = Keys(store).create(["search"])
    assert Keys(store).verify(change(secret)) is None


@pytest.mark.parametrize(
    "secret", ["", "tonggan", "tonggan_", "tonggan_x_y", "tonggan_' OR 1=1 --_y", "通感_a_b", "\x00"]
)
def test_nonsense_is_no_key(store: SqlStore, secret: str) -> None:
    assert Keys(store).verify(secret) is None


def test_an_unknown_scope_is_refused_with_the_known_ones(store: SqlStore) -> None:
    with pytest.raises(InputError, match=r"known: admin, catalogue, events, search\. Did you mean 'search'"):
        Keys(store).create(["serch"])
    with pytest.raises(InputError, match="needs a scope"):
        Keys(store).create([])
