"""What understanding knows of a catalogue, in step with the index: at once in a small shop, behind it in large ones."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from tonggan.index import View
from tonggan.understand.knowledge import Knowledge, Stopped, learn_knowledge

SMALL_SHOP = 2_000
"""Products up to which a search waits for the catalogue's words to be learnt anew: a tenth of a second."""

DRIFT_SHARE = 0.02
"""Share of a large catalogue that changes before its words are learnt anew: names and spellings move slowly."""

LEAST_DRIFT = 100
"""Changes before a large catalogue's words are learnt anew, at least."""


@dataclass(frozen=True, slots=True)
class _Learnt:
    knowledge: Knowledge
    position: int
    count: int


class KnowledgeKeeper:
    """Gives the knowledge of a view: that of the same change, or for large shops one of a little earlier."""

    def __init__(self) -> None:
        self._learnt: _Learnt | None = None
        self._learning = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def of(self, view: View) -> Knowledge:
        """Return what is known; a large catalogue that was just opened is known by its fields alone for a while."""
        learnt = self._learnt
        if learnt is not None and learnt.position == view.position:
            return learnt.knowledge
        if view.count <= SMALL_SHOP:
            return self._learn(view)
        if learnt is None or self._is_outgrown(learnt, view):
            self._learn_behind(view)
        return learnt.knowledge if learnt is not None else Knowledge.of_fields(view)

    def wait(self) -> None:
        """Wait for what is being learnt behind."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def close(self) -> None:
        """Stop learning."""
        self._stop.set()
        self.wait()

    def _is_outgrown(self, learnt: _Learnt, view: View) -> bool:
        changes = abs(view.position - learnt.position)
        return changes >= max(LEAST_DRIFT, DRIFT_SHARE * learnt.count)

    def _learn(self, view: View) -> Knowledge:
        with self._learning:
            learnt = self._learnt
            if learnt is None or learnt.position != view.position:
                knowledge = learn_knowledge(view, is_stopped=self._stop.is_set)
                learnt = self._learnt = _Learnt(knowledge, view.position, view.count)
            return learnt.knowledge

    def _learn_behind(self, view: View) -> None:
        if self._thread is not None and self._thread.is_alive():
            return

        def learn() -> None:
            try:
                self._learn(view)
            except Stopped:
                return

        self._thread = threading.Thread(target=learn, name="tonggan-knowledge", daemon=True)
        self._thread.start()
