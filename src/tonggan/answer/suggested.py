"""Suggestions as the JSON that the API, the page and the command line show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from tonggan.errors import NotFoundError
from tonggan.records import Product
from tonggan.understand.suggest.suggestions import Suggestion


def suggestions_as_json(suggestions: Sequence[Suggestion], get: Callable[[str], Product]) -> list[dict[str, Any]]:
    """Return each suggestion without what it leaves empty; products with their price and first picture.

    `get` returns a product or raises NotFoundError; one that was deleted meanwhile is left out.
    """
    return [shown for suggestion in suggestions for shown in _shown(suggestion, get)]


def _shown(suggestion: Suggestion, get: Callable[[str], Product]) -> Iterator[dict[str, Any]]:
    told = {**asdict(suggestion), "highlight": [list(place) for place in suggestion.highlight]}
    told = {name: value for name, value in told.items() if value != ""}
    if suggestion.kind != "product":
        yield told
        return
    try:
        product = get(suggestion.product_id)
    except NotFoundError:
        return
    yield told | dict(_of_product(product))


def _of_product(product: Product) -> Iterator[tuple[str, Any]]:
    if product.price is not None:
        yield "price", asdict(product.price)
    checksum = next((media.checksum for media in product.media if media.kind == "image" and media.checksum), "")
    if checksum:
        yield "picture", checksum
