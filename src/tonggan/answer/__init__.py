"""Stage 10. In: an order. Out: what is shown: products in their places, counts, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tonggan.answer.highlight import highlighter_of
from tonggan.answer.meaning import reading_as_json, understanding_as_json
from tonggan.answer.phrases import answer_language
from tonggan.answer.reasons import reasons_in_phrases
from tonggan.catalogue.wire import product_as_json
from tonggan.rank.order import Ranking
from tonggan.records import Answer, Hit, Product
from tonggan.retrieve.facets import count_facets, facet_statistics

ProductReader = Callable[[Sequence[str]], Sequence[Product]]
"""Products of the given ids, in their order, those that are gone left out."""


def compose(ranking: Ranking, read: ProductReader, *, query_id: str) -> Answer:
    """Return the page that was asked for, with the counts of the whole result set."""
    results = ranking.results
    rows, scores = ranking.page()
    row_of = dict(zip(results.view.ids(rows), zip(rows.tolist(), scores.tolist(), strict=True), strict=True))
    query = results.query
    read_in = query.understood.interpretations if query.understood else ()
    highlight = highlighter_of(results) if query.words else _no_highlight
    products = read(list(row_of))
    marked = [highlight(product) for product in products]
    shown = np.array([row_of[product.id][0] for product in products], np.int32)
    whys = reasons_in_phrases(ranking, shown, products=products, marked=marked, language=answer_language(query))
    hits = [
        Hit(
            product=product,
            score=row_of[product.id][1],
            reasons=results.reasons(row_of[product.id][0]) if query.explain else {},
            highlight=highlights,
            why=why,
        )
        for product, highlights, why in zip(products, marked, whys, strict=True)
    ]
    return Answer(
        hits=tuple(hits),
        found=ranking.found,
        page=query.page,
        per_page=query.per_page,
        query_id=query_id,
        facets=count_facets(results),
        facet_stats=facet_statistics(results),
        corrections=tuple(each.replacement for each in read_in if each.replacement),
        relaxed=tuple(query.loosened),
        degraded=results.questions.degraded,
        understood=query.understood,
    )


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """Return the answer in the form that HTTP, CLI and SDK share."""
    told = {"hits", "understood", "readings"}
    record = {name: getattr(answer, name) for name in Answer.__dataclass_fields__ if name not in told}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in record.items()}
    return {
        "hits": [hit_as_json(hit) for hit in answer.hits],
        **plain,
        "understood": understanding_as_json(answer.understood) if answer.understood else None,
        "readings": [reading_as_json(reading) for reading in answer.readings],
    }


def hit_as_json(hit: Hit) -> dict[str, Any]:
    """Return one hit: `id`, `score`, `product`, and the rest where there is any."""
    return {
        "id": hit.product.id,
        "score": hit.score,
        "product": product_as_json(hit.product),
        "reasons": dict(hit.reasons),
        "highlight": dict(hit.highlight),
        "why": list(hit.why),
    }


def _no_highlight(_: Product) -> dict[str, str]:
    return {}
