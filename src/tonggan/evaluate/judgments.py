"""What an evaluation is made of: queries, the grades that people gave, and rankings to be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Qrels: TypeAlias = Mapping[str, Mapping[str, float]]
"""Grade by query id and product id; higher is better, fractions are allowed, a pair left out was not judged."""

Run: TypeAlias = Mapping[str, Sequence[str]]
"""Product ids by query id, best first, none twice."""


@dataclass(frozen=True, slots=True)
class EvaluationQuery:
    """One query of an evaluation: what a shopper gives, in any mix, before anything is decoded or parsed."""

    query_id: str
    text: str = ""
    image: Path | None = None
    voice: Path | None = None
    clip: Path | None = None
    like: tuple[str, ...] = ()
    rating: float | None = None
    filter_by: str = ""
