"""What a caller passes, checked and typed: a Query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

from tonggan.errors import InputError, unknown_name
from tonggan.records import Picture, Query
from tonggan.retrieve.channels import CHANNELS
from tonggan.retrieve.merge import MERGERS
from tonggan.understand.filters import parse_filter, parse_sort

Names: TypeAlias = "str | Sequence[str]"
"""Several names: a sequence, or one text with commas between them."""

LONGEST_WORDS = 100_000
"""Letters of a query text that are accepted; only its first words are looked up."""

MOST_PER_PAGE = 250
"""Results on one page at most, as Typesense has it: more is an export."""

MODALITIES = ("text", "image", "like", "rating")
"""What a caller may weigh against each other."""


def build_query(
    words: str,
    *,
    image: Picture | None,
    like: Names,
    unlike: Names,
    rating: float | None,
    filter_by: str,
    facet_by: Names,
    max_facet_values: int,
    sort_by: str,
    page: int,
    per_page: int,
    group_by: str,
    group_limit: int,
    query_by: Names,
    pinned_hits: Names,
    hidden_hits: Names,
    weights: Mapping[str, float],
    merge: str,
    channels: Names,
    explain: bool,
    locale: str,
) -> Query:
    """Return the query a caller means; InputError names the value and what is accepted."""
    if merge not in MERGERS:
        raise InputError(unknown_name("merge", merge, MERGERS))
    return Query(
        words=_words(words),
        image=image,
        like=names(like),
        unlike=names(unlike),
        rating=_rating(rating),
        filters=parse_filter(filter_by),
        facets=names(facet_by),
        max_facet_values=_number("max_facet_values", max_facet_values, low=1, high=10_000),
        sort=parse_sort(sort_by) if sort_by else (),
        page=_number("page", page, low=1, high=10_000_000),
        per_page=_number("per_page", per_page, low=0, high=MOST_PER_PAGE),
        group_by=group_by,
        group_limit=_number("group_limit", group_limit, low=1, high=99),
        query_by=names(query_by),
        pinned=names(pinned_hits),
        hidden=names(hidden_hits),
        weights=_weights(weights),
        merge=cast("str", merge),  # type: ignore[arg-type]
        channels=_channels(channels),
        language=locale,
        explain=explain,
    )


def names(given: Names) -> tuple[str, ...]:
    """Return several names as a tuple.

    >>> names("brand, price"), names(["brand"])
    (('brand', 'price'), ('brand',))
    """
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(part.strip() for part in parts if part.strip())


def _channels(channels: Names) -> tuple[str, ...]:
    given = names(channels)
    for channel in given:
        if channel not in CHANNELS:
            raise InputError(unknown_name("channel", channel, CHANNELS))
    return given


def _words(words: str) -> str:
    if len(words) > LONGEST_WORDS:
        raise InputError(
            f"A query of {len(words):,} letters is too long.", remedy=f"Send at most {LONGEST_WORDS:,} letters."
        )
    return words.strip().replace("\0", " ")


def _rating(rating: float | None) -> float | None:
    if rating is not None and not 1.0 <= rating <= 5.0:
        raise InputError(f"rating {rating} is not a number of stars.", remedy="Give a number from 1 to 5.")
    return rating


def _number(name: str, value: int, *, low: int, high: int) -> int:
    if not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} {value} is out of range.", remedy=f"Give a whole number from {low} to {high:,}.")
    return value


def _weights(weights: Mapping[str, float]) -> Mapping[str, float]:
    for name, weight in weights.items():
        if name not in MODALITIES:
            raise InputError(unknown_name("weight", name, MODALITIES))
        if not 0.0 <= weight <= 1_000.0:
            raise InputError(f"Weight {name}:{weight} is out of range.", remedy="Give a number from 0 to 1000.")
    if weights and not any(weights.values()):
        raise InputError("All weights are 0.", remedy="Give at least one weight above 0.")
    return dict(weights)
