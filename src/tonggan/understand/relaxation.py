"""Too few results: what was read into the words is loosened, step by step, and said.

Only what was understood is loosened, never a filter that somebody set. What is loosened orders from then on: products
that meet it come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tonggan.records import AllOf, Filter, Query

FEW_RESULTS = 3
"""Fewer results than this are loosened: a shopper who sees one or two wants to know what else there is."""

ORDER = ("discount", "stars", "stock", "price", "exclusion")
"""Kinds of interpretations, the one that shoppers give up most easily first."""


def loosened(query: Query, *, found: int) -> Iterator[tuple[str, Query]]:
    """Yield what is given up next, by its key, and the query without it; each step keeps what those before gave up.

    `found` is how many results there are as it stands: what somebody said not to want is only shown where there is
    nothing else.
    """
    read = query.understood.interpretations if query.understood else ()
    held = [each for each in read if each.filter is not None and not (found and each.kind == "exclusion")]
    for each in sorted(held, key=lambda found: ORDER.index(found.kind) if found.kind in ORDER else len(ORDER)):
        assert each.filter is not None
        query = replace(
            query,
            filters=_without(query.filters, each.filter),
            loosened={**query.loosened, each.key: each.filter},
        )
        yield each.key, query


def joined(*filters: Filter | None) -> Filter | None:
    """Return one filter that holds where all of them do; none where there is none.

    Filters that are conjunctions already are taken apart, so that each part can be found and taken away again.
    """
    parts: list[Filter] = []
    for each in filters:
        parts += each.parts if isinstance(each, AllOf) else [] if each is None else [each]
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts)) if parts else None


def _without(filters: Filter | None, gone: Filter) -> Filter | None:
    parts = list(filters.parts if isinstance(filters, AllOf) else () if filters is None else (filters,))
    for part in gone.parts if isinstance(gone, AllOf) else (gone,):
        if part in parts:
            parts.remove(part)
    return joined(*parts)
