"""Our shop: its whole answer, and for the comparison the same answer without facets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.engines import PAGE, Found, Item, Question, Restriction

from tonggan.records import Condition
from tonggan.shop import Shop
from tonggan.understand.filters import filter_text

FACETS = ("category", "brand", "price")
"""What a results page counts beside its hits."""


class WholeAnswer:
    """An opened shop; it computes a question's vector itself and looks as far as it finds right."""

    distribution = "tonggan"
    answer = "whole products, 3 facets over all results, exact count; the query is also encoded"
    settings = "as delivered"
    breadths = (0,)
    facets: Sequence[str] = FACETS

    @classmethod
    def build(cls, folder: Path, items: Sequence[Item]) -> None:
        """The shop is built from the merchant's feed (`material.prepare`), since the vectors come from it."""

    def __init__(self, folder: Path) -> None:
        self._shop = Shop.open(folder)

    def nearest(self, vector: np.ndarray, restriction: Restriction, *, breadth: int) -> list[str]:
        view = self._shop.projection.standing.index.view()
        condition = _condition(restriction)
        within = view.select(condition) if condition else None
        return view.ids(view.nearest("text", vector, k=PAGE, within=within)[0])

    def match(self, words: str) -> list[str]:
        return [hit.product.id for hit in self._shop.search(words, channels="words", per_page=PAGE).hits]

    def ask(self, question: Question, restriction: Restriction, *, breadth: int) -> list[Found]:
        condition = _condition(restriction)
        answer = self._shop.search(
            question.words,
            facet_by=self.facets,
            filter_by=filter_text(condition) if condition else "",
            per_page=PAGE,
        )
        prices = ((hit.product.id, hit.product.price) for hit in answer.hits)
        return [Found(name, price.amount / 100 if price else 0.0) for name, price in prices]

    def change(self, item: Item) -> None:
        fields = item.fields() | {"id": item.id, "price": f"{item.price:.2f} USD"}
        self._shop.put([fields])

    def close(self) -> None:
        self._shop.close()


class HitsOnly(WholeAnswer):
    """The same shop asked without facets."""

    answer = "whole products, exact count; the query is also encoded"
    facets = ()


def _condition(restriction: Restriction) -> Condition | None:
    if restriction.brand:
        return Condition("brand", "=", (restriction.brand,))
    if restriction.high:
        return Condition("price", "..", (str(restriction.low), str(restriction.high)))
    return None
