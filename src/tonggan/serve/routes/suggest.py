"""`/suggest`: what a shopper may be about to type."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from tonggan.answer.suggested import suggestions_as_json
from tonggan.errors import InputError
from tonggan.serve.openapi import FAILURES, NUMBER, TEXT, WHOLE, query_parameter, success
from tonggan.serve.parameters import LONGEST_WORDS, check_names
from tonggan.serve.service import Service, json_response, service_of
from tonggan.understand.suggest.suggestions import MOST_SUGGESTIONS

DEFAULT_LIMIT = 8

NAMES = ("q", "limit", "locale")

QUERY = {
    "parameters": [
        query_parameter("q", {**TEXT, "description": "What was typed so far."}),
        query_parameter("limit", {**WHOLE, "description": f"Suggestions at most, up to {MOST_SUGGESTIONS}."}),
        query_parameter("locale", {**TEXT, "description": "Language to prefer, `zh` or `en`."}),
    ]
}

SUGGESTION = {
    "type": "object",
    "properties": {
        "kind": {**TEXT, "enum": ["query", "category", "product"]},
        "text": TEXT,
        "highlight": {"type": "array", "items": {"type": "array", "items": WHOLE}},
        "count": WHOLE,
        "product_id": TEXT,
        "path": TEXT,
        "correction": TEXT,
        "price": {"type": "object"},
        "picture": TEXT,
    },
    "required": ["kind", "text", "highlight", "count"],
}

ANSWER = {
    "type": "object",
    "properties": {"suggestions": {"type": "array", "items": SUGGESTION}, "took_ms": NUMBER},
    "required": ["suggestions", "took_ms"],
}

RESPONSES = {200: success("Suggestions, queries first, then categories, then products.", ANSWER), **FAILURES}

router = APIRouter(tags=["search"])


@router.get("/suggest", summary="Suggest while one types", openapi_extra=QUERY, responses=RESPONSES)
async def suggest(request: Request) -> Response:
    """Queries, categories and products that begin with `q`, also in pinyin; what is popular where `q` is empty."""
    given = request.query_params
    check_names(list(given), NAMES)
    words, limit, locale = given.get("q", ""), _limit(given.get("limit", "")), given.get("locale", "")
    if len(words) > LONGEST_WORDS:
        raise InputError(f"q has {len(words)} characters.", remedy=f"Send at most {LONGEST_WORDS}.")
    service = service_of(request)
    answer = await service.searches.run(
        partial(_suggested, service, words, limit=limit, locale=locale), deadline=service.deadline(request)
    )
    return json_response(answer)


def _suggested(service: Service, words: str, *, limit: int, locale: str) -> dict[str, Any]:
    started = time.perf_counter()
    found = service.shop.suggest(words, limit=limit, locale=locale)
    shown = suggestions_as_json(found, service.shop.get)
    return {"suggestions": shown, "took_ms": round(1e3 * (time.perf_counter() - started), 3)}


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_SUGGESTIONS))
    if not is_number or int(text) > MOST_SUGGESTIONS:
        raise InputError(
            f"limit {text[:20]!r} is not a number of suggestions.", remedy=f"Send 0 to {MOST_SUGGESTIONS}."
        )
    return int(text)
