"""What every learner of rankers gives back: a ranker that scores at once, and the files by which it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tonggan.index import Scores
from tonggan.learn.rank.examples import Example
from tonggan.rank.rankers import Ranker


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A ranker, its files by name, the parameters that go into `ranker.toml`, and what was chosen on the way."""

    ranker: Ranker
    files: Mapping[str, bytes]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    chosen: Mapping[str, Any] = field(default_factory=dict)

    def score(self, example: Example) -> Scores:
        """Return the score of each candidate of an example."""
        return self.ranker.score(example.table, example.modalities)


class Learner(Protocol):
    """Learns a ranker from judged queries; the same arguments give the same ranker on one machine."""

    @property
    def name(self) -> str: ...

    def __call__(self, examples: Sequence[Example], *, seed: int) -> Learnt: ...
