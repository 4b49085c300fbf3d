"""`/keys`: who may use the shop from elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
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
