"""What a caller passes, checked and typed: a Query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, TypedDict

from tonggan.errors import InputError, unknown_name
from tonggan.records import Picture, Query
from tonggan.retrieve.channels import CHANNELS
from tonggan.retrieve.merge import MERGERS
from tonggan.understand.filters import parse_filter, parse_sort
from tonggan.understand.meaning import EVERYTHING, KINDS

Names: TypeAlias = "str | Sequence[str]"
"""Several names: a sequence, or one text with commas between them."""

LONGEST_WORDS = 100_000
"""Letters of a query text that are accepted; only its first words are looked up."""

MOST_PER_PAGE = 250
"""Results on one page at most, as Typesense has it: more is an export."""

RULES = ("published", "draft", "none")
"""Which of the merchant's rules a search heeds."""

MODALITIES = ("text", "image", "like", "rating")
"""What a caller may weigh against each other."""


class SearchOptions(TypedDict, total=False):
    """What a search may be asked beside words and a picture; names and meanings are those of the HTTP interface."""

    like: Names
    unlike: Names
    rating: float | None
    filter_by: str
    facet_by: Names
    max_facet_values: int
    sort_by: str
    page: int
    per_page: int | None
    group_by: str
    group_limit: int
    query_by: Names
    pinned_hits: Names
    hidden_hits: Names
    weights: Mapping[str, float]
    merge: str
    channels: Names
    explain: bool
    locale: str
    undo: Names
    num_typos: int
    ranker: str
    rules: str
    override_tags: Names
    diversity: float | None
    most_per_brand: int | None
    collapse_variants: bool


def build_query(words: str, *, image: Picture | None, per_page: int, options: SearchOptions) -> Query:
    """Return the query a caller means; InputError names the value and what is accepted.

    `per_page` is what a caller gets who does not say.
    """
    for name in options:
        if name not in SearchOptions.__annotations__:
            raise InputError(unknown_name("parameter", name, SearchOptions.__annotations__))
    asked = options.get
    wanted = asked("per_page")
    return Query(
        words=_words(words),
        image=image,
        like=names(asked("like", ())),
        unlike=names(asked("unlike", ())),
        rating=_rating(asked("rating")),
        filters=parse_filter(asked("filter_by", "")),
        facets=names(asked("facet_by", ())),
        max_facet_values=_number("max_facet_values", asked("max_facet_values", 100), low=1, high=10_000),
        sort=parse_sort(asked("sort_by", "")),
        page=_number("page", asked("page", 1), low=1, high=10_000_000),
        per_page=_number("per_page", per_page if wanted is None else wanted, low=0, high=MOST_PER_PAGE),
        group_by=asked("group_by", ""),
        group_limit=_number("group_limit", asked("group_limit", 3), low=1, high=99),
        query_by=names(asked("query_by", ())),
        pinned=names(asked("pinned_hits", ())),
        hidden=names(asked("hidden_hits", ())),
        weights=_weights(asked("weights", {})),
        merge=_one_of("merge", asked("merge", "convex"), MERGERS),  # type: ignore[arg-type]
        channels=_channels(asked("channels", ())),
        language=asked("locale", ""),
        explain=asked("explain", False),
        undo=_undone(asked("undo", ())),
        num_typos=_number("num_typos", asked("num_typos", 2), low=0, high=2),
        ranker=asked("ranker", ""),
        rules=_one_of("rules", asked("rules", "published"), RULES),  # type: ignore[arg-type]
        tags=names(asked("override_tags", ())),
        diversity=_between("diversity", asked("diversity"), low=0.0, high=1.0),
        most_per_brand=asked("most_per_brand"),
        is_collapsing_variants=asked("collapse_variants", False),
    )


def names(given: Names) -> tuple[str, ...]:
    """Return several names as a tuple.

    >>> names("brand, price"), names(["brand"])
    (('brand', 'price'), ('brand',))
    """
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(part.strip() for part in parts if part.strip())


def _undone(undo: Names) -> tuple[str, ...]:
    """Keys such as `price:<50`, which come from an answer, and kinds, which are known."""
    given = names(undo)
    known = (*KINDS, EVERYTHING)
    for name in given:
        if ":" not in name and name not in known:
            raise InputError(unknown_name("kind of interpretation", name, known))
    return given


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


def _between(name: str, value: float | None, *, low: float, high: float) -> float | None:
    if value is not None and not low <= value <= high:
        raise InputError(f"{name} {value} is out of range.", remedy=f"Give a number from {low:g} to {high:g}.")
    return value


def _one_of(name: str, value: str, known: Iterable[str]) -> str:
    if value not in known:
        raise InputError(unknown_name(name, value, known))
    return value


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
