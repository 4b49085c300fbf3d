"""Keys that let others use a shop: 256 random bits each, kept only as a hash, with scopes, revoked at once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from tonggan.catalogue.store import SqlStore
from tonggan.catalogue.tables import keys
from tonggan.errors import InputError, NotFoundError, unknown_name

SCOPES = ("search", "events", "catalogue", "admin")
"""What a key may open; `admin` opens everything."""

SECRET_BYTES = 32
"""256 bits: a plain sha256 then keeps the secret as well as a slow hash would, and costs a request nothing."""

ID_BYTES = 6
"""Bytes of the public part, by which a key is listed and revoked."""

PREFIX = "tonggan"
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; the secret itself is not."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: str


class Keys:
    """The keys of one shop, in its store."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def create(self, scopes: Iterable[str], *, name: str = "") -> tuple[Key, str]:
        """Make a key and return it with its secret, which is never shown again."""
        allowed = _check_scopes(scopes)
        if len(name) > LONGEST_NAME:
            raise InputError(f"A key's name has at most {LONGEST_NAME} characters.", remedy="Shorten it.")
        key = Key(secrets.token_hex(ID_BYTES), name, allowed, datetime.now(UTC).isoformat(timespec="seconds"))
        secret = f"{PREFIX}_{key.id}_{secrets.token_urlsafe(SECRET_BYTES)}"
        values = {"scopes": " ".join(allowed), "hash": _hash(secret), "created_at": key.created_at, "revoked_at": ""}
        with self._store.writing() as connection:
            connection.execute(insert(keys).values(id=key.id, name=name, **values))
        return key, secret

    def list(self) -> Sequence[Key]:
        """Return the keys that are valid, oldest first."""
        query = select(keys).where(keys.c.revoked_at == "").order_by(keys.c.created_at, keys.c.id)
        with self._store.reading() as connection:
            return [_key(row) for row in connection.execute(query)]

    def revoke(self, key_id: str) -> None:
        """Make a key invalid for good; NotFoundError when there is no such valid key."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        statement = update(keys).where(keys.c.id == key_id, keys.c.revoked_at == "").values(revoked_at=now)
        with self._store.writing() as connection:
            revoked = connection.execute(statement).rowcount
        if not revoked:
            raise NotFoundError(f"No valid key '{key_id[:40]}'.", remedy="List them with 'tonggan keys list'.")

    def verify(self, secret: str) -> Key | None:
        """Return the key of a secret, or none when there is no valid one.

        The store is asked every time, so that a revoked key stops at once whichever process revoked it.
        """
        prefix, _, rest = secret.partition("_")
        key_id, _, _ = rest.partition("_")
        if prefix != PREFIX or not key_id.isalnum() or not secret.isascii():
            return None
        with self._store.reading() as connection:
            row = connection.execute(select(keys).where(keys.c.id == key_id)).first()
        stored = bytes(row.hash) if row is not None and not row.revoked_at else bytes(hashlib.sha256().digest_size)
        is_right = hmac.compare_digest(stored, _hash(secret))
        return _key(row) if is_right and row is not None else None


def _check_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    asked = tuple(dict.fromkeys(scopes))
    for scope in asked:
        if scope not in SCOPES:
            raise InputError(unknown_name("scope", scope, SCOPES))
    if not asked:
        raise InputError(f"A key needs a scope; known: {', '.join(SCOPES)}.", remedy="Name at least one.")
    return asked


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _key(row: Row[Any]) -> Key:
    return Key(row.id, row.name, tuple(row.scopes.split()), row.created_at)
