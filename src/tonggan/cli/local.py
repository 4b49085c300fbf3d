"""A shop in this process, as commands see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tonggan.answer import answer_as_json
from tonggan.answer.explanation import explanation_as_json
from tonggan.answer.suggested import suggestions_as_json
from tonggan.catalogue.keys import Keys
from tonggan.cli.opening import Record
from tonggan.feed.mapping import read_mapping
from tonggan.shop import Progress, Shop
from tonggan.shop.rule_book import Desk, desk_of


class LocalShop:
    """An open shop; whoever opened it closes it."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._keys = Keys(shop.store)

    def search(self, parameters: Mapping[str, Any], *, image: Path | None = None) -> Record:
        """Answer a search whose parameters are named as over HTTP."""
        rest = {name: value for name, value in parameters.items() if name != "q"}
        return answer_as_json(self._shop.search(parameters.get("q", ""), image=image, **rest))

    def suggest(self, prefix: str, *, limit: int, locale: str) -> Record:
        """Return suggestions for an unfinished query."""
        started = time.perf_counter()
        found = suggestions_as_json(self._shop.suggest(prefix, limit=limit, locale=locale), self._shop.get)
        return {"suggestions": found, "took_ms": round(1e3 * (time.perf_counter() - started), 3)}

    def explain(self, parameters: Mapping[str, Any], *, image: Path | None = None) -> Record:
        """Say why the product `product_id` is, or is not, in the answer to a search."""
        rest = {name: value for name, value in parameters.items() if name not in ("q", "product_id")}
        words, product_id = parameters.get("q", ""), parameters["product_id"]
        return explanation_as_json(self._shop.explain(words, product_id, image=image, **rest))

    def ingest(
        self, source: Path, *, mapping: Path | None, is_dry_run: bool, listener: Callable[[Progress], None] | None
    ) -> Record:
        """Take a feed in and return its report."""
        chosen = read_mapping(mapping) if mapping else None
        return self._shop.ingest(source, mapping=chosen, dry_run=is_dry_run, progress=listener).as_json()

    def use_pack(self, name: str, *, listener: Callable[[Progress], None] | None) -> str:
        """Move to another pack, and return the fingerprint of what the shop then uses."""
        return self._shop.use_pack(name, progress=listener)

    def create_key(self, scopes: Sequence[str], *, name: str) -> Record:
        """Make a key; its `secret` is in the answer and nowhere else."""
        key, secret = self._keys.create(scopes, name=name)
        return {**_shown(key), "secret": secret}

    def list_keys(self) -> list[Record]:
        """Return the valid keys, without their secrets."""
        return [_shown(key) for key in self._keys.list()]

    def revoke_key(self, key_id: str) -> None:
        """Make a key invalid."""
        self._keys.revoke(key_id)

    def desk(self, kind: str) -> Desk:
        """Return where the `rules` or `synonyms` are changed."""
        return desk_of(self._shop, kind)


def _shown(key: Any) -> Record:
    return {"id": key.id, "name": key.name, "scopes": list(key.scopes), "created_at": key.created_at}
