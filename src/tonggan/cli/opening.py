"""A shop for one command: opened in this process, or reached at the server that holds it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tonggan.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from tonggan.catalogue.store import SqlStore
    from tonggan.shop import Progress
    from tonggan.shop.rule_book import Desk

Record = dict[str, Any]


class OpenShop(Protocol):
    """What commands ask of a shop, wherever it runs; everything comes as the values of its JSON."""

    def search(self, parameters: Mapping[str, Any], *, image: Path | None = None) -> Record:
        """Answer a search whose parameters are named as over HTTP."""
        ...

    def suggest(self, prefix: str, *, limit: int, locale: str) -> Record:
        """Return suggestions for an unfinished query."""
        ...

    def explain(self, parameters: Mapping[str, Any], *, image: Path | None = None) -> Record:
        """Say why the product `product_id` is, or is not, in the answer to a search."""
        ...

    def ingest(
        self, source: Path, *, mapping: Path | None, is_dry_run: bool, listener: Callable[[Progress], None] | None
    ) -> Record:
        """Take a feed in and return its report."""
        ...

    def use_pack(self, name: str, *, listener: Callable[[Progress], None] | None) -> str:
        """Move to another pack, and return the fingerprint of what the shop then uses."""
        ...

    def create_key(self, scopes: Sequence[str], *, name: str) -> Record:
        """Make a key; its `secret` is in the answer and nowhere else."""
        ...

    def list_keys(self) -> list[Record]:
        """Return the valid keys, without their secrets."""
        ...

    def revoke_key(self, key_id: str) -> None:
        """Make a key invalid."""
        ...

    def desk(self, kind: str) -> Desk:
        """Return where the `rules` or `synonyms` are changed."""
        ...


@contextmanager
def open_shop(
    folder: Path, *, is_new_accepted: bool = False, environ: Mapping[str, str] = os.environ
) -> Iterator[OpenShop]:
    """Open the shop of a folder; a shop that a server holds is reached through it, and has settings of its own.

    Raises NotFoundError where there is no shop, unless a new one is accepted.
    """
    from tonggan.catalogue.lock import holder

    if not is_new_accepted:
        require_shop(folder)
    server = holder(folder)
    if server is not None and server.url:
        from tonggan.cli.remote import RemoteShop

        with RemoteShop(server, folder=folder) as remote:
            yield remote
    else:
        from tonggan.cli.local import LocalShop
        from tonggan.shop import Shop

        with Shop.open(folder, environ=environ) as shop:
            yield LocalShop(shop)


@contextmanager
def open_store(folder: Path) -> Iterator[SqlStore]:
    """Open the catalogue of a shop for reading, which needs no lock and waits for no server."""
    from tonggan.catalogue.store import SqlStore

    require_shop(folder)
    store = SqlStore(store_location(folder))
    try:
        yield store
    finally:
        store.close()


def store_location(folder: Path) -> str | Path:
    """Return where a shop's catalogue is: a database URL, or its folder."""
    from tonggan.settings import read_settings
    from tonggan.shop.layout import Layout, ShopSettings

    settings = read_settings(ShopSettings, Layout(folder).settings, section="shop", environ=os.environ)
    return settings.store or folder


def on_device(device: str, batch: int) -> dict[str, str]:
    """Return the environment in which models run on a device, so many items at once; empty and 0 are as it is."""
    chosen = {"TONGGAN_ENCODE__DEVICE": device, "TONGGAN_ENCODE__BATCH": str(batch or "")}
    return {**os.environ, **{variable: value for variable, value in chosen.items() if value}}


def is_shop(folder: Path) -> bool:
    """Tell whether a shop stands in a folder."""
    from tonggan.shop.layout import Layout

    return Layout(folder).is_shop


def require_shop(folder: Path) -> None:
    """Raise NotFoundError where there is no shop."""
    if not is_shop(folder):
        raise NotFoundError(
            f"There is no shop in {folder}.",
            remedy="Name its folder with --shop, or make one with `tonggan import FILE` or `tonggan demo`.",
        )


def require_free(folder: Path, *, action: str) -> None:
    """Raise ConflictError where a process holds the shop: what cannot go through a server needs the shop alone."""
    from tonggan.catalogue.lock import holder

    found = holder(folder)
    if found is not None:
        process = f"process {found.pid}" if found.pid else "a process"
        kind = f"the server at {found.url}" if found.url else "another command"
        raise ConflictError(
            f"{action} needs the shop for itself, but {process} ({kind}) holds {folder}.",
            remedy=f"Stop it (kill {found.pid}) and try again." if found.pid else "Wait for it to end and try again.",
        )
