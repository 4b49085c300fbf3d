"""The learnt rankers of a shop: the version in use, or another that a query names, opened once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tonggan.encode.words import normalize
from tonggan.errors import InputError, NotFoundError, NotReadyError, TongganError
from tonggan.rank.rankers import Ranker
from tonggan.rank.relevance import RelevanceModel, model_from_json
from tonggan.rank.version import RankerVersion, open_version, used_version
from tonggan.records import Query
from tonggan.understand.query_kind import query_kind

NO_RANKER = "none"
"""What a query names that wants the merged order alone."""

RELEVANCE_FILE = "relevance.json"
"""In the folder of a version: by what it is known that nothing fits."""

CLICKS_FILE = "clicks.json"
"""In the folder of a version: by text and product, clicks over the clicks that its places draw, less 1."""

OVERALL = "overall"
"""The merge weights of a version for kinds of query without any of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenRanker:
    """A version, opened: its ranker, its model of relevance and what was clicked, where it has them."""

    version: RankerVersion | None = None
    ranker: Ranker | None = None
    relevance: RelevanceModel | None = None
    problem: str = ""
    clicked: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the version, empty for the default merge."""
        return self.version.version if self.version else ""

    def weights(self, query: Query) -> Mapping[str, float]:
        """Return the learnt shares of the channels for a query; those of settings where there are none."""
        by_kind = self.version.weights if self.version else {}
        return by_kind.get(query_kind(query.words)) or by_kind.get(OVERALL, {})

    def clicks(self, text: str) -> Mapping[str, float]:
        """Return by product how much more than expected was clicked for a text; 0 is as much as any product there."""
        return self.clicked.get(asked_key(text), {})


def asked_key(text: str) -> str:
    """Return the form in which texts of queries are told apart by what was clicked for them.

    >>> asked_key(" Red　DRESS ")
    'red dress'
    """
    return " ".join(normalize(text).split())


DEFAULT_MERGE = OpenRanker()
"""The merged order, as settings weigh it."""


class RankerKeeper:
    """Opens versions; one that cannot be used any more costs its order, not the answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: dict[str, OpenRanker] = {}

    def of(self, query: Query) -> OpenRanker:
        """Return what ranks a query. NotFoundError or NotReadyError where a version that it names cannot be used.

        A query that says itself how to merge is merged that way.
        """
        if query.ranker == NO_RANKER or query.merge != "convex" or query.channels or query.weights:
            return DEFAULT_MERGE
        return self._open(query.ranker) if query.ranker else self.used()

    def used(self) -> OpenRanker:
        """Return the version in use; the default merge, with the problem, where it cannot be opened."""
        try:
            version = used_version(self.folder)
            return self._open(version) if version else DEFAULT_MERGE
        except (NotFoundError, NotReadyError, InputError) as error:
            return OpenRanker(problem=str(error))

    def forget(self) -> None:
        """Open versions anew: one was written or taken away."""
        self._opened.clear()

    def _open(self, version: str) -> OpenRanker:
        if version not in self._opened:
            read, ranker = open_version(self.folder, version)
            folder = self.folder / version
            self._opened[version] = OpenRanker(
                read, ranker, _read_relevance(folder / RELEVANCE_FILE), clicked=_read_clicks(folder / CLICKS_FILE)
            )
        return self._opened[version]


def _read_relevance(path: Path) -> RelevanceModel | None:
    if not path.is_file():
        return None
    try:
        return model_from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TongganError) as error:
        raise NotReadyError(f"{path}: {error}", remedy="Learn it again: tonggan learn rank.") from error


def _read_clicks(path: Path) -> Mapping[str, Mapping[str, float]]:
    if not path.is_file():
        return {}
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        return {str(text): {str(each): float(lift) for each, lift in own.items()} for text, own in read.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise NotReadyError(f"{path} is damaged: {error}.", remedy="Learn it again: tonggan learn rank.") from error
