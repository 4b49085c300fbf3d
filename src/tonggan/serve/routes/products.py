"""`/products`: read one, put many, delete one."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from tonggan.catalogue.wire import product_as_json
from tonggan.errors import InputError, NotFoundError
from tonggan.serve.bodies import read_json
from tonggan.serve.gate import Deadline
from tonggan.serve.openapi import PRODUCT_RESPONSES, PRODUCTS_BODY, WRITE_RESPONSES
from tonggan.serve.parameters import check_names
from tonggan.serve.service import Service, caller_of, json_response, service_of
from tonggan.serve.uploads import shown_refusals

MOST_PRODUCTS = 10_000
"""Products in one call; a whole catalogue goes through POST /import."""

router = APIRouter(tags=["products"])


@router.get("/products/{product_id:path}", summary="Read one product", responses=PRODUCT_RESPONSES)
async def read(request: Request, product_id: str) -> Response:
    """One product as it is kept; money is in minor units."""
    check_names(list(request.query_params), [])
    service = service_of(request)
    product = await service.searches.run(partial(service.shop.get, product_id), deadline=service.deadline(request))
    return json_response(product_as_json(product))


@router.put("/products", summary="Add or change products", openapi_extra=PRODUCTS_BODY, responses=WRITE_RESPONSES)
async def put(request: Request) -> Response:
    """Add or replace products, a list of objects or `{"products": [...]}`; the answer counts what became of them."""
    return await _put(request)


@router.post("/products", summary="Add or change products", openapi_extra=PRODUCTS_BODY, responses=WRITE_RESPONSES)
async def post(request: Request) -> Response:
    """The same as PUT."""
    return await _put(request)


@router.delete("/products/{product_id:path}", summary="Delete one product", responses=WRITE_RESPONSES)
async def delete(request: Request, product_id: str) -> Response:
    """Remove a product from the catalogue and the index."""
    check_names(list(request.query_params), [])
    return await once(request, fingerprint="", respond=partial(_delete, request, product_id))


async def once(request: Request, *, fingerprint: str, respond: Callable[[], Awaitable[Response]]) -> Response:
    """Run a write, once for each Idempotency-Key of this caller."""
    return await service_of(request).idempotency.once(
        request.headers.get("idempotency-key"),
        fingerprint,
        scope=(caller_of(request).name, request.method, request.url.path),
        respond=respond,
    )


async def _put(request: Request) -> Response:
    check_names(list(request.query_params), [])
    limited = await read_json(request, limit_bytes=service_of(request).settings.json_bytes)
    records = _records(limited)
    fingerprint = hashlib.sha256(repr(limited).encode()).hexdigest()
    return await once(request, fingerprint=fingerprint, respond=partial(_store, request, records))


async def _store(request: Request, records: list[dict[str, Any]]) -> Response:
    service = service_of(request)
    deadline = service.deadline(request)
    work = partial(_stored, service, records, deadline)
    return json_response(await service.writes.run(work, deadline=deadline, is_write=True))


def _stored(service: Service, records: list[dict[str, Any]], deadline: Deadline) -> dict[str, Any]:
    with service.writing(deadline):
        report = service.shop.put(records)
        shown = report.as_json()
        return shown | {"refusals": shown_refusals(shown.pop("refusals_path", ""))}


async def _delete(request: Request, product_id: str) -> Response:
    service = service_of(request)
    deadline = service.deadline(request)
    work = partial(_removed, service, product_id, deadline)
    deleted = await service.writes.run(work, deadline=deadline, is_write=True)
    if not deleted:
        raise NotFoundError(f"There is no product {product_id[:80]!r}.", remedy="Its id is in the answer of a search.")
    return json_response({"deleted": list(deleted)})


def _removed(service: Service, product_id: str, deadline: Deadline) -> tuple[str, ...]:
    with service.writing(deadline):
        return service.shop.delete([product_id])


def _records(body: Any) -> list[dict[str, Any]]:
    if isinstance(body, dict):
        check_names(list(body), ["products"])
        body = body.get("products")
    if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
        raise InputError("The body is no list of products.", remedy='Send [{"id": ..., "title": ...}, ...].')
    if not 0 < len(body) <= MOST_PRODUCTS:
        raise InputError(
            f"{len(body)} products in one call; 1 to {MOST_PRODUCTS} are accepted.",
            remedy="Send them in parts, or as a file to POST /import.",
        )
    return body
