"""Is it alive, is it ready, and what has it counted."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from tonggan.errors import NotReadyError
from tonggan.serve.metrics import CONTENT_TYPE
from tonggan.serve.problems import problem
from tonggan.serve.service import json_response, service_of

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the process alive")
async def alive(request: Request) -> Response:
    """Answers as long as the process does."""
    return json_response({"status": "alive"})


@router.get("/readyz", summary="Can the shop answer and take writes")
async def ready(request: Request) -> Response:
    """503 with the reason while searches or writes cannot be served; a change of the pack hinders neither."""
    service = service_of(request)
    health = await asyncio.to_thread(service.shop.health)
    if not health["writable"]:
        return problem(
            503,
            code=NotReadyError.code,
            detail=f"The shop takes no writes: {health['reason'] or 'reason unknown'}.",
            remedy="Run `tonggan doctor`; searches go on.",
        )
    change = health.get("pack", {}).get("change")
    told = {"pack_change": {key: change[key] for key in ("stage", "done", "total")}} if change else {}
    return json_response({"status": "ready", "degraded": list(health.get("degraded", ())), **told})


@router.get("/metrics", summary="Counters for Prometheus", response_class=Response)
async def metrics(request: Request) -> Response:
    """Requests, latencies, stages of search, products and degraded parts, as Prometheus text."""
    service = service_of(request)
    health = await asyncio.to_thread(service.shop.health)
    held = {gate.name: gate.held for gate in (service.searches, service.writes)}
    return Response(service.metrics.text(health, held=held), media_type=CONTENT_TYPE)
