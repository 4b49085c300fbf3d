"""`/keys`: who may use the shop from elsewhere."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from tonggan.errors import InputError
from tonggan.serve.bodies import read_json
from tonggan.serve.openapi import KEY_RESPONSES, KEYS_BODY
from tonggan.serve.parameters import check_names
from tonggan.serve.routes.products import once
from tonggan.serve.service import json_response, service_of

BODY_BYTES = 64 * 1024

router = APIRouter(tags=["keys"])


@router.get("/keys", summary="List keys", responses=KEY_RESPONSES)
async def listed(request: Request) -> Response:
    """Every key that was made, without its secret."""
    check_names(list(request.query_params), [])
    found = await asyncio.to_thread(service_of(request).keys.list)
    return json_response({"keys": [_shown(key) for key in found]})


@router.post("/keys", summary="Create a key", openapi_extra=KEYS_BODY, responses=KEY_RESPONSES)
async def create(request: Request) -> Response:
    """Make a key with scopes; its secret is shown this once."""
    check_names(list(request.query_params), [])
    body = await read_json(request, limit_bytes=BODY_BYTES)
    if not isinstance(body, dict) or not _are_texts(body.get("scopes")) or not isinstance(body.get("name", ""), str):
        raise InputError("The body names no scopes.", remedy='Send {"scopes": ["search"], "name": "my website"}.')
    check_names(list(body), ["scopes", "name"])
    return await once(request, fingerprint=repr(body), respond=partial(_created, request, body))


@router.delete("/keys/{key_id}", summary="Revoke a key", responses=KEY_RESPONSES)
async def revoke(request: Request, key_id: str) -> Response:
    """Stop a key at once."""
    check_names(list(request.query_params), [])
    return await once(request, fingerprint="", respond=partial(_revoked, request, key_id))


async def _created(request: Request, body: dict[str, Any]) -> Response:
    work = partial(service_of(request).keys.create, body["scopes"], name=body.get("name", ""))
    key, secret = await asyncio.to_thread(work)
    return json_response({**_shown(key), "secret": secret}, 201)


async def _revoked(request: Request, key_id: str) -> Response:
    service = service_of(request)
    await asyncio.to_thread(service.keys.revoke, key_id)
    service.gatekeeper.forget()
    return json_response({"revoked": key_id})


def _shown(key: Any) -> dict[str, Any]:
    return {"id": key.id, "name": key.name, "scopes": list(key.scopes), "created_at": key.created_at}


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
