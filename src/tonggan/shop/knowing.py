"""What understanding knows of a catalogue, in step with the index: at once in a small shop, behind it in a large one.

In a small shop the search after a change of words waits until they are learnt; a change of prices changes no words. A
large shop is known as it was a little earlier, and what was learnt of it is kept on disk for the next open.
"""

from __future__ import annotations

import threading
import time
import weakref
from contextlib import suppress
from dataclasses import replace

from tonggan.errors import DiskFullError
from tonggan.index import View
from tonggan.shop.knowledge_file import KnowledgeFile, Learnt
from tonggan.understand.facts import facts_of
from tonggan.understand.knowledge import Knowledge, Stopped, learn_knowledge, words_fingerprint
from tonggan.understand.readiness import read_tables

SMALL_SHOP = 2_000
"""Products up to which a search waits for new words to be learnt: half a second of one core, 14 ms where none are."""

DRIFT_SHARE = 0.02
"""Share of a large catalogue that changes before its words are learnt anew: names and spellings move slowly."""

LEAST_DRIFT = 100
"""Changes before a large catalogue's words are learnt anew, at least."""

ERASED_SECONDS = 600.0
"""How long the words of an erased product may linger in memory: learning for each one would never end."""

EXIT_SECONDS = 5.0
"""How long the end of the process waits for a thread to notice; each part of learning takes less."""


class KnowledgeKeeper:
    """Gives the knowledge of a view: that of the same change, or for large shops one of a little earlier."""

    def __init__(self, file: KnowledgeFile | None = None) -> None:
        self._file = file
        self._learnt: Learnt | None = None
        self._fields = (-1, Knowledge())
        self._kept: Learnt | None = None
        self._least_position = -1
        self._learnt_at = 0.0
        self._learning = threading.Lock()
        self._filing = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()
        self._at_exit = weakref.finalize(self, _stop_all, self._stop, self._threads)

    def of(self, view: View) -> Knowledge:
        """Return what is known; a large catalogue that was just opened is known by its fields alone for a while."""
        learnt = self._learnt
        if learnt is not None and learnt.position == view.position:
            return learnt.knowledge
        if view.count <= SMALL_SHOP:
            return self._known_now(view)
        if learnt is None or self._is_outgrown(learnt, view):
            self._start(view)
        fields = self._fields_of(view)
        return replace(learnt.knowledge, facts=fields.facts) if learnt is not None and learnt.count else fields

    def prepare(self, view: View) -> None:
        """Read or learn behind what the first search of this view will need."""
        self._start(view)

    def erased(self, view: View) -> None:
        """Forget products that are gone from a view: in the file at once, among suggestions too, in words soon."""
        with self._filing:
            self._least_position = view.position
            self._kept = None
            if self._file is not None:
                self._file.erase()
        learnt = self._learnt
        if view.count <= SMALL_SHOP:
            self._learnt = None
        elif learnt is not None and learnt.knowledge.suggestions is not None:
            suggestions = learnt.knowledge.suggestions.of_view(view)
            self._learnt = replace(learnt, knowledge=replace(learnt.knowledge, suggestions=suggestions))

    def wait(self) -> None:
        """Wait for what is being learnt behind."""
        for thread in list(self._threads):
            thread.join()

    def close(self) -> None:
        """Stop learning, and keep what a small shop has learnt."""
        self._stop.set()
        with self._learning:
            if self._learnt is not None:
                self._keep(self._learnt)

    def _is_outgrown(self, learnt: Learnt, view: View) -> bool:
        is_erased = learnt.position < self._least_position
        if is_erased and time.monotonic() - self._learnt_at >= ERASED_SECONDS:
            return True
        return abs(view.position - learnt.position) >= max(LEAST_DRIFT, DRIFT_SHARE * learnt.count)

    def _fields_of(self, view: View) -> Knowledge:
        """What costs little to know, known once for each change: new fields can be asked for at once."""
        position, fields = self._fields
        if position != view.position:
            fields = Knowledge.of_fields(view)
            self._fields = (view.position, fields)
        return fields

    def _known_now(self, view: View) -> Knowledge:
        with self._learning:
            learnt = self._learnt or self._read(view)
            if learnt is None or learnt.position != view.position:
                fingerprint = words_fingerprint(view)
                if learnt is not None and learnt.fingerprint == fingerprint:
                    knowledge = replace(learnt.knowledge, facts=facts_of(view))
                    learnt = replace(learnt, knowledge=knowledge, position=view.position)
                else:
                    learnt = self._learn(view, fingerprint)
            self._learnt = learnt
            return learnt.knowledge

    def _known_behind(self, view: View) -> None:
        """Read what was kept of a large shop; learn where there is nothing, or where it is outgrown."""
        with self._learning:
            if self._learnt is None:
                self._learnt = self._read(view)
            if self._learnt is None or self._is_outgrown(self._learnt, view):
                self._learnt = self._learn(view, "")
                self._keep(self._learnt)

    def _learn(self, view: View, fingerprint: str) -> Learnt:
        knowledge = learn_knowledge(view, is_stopped=self._stop.is_set)
        self._learnt_at = time.monotonic()
        return Learnt(knowledge, view.position, view.count, fingerprint)

    def _read(self, view: View) -> Learnt | None:
        learnt = self._file.read(view) if self._file is not None else None
        if learnt is not None:
            self._kept = learnt
            self._learnt_at = time.monotonic()
        return learnt

    def _keep(self, learnt: Learnt) -> None:
        """Write what was learnt after the last product was erased; a full disk costs the next open its time."""
        with self._filing, suppress(DiskFullError):
            if self._file is not None and learnt.position >= self._least_position and not self._is_kept(learnt):
                self._file.write(learnt)
                self._kept = learnt

    def _is_kept(self, learnt: Learnt) -> bool:
        kept = self._kept
        if kept is None:
            return False
        return kept.position == learnt.position or "" != kept.fingerprint == learnt.fingerprint

    def _start(self, view: View) -> None:
        if self._stop.is_set() or any(thread.is_alive() for thread in self._threads):
            return

        def know() -> None:
            read_tables(is_stopped=self._stop.is_set)
            with suppress(Stopped):
                if view.count <= SMALL_SHOP:
                    self._known_now(view)
                else:
                    self._known_behind(view)

        thread = threading.Thread(target=know, name="tonggan-knowledge", daemon=True)
        self._threads[:] = [thread]
        thread.start()


def _stop_all(stop: threading.Event, threads: list[threading.Thread]) -> None:
    """A process that ends must not do so in the middle of a thread's work."""
    stop.set()
    for thread in threads:
        if thread is not threading.current_thread():
            thread.join(EXIT_SECONDS)
