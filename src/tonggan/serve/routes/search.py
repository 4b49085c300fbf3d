"""`/search`, by words, picture, stars, likes or a mix; `/facets`, what results can be narrowed by."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response

from tonggan.answer import answer_as_json
from tonggan.serve.asking import Asked, asked_by_address, asked_by_body, options_of, with_picture
from tonggan.serve.openapi import SEARCH_BODY, SEARCH_QUERY, SEARCH_RESPONSES
from tonggan.serve.parameters import check_names
from tonggan.serve.service import Service, json_response, service_of

if TYPE_CHECKING:
    from tonggan.records import Answer

router = APIRouter(tags=["search"])


@router.get("/search", summary="Search", openapi_extra=SEARCH_QUERY, responses=SEARCH_RESPONSES)
async def search_by_address(request: Request) -> Response:
    """Search by words, stored pictures, stars, likes and filters; no parameter at all browses the catalogue."""
    return await _answered(request, asked_by_address(request))


@router.post("/search", summary="Search, also with a picture", openapi_extra=SEARCH_BODY, responses=SEARCH_RESPONSES)
async def search_by_body(request: Request) -> Response:
    """The same parameters as JSON, or as a form whose file `image` is a picture."""
    return await _answered(request, await asked_by_body(request))


@router.get("/facets", summary="Fields to narrow results by")
async def facets(request: Request) -> Response:
    """Fields that make sensible facets for this catalogue, most useful first."""
    check_names(list(request.query_params), [])
    service = service_of(request)
    fields = await service.searches.run(service.shop.facet_fields, deadline=service.deadline(request))
    return json_response({"fields": list(fields)})


async def _answered(request: Request, asked: Asked) -> Response:
    service = service_of(request)
    deadline = service.deadline(request)
    asked = await with_picture(request, asked, deadline=deadline)
    answer = await service.searches.run(partial(_search, service, asked), deadline=deadline)
    service.metrics.saw_search(answer.timings_ms, degraded=answer.degraded)
    return json_response(answer_as_json(answer))


def _search(service: Service, asked: Asked) -> Answer:
    return service.shop.search(asked.parameters.q, **options_of(service, asked))
