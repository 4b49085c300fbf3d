"""`/explain`: why a product is where it is for a search, or why it is nowhere."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from tonggan.answer.explanation import explanation_as_json
from tonggan.errors import InputError
from tonggan.serve.asking import Asked, asked_by_address, asked_by_body, options_of, with_picture
from tonggan.serve.openapi import EXPLAIN_BODY, EXPLAIN_QUERY, EXPLAIN_RESPONSES
from tonggan.serve.service import Service, json_response, service_of

FURTHER = ("product_id", "occlusion")
"""Parameters beside those of a search."""

router = APIRouter(tags=["search"])


@router.get("/explain", summary="Explain a place", openapi_extra=EXPLAIN_QUERY, responses=EXPLAIN_RESPONSES)
async def explain_by_address(request: Request) -> Response:
    """Why the product `product_id` has its place in the answer to a search, or why it has none."""
    return await _explained(request, asked_by_address(request, further=FURTHER))


@router.post("/explain", summary="Explain, with a picture", openapi_extra=EXPLAIN_BODY, responses=EXPLAIN_RESPONSES)
async def explain_by_body(request: Request) -> Response:
    """The same parameters as JSON, or as a form whose file `image` is a picture."""
    return await _explained(request, await asked_by_body(request, further=FURTHER))


async def _explained(request: Request, asked: Asked) -> Response:
    service = service_of(request)
    deadline = service.deadline(request)
    product_id = asked.further.get("product_id")
    if not isinstance(product_id, str) or not product_id:
        raise InputError("product_id is missing.", remedy="Name the product to explain: product_id=ID.")
    is_mapped = _truth(asked.further.get("occlusion", False))
    asked = await with_picture(request, asked, deadline=deadline)
    work = partial(_explain, service, asked, product_id=product_id, is_mapped=is_mapped)
    return json_response(await service.searches.run(work, deadline=deadline))


def _explain(service: Service, asked: Asked, *, product_id: str, is_mapped: bool) -> dict[str, Any]:
    options = options_of(service, asked)
    return explanation_as_json(service.shop.explain(asked.parameters.q, product_id, occlusion=is_mapped, **options))


def _truth(given: Any) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if isinstance(given, bool):
        return given
    if str(given).lower() not in known:
        raise InputError(f"occlusion {str(given)[:20]!r} is not true or false.", remedy="Send true or false.")
    return known[str(given).lower()]
