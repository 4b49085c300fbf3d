"""The questions that one query asks of the index: one channel each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from tonggan.errors import InputError, NotFoundError
from tonggan.index import View
from tonggan.index.entries import SPACES_FIELD
from tonggan.records import Condition, Filter, Picture, Preference, Query
from tonggan.retrieve import RetrievalSettings
from tonggan.retrieve.phrases import phrase_words
from tonggan.understand.query_kind import query_kind
from tonggan.understand.words import look_up

UNLIKE_WEIGHT = 0.5
"""How strongly `unlike` pulls away from `like` [Rocchio 1971 has .25 for negative feedback; here it is asked for]."""

LIKE_SPACES = ("image", "text")
"""Spaces in which stored vectors are added and subtracted."""

COMPARED_ALONE = ("image", "rating")
"""What is given to be compared in the space of its name; words and products are met by other means too."""

CHANNELS = ("words", "phrase", "text", "text-shared", "image", "image-shared", "like-image", "like-text", "rating")
"""Every channel by name; `-shared` are those that compare words with pictures."""


class QueryEncoders(Protocol):
    """What retrieval needs of the fitted encoders; every vector has norm 1, a space without one is left out."""

    def encode_text_query(self, words: str) -> Mapping[str, np.ndarray]: ...
    def encode_image_query(self, picture: Picture) -> Mapping[str, np.ndarray]: ...
    def encode_rating_query(self, stars: float) -> Mapping[str, np.ndarray]: ...


@dataclass(frozen=True, slots=True)
class Probe:
    """A vector to be near to, in one space, and how much that counts.

    `is_anchor` says that nearness alone makes a product a result, as with a picture; a star preference only orders.
    """

    channel: str
    space: str
    vector: np.ndarray
    weight: float
    is_anchor: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What orders results and leaves none out: a preference, or a filter that was loosened."""

    channel: str
    wanted: Preference | Filter
    weight: float


@dataclass(frozen=True, slots=True)
class Questions:
    """All that a query asks: terms to match, vectors to be near to, and what could not be asked."""

    terms: Mapping[str, float] = field(default_factory=dict)
    words_weight: float = 0.0
    probes: tuple[Probe, ...] = ()
    degraded: tuple[str, ...] = ()
    stands_for: Mapping[str, str] = field(default_factory=dict)
    phrase: tuple[str, ...] = ()
    phrase_weight: float = 0.0
    wishes: tuple[Wish, ...] = ()


def ask(query: Query, view: View, encoders: QueryEncoders | None, settings: RetrievalSettings) -> Questions:
    """Return the questions of a query; an encoder that fails is reported as degraded, not raised."""
    shares = _shares(query)
    has_words = bool(query.words) and _speaks("words", query)
    expansions = query.understood.expansions if query.understood else ()
    lookup = look_up(query.words if has_words else "", view.document_frequency, expansions=expansions)
    probes: list[Probe] = []
    degraded: list[str] = []
    for name, encode in _encodings(query, encoders, settings, share=shares):
        try:
            probes += encode()
        except InputError:
            raise
        except Exception:  # Whatever breaks in a model, the other channels still answer, and the answer says so.
            degraded.append(name)
    _require_known(view, (*query.like, *query.unlike))
    if "like" in shares and encoders is not None:
        probes += _like_probes(query, view, share=shares["like"])
    degraded += _unasked(query, view, encoders)
    words_weight = settings.words_weight * shares.get("text", 0.0)
    heard = [probe for probe in probes if _speaks(probe.channel, query)]
    return Questions(
        lookup.terms,
        words_weight,
        tuple(_anchored(heard, query)),
        tuple(dict.fromkeys(degraded)),
        stands_for=lookup.stands_for,
        phrase=phrase_words(query.words) if has_words and _speaks("phrase", query) else (),
        phrase_weight=settings.phrase_weight * shares.get("text", 0.0),
        wishes=_wishes(query, settings),
    )


def _wishes(query: Query, settings: RetrievalSettings) -> tuple[Wish, ...]:
    read = query.understood.interpretations if query.understood else ()
    preferences = [Wish(each.key, each.preference, settings.preference_weight) for each in read if each.preference]
    loosened = [Wish(f"loosened:{name}", wanted, settings.loosened_weight) for name, wanted in query.loosened.items()]
    return (*preferences, *loosened)


def _unasked(query: Query, view: View, encoders: QueryEncoders | None) -> list[str]:
    """What was given and cannot be asked: there is no encoder, or no product has a vector to compare with."""
    given = _shares(query) if view.count else {}
    return [name for name in given if encoders is None or (name in COMPARED_ALONE and not _has_any(view, name))]


def _has_any(view: View, space: str) -> bool:
    has_vector = Condition(SPACES_FIELD, "=", (space,))
    return SPACES_FIELD in view.text_fields and len(view.select(has_vector)) > 0


def _anchored(probes: Sequence[Probe], query: Query) -> list[Probe]:
    """Let what only orders say which products belong where nothing else is left to say it."""
    if query.words or any(probe.is_anchor for probe in probes):
        return list(probes)
    return [replace(probe, is_anchor=True) for probe in probes]


def _speaks(channel: str, query: Query) -> bool:
    return not query.channels or channel in query.channels


def _shares(query: Query) -> dict[str, float]:
    """How the score is shared out among the things that the shopper gave; equally where all of them weigh nothing."""
    given = {
        "text": bool(query.words),
        "image": query.image is not None,
        "like": bool(query.like or query.unlike),
        "rating": query.rating is not None,
    }
    shares = {name: query.weights.get(name, 1.0) for name, is_given in given.items() if is_given}
    return shares if any(shares.values()) else dict.fromkeys(shares, 1.0)


def _encodings(
    query: Query, encoders: QueryEncoders | None, settings: RetrievalSettings, *, share: Mapping[str, float]
) -> list[tuple[str, Callable[[], list[Probe]]]]:
    if encoders is None:
        return []
    words, picture, stars = query.words, query.image, query.rating
    shared = settings.shared_weight
    encodings: list[tuple[str, Callable[[], list[Probe]]]] = []
    if words:
        text_weights = {"text": _text_weight(words, settings) * share["text"], "shared": shared * share["text"]}
        encodings.append(("text", lambda: _probes("text", encoders.encode_text_query(words), text_weights)))
    if picture is not None:
        image_weights = {"image": share["image"], "shared": shared * share["image"]}
        encodings.append(("image", lambda: _probes("image", encoders.encode_image_query(picture), image_weights)))
    if stars is not None:
        encodings.append(("rating", lambda: _rating_probes(encoders.encode_rating_query(stars), settings, share=share)))
    return encodings


def _text_weight(words: str, settings: RetrievalSettings) -> float:
    """What nearness in meaning weighs: little beside a code, which must be met, much beside a description."""
    by_kind = {"code": settings.code_text_weight, "description": settings.description_text_weight}
    return by_kind.get(query_kind(words), settings.text_weight)


def _rating_probes(
    vectors: Mapping[str, np.ndarray], settings: RetrievalSettings, *, share: Mapping[str, float]
) -> list[Probe]:
    """Alone, stars say which products belong; beside anything else they only order."""
    is_alone = len(share) == 1
    weight = share["rating"] * (1.0 if is_alone else settings.rating_weight)
    return _probes("rating", vectors, {"rating": weight}, is_anchor=is_alone)


def _probes(
    name: str, vectors: Mapping[str, np.ndarray], weights: Mapping[str, float], *, is_anchor: bool = True
) -> list[Probe]:
    return [
        Probe(name if space == name else f"{name}-{space}", space, vector, weights[space], is_anchor)
        for space, vector in vectors.items()
        if space in weights and weights[space] > 0
    ]


def _like_probes(query: Query, view: View, *, share: float) -> list[Probe]:
    """Vector arithmetic on stored vectors: the mean of `like` less a part of the mean of `unlike`, per space."""
    directions = {space: _direction(view, space, query) for space in LIKE_SPACES}
    found = {space: vector for space, vector in directions.items() if vector is not None and share > 0}
    return [Probe(f"like-{space}", space, vector, share / len(found), True) for space, vector in found.items()]


def _require_known(view: View, product_ids: Sequence[str]) -> None:
    for product_id in product_ids:
        if not len(view.rows([product_id])):
            raise NotFoundError(
                f"No product '{product_id}' to compare with.", remedy="Give the id of a product of this shop."
            )


def _direction(view: View, space: str, query: Query) -> np.ndarray | None:
    liked = list(view.vectors(space, query.like).values())
    disliked = list(view.vectors(space, query.unlike).values())
    if not liked and not disliked:
        return None
    total = sum(
        (np.mean(liked, axis=0) if liked else 0.0, -UNLIKE_WEIGHT * np.mean(disliked, axis=0) if disliked else 0.0)
    )
    norm = float(np.linalg.norm(total))
    return (np.asarray(total) / norm).astype(np.float32) if norm > 0 else None
