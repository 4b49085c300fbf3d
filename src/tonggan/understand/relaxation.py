"""Too few results: what was read into the words is loosened, step by step, and said.

Only what was understood is loosened, never a filter that somebody set. What is loosened orders from then on: products
that meet it come first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tonggan.records import AllOf, Filter, Interpretation, Query

FEW_RESULTS = 3
"""Fewer results than this are loosened: a shopper who sees one or two wants to know what else there is."""

EXCLUSION = "exclusion"

ORDER = ("discount", "stars", "stock", "price", EXCLUSION)
"""Kinds of interpretations, the one that shoppers give up most easily first."""


def loosened(query: Query, *, found: int) -> Iterator[tuple[str, Query]]:
    """Yield what is given up, by its keys with commas between them, and the query without it.

    First each thing alone, since as little as possible is to be given up; then ever more together. `found` is how many
    results there are as it stands: what somebody said not to want is only shown where there is nothing else.
    """
    read = query.understood.interpretations if query.understood else ()
    held = sorted((each for each in read if each.filter is not None), key=_readiness)
    given = [each for each in held if each.kind != EXCLUSION]
    refused = [] if found else [each for each in held if each.kind == EXCLUSION]
    alone = [[each] for each in given]
    together = [[*given, *refused][:count] for count in range(1, len(given) + len(refused) + 1)]
    for gone in alone + [several for several in together if several not in alone]:
        yield ",".join(each.key for each in gone), _loosened(query, gone)


def _readiness(read: Interpretation) -> int:
    return ORDER.index(read.kind) if read.kind in ORDER else len(ORDER)


def _loosened(query: Query, gone: Sequence[Interpretation]) -> Query:
    filters = query.filters
    for each in gone:
        filters = filters if each.filter is None else _without(filters, each.filter)
    kept = {each.key: each.filter for each in gone if each.filter is not None}
    return replace(query, filters=filters, loosened={**query.loosened, **kept})


def joined(*filters: Filter | None) -> Filter | None:
    """Return one filter that holds where all of them do; none where there is none.

    Filters that are conjunctions already are taken apart, so that each part can be found and taken away again.
    """
    parts = [part for each in filters for part in _parts_of(each)]
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts)) if parts else None


def _parts_of(joint: Filter | None) -> list[Filter]:
    if isinstance(joint, AllOf):
        return [part for each in joint.parts for part in _parts_of(each)]
    return [] if joint is None else [joint]


def _without(filters: Filter | None, gone: Filter) -> Filter | None:
    parts = _parts_of(filters)
    for part in _parts_of(gone):
        if part in parts:
            parts.remove(part)
    return joined(*parts)
