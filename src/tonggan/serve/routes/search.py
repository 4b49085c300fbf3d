"""`/search`, by words, picture, stars, likes or a mix; `/facets`, what results can be narrowed by."""

from __future__ import annotations

import base64
import binascii
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from tonggan.answer import answer_as_json
from tonggan.errors import AccessError, InputError
from tonggan.serve.bodies import media_type, open_form, read_json
from tonggan.serve.openapi import SEARCH_BODY, SEARCH_QUERY, SEARCH_RESPONSES
from tonggan.serve.parameters import SearchParameters, check_names, read_parameters
from tonggan.serve.service import Service, caller_of, json_response, service_of

if TYPE_CHECKING:
    from tonggan.records import Answer

FETCH_SECONDS = 5.0
"""A shopper waits; a picture that takes longer is better downloaded and sent."""

router = APIRouter(tags=["search"])


@router.get("/search", summary="Search", openapi_extra=SEARCH_QUERY, responses=SEARCH_RESPONSES)
async def search_by_address(request: Request) -> Response:
    """Search by words, stored pictures, stars, likes and filters; no parameter at all browses the catalogue."""
    parameters = read_parameters(request.query_params.multi_items())
    if parameters.image:
        raise InputError("A picture does not fit into an address.", remedy="POST /search as a form with 'image'.")
    return await _answered(request, parameters, picture=None)


@router.post("/search", summary="Search, also with a picture", openapi_extra=SEARCH_BODY, responses=SEARCH_RESPONSES)
async def search_by_body(request: Request) -> Response:
    """The same parameters as JSON, or as a form whose file `image` is a picture."""
    check_names(list(request.query_params), [])
    if media_type(request) == "multipart/form-data":
        return await _search_by_form(request)
    body = await read_json(request, limit_bytes=service_of(request).settings.picture_bytes)
    if not isinstance(body, dict):
        raise InputError(f"The body is a JSON {type(body).__name__}.", remedy="Send an object of search parameters.")
    parameters = read_parameters(body)
    return await _answered(request, parameters, picture=_decoded(parameters.image) if parameters.image else None)


@router.get("/facets", summary="Fields to narrow results by")
async def facets(request: Request) -> Response:
    """Fields that make sensible facets for this catalogue, most useful first."""
    check_names(list(request.query_params), [])
    service = service_of(request)
    fields = await service.searches.run(service.shop.facet_fields, deadline=service.deadline(request))
    return json_response({"fields": list(fields)})


async def _search_by_form(request: Request) -> Response:
    async with open_form(request, limit_bytes=service_of(request).settings.picture_bytes) as items:
        files = [(name, value) for name, value in items if isinstance(value, UploadFile)]
        check_names([name for name, _ in files], ["image"])
        picture = await files[0][1].read() if files else None
        parameters = read_parameters([(name, value) for name, value in items if isinstance(value, str)])
    if parameters.image or (picture is not None and (parameters.image_url or parameters.image_id)):
        raise InputError("'image' is one file in a form, and the only picture.", remedy="Keep one picture.")
    return await _answered(request, parameters, picture=picture)


async def _answered(request: Request, parameters: SearchParameters, *, picture: bytes | None) -> Response:
    service = service_of(request)
    deadline = service.deadline(request)
    if parameters.rules == "draft" and not caller_of(request).may("admin"):
        raise AccessError("Rules that are a draft are shown to admins only.", remedy="Leave out 'rules'.")
    if parameters.image_url:
        picture = await service.fetches.run(partial(_fetched, parameters.image_url, service), deadline=deadline)
    answer = await service.searches.run(partial(_search, service, parameters, picture), deadline=deadline)
    service.metrics.saw_search(answer.timings_ms, degraded=answer.degraded)
    return json_response(answer_as_json(answer))


def _search(service: Service, parameters: SearchParameters, picture: bytes | None) -> Answer:
    image = service.shop.picture_path(parameters.image_id) if parameters.image_id else picture
    return service.shop.search(parameters.q, image=image, **_passed_on(parameters))


def _passed_on(parameters: SearchParameters) -> dict[str, Any]:
    """What was asked, under the names of `Shop.search`; what was left out keeps the default there."""
    asked = parameters.model_dump(
        exclude_unset=True, exclude_none=True, exclude={"q", "image", "image_url", "image_id"}
    )
    return asked | ({"crop": tuple(parameters.crop)} if parameters.crop else {})


def _fetched(url: str, service: Service) -> bytes:
    from tonggan.catalogue.fetch import FetchLimits, read_source

    limits = FetchLimits(source_bytes=service.settings.picture_bytes, timeout_seconds=FETCH_SECONDS)
    return read_source(url, folder=None, limits=limits)


def _decoded(text: str) -> bytes:
    head, comma, tail = text.partition(",")
    if comma and not head.startswith("data:image/"):
        raise InputError("'image' is no picture in base64.", remedy="Send base64, or a form with the file 'image'.")
    try:
        return base64.b64decode(tail if comma else text, validate=True)
    except (binascii.Error, ValueError):
        raise InputError(
            "'image' is no picture in base64.", remedy="Send base64, or a form with the file 'image'."
        ) from None
