"""A shop that a server of this machine holds, reached with the token that the server has announced to its owner."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tonggan import errors
from tonggan.catalogue.lock import Holder
from tonggan.cli.opening import Record
from tonggan.cli.remote_desk import RemoteDesk
from tonggan.errors import AccessError, BusyError, InputError, NotReadyError, TongganError
from tonggan.shop.ingestion import Progress
from tonggan.shop.layout import Layout
from tonggan.shop.rule_book import Desk

TIMEOUT_SECONDS = 120.0
"""Longer than any deadline of a server, which then says itself what took too long."""

POLL_SECONDS = 0.2
"""How often a running job is asked how it stands: as often as a progress bar moves."""

CLASSES: Mapping[str, type[TongganError]] = {
    **{kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TongganError)},
    "key_needed": AccessError,
    "method_not_allowed": InputError,
    "too_large": InputError,
    "unsupported_media_type": InputError,
    "too_late": BusyError,
}
"""The class of each problem that a server may answer with."""


class RemoteShop:
    """The shop behind a server, as commands see it."""

    def __init__(self, server: Holder, *, folder: Path) -> None:
        self._server = server
        self._folder = folder
        headers = {"Authorization": f"Bearer {server.token}"}
        self._client = httpx.Client(base_url=server.url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False)

    def search(self, parameters: Mapping[str, Any], *, image: Path | None = None) -> Record:
        """Answer a search whose parameters are named as over HTTP."""
        return self._ask("POST", "/search", json={**parameters, **_picture(image)})

    def suggest(self, prefix: str, *, limit: int, locale: str) -> Record:
        """Return suggestions for an unfinished query."""
        return self._ask("GET", "/suggest", params={"q": prefix, "limit": limit, "locale": locale})

    def explain(self, parameters: Mapping[str, Any], *, image: Path | None = None) -> Record:
        """Say why the product `product_id` is, or is not, in the answer to a search."""
        return self._ask("POST", "/explain", json={**parameters, **_picture(image)})

    def ingest(
        self, source: Path, *, mapping: Path | None, is_dry_run: bool, listener: Callable[[Progress], None] | None
    ) -> Record:
        """Take a feed in and return its report. The server runs on this machine: it reads the file where it is."""
        wanted = {
            "path": str(source.resolve()),
            "mapping": str(mapping.resolve()) if mapping else None,
            "dry_run": is_dry_run,
        }
        job = self._finished("/import", self._ask("POST", "/import", json=wanted), listener)
        return {**job, "refusals_path": str(Layout(self._folder).refusals) if job.get("refused_csv") else ""}

    def use_pack(self, name: str, *, listener: Callable[[Progress], None] | None) -> str:
        """Move to another pack, and return the fingerprint of what the shop then uses."""
        job = self._finished("/packs/use", self._ask("POST", "/packs/use", json={"name": name}), listener)
        return job["version"]

    def packs(self) -> Record:
        """Return the pack in use and, while the shop moves to another one, how far that is."""
        told = self._ask("GET", "/packs")
        return told["used"] | ({"change": told["change"]} if told["change"] else {})

    def create_key(self, scopes: Sequence[str], *, name: str) -> Record:
        """Make a key; its `secret` is in the answer and nowhere else."""
        return self._ask("POST", "/keys", json={"scopes": list(scopes), "name": name})

    def list_keys(self) -> list[Record]:
        """Return the valid keys, without their secrets."""
        return self._ask("GET", "/keys")["keys"]

    def revoke_key(self, key_id: str) -> None:
        """Make a key invalid."""
        self._ask("DELETE", f"/keys/{key_id}")

    def desk(self, kind: str) -> Desk:
        """Return where the `rules` or `synonyms` are changed."""
        return RemoteDesk(self._ask, kind)

    def readiness(self) -> Record:
        """Return what the server says of its state; NotReadyError with the reason when it takes no writes."""
        return self._ask("GET", "/readyz")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def _finished(self, path: str, job: Record, listener: Callable[[Progress], None] | None) -> Record:
        """Ask for a job until it is over, and return it; raise what it failed with."""
        while job["state"] in ("waiting", "running"):
            time.sleep(POLL_SECONDS)
            job = self._ask("GET", f"{path}/{job['job']}")
            if listener is not None:
                listener(Progress(job["stage"] or job["state"], job["rows"], 0, 0, job["seconds"]))
        if job["state"] == "failed":
            raise _error_of(job["error"])
        return job

    def _ask(self, method: str, path: str, *, json: Any = None, params: Mapping[str, Any] | None = None) -> Record:
        try:
            response = self._client.request(method, path, json=json, params=params)
        except httpx.HTTPError as error:
            raise NotReadyError(
                f"The server at {self._server.url} (process {self._server.pid}) does not answer: {error}.",
                remedy="Try again; if it hangs, end that process.",
            ) from error
        if response.is_error:
            raise _error_of(_problem(response))
        return response.json()


def _problem(response: httpx.Response) -> Record:
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if isinstance(problem, dict) and "detail" in problem:
        return problem
    return {"code": TongganError.code, "detail": f"The server answered {response.status_code}.", "remedy": ""}


def _error_of(problem: Mapping[str, Any]) -> TongganError:
    kind = CLASSES.get(problem.get("code", ""), TongganError)
    return kind(problem["detail"], remedy=problem.get("remedy", ""))


def _picture(image: Path | None) -> Record:
    return {"image": base64.b64encode(_read(image)).decode()} if image else {}


def _read(image: Path) -> bytes:
    try:
        return image.read_bytes()
    except OSError as error:
        raise InputError(f"{image} cannot be read: {error.strerror}.", remedy="Name a picture file.") from error
