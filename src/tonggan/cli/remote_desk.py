"""The desk of a shop that a server of this machine holds."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import urlencode

from tonggan.cli.opening import Record
from tonggan.shop.rule_book import Desk


class Ask(Protocol):
    """A request to the server; the answer's JSON, or the failure it tells."""

    def __call__(self, method: str, path: str, *, json: Any = None) -> Record: ...


class RemoteDesk(Desk):
    """Rules or synonyms behind a server, as commands see them."""

    def __init__(self, ask: Ask, kind: str) -> None:
        self.kind = kind
        self._ask = ask

    def draft(self) -> Record:
        return self._ask("GET", f"/{self.kind}")

    def save(self, document: Any, *, form: str = "") -> Record:
        return self._ask("PUT", f"/{self.kind}" + _query(form=form), json=document)

    def discard(self) -> Record:
        return self._ask("DELETE", f"/{self.kind}")

    def publish(self, *, note: str = "", is_forced: bool = False) -> Record:
        return self._ask("POST", f"/{self.kind}/publish", json={"note": note, "force": is_forced})

    def history(self) -> Record:
        return self._ask("GET", f"/{self.kind}/history")

    def roll_back(self, number: int, *, note: str = "") -> Record:
        return self._ask("POST", f"/{self.kind}/rollback", json={"number": number, "note": note})

    def export(self, *, form: str = "tonggan", which: str = "published", number: int = 0) -> Record:
        return self._ask("GET", f"/{self.kind}/export" + _query(form=form, which=which, number=str(number or "")))


def _query(**given: str) -> str:
    said = {name: value for name, value in given.items() if value}
    return f"?{urlencode(said)}" if said else ""
