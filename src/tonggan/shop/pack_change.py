"""Moves a live shop to another base pack: it answers by the old one until everything of the new one is there.

The wish is on disk first. Then rows are made behind, a batch at a time, and kept; the shop's own pack is fitted on
them; an index is built aside from kept rows, brought up to date, and swapped together with its encoders. A kill at any
moment leaves the old pack or the new one, and the next open goes on where it stopped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from tonggan.align.senses import Base, Senses
from tonggan.catalogue import Store
from tonggan.errors import ConflictError, NotFoundError, NotReadyError, TongganError
from tonggan.shop.encoding import Listener, ThisProcess, encode_missing, makers_of
from tonggan.shop.pack_notes import Wish
from tonggan.shop.packs import CATALOGUE
from tonggan.shop.projection import Projection

RESUME_AFTER_SECONDS = 2.0
"""A command that opens the shop, asks and closes is over by then, and is not made to wait for a fit that has begun."""

_log = logging.getLogger("tonggan.shop")


@dataclass(frozen=True, slots=True)
class ChangeState:
    """How far a change of the pack is: products while it encodes and indexes; `reason` says why it has failed."""

    name: str
    stage: str
    done: int = 0
    total: int = 0
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return asdict(self)


class PackChange:
    """The changes of one open shop, one at a time; the latest wish is the one that counts."""

    def __init__(self, store: Store, projection: Projection) -> None:
        self._store = store
        self._projection = projection
        self._packs = projection.packs
        self._notes = projection.packs.notes
        self._turn = threading.Lock()
        self._claiming = threading.Lock()
        self._claims = 0
        self._timer = threading.Timer(0, self._resume)
        self.state: ChangeState | None = None

    def use(self, name_or_folder: str, *, listener: Listener | None = None) -> str:
        """Move to a pack of the library, to a folder's, or to `catalogue`, and return the new version's fingerprint.

        Nothing is changed by a pack that cannot be used. Raises NotFoundError, NotReadyError or InputError for such a
        one, ConflictError where another wish came, or the shop was closed, before this one was through.
        """
        since = self._claims
        base = self._packs.base_named(name_or_folder)
        wish = Wish(CATALOGUE, "") if base is None else Wish(self._packs.name_of(base.pack), base.pack.fingerprint)
        with self.held(since=since) as claim:
            before = self._notes.wanted()
            wish = before if before is not None and before.base == wish.base else wish
            return self._moved(wish, base, self._telling(wish.name, claim, listener))

    def resume_later(self) -> None:
        """Go on with a change that a kill or a close has interrupted, in the background, a little after the open."""
        wish = self._notes.wanted() or self._successor()
        if wish is None:
            return
        self.state = ChangeState(wish.name, "waiting")
        self._timer = threading.Timer(RESUME_AFTER_SECONDS, self._resume, [wish, self._claims])
        self._timer.daemon = True
        self._timer.start()

    @contextmanager
    def held(self, *, since: int | None = None) -> Iterator[int]:
        """Let the running change stop after its batch, and no other begin, while the block runs; give the claim to it.

        Raises ConflictError where somebody else has claimed it `since` then, or does while this one waits.
        """
        claim = self._claim(since)
        with self._turn:
            self._require(claim)
            yield claim

    def stop(self) -> None:
        """Stop after the batch that runs; the next open goes on."""
        self._claim(None)
        with self._turn:
            self.state = None

    def _claim(self, since: int | None) -> int:
        with self._claiming:
            if since is not None:
                self._require(since)
            self._claims += 1
            self._timer.cancel()
            return self._claims

    def _require(self, claim: int) -> None:
        if claim != self._claims:
            raise _StoppedError(
                "The change of the pack was stopped: another one came, or the shop is closing.",
                remedy="What was begun last goes on, now or at the next open.",
            )

    def _successor(self) -> Wish | None:
        """What to move to where the base of the pack in use is gone, but another of its name is there."""
        pack = self._packs.successor() if self._projection.lacking else None
        if pack is None:
            return None
        wish = Wish(self._packs.name_of(pack), pack.fingerprint)
        self._notes.want(wish)
        return wish

    def _resume(self, wish: Wish, claim: int) -> None:
        try:
            with self._turn:
                self._require(claim)
                self._moved(wish, self._packs.base_with(wish.base), self._telling(wish.name, claim, None))
        except _StoppedError:
            return
        except TongganError as error:
            self._fail(wish, str(error))
        except Exception:
            _log.exception("changing to the pack %s failed", wish.name)
            self._fail(wish, "The log has the reason.")

    def _moved(self, wish: Wish, base: Base | None, told: Listener) -> str:
        serving = self._projection.standing.senses
        if serving is not None and serving.base == wish.base:
            self._forget()
            return serving.fingerprint
        self._notes.want(wish)
        try:
            if base is not None:
                wish = self._encoded(wish, base, told)
            senses = self._fitted(wish, base, told)
            encode_missing(self._store, self._packs.makers(senses), self._workers, listener=told)
            self._projection.change(senses, told)
        except _StoppedError:
            self.state = ChangeState(wish.name, "waiting")
            raise
        except BaseException as error:
            self._fail(wish, str(error))
            raise
        self._forget()
        return senses.fingerprint

    @property
    def _workers(self) -> ThisProcess:
        return ThisProcess(self._projection.rows)

    def _encoded(self, wish: Wish, base: Base, told: Listener) -> Wish:
        """Make the rows of the base's own encoders, which the fit looks at, and note that they are needed."""
        makers = makers_of(base)
        wish = self._noted(wish, [maker.fingerprint for maker in makers])
        encode_missing(self._store, makers, self._workers, listener=told)
        return wish

    def _fitted(self, wish: Wish, base: Base | None, told: Listener) -> Senses:
        """Return the shop's own pack on the base, the one that was fitted before the kill where there is one."""
        if wish.version:
            try:
                return self._packs.open(wish.version)
            except (NotFoundError, NotReadyError):
                _log.warning("the pack fitted before is damaged; it is fitted anew")
        senses = self._projection.fit(base, told)
        self._noted(replace(wish, version=senses.fingerprint), senses.row_fingerprints.values())
        return senses

    def _noted(self, wish: Wish, rows: Iterable[str]) -> Wish:
        wish = replace(wish, rows=tuple(sorted({*wish.rows, *rows})))
        self._notes.want(wish)
        return wish

    def _telling(self, name: str, claim: int, listener: Listener | None) -> Listener:
        def told(stage: str, done: int, total: int) -> None:
            self._require(claim)
            self.state = ChangeState(name, stage, done, total)
            if listener is not None:
                listener(stage, done, total)

        return told

    def _forget(self) -> None:
        self._notes.forget_wanted()
        self.state = None

    def _fail(self, wish: Wish, reason: str) -> None:
        self.state = ChangeState(wish.name, "failed", reason=reason)


class _StoppedError(ConflictError):
    """Another pack was wanted, or the shop was closed, before the change was through."""
